//! Why an ApplicationSet cannot be expanded.

use oarlock_plugin::{Failure, Origin};
use serde::{Deserialize, Serialize};

/// Why an ApplicationSet gives no Applications. As in Argo CD, one error stops the whole set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct ExpandError {
    /// What kind of trouble it is.
    pub kind: ErrorKind,
    /// What is wrong, with the field of the ApplicationSet where it is known.
    pub message: String,
    /// The file of a repository that is invalid, if it is one.
    pub origin: Option<Origin>,
}

/// What kind of trouble an [`ExpandError`] reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The document is not an ApplicationSet: a field has the wrong type, or the text is no YAML.
    Decode,
    /// A generator is wrong, or what it gives cannot be combined.
    Generator,
    /// A template or a value cannot be rendered.
    Template,
    /// `templatePatch` is no patch, or cannot be applied.
    Patch,
    /// A git generator names a repository or a project that is not known, or a tree that cannot be
    /// read.
    Repository,
    /// A generator asks a service, and no parameters are recorded for it.
    Unsupported,
    /// The controller of Argo CD panics on this input, so that the set is never reconciled.
    ControllerPanic,
    /// A limit was reached.
    Limit,
}

impl ExpandError {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), origin: None }
    }

    /// Says in front of the message what was being done, or where.
    #[must_use]
    pub(crate) fn within(mut self, context: &str) -> Self {
        self.message = format!("{context}: {}", self.message);
        self
    }

    #[must_use]
    pub(crate) fn at(mut self, origin: Origin) -> Self {
        self.origin.get_or_insert(origin);
        self
    }

    /// The error as a failure of the plugin, in the invalid file or else at the place of
    /// the ApplicationSet.
    pub fn into_failure(self, set: &str, place: Option<&Origin>) -> Failure {
        let mut failure = Failure::new(format!("ApplicationSet `{set}`: {}", self.message));
        if let Some(origin) = self.origin.or_else(|| place.cloned()) {
            failure = failure.at(origin);
        }
        match self.kind {
            ErrorKind::Unsupported => {
                failure.hint("record its parameters under `recorded` of the plugin's configuration")
            }
            ErrorKind::ControllerPanic => {
                failure.hint("Argo CD's controller panics on this input and never reconciles the set")
            }
            _ => failure,
        }
    }
}

/// A result whose error is an [`ExpandError`].
pub(crate) type Result<T, E = ExpandError> = std::result::Result<T, E>;
