//! What a strategic merge has to know of types: which lists are merged element by element, and by which keys.

mod builtin;
mod custom;
mod notes;

use std::cell::Cell;

use oarlock_plugin::Result;
use oarlock_yaml::{Key, Node};

use crate::resource::Gvk;
use custom::Definitions;
pub(crate) use notes::Notes;

/// Whether a kind is known to have no namespaces. Kinds that are not Kubernetes' own count as namespaced.
pub(crate) fn is_cluster_scoped(gvk: &Gvk) -> bool {
    builtin::is_cluster_scoped(gvk)
}

/// Whether it is known, without a schema, if a kind has namespaces.
pub(crate) fn has_known_scope(gvk: &Gvk) -> bool {
    builtin::has_known_scope(gvk)
}

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
/// kustomize means to drop them. But it keeps what it has read already, and it has a debt: once it met a kind whose scope is not in its
/// table, it is going to read its own types too, after the document.
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

    /// Whether anything was asked of it: kustomize reads a schema then.
    pub(crate) fn was_asked(&self) -> bool {
        self.asked.get()
    }

    /// The schema that stands beside a field, or that another field of the same name has beside it in the patch.
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
        !builtin::has_known_scope(gvk)
            && self.custom.as_ref().is_some_and(|definitions| definitions.is_cluster_scoped(gvk))
    }

    /// The schema of a kind; `None` if the kind is unknown.
    pub(crate) fn kind(&self, api_version: &str, kind: &str) -> Option<SchemaRef<'_>> {
        self.asked.set(true);
        let found = match &self.custom {
            Some(definitions) => definitions.kind(api_version, kind),
            None => builtin::kind(api_version, kind),
        };
        found.or_else(|| builtin::kustomize_kind(api_version, kind))
    }
}

/// The schema of one node of an object.
#[derive(Clone, Copy)]
pub(crate) enum SchemaRef<'a> {
    /// A known type without a merged list in it.
    Unremarkable,
    /// An object of a built-in type.
    Fields(&'static [builtin::Field]),
    /// A merged list of a built-in type.
    List {
        /// The merge keys; none for a set of scalars.
        keys: &'static [&'static str],
        /// The definition of the elements.
        items: Option<u16>,
    },
    /// A node of an OpenAPI document.
    Custom(&'a Definitions, &'a Node),
}

impl<'a> SchemaRef<'a> {
    /// The schema of a field or map entry; `None` if nothing is known of it.
    pub(crate) fn field(self, name: &str) -> Option<Self> {
        match self {
            Self::Unremarkable | Self::List { .. } => Some(Self::Unremarkable),
            Self::Fields(fields) => Some(builtin::field(fields, name)),
            Self::Custom(definitions, schema) => definitions.field(schema, name),
        }
    }

    /// The schema of the elements of a list; `None` if nothing is known of them.
    pub(crate) fn elements(self) -> Option<Self> {
        match self {
            Self::Unremarkable | Self::Fields(_) => Some(Self::Unremarkable),
            Self::List { items, .. } => Some(builtin::definition(items)),
            Self::Custom(definitions, schema) => definitions.elements(schema),
        }
    }

    /// The keys by which the elements of a list are merged, none for a set of scalars; `None` if the list is replaced as a whole.
    pub(crate) fn merge_keys(self) -> Option<Vec<&'a str>> {
        match self {
            Self::Unremarkable | Self::Fields(_) => None,
            Self::List { keys, .. } => Some(keys.to_vec()),
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
            ("apps/v1 Deployment", "spec.template.spec.containers", Some(vec!["name"])),
            ("apps/v1 Deployment", "spec.template.spec.containers.[].env", Some(vec!["name"])),
            (
                "apps/v1 Deployment",
                "spec.template.spec.containers.[].ports",
                Some(vec!["containerPort", "protocol"]),
            ),
            ("apps/v1 Deployment", "spec.template.spec.containers.[].args", None),
            ("apps/v1 Deployment", "spec.template.spec.volumes", Some(vec!["name"])),
            ("apps/v1 Deployment", "spec.template.spec.tolerations", None),
            ("apps/v1 Deployment", "metadata.finalizers", Some(vec![])),
            ("v1 Service", "spec.ports", Some(vec!["port", "protocol"])),
            ("networking.k8s.io/v1 Ingress", "spec.rules", None),
            ("kustomize.config.k8s.io/v1beta1 Kustomization", "configMapGenerator", Some(vec!["name"])),
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
