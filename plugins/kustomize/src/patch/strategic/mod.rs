//! Strategic merge patches: a resource in outline, merged into the one it names.
//!
//! This follows what kustomize does, not what the API server does: of the directives only `$patch`
//! is known, others such as `$retainKeys` and `$setElementOrder` end up in the resource like any
//! field.

mod directive;
mod elements;
mod error;
mod merge;

#[cfg(test)]
mod tests;

use oarlock_plugin::Failure;
use oarlock_yaml::{Mapping, Node, ScalarKind};

use super::source::PatchSource;
use crate::resource::Resource;
use crate::schema::{Notes, Schema};
use error::MergeError;
use merge::{Merged, Merger};
use oarlock_kubernetes::ObjectId;

/// One strategic merge patch, as it was read.
#[derive(Clone, Debug)]
pub(crate) struct StrategicPatch {
    /// The patch: a resource in outline.
    pub(crate) node: Node,
    /// The resource that it names.
    pub(crate) id: ObjectId,
    /// Schemas in comments beside its fields.
    pub(crate) notes: Notes,
    /// What it was read from.
    pub(crate) source: PatchSource,
    /// The patch may change the name.
    pub(crate) allow_name_change: bool,
    /// The patch may change the kind.
    pub(crate) allow_kind_change: bool,
}

/// How a patch found its resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Addressed {
    /// By its own kind and name.
    ByItself,
    /// By a selector, or by the deprecated field `patchesStrategicMerge`. kustomize then copies the
    /// patch, and what it copies of labels and annotations are texts: a null there is the text
    /// `null`, and a null in the place of all of them is nothing.
    ByCopy,
}

/// Merges a patch into a resource. `Ok(false)` says that nothing is left of it.
///
/// # Errors
/// If the patch has a node of another kind than the resource, or a directive that is none.
pub(crate) fn apply(
    resource: &mut Resource,
    patch: &StrategicPatch,
    addressed: Addressed,
    schema: &Schema,
) -> Result<bool, Failure> {
    let mut node = patch.node.clone();
    if addressed == Addressed::ByCopy {
        if let Some(fields) = node.as_mapping_mut() {
            match resource.object.get("apiVersion") {
                Some(api_version) => drop(fields.insert("apiVersion", api_version.clone())),
                None => drop(fields.remove("apiVersion")),
            }
        }
        make_texts(&mut node, "labels");
    }
    if addressed == Addressed::ByCopy || patch.allow_name_change || patch.allow_kind_change {
        make_texts(&mut node, "annotations");
    }
    let forgets = drops_annotations(&node);

    let identity = Identity::of(&resource.object);
    if patch.allow_name_change || patch.allow_kind_change {
        resource.remember_id();
    }
    let notes = resource.notes.and(&patch.notes);
    let merger = Merger { schema, notes: &notes };
    let outcome = merger
        .merge(Some(&mut resource.object), Some(node), None)
        .map_err(|error| describe(&error, resource, patch))?;
    // What replaces the whole object is lost in kustomize: the object stays as it was.
    if matches!(outcome, Merged::Nothing) || resource.object.as_mapping().is_none_or(Mapping::is_empty) {
        return Ok(false);
    }
    if forgets && matches!(outcome, Merged::Target) {
        resource.forget_build_annotations();
    }
    resource.notes = notes;
    identity.restore(&mut resource.object, patch);
    resource.allow_name_change |= patch.allow_name_change;
    resource.allow_kind_change |= patch.allow_kind_change;
    super::drop_empty_annotations(resource);
    Ok(true)
}

/// Merges values of charts, as kustomize merges those of `valuesInline` with those of a file: by
/// the same walk as a patch and a resource.
///
/// # Errors
/// If something is of different kinds in the two, or a directive is none.
pub(crate) fn merge_values(mut below: Node, above: Node, schema: &Schema) -> Result<Node, Failure> {
    let notes = Notes::default();
    let merged = Merger { schema, notes: &notes }.merge(Some(&mut below), Some(above), None);
    let describe = |error: MergeError| match error.kinds {
        Some((below, above)) => {
            Failure::new(format!("`{}` is a {below} in one and a {above} in the other", error.path()))
        }
        None => Failure::new(format!("`{}` {}", error.path(), error.message)).hint(error.hint),
    };
    match merged.map_err(describe)? {
        Merged::Target => Ok(below),
        Merged::Patch(node) => Ok(node),
        Merged::Nothing => Ok(Node::empty_mapping()),
    }
}

/// What a patch may not change.
struct Identity {
    kind: Option<Node>,
    name: Option<Node>,
    namespace: Option<Node>,
}

impl Identity {
    fn of(object: &Node) -> Self {
        let filled = |node: &&Node| {
            node.as_scalar().is_some_and(|scalar| scalar.kind != ScalarKind::Null && !scalar.text.is_empty())
        };
        Self {
            kind: object.get("kind").cloned(),
            name: object.at(&["metadata", "name"]).cloned(),
            namespace: object.at(&["metadata", "namespace"]).filter(filled).cloned(),
        }
    }

    fn restore(self, object: &mut Node, patch: &StrategicPatch) {
        let Some(fields) = object.as_mapping_mut() else {
            return;
        };
        if let Some(kind) = self.kind.filter(|_| !patch.allow_kind_change) {
            fields.insert("kind", kind);
        }
        let name = self.name.filter(|_| !patch.allow_name_change);
        if name.is_none() && self.namespace.is_none() && !fields.contains_key("metadata") {
            return;
        }
        let Some(metadata) = fields.get_or_insert_with("metadata", Node::empty_mapping).as_mapping_mut()
        else {
            return;
        };
        if let Some(name) = name {
            metadata.insert("name", name);
        }
        match self.namespace {
            Some(namespace) => drop(metadata.insert("namespace", namespace)),
            None => drop(metadata.remove("namespace")),
        }
    }
}

/// Makes all values of a map in the metadata texts. What is no map, or empty, goes.
fn make_texts(patch: &mut Node, field: &str) {
    let Some(metadata) = patch.get_mut("metadata").and_then(Node::as_mapping_mut) else {
        return;
    };
    let Some(map) = metadata.get_mut(field).and_then(Node::as_mapping_mut).filter(|map| !map.is_empty())
    else {
        metadata.remove(field);
        return;
    };
    for entry in map.iter_mut() {
        let text = entry.value.scalar_text().unwrap_or("").to_owned();
        let span = entry.value.span;
        entry.key.unquote();
        entry.value = Node::string(text).with_span(span);
        if let Some(scalar) = entry.value.as_scalar_mut() {
            scalar.quoted = true;
        }
    }
}

/// Whether a patch leaves nothing of the annotations that are there. What kustomize remembers in
/// them is then gone too.
fn drops_annotations(patch: &Node) -> bool {
    let drops = |node: &Node| {
        let directive = node.get("$patch").and_then(Node::scalar_text);
        node.is_null() || matches!(directive, Some("delete" | "replace"))
    };
    patch
        .get("metadata")
        .is_some_and(|metadata| drops(metadata) || metadata.get("annotations").is_some_and(drops))
}

fn describe(error: &MergeError, resource: &Resource, patch: &StrategicPatch) -> Failure {
    let what = match error.path() {
        root if root.is_empty() => String::new(),
        field => format!(": `{field}`"),
    };
    let failure = Failure::new(format!("patch of `{}`{what} {}", resource.current_id(), error.message));
    let failure = patch.source.blame(failure, error.span).hint(error.hint);
    match &resource.origin {
        Some(origin) => failure.note(format!("the resource is at `{origin}`")),
        None => failure,
    }
}
