//! What a registry is told of the user.

/// What lets someone into a registry.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// User and password, encoded as HTTP has it.
    Basic(String),
    /// What a registry gives tokens for.
    Refresh(String),
}

impl Credentials {
    /// The header for user and password.
    pub(crate) fn basic(&self) -> Option<String> {
        match self {
            Self::Basic(encoded) => Some(format!("Basic {encoded}")),
            Self::Refresh(_) => None,
        }
    }
}
