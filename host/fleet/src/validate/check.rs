//! Checks objects.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use oarlock_engine::pipeline::{Fields, find_field};
use oarlock_kubernetes_schema::{
    CustomKind, DefinitionError, Fault, FaultKind, Release, Types, custom_kinds,
};
use oarlock_model::Step;
use serde_json::Value;

use super::{
    KindCount, ObjectGroup, RuleCount, Text, VALIDATE_FORMAT_VERSION, ValidateFinding, ValidateInput,
    ValidateOptions, ValidateReport, ValidateRule, Written,
};
use crate::change::{ObjectId, Origin};
use crate::lint::{fingerprint, number, silences};
use crate::objects::place;

/// Checks objects against the types of Kubernetes and those of the CustomResourceDefinitions among
/// them. An object is held against the definition of its own cluster, or else against that of
/// another one.
pub fn validate(input: &ValidateInput, options: &ValidateOptions) -> ValidateReport {
    let mut check = Check::new(options);
    for definition in &input.definitions {
        // What is wrong with it is for the author of the definition, and its objects are named as
        // unchecked.
        check.define("", definition);
    }
    for group in &input.groups {
        for written in &group.objects {
            let error = check.define(&group.cluster, &written.object);
            if let Some(error) = error.filter(|error| !matches!(error, DefinitionError::Version(_))) {
                check.unreadable.push((std::ptr::from_ref(written), error));
            }
        }
    }
    for group in &input.groups {
        check.group(group);
    }
    check.report(input)
}

/// Custom kinds by API version and kind.
type Kinds = BTreeMap<(String, String), Rc<CustomKind>>;

struct Check<'a> {
    options: &'a ValidateOptions,
    types: BTreeMap<Release, Types>,
    /// By cluster.
    custom: BTreeMap<String, Kinds>,
    /// Those of any cluster.
    all_custom: Kinds,
    /// Objects that are no definitions though they say so.
    unreadable: Vec<(*const Written, DefinitionError)>,
    kubernetes: BTreeMap<String, String>,
    notes: BTreeSet<String>,
    checked: usize,
    without_schema: BTreeMap<(String, String), usize>,
    /// Rules in CEL and objects, by kind.
    not_evaluated: BTreeMap<(String, String), (usize, usize)>,
    silenced: usize,
    findings: Vec<ValidateFinding>,
}

/// What a finding is about.
struct About<'a> {
    group: &'a ObjectGroup,
    written: &'a Written,
    fields: Option<&'a Fields<'a>>,
}

impl<'a> Check<'a> {
    fn new(options: &'a ValidateOptions) -> Self {
        Self {
            options,
            types: BTreeMap::new(),
            custom: BTreeMap::new(),
            all_custom: BTreeMap::new(),
            unreadable: Vec::new(),
            kubernetes: BTreeMap::new(),
            notes: BTreeSet::new(),
            checked: 0,
            without_schema: BTreeMap::new(),
            not_evaluated: BTreeMap::new(),
            silenced: 0,
            findings: Vec::new(),
        }
    }

    /// Takes the kinds of a CustomResourceDefinition. Of two definitions of a kind the first
    /// counts.
    fn define(&mut self, cluster: &str, object: &Value) -> Option<DefinitionError> {
        if object.get("kind").and_then(Value::as_str) != Some("CustomResourceDefinition") {
            return None;
        }
        let kinds = match custom_kinds(object) {
            Ok(kinds) => kinds,
            Err(error) => return Some(error),
        };
        for kind in kinds {
            let name = (kind.api_version.clone(), kind.kind.clone());
            let kind = Rc::new(kind);
            self.all_custom.entry(name.clone()).or_insert_with(|| Rc::clone(&kind));
            self.custom.entry(cluster.to_owned()).or_default().entry(name).or_insert(kind);
        }
        None
    }

    /// The version whose types are taken for a group.
    fn release(&mut self, group: &ObjectGroup) -> Release {
        if let Some(release) = self.options.release {
            return release;
        }
        let whose = match group.cluster.as_str() {
            "" => "the cluster has".to_owned(),
            cluster => format!("the cluster `{cluster}` has"),
        };
        let known = group.kube_version.as_deref().or(self.options.kube_version.as_deref());
        match known.map(|version| (version, version.parse::<Release>())) {
            Some((_, Ok(release))) => release,
            Some((version, Err(error))) => {
                let release = error.nearest().unwrap_or(Release::NEWEST);
                let version: String = version.chars().take(60).collect();
                self.notes.insert(format!(
                    "{whose} Kubernetes {version}, whose types are not known: objects are checked for {release}"
                ));
                release
            }
            None => Release::NEWEST,
        }
    }

    fn group(&mut self, group: &ObjectGroup) {
        let release = self.release(group);
        self.kubernetes.entry(group.cluster.clone()).or_insert_with(|| release.to_string());
        let types = self.types.remove(&release).unwrap_or_else(|| Types::of(release));
        let fields = match &group.text {
            Text::Tree(tree) => Some(Fields::new(tree.as_ref())),
            Text::None | Text::Documents(_) => None,
        };
        for written in &group.objects {
            self.object(&types, &About { group, written, fields: fields.as_ref() });
        }
        self.types.insert(release, types);
    }

    fn object(&mut self, types: &Types, about: &About<'_>) {
        let object = &about.written.object;
        for (line, key) in &about.written.repeated {
            let key: String = key.chars().take(100).collect();
            let origin =
                about.written.origin.as_ref().map(|origin| Origin { line: Some(*line), ..place(origin) });
            let message = format!("the key `{key}` is set twice");
            self.add(
                ValidateRule::RepeatedField,
                about,
                (None, origin),
                message,
                Some("remove one".to_owned()),
            );
        }
        let text = |key: &str| object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let (Some(api_version), Some(kind)) = (text("apiVersion"), text("kind")) else {
            let missing = if text("apiVersion").is_none() { "apiVersion" } else { "kind" };
            let message = format!("this is no Kubernetes object: it has no `{missing}`");
            self.add(ValidateRule::NotAnObject, about, (None, about.origin(&[])), message, None);
            return;
        };
        let error = self.unreadable.iter().find(|(written, _)| std::ptr::eq(*written, about.written));
        if let Some((_, error)) = error {
            let (message, hint) = (error.to_string(), "its objects are not checked".to_owned());
            self.add(
                ValidateRule::UnreadableDefinition,
                about,
                (None, about.origin(&[])),
                message,
                Some(hint),
            );
        }
        let name = (api_version.to_owned(), kind.to_owned());
        let custom = self.custom.get(&about.group.cluster).and_then(|kinds| kinds.get(&name));
        let custom = custom.or_else(|| self.all_custom.get(&name)).map(Rc::clone);
        let faults = match (types.kind(api_version, kind), custom) {
            (Some(built_in), _) => built_in.check(object),
            (None, Some(custom)) if custom.is_served => {
                if custom.expressions > 0 {
                    let (rules, objects) = self.not_evaluated.entry(name).or_default();
                    *rules = custom.expressions.max(*rules);
                    *objects += 1;
                }
                custom.check(types, object)
            }
            (None, Some(_)) => {
                let message = format!("its CustomResourceDefinition does not serve `{}`", clean(api_version));
                self.add(ValidateRule::NotServed, about, (None, about.origin(&[])), message, None);
                return;
            }
            (None, None) => {
                let Some(not_served) = types.not_served(api_version, kind) else {
                    *self.without_schema.entry(name).or_default() += 1;
                    return;
                };
                let (release, hint) = (types.release(), not_served.hint());
                let message = format!(
                    "Kubernetes {release} does not serve `{}` of `{}`",
                    clean(kind),
                    clean(api_version)
                );
                self.add(ValidateRule::NotServed, about, (None, about.origin(&[])), message, hint);
                return;
            }
        };
        self.checked += 1;
        for fault in &faults {
            self.fault(about, fault);
        }
    }

    fn fault(&mut self, about: &About<'_>, fault: &Fault) {
        let rule = match &fault.kind {
            FaultKind::UnknownField { .. } => ValidateRule::UnknownField,
            FaultKind::WrongType { .. } => ValidateRule::WrongType,
            FaultKind::Missing => ValidateRule::MissingField,
            FaultKind::EmptyItem => ValidateRule::NullItem,
            FaultKind::Repeated { is_refused: false, .. } => ValidateRule::RepeatedItem,
            FaultKind::UnreadableRules(_) => ValidateRule::UnreadableDefinition,
            _ => ValidateRule::InvalidValue,
        };
        let key = |step: &Step| match step {
            Step::Key(key) => key.clone(),
            Step::Index(index) => index.to_string(),
        };
        let mut keys: Vec<String> = fault.path.steps().iter().map(key).collect();
        let path = (!fault.path.is_root()).then(|| fault.path.to_string());
        if fault.kind == FaultKind::Missing {
            // The line is that of the object that should have it.
            keys.pop();
        }
        let origin = about.origin(&keys);
        self.add(rule, about, (path, origin), fault.message(), fault.hint());
    }

    fn add(
        &mut self,
        rule: ValidateRule,
        about: &About<'_>,
        (path, origin): (Option<String>, Option<Origin>),
        message: String,
        hint: Option<String>,
    ) {
        if self.options.skip.contains(&rule) {
            return;
        }
        let object = &about.written.object;
        let manifest = about.group.application.as_ref().map(|(_, manifest)| manifest);
        if manifest.into_iter().chain([object]).any(|object| silences(object, rule.id())) {
            self.silenced += 1;
            return;
        }
        let environment = about.group.environment.clone();
        let application = about.group.application.as_ref().map(|(key, _)| key.clone());
        let id = (rule != ValidateRule::NotAnObject).then(|| ObjectId::of(object));
        let application_name = application.as_ref().map(ToString::to_string).unwrap_or_default();
        let id_name = id.as_ref().map(ToString::to_string).unwrap_or_default();
        let fingerprint = fingerprint(&[
            rule.id(),
            environment.as_deref().unwrap_or_default(),
            &application_name,
            &id_name,
            path.as_deref().unwrap_or_default(),
        ]);
        let message = match &id {
            Some(_) => format!("`{}`: {message}", clean(&id_name)),
            None => message,
        };
        self.findings.push(ValidateFinding {
            rule,
            severity: rule.severity(),
            environment,
            application,
            object: id,
            path,
            origin,
            message,
            hint,
            fingerprint,
        });
    }

    fn report(self, input: &ValidateInput) -> ValidateReport {
        let mut findings = self.findings;
        // Findings of one object stay in the order of its fields.
        findings.sort_by(|one, other| {
            let key = |finding: &ValidateFinding| {
                (finding.severity, finding.environment.clone(), finding.application.clone())
            };
            key(one).cmp(&key(other)).then_with(|| {
                let file =
                    |finding: &ValidateFinding| finding.origin.as_ref().map(|origin| origin.file.clone());
                (file(one), &one.object).cmp(&(file(other), &other.object))
            })
        });
        number(findings.iter_mut().map(|finding| &mut finding.fingerprint));
        let baseline = self.options.baseline.as_ref();
        let (known, resolved) = baseline
            .map(|baseline| baseline.apply(&mut findings, |finding| &finding.fingerprint))
            .unwrap_or_default();
        let not_evaluated = self.not_evaluated.into_iter().map(|((api_version, kind), (rules, objects))| {
            RuleCount { api_version: clean(&api_version), kind: clean(&kind), rules, objects }
        });
        let without_schema = self.without_schema.into_iter().map(|((api_version, kind), objects)| {
            KindCount { api_version: clean(&api_version), kind: clean(&kind), objects }
        });
        ValidateReport {
            format_version: VALIDATE_FORMAT_VERSION,
            kubernetes: self.kubernetes,
            notes: self.notes.into_iter().collect(),
            checked: self.checked,
            without_schema: without_schema.collect(),
            not_rendered: input.not_rendered.clone(),
            not_evaluated: not_evaluated.collect(),
            silenced: self.silenced,
            known,
            resolved,
            findings,
        }
    }
}

impl About<'_> {
    /// Where a field is written.
    fn origin(&self, keys: &[String]) -> Option<Origin> {
        let origin = self.written.origin.as_ref()?;
        let keys = || self.written.within.iter().chain(keys).cloned();
        match (&self.group.text, self.fields) {
            (Text::Documents(documents), _) => {
                let span = documents.get(self.written.document).and_then(|root| {
                    let keys: Vec<String> = keys().collect();
                    // The longest way that the document has.
                    (0..=keys.len()).rev().find_map(|length| find_field(root, &keys[..length]))
                });
                let line = span.map(|span| span.line);
                Some(Origin { line: line.or(place(origin).line), ..place(origin) })
            }
            (_, Some(fields)) => Some(place(&fields.place(origin.within(keys())))),
            _ => Some(place(origin)),
        }
    }
}

/// A name in a message: short, and without backticks.
fn clean(text: &str) -> String {
    text.chars().take(200).map(|c| if c == '`' { '\'' } else { c }).collect()
}
