//! Identity: group, version, kind, namespace and name.

use std::fmt;

use smol_str::SmolStr;

use crate::gvk::Gvk;

/// What stands for the namespace of a cluster-scoped object, as no namespace can be called so.
const CLUSTER_SCOPED: &str = "_non_namespaceable_";

/// What tells one object from another.
///
/// `==` compares the namespaces as they are written; [`is_same`](ObjectId::is_same) says whether
/// the same object is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId {
    /// Group, version and kind.
    pub gvk: Gvk,
    /// `metadata.name`.
    pub name: SmolStr,
    /// `metadata.namespace`, empty where it is absent.
    pub namespace: SmolStr,
}

impl ObjectId {
    /// The namespace as it counts for identity: `default` where none is given (kustomize's
    /// `EffectiveNamespace`), and a fixed marker for cluster-scoped kinds.
    pub fn effective_namespace(&self) -> &str {
        if self.gvk.is_cluster_scoped() {
            CLUSTER_SCOPED
        } else if self.namespace.is_empty() {
            "default"
        } else {
            &self.namespace
        }
    }

    /// Whether the kind is known to be cluster-scoped, by the table or because the identity is
    /// [marked](Self::make_cluster_scoped).
    pub fn is_cluster_scoped(&self) -> bool {
        self.namespace == CLUSTER_SCOPED || self.gvk.is_cluster_scoped()
    }

    /// Marks the identity as that of a cluster-scoped kind, for custom kinds whose definition says
    /// so.
    pub fn make_cluster_scoped(&mut self) {
        self.namespace = CLUSTER_SCOPED.into();
    }

    /// Whether two identities mean the same object: kustomize's `ResId.Equals`.
    pub fn is_same(&self, other: &Self) -> bool {
        self.is_same_in_any_namespace(other) && self.is_namespace_same(other)
    }

    /// Whether group, version, kind and name are the same: kustomize's `GvknEquals`.
    pub fn is_same_in_any_namespace(&self, other: &Self) -> bool {
        self.name == other.name && self.gvk == other.gvk
    }

    /// Whether both are in the same effective namespace.
    pub fn is_namespace_same(&self, other: &Self) -> bool {
        self.effective_namespace() == other.effective_namespace()
    }

    /// The identity with its effective namespace: equal exactly for identities that [mean the same
    /// object](Self::is_same), so fit for maps.
    #[must_use]
    pub fn normalized(mut self) -> Self {
        let namespace = self.effective_namespace();
        if namespace != self.namespace {
            self.namespace = namespace.into();
        }
        self
    }

    /// Whether each part that the selector gives is the same here: kustomize's
    /// `ResId.IsSelectedBy`.
    pub fn is_selected_by(&self, selector: &Self) -> bool {
        (selector.name.is_empty() || selector.name == self.name)
            && (selector.namespace.is_empty() || selector.is_namespace_same(self))
            && self.gvk.is_selected_by(&selector.gvk)
    }
}

impl fmt::Display for ObjectId {
    /// `apps/v1 Deployment namespace/name`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.gvk)?;
        if !self.namespace.is_empty() && self.namespace != CLUSTER_SCOPED {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(api_version: &str, kind: &str, namespace: &str) -> ObjectId {
        let gvk = Gvk::from_api_version(api_version, kind);
        ObjectId { gvk, name: "x".into(), namespace: namespace.into() }
    }

    #[test]
    fn no_namespace_is_the_default_one_and_cluster_scoped_kinds_have_none() {
        for (a, b, same) in [
            (id("v1", "ConfigMap", ""), id("v1", "ConfigMap", "default"), true),
            (id("v1", "ConfigMap", ""), id("v1", "ConfigMap", "a"), false),
            (id("v1", "Namespace", "a"), id("v1", "Namespace", "b"), true),
            (id("v1", "ConfigMap", "a"), id("v2", "ConfigMap", "a"), false),
        ] {
            assert_eq!(a.is_same(&b), same, "{a} and {b}");
            assert_eq!(a.normalized() == b.normalized(), same);
        }
    }
}
