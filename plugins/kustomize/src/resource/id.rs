//! Identity: group, version, kind, namespace and name.

use std::fmt;

use oarlock_yaml::Text;

/// Group, version and kind. The core group is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Gvk {
    /// API group, empty for the core group.
    pub group: Text,
    /// API version without the group.
    pub version: Text,
    /// Kind.
    pub kind: Text,
}

/// What tells one resource from another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResId {
    /// Group, version and kind.
    pub gvk: Gvk,
    /// `metadata.name`.
    pub name: Text,
    /// `metadata.namespace`, empty where it is absent.
    pub namespace: Text,
}

impl Gvk {
    /// Splits `group/version`; a value without `/` is a version of the core group.
    pub fn from_api_version(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self { group: group.into(), version: version.into(), kind: kind.into() }
    }
}

impl ResId {
    /// The namespace as it counts for identity: `default` where none is given (kustomize's `EffectiveNamespace`), and a fixed marker
    /// for cluster-scoped kinds.
    pub fn effective_namespace(&self) -> &str {
        todo!()
    }

    /// Whether two ids mean the same resource: kustomize's `ResId.Equals`.
    pub fn is_same(&self, _other: &Self) -> bool {
        todo!()
    }
}

impl fmt::Display for Gvk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.kind, self.version, self.group)
    }
}
