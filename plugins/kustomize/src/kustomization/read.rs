//! From a directory to its kustomization.

use std::rc::Rc;

use oarlock_plugin::{Failure, Failures, Host, Kind as FileKind, Origin, Result, TreePath};
use oarlock_yaml::{Limits, Node, Reader, Repeated, Span, Value};

use crate::mismatch::mismatch;

use super::names::{LISTS, canonical};
use super::{Fields, Kind, Kustomization, Located, legacy, origin, texts};

/// The names that a kustomization file may have.
pub(crate) const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

const KUSTOMIZATION_VERSION: &str = "kustomize.config.k8s.io/v1beta1";
const COMPONENT_VERSION: &str = "kustomize.config.k8s.io/v1alpha1";

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
    /// If the text is no YAML, has fields that no kustomization has, or values of the wrong type;
    /// if nothing is declared.
    pub(crate) fn read(file: TreePath, text: &[u8], mut warn: impl FnMut(Failure)) -> Result<Self, Failures> {
        let (node, repeated) = parse(&file, text)?;
        repeats(&file, repeated).for_each(&mut warn);
        let mut mistakes = Vec::new();
        let node = match node {
            Node { value: Value::Mapping(mapping), span } => {
                canonical(&file, mapping, &mut warn, &mut mistakes).with_span(span)
            }
            node if node.is_null() => Node::empty_mapping(),
            node => {
                let failure =
                    format!("a kustomization is a mapping of fields, this is a {}", node.kind_name());
                return Err(Failure::new(failure).at(origin(&file, node.span)).into());
            }
        };
        if !mistakes.is_empty() {
            // What is missing or empty may only follow from a misspelt name.
            mistakes.extend(fields(&file, text, &node).err().into_iter().flat_map(Failures::into_vec));
            mistakes
                .sort_by_key(|failure| failure.origin.as_ref().map(|origin| (origin.line, origin.column)));
            Failures::check(mistakes)?;
        }
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
            fields: fields(&file, text, &node)?,
            file,
            node: Rc::new(node),
        };
        legacy::migrate(&mut kustomization.fields);
        Ok(kustomization)
    }
}

/// The first document, since kustomize does not look at what follows it, and the keys that it has
/// twice.
fn parse(file: &TreePath, text: &[u8]) -> Result<(Node, Vec<Repeated>)> {
    let documents =
        oarlock_yaml::parse(text, Reader::KustomizeField, Limits::default()).map_err(|error| {
            let failure = Failure::new(error.message).at(origin(file, error.span));
            match error.hint {
                Some(hint) => failure.hint(hint),
                None => failure,
            }
        })?;
    let document = documents.into_iter().next();
    Ok(document.map_or_else(|| (Node::null(), Vec::new()), |document| (document.root, document.repeated)))
}

/// How many keys that are set twice are reported one by one.
const TOLD_REPEATS: usize = 10;

/// Warnings about keys that are set twice: kustomize takes the last without a word, and what stood
/// before is lost.
fn repeats(file: &TreePath, repeated: Vec<Repeated>) -> impl Iterator<Item = Failure> {
    let more = repeated.len().saturating_sub(TOLD_REPEATS);
    let rest = (more > 0).then(|| {
        Failure::new(format!("{more} more keys are set twice in `{file}`")).at(Origin::file(file.as_str()))
    });
    let file = file.clone();
    let told = repeated.into_iter().take(TOLD_REPEATS);
    told.map(move |repeated| repeat(&file, &repeated.key, repeated.first, repeated.second)).chain(rest)
}

/// The warning about a key that is set twice.
fn repeat(file: &TreePath, key: &str, first: Span, second: Span) -> Failure {
    let message = format!(
        "`{key}` is set in line {} and again in line {}; the last one counts",
        first.line, second.line
    );
    Failure::new(message).at(origin(file, second)).hint("merge the two, or remove one of them")
}

/// A list without entries is something for kustomize, but not in a deprecated field that it empties
/// before it looks.
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
            Err(Failure::new(format!("`apiVersion` of a `{name}` is `{version}`"))
                .at(origin(file, given.span)))
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

fn fields(file: &TreePath, text: &[u8], node: &Node) -> Result<Fields, Failures> {
    let mut rest = node.clone();
    if let Some(mapping) = rest.as_mapping_mut() {
        mapping.retain(|entry| {
            !LISTS.contains(&entry.key.text.as_str())
                && !["apiVersion", "kind"].contains(&entry.key.text.as_str())
        });
    }
    texts::check(file, text, "", &rest)?;
    let fields: Fields = match oarlock_yaml::from_node_all(&rest) {
        Ok(fields) => fields,
        Err(errors) => {
            let failures = errors.iter().map(|error| mismatch(error).at(origin(file, error.span)));
            return Failures::check(failures.collect()).map(|()| Fields::default());
        }
    };
    if let Some(index) = fields.config_map_generator.iter().position(|args| args.secret_type.is_some()) {
        let place =
            node.get("configMapGenerator").and_then(Node::as_sequence).and_then(|list| list.get(index));
        let span = place.and_then(|args| args.get("type")).map(|value| value.span).unwrap_or_default();
        return Err(Failure::new("a ConfigMap has no `type`")
            .at(origin(file, span))
            .hint("only a Secret has one")
            .into());
    }
    Ok(fields)
}
