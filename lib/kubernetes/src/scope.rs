//! Which kinds have namespaces.

use oarlock_bytes::compare;

use crate::gvk::Gvk;

include!(concat!(env!("OUT_DIR"), "/scope.rs"));

/// Whether objects of a kind lie in namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Each object is in a namespace.
    Namespaced,
    /// Objects belong to the cluster as a whole.
    Cluster,
}

impl Gvk {
    /// The scope of a kind of Kubernetes' own; `None` for custom kinds and for versions that the
    /// table does not have.
    ///
    /// ```
    /// use oarlock_kubernetes::{Gvk, Scope};
    ///
    /// let scope = |api_version, kind| Gvk::from_api_version(api_version, kind).scope();
    /// assert_eq!(scope("v1", "Namespace"), Some(Scope::Cluster));
    /// assert_eq!(scope("v1", "ConfigMap"), Some(Scope::Namespaced));
    /// assert_eq!(scope("example.com/v1", "Namespace"), None);
    /// ```
    pub fn scope(&self) -> Option<Scope> {
        // A build asks a dozen times for each object.
        let order = |known: &str, wanted: &str| compare(known.as_bytes(), wanted.as_bytes());
        let found = SCOPES.binary_search_by(|(kind, group, version, _)| {
            order(kind, &self.kind)
                .then_with(|| order(group, &self.group))
                .then_with(|| order(version, &self.version))
        });
        found.ok().map(|place| SCOPES[place].3)
    }

    /// Whether the kind is known to be cluster-scoped.
    pub fn is_cluster_scoped(&self) -> bool {
        self.scope() == Some(Scope::Cluster)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_has_each_kind_once() {
        let kinds: Vec<_> = SCOPES.iter().map(|(kind, group, version, _)| (kind, group, version)).collect();
        assert!(kinds.is_sorted_by(|a, b| a < b) && kinds.len() > 50, "{}", kinds.len());
        for (kind, group, version, scope) in SCOPES {
            let gvk = Gvk { group: (*group).into(), version: (*version).into(), kind: (*kind).into() };
            assert_eq!(gvk.scope(), Some(*scope), "{gvk}");
        }
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
            let gvk = Gvk::from_api_version(api_version, kind);
            assert_eq!(gvk.is_cluster_scoped(), expected, "{gvk}");
        }
    }
}
