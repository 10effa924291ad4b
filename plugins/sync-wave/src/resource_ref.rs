//! What manifests need and make, by name.

use std::borrow::Cow;
use std::fmt;

/// What one manifest needs and another is or makes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ResourceRef<'a> {
    /// An object.
    Object { group: &'a str, kind: &'a str, name: Cow<'a, str> },
    /// The definition of a kind of custom resources.
    Definition { group: &'a str, kind: &'a str },
    /// What a service account may do.
    Permissions { account: &'a str },
}

/// What is needed or made, and where it is. The namespace is empty for what is cluster-scoped, and
/// for objects whose manifests leave it to the Application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LocatedRef<'a> {
    pub(crate) resource: ResourceRef<'a>,
    pub(crate) namespace: &'a str,
}

impl<'a> ResourceRef<'a> {
    pub(crate) fn object(group: &'a str, kind: &'a str, name: &'a str) -> Self {
        Self::Object { group, kind, name: Cow::Borrowed(name) }
    }

    pub(crate) fn secret(name: impl Into<Cow<'a, str>>) -> Self {
        Self::Object { group: "", kind: "Secret", name: name.into() }
    }

    pub(crate) fn is_named(&self) -> bool {
        match self {
            Self::Object { name, .. } => !name.is_empty(),
            Self::Definition { group, kind } => !group.is_empty() && !kind.is_empty(),
            Self::Permissions { account } => !account.is_empty(),
        }
    }

    pub(crate) fn in_namespace(self, namespace: &'a str) -> LocatedRef<'a> {
        LocatedRef { resource: self, namespace }
    }

    pub(crate) fn cluster_wide(self) -> LocatedRef<'a> {
        self.in_namespace("")
    }
}

impl fmt::Display for ResourceRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object { kind, name, .. } => write!(f, "`{kind} {name}`"),
            Self::Definition { kind, .. } => write!(f, "the definition of `{kind}`"),
            Self::Permissions { account } => write!(f, "the permissions of `ServiceAccount {account}`"),
        }
    }
}

/// Whether two namespaces may be the same. A manifest without one gets the Application's, which may
/// be any.
pub(crate) fn agree(a: &str, b: &str) -> bool {
    a == b || a.is_empty() || b.is_empty()
}
