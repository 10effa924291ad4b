//! The schema that is compiled in: Kubernetes v1.21.2, as kustomize v5.7.1 has it.

use super::SchemaRef;
use crate::resource::Gvk;

include!(concat!(env!("OUT_DIR"), "/schema.rs"));

/// A field on the way to a merged list.
pub(crate) struct Field {
    name: &'static str,
    leads: Leads,
}

/// What a field holds.
#[derive(Clone, Copy)]
enum Leads {
    /// An object: a position in `DEFINITIONS`.
    Object(u16),
    /// A list that is merged by these keys, or as a set if there are none. `items` is a position in `DEFINITIONS`.
    List { keys: &'static [&'static str], items: Option<u16> },
}

/// What kustomize adds to every schema, so that patches can change a Kustomization: its generators are merged by name.
static KUSTOMIZATION: &[Field] = &[
    Field { name: "configMapGenerator", leads: Leads::List { keys: &["name"], items: None } },
    Field { name: "secretGenerator", leads: Leads::List { keys: &["name"], items: None } },
];

/// The schema of a kind of Kubernetes' own.
pub(super) fn kind(api_version: &str, kind: &str) -> Option<SchemaRef<'static>> {
    let position = KINDS.binary_search_by(|entry| (entry.0, entry.1).cmp(&(kind, api_version))).ok()?;
    Some(definition(KINDS[position].2))
}

/// The schema of kustomize's own kinds.
pub(super) fn kustomize_kind(api_version: &str, kind: &str) -> Option<SchemaRef<'static>> {
    (api_version == "kustomize.config.k8s.io/v1beta1" && kind == "Kustomization")
        .then_some(SchemaRef::Fields(KUSTOMIZATION))
}

/// The schema of a definition, given by its name; `None` for those without merged lists too.
pub(super) fn named(name: &str) -> Option<SchemaRef<'static>> {
    let position = NAMES.binary_search(&name).ok()?;
    Some(SchemaRef::Fields(DEFINITIONS[position]))
}

/// Whether it is known if a kind has namespaces.
pub(super) fn has_known_scope(gvk: &Gvk) -> bool {
    let wanted = (gvk.kind.as_str(), gvk.group.as_str(), gvk.version.as_str());
    NAMESPACED.binary_search(&wanted).is_ok() || CLUSTER_SCOPED.binary_search(&wanted).is_ok()
}

/// Whether a kind is known to have no namespaces.
pub(super) fn is_cluster_scoped(gvk: &Gvk) -> bool {
    let wanted = (gvk.kind.as_str(), gvk.group.as_str(), gvk.version.as_str());
    CLUSTER_SCOPED.binary_search(&wanted).is_ok()
}

/// The schema of a field.
pub(super) fn field(fields: &'static [Field], name: &str) -> SchemaRef<'static> {
    let Ok(position) = fields.binary_search_by(|field| field.name.cmp(name)) else {
        return SchemaRef::Unremarkable;
    };
    match fields[position].leads {
        Leads::Object(target) => definition(Some(target)),
        Leads::List { keys, items } => SchemaRef::List { keys, items },
    }
}

/// The schema of a definition, given by its position.
pub(super) fn definition(position: Option<u16>) -> SchemaRef<'static> {
    position.map_or(SchemaRef::Unremarkable, |position| SchemaRef::Fields(DEFINITIONS[usize::from(position)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        assert!(KINDS.is_sorted_by_key(|entry| (entry.0, entry.1)));
        assert!(CLUSTER_SCOPED.is_sorted() && NAMESPACED.is_sorted() && NAMES.is_sorted());
        assert_eq!(NAMES.len(), DEFINITIONS.len());
        assert!(DEFINITIONS.iter().all(|fields| fields.is_sorted_by_key(|field| field.name)));
        assert!(KUSTOMIZATION.is_sorted_by_key(|field| field.name));
    }

    #[test]
    fn scopes_are_known_for_built_in_kinds_alone() {
        for (api_version, kind, expected) in [
            ("v1", "Namespace", true),
            ("v1", "ConfigMap", false),
            ("rbac.authorization.k8s.io/v1", "ClusterRole", true),
            ("example.com/v1", "ClusterRole", false),
            ("v2", "Namespace", false),
        ] {
            assert_eq!(
                is_cluster_scoped(&Gvk::from_api_version(api_version, kind)),
                expected,
                "{api_version} {kind}"
            );
        }
    }
}
