//! Which kinds have namespaces.

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
        let wanted = (self.kind.as_str(), self.group.as_str(), self.version.as_str());
        if CLUSTER_SCOPED.binary_search(&wanted).is_ok() {
            Some(Scope::Cluster)
        } else {
            NAMESPACED.binary_search(&wanted).is_ok().then_some(Scope::Namespaced)
        }
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
    fn the_tables_are_sorted_and_share_no_kind() {
        assert!(CLUSTER_SCOPED.is_sorted() && NAMESPACED.is_sorted());
        assert!(CLUSTER_SCOPED.iter().all(|kind| NAMESPACED.binary_search(kind).is_err()));
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
