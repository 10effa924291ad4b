//! What is wrong with a fleet as it is, by the objects that it renders to.
//!
//! [`lint`] takes environments, rendered, and gives findings. An annotation silences a rule for an
//! object or an Application, and a [`Baseline`] those that are known. [`output`] writes findings in
//! the forms that people and CI systems read.

mod baseline;
mod checks;
#[cfg(feature = "render")]
mod gather;
pub mod output;
mod rule;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::change::{Application, ApplicationKey, ObjectId, Origin, Side};
use crate::findings::argocd::annotation;

pub use baseline::{BASELINE_FORMAT_VERSION, Baseline, BaselineError, Known};
#[cfg(feature = "render")]
pub use gather::{Gather, gather};
pub(crate) use rule::rules;
pub use rule::{LintRule, Severity, UnknownRule};

/// The version of the JSON form. It rises when a reader of the form before would be misled.
pub const LINT_FORMAT_VERSION: u32 = 1;

/// The annotation of an object or Application that silences rules: their names, with commas.
pub const IGNORE: &str = "oarlock.dev/lint-ignore";

/// What is looked at.
#[derive(Clone, Debug, Default)]
pub struct LintInput {
    /// The environments.
    pub environments: Vec<LintEnvironment>,
    /// Directories with a kustomization or chart of which no Application read anything.
    pub undeployed: Vec<String>,
}

/// An environment, rendered.
#[derive(Clone, Debug, Default)]
pub struct LintEnvironment {
    /// Its name.
    pub name: String,
    /// Its Applications and what they render to.
    pub side: Side,
    /// Its projects, and where they were written down.
    pub projects: Vec<(Value, Option<Origin>)>,
    /// What is known of Applications beside their manifests.
    pub facts: BTreeMap<ApplicationKey, ApplicationFacts>,
    /// What is not at hand, or not rendered by Oarlock, once for each that needs it.
    pub unchecked: Vec<Unchecked>,
}

/// Something that is not checked, since it is not at hand or Oarlock does not render it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unchecked {
    /// What is needed: a repository, a plugin, a language. Findings are one for each.
    pub needed: String,
    /// How to bring it to hand, if that is possible.
    pub hint: String,
    /// What needs it: an Application or ApplicationSet.
    pub needed_by: String,
    /// Where that was written down.
    pub origin: Option<Origin>,
    /// Whether an annotation there silences the rule.
    pub is_silenced: bool,
}

/// What is known of an Application beside its manifest.
#[derive(Clone, Debug, Default)]
pub struct ApplicationFacts {
    /// Where it was written down.
    pub origin: Option<Origin>,
    /// The name of its cluster, where it has one.
    pub cluster: Option<String>,
    /// The URL of its cluster's API server, where that is known.
    pub server: Option<String>,
    /// By number of its sources: whether it is the repository that is looked at.
    pub own_sources: Vec<bool>,
    /// What plugins warned of.
    pub warnings: Vec<PluginWarning>,
    /// Objects with fields that differ from run to run, and those fields.
    pub random: Vec<(ObjectId, Vec<String>)>,
}

/// What a plugin warned of.
#[derive(Clone, Debug)]
pub struct PluginWarning {
    /// The plugin.
    pub plugin: String,
    /// What it says.
    pub message: String,
    /// How to fix it.
    pub hint: Option<String>,
    /// Where.
    pub origin: Option<Origin>,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LintFinding {
    /// The rule.
    pub rule: LintRule,
    /// How grave it is.
    pub severity: Severity,
    /// The environment; absent for what belongs to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The Application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<ApplicationKey>,
    /// The object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectId>,
    /// Where it was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// What is wrong, in one sentence. Names stand in backticks.
    pub message: String,
    /// How to fix it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What stays the same as long as the finding does, whatever line it moves to.
    pub fingerprint: String,
}

/// All findings of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LintReport {
    /// The version of this form. Readers refuse versions that they do not know.
    pub format_version: u32,
    /// The findings, the gravest first.
    pub findings: Vec<LintFinding>,
    /// How many findings annotations silence.
    pub silenced: usize,
    /// How many findings the baseline has.
    pub known: usize,
    /// How many entries of the baseline are no longer found.
    pub resolved: usize,
}

impl LintReport {
    /// Whether there is a finding of this severity or a graver one.
    pub fn has(&self, severity: Severity) -> bool {
        self.findings.iter().any(|finding| finding.severity <= severity)
    }

    /// The findings as a baseline has them.
    pub fn known(&self) -> impl Iterator<Item = Known> {
        self.findings.iter().map(|finding| {
            let LintFinding { fingerprint, rule, application, message, .. } = finding;
            Known::new(fingerprint, rule.id(), application.as_ref(), message)
        })
    }
}

/// Looks at a fleet by all rules but some.
pub fn lint(input: &LintInput, skipped: &[LintRule], baseline: Option<&Baseline>) -> LintReport {
    let mut found = Found::default();
    for environment in &input.environments {
        found.environment = Some(environment.name.clone());
        checks::environment(environment, &mut found);
    }
    found.environment = None;
    checks::together(&input.environments, &mut found);
    checks::undeployed(&input.undeployed, &mut found);
    let mut findings = found.findings;
    findings.retain(|finding| !skipped.contains(&finding.rule));
    findings.sort_by(|one, other| {
        let key = |finding: &LintFinding| {
            (finding.severity, finding.rule, finding.environment.clone(), finding.application.clone())
        };
        key(one).cmp(&key(other)).then_with(|| {
            (&one.object, &one.origin, &one.message).cmp(&(&other.object, &other.origin, &other.message))
        })
    });
    findings.dedup();
    number(findings.iter_mut().map(|finding| &mut finding.fingerprint));
    let (known, resolved) = baseline
        .map(|baseline| baseline.apply(&mut findings, |finding| &finding.fingerprint))
        .unwrap_or_default();
    LintReport { format_version: LINT_FORMAT_VERSION, findings, silenced: found.silenced, known, resolved }
}

/// Several findings of one fingerprint are distinguished by their number.
pub(crate) fn number<'f>(fingerprints: impl Iterator<Item = &'f mut String>) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for fingerprint in fingerprints {
        let count = seen.entry(fingerprint.clone()).or_default();
        *count += 1;
        if *count > 1 {
            *fingerprint = format!("{fingerprint}-{count}");
        }
    }
}

/// Whether an annotation of an object or Application silences a rule.
pub(crate) fn silences(object: &Value, rule: &str) -> bool {
    annotation(object, IGNORE)
        .is_some_and(|rules| rules.split(',').any(|name| name.trim() == rule || name.trim() == "*"))
}

/// What tells a finding from others, by its parts.
pub(crate) fn fingerprint(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(10).fold(String::new(), |mut text, byte| {
        append!(text, "{byte:02x}");
        text
    })
}

/// Findings as they are made.
#[derive(Default)]
pub(crate) struct Found {
    environment: Option<String>,
    findings: Vec<LintFinding>,
    silenced: usize,
}

/// What a finding is about.
#[derive(Clone, Copy, Default)]
pub(crate) struct About<'a> {
    pub(crate) application: Option<&'a Application>,
    pub(crate) object: Option<&'a Value>,
    pub(crate) origin: Option<&'a Origin>,
}

impl Found {
    /// Counts findings that annotations silence.
    pub(crate) fn silence(&mut self, count: usize) {
        self.silenced += count;
    }

    /// Adds a finding, unless an annotation silences it. `detail` tells it from others of the same
    /// rule and object.
    pub(crate) fn add(
        &mut self,
        rule: LintRule,
        about: About<'_>,
        detail: &str,
        (message, hint): (String, &str),
    ) {
        let manifest = about.application.map(|application| &application.manifest);
        if manifest.into_iter().chain(about.object).any(|object| silences(object, rule.id())) {
            self.silenced += 1;
            return;
        }
        let application = about.application.map(|application| application.key.clone());
        let object = about.object.map(ObjectId::of);
        let name = |id: Option<&dyn std::fmt::Display>| id.map(ToString::to_string).unwrap_or_default();
        let fingerprint = fingerprint(&[
            rule.id(),
            self.environment.as_deref().unwrap_or_default(),
            &name(application.as_ref().map(|it| it as _)),
            &name(object.as_ref().map(|it| it as _)),
            detail,
        ]);
        self.findings.push(LintFinding {
            rule,
            severity: rule.severity(),
            environment: self.environment.clone(),
            application,
            object,
            origin: about.origin.cloned(),
            message,
            hint: (!hint.is_empty()).then(|| hint.to_owned()),
            fingerprint,
        });
    }

    /// Adds a finding about all that share a place: with the environment and the Application where
    /// it is about one alone. It stays the same if others come to share the place.
    pub(crate) fn add_together(
        &mut self,
        rule: LintRule,
        (environment, application, origin): (Option<&str>, Option<&ApplicationKey>, Option<&Origin>),
        detail: &str,
        (message, hint): (String, &str),
    ) {
        self.findings.push(LintFinding {
            rule,
            severity: rule.severity(),
            environment: environment.map(str::to_owned),
            application: application.cloned(),
            object: None,
            origin: origin.cloned(),
            message,
            hint: Some(hint.to_owned()),
            fingerprint: fingerprint(&[rule.id(), detail]),
        });
    }
}
