//! From a directory to its kustomization.

use std::rc::Rc;

use oarlock_plugin::{Failure, Host, Kind as FileKind, Origin, Result, TreePath};
use oarlock_yaml::{Limits, Mapping, Node, Value};

use super::{Fields, Kind, Kustomization, Located, legacy, origin};

/// The names that a kustomization file may have.
pub(crate) const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

const KUSTOMIZATION_VERSION: &str = "kustomize.config.k8s.io/v1beta1";
const COMPONENT_VERSION: &str = "kustomize.config.k8s.io/v1alpha1";

/// Lists of paths or inline objects, which are read with their places.
const LISTS: [&str; 8] = [
    "resources",
    "bases",
    "components",
    "generators",
    "transformers",
    "validators",
    "crds",
    "configurations",
];

/// Every other field.
const FIELDS: [&str; 26] = [
    "apiVersion",
    "kind",
    "metadata",
    "openapi",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "commonAnnotations",
    "patchesStrategicMerge",
    "patchesJson6902",
    "patches",
    "images",
    "imageTags",
    "replacements",
    "replicas",
    "vars",
    "sortOptions",
    "configMapGenerator",
    "secretGenerator",
    "helmGlobals",
    "helmCharts",
    "helmChartInflationGenerator",
    "generatorOptions",
    "buildMetadata",
];

/// Where values may be `null` on purpose.
const FREE_VALUES: [&str; 2] = ["valuesInline", "valuesLocal"];

/// Where a key with `null` is a key with an empty text.
const TEXT_MAPS: [&str; 5] = ["commonLabels", "commonAnnotations", "pairs", "labels", "annotations"];

/// The kustomization file of a directory.
///
/// # Errors
/// If there is none, or more than one.
pub(crate) fn find(host: &dyn Host, directory: &TreePath) -> Result<TreePath> {
    let is_file = |path: &TreePath| host.stat(path).is_ok_and(|found| found.kind == FileKind::File);
    let candidates = FILE_NAMES.iter().filter_map(|name| directory.join(name).ok());
    let mut found = candidates.filter(is_file);
    let Some(file) = found.next() else {
        return Err(Failure::new(format!("no kustomization file in `{directory}`"))
            .at(Origin::file(directory.as_str()))
            .hint("a kustomization is called `kustomization.yaml`, `kustomization.yml` or `Kustomization`"));
    };
    match found.next() {
        None => Ok(file),
        Some(other) => Err(Failure::new(format!("two kustomization files in `{directory}`"))
            .at(Origin::file(other.as_str()))
            .hint(format!("remove it or `{file}`"))),
    }
}

impl Kustomization {
    /// Reads and checks a kustomization file. Hands warnings about deprecated fields to `warn`.
    ///
    /// # Errors
    /// If the text is no YAML, has fields that no kustomization has, or values of the wrong type; if nothing is declared.
    pub(crate) fn read(file: TreePath, text: &[u8], mut warn: impl FnMut(Failure)) -> Result<Self> {
        let node = match parse(&file, text)? {
            Node { value: Value::Mapping(mapping), span } => canonical(&file, mapping)?.with_span(span),
            node if node.is_null() => Node::empty_mapping(),
            node => {
                let failure = format!("a kustomization is a mapping of fields, this is a {}", node.kind_name());
                return Err(Failure::new(failure).at(origin(&file, node.span)));
            }
        };
        legacy::warnings(&file, &node).for_each(&mut warn);
        check_not_empty(&file, &node)?;
        let kind = kind(&file, &node)?;
        let list = |field| located(&file, &node, field);
        let mut kustomization = Self {
            kind,
            resources: [list("resources")?, list("bases")?].concat(),
            components: list("components")?,
            generators: list("generators")?,
            transformers: list("transformers")?,
            validators: list("validators")?,
            crds: list("crds")?,
            configurations: list("configurations")?,
            fields: fields(&file, &node)?,
            file,
            node: Rc::new(node),
        };
        legacy::migrate(&mut kustomization.fields);
        Ok(kustomization)
    }
}

/// The first document: kustomize does not look at what follows it.
fn parse(file: &TreePath, text: &[u8]) -> Result<Node> {
    let documents = oarlock_yaml::parse(text, Limits::default()).map_err(|error| {
        let failure = Failure::new(error.message).at(origin(file, error.span));
        match error.hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })?;
    Ok(documents.into_iter().next().map_or_else(Node::null, |document| document.root))
}

/// Field names as they are documented, since kustomize does not tell upper from lower case; values of `null` left out, since
/// they mean nothing.
fn canonical(file: &TreePath, mapping: Mapping) -> Result<Node> {
    let mut fields = Mapping::default();
    for mut entry in mapping {
        let known = FIELDS.iter().chain(&LISTS).find(|field| field.eq_ignore_ascii_case(&entry.key.text));
        let Some(field) = known else {
            let failure = Failure::new(format!("a kustomization has no field `{}`", entry.key.text))
                .at(origin(file, entry.key.span));
            let names = [&FIELDS[..], &LISTS[..]].concat();
            return Err(match nearest(&entry.key.text, &names) {
                Some(name) => failure.hint(format!("is `{name}` meant?")),
                None => failure,
            });
        };
        if !entry.value.is_null() {
            drop_nulls(&mut entry.value, field);
            entry.key.text = (*field).into();
            fields.insert(entry.key, entry.value);
        }
    }
    Ok(Node::new(Value::Mapping(fields)))
}

fn drop_nulls(node: &mut Node, field: &str) {
    match &mut node.value {
        Value::Mapping(mapping) => {
            if TEXT_MAPS.contains(&field) {
                for entry in mapping.iter_mut().filter(|entry| entry.value.is_null()) {
                    entry.value = Node::string("").with_span(entry.value.span);
                }
            }
            mapping.retain(|entry| !entry.value.is_null());
            for entry in mapping.iter_mut() {
                if !FREE_VALUES.contains(&entry.key.text.as_str()) {
                    drop_nulls(&mut entry.value, &entry.key.text);
                }
            }
        }
        Value::Sequence(nodes) => nodes.iter_mut().for_each(|node| drop_nulls(node, "")),
        Value::Scalar(_) => {}
    }
}

/// A list without entries is something for kustomize, but not in a deprecated field that it empties before it looks.
fn check_not_empty(file: &TreePath, node: &Node) -> Result<()> {
    let means_something = |field: &str, value: &Node| match field {
        "apiVersion" | "kind" => false,
        "bases" | "imageTags" | "helmChartInflationGenerator" => {
            value.as_sequence().is_none_or(|entries| !entries.is_empty())
        }
        _ => value.scalar_text() != Some(""),
    };
    let empty = node
        .as_mapping()
        .is_none_or(|mapping| !mapping.iter().any(|entry| means_something(&entry.key.text, &entry.value)));
    if empty {
        return Err(Failure::new(format!("`{file}` is empty"))
            .at(Origin::file(file.as_str()))
            .hint("list what it holds under `resources`"));
    }
    Ok(())
}

fn kind(file: &TreePath, node: &Node) -> Result<Kind> {
    let kind = match node.get("kind").map(Node::as_str) {
        None | Some(Some("" | "Kustomization")) => Kind::Kustomization,
        Some(Some("Component")) => Kind::Component,
        Some(_) => {
            return Err(Failure::new("`kind` of a kustomization is `Kustomization` or `Component`")
                .at(origin(file, node.get("kind").map(|node| node.span).unwrap_or_default())));
        }
    };
    let (name, version) = match kind {
        Kind::Kustomization => ("Kustomization", KUSTOMIZATION_VERSION),
        Kind::Component => ("Component", COMPONENT_VERSION),
    };
    match node.get("apiVersion") {
        Some(given) if !matches!(given.as_str(), Some("")) && given.as_str() != Some(version) => {
            Err(Failure::new(format!("`apiVersion` of a `{name}` is `{version}`")).at(origin(file, given.span)))
        }
        _ => Ok(kind),
    }
}

/// The texts of a list with their places.
fn located(file: &TreePath, node: &Node, field: &str) -> Result<Vec<Located>> {
    let Some(list) = node.get(field) else { return Ok(Vec::new()) };
    let wrong = |node: &Node, what: &str| {
        Failure::new(format!("`{field}` {what}, not a {}", node.kind_name())).at(origin(file, node.span))
    };
    let entries = list.as_sequence().ok_or_else(|| wrong(list, "is a list"))?;
    let locate = |entry: &Node| {
        let text = entry.as_str().ok_or_else(|| wrong(entry, "is a list of texts"))?;
        Ok(Located { text: text.to_owned(), origin: origin(file, entry.span) })
    };
    entries.iter().map(locate).collect()
}

fn fields(file: &TreePath, node: &Node) -> Result<Fields> {
    let mut rest = node.clone();
    if let Some(mapping) = rest.as_mapping_mut() {
        mapping.retain(|entry| {
            !LISTS.contains(&entry.key.text.as_str()) && !["apiVersion", "kind"].contains(&entry.key.text.as_str())
        });
    }
    let fields: Fields = oarlock_yaml::from_node(&rest)
        .map_err(|error| Failure::new(error.message).at(origin(file, error.span)))?;
    if let Some(index) = fields.config_map_generator.iter().position(|args| args.secret_type.is_some()) {
        let place = node.get("configMapGenerator").and_then(Node::as_sequence).and_then(|list| list.get(index));
        let span = place.and_then(|args| args.get("type")).map(|value| value.span).unwrap_or_default();
        return Err(Failure::new("a ConfigMap has no `type`").at(origin(file, span)).hint("only a Secret has one"));
    }
    Ok(fields)
}

/// The known name that is near enough to be meant.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let distance = |known: &str| strsim::damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase());
    let (distance, nearest) = known.iter().map(|known| (distance(known), *known)).min()?;
    (distance <= 1 + name.len() / 4).then_some(nearest)
}
