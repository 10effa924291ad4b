//! What a strategic merge has to know of types: which lists are merged element by element, and by
//! which keys.

mod custom;
mod notes;

use std::cell::Cell;

use oarlock_kubernetes::{Gvk, MergeKeys};
use oarlock_plugin::Result;
use oarlock_yaml::{Key, Node};

use custom::Definitions;
pub(crate) use notes::Notes;

/// The types that are known: Kubernetes' own, or those of an OpenAPI document, or both.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    custom: Option<Definitions>,
    /// What references in schemas beside fields lead to where there is no document.
    none: Definitions,
    asked: Cell<bool>,
}

/// What becomes of Kubernetes' own types where an OpenAPI document is given.
///
/// kustomize means to drop them. But it keeps what it has read already, and it has a debt: once it
/// met a kind whose scope is not in its table, it is going to read its own types too, after the
/// document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Builtin {
    /// They are gone.
    Dropped,
    /// They stay; the document's win.
    #[default]
    Kept,
    /// They are read after the document, and win.
    ReadAfter,
}

impl Schema {
    /// Kubernetes' own types.
    pub(crate) fn builtin() -> Self {
        Self::default()
    }

    /// The types of an OpenAPI document, given by `openapi: {path: …}`.
    ///
    /// # Errors
    /// If the document is not a mapping of definitions.
    pub(crate) fn with_openapi(document: Node, builtin: Builtin) -> Result<Self> {
        let custom = Some(Definitions::read(document, builtin)?);
        Ok(Self { custom, ..Self::default() })
    }

    /// Whether it was used: kustomize reads a schema only then.
    pub(crate) fn was_asked(&self) -> bool {
        self.asked.get()
    }

    /// The schema that stands beside a field, or that another field of the same name has beside it
    /// in the patch.
    pub(crate) fn noted<'a>(
        &'a self,
        notes: &'a Notes,
        key: &Key,
        patched: Option<&Key>,
    ) -> Option<SchemaRef<'a>> {
        let note = notes.get(key).or_else(|| notes.get(patched?))?;
        self.custom.as_ref().unwrap_or(&self.none).resolve(note)
    }

    /// Whether a kind is known to have no namespaces by a document alone.
    pub(crate) fn makes_cluster_scoped(&self, gvk: &Gvk) -> bool {
        gvk.scope().is_none()
            && self.custom.as_ref().is_some_and(|definitions| definitions.is_cluster_scoped(gvk))
    }

    /// The schema of a kind; `None` if the kind is unknown.
    pub(crate) fn kind(&self, api_version: &str, kind: &str) -> Option<SchemaRef<'_>> {
        self.asked.set(true);
        let found = match &self.custom {
            Some(definitions) => definitions.kind(api_version, kind),
            None => MergeKeys::of_kind(api_version, kind).map(SchemaRef::Builtin),
        };
        found.or_else(|| is_kustomization(api_version, kind).then_some(SchemaRef::Kustomization))
    }
}

/// What kustomize adds to every schema, so that patches can change a Kustomization.
fn is_kustomization(api_version: &str, kind: &str) -> bool {
    api_version == "kustomize.config.k8s.io/v1beta1" && kind == "Kustomization"
}

/// The schema of one node of an object.
#[derive(Clone, Copy)]
pub(crate) enum SchemaRef<'a> {
    /// A node of a type of Kubernetes' own.
    Builtin(MergeKeys),
    /// A Kustomization, whose generators are merged by name.
    Kustomization,
    /// The generators of a Kustomization.
    Generators,
    /// A node of an OpenAPI document.
    Custom(&'a Definitions, &'a Node),
}

impl<'a> SchemaRef<'a> {
    /// The schema of a field or map entry; `None` if nothing is known of it.
    pub(crate) fn field(self, name: &str) -> Option<Self> {
        match self {
            Self::Builtin(keys) => Some(Self::Builtin(keys.field(name))),
            Self::Kustomization if matches!(name, "configMapGenerator" | "secretGenerator") => {
                Some(Self::Generators)
            }
            Self::Kustomization | Self::Generators => Some(Self::Builtin(MergeKeys::NONE)),
            Self::Custom(definitions, schema) => definitions.field(schema, name),
        }
    }

    /// The schema of the elements of a list; `None` if nothing is known of them.
    pub(crate) fn elements(self) -> Option<Self> {
        match self {
            Self::Builtin(keys) => Some(Self::Builtin(keys.items())),
            Self::Kustomization | Self::Generators => Some(Self::Builtin(MergeKeys::NONE)),
            Self::Custom(definitions, schema) => definitions.elements(schema),
        }
    }

    /// The keys by which the elements of a list are merged, none for a set of scalars; `None` if
    /// the list is replaced as a whole.
    pub(crate) fn merge_keys(self) -> Option<Vec<&'a str>> {
        match self {
            Self::Builtin(keys) => keys.keys().map(<[_]>::to_vec),
            Self::Kustomization => None,
            Self::Generators => Some(vec!["name"]),
            Self::Custom(_, schema) => custom::merge_keys(schema),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_lists_know_their_keys() {
        let schema = Schema::builtin();
        for (kind, path, expected) in [
            ("apps/v1 Deployment", "spec.template.spec.containers.[].env", Some(vec!["name"])),
            ("apps/v1 Deployment", "spec.template.spec.containers.[].args", None),
            ("kustomize.config.k8s.io/v1beta1 Kustomization", "configMapGenerator", Some(vec!["name"])),
            ("kustomize.config.k8s.io/v1beta1 Kustomization", "configMapGenerator.[].files", None),
            ("kustomize.config.k8s.io/v1beta1 Kustomization", "resources", None),
        ] {
            let (api_version, kind) = kind.split_once(' ').unwrap();
            let found = path.split('.').fold(schema.kind(api_version, kind), |found, part| {
                found.and_then(|schema| if part == "[]" { schema.elements() } else { schema.field(part) })
            });
            assert_eq!(found.and_then(SchemaRef::merge_keys), expected, "{kind} {path}");
        }
        assert!(schema.kind("example.com/v1", "Deployment").is_none());
    }
}
