//! Errors and warnings for the person who has to fix something, and places in files.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A result whose error is one [`Failure`].
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// A place in a file of the tree.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// Path from the root of the tree.
    pub path: String,
    /// Line, from 1; 0 where only the file is known.
    pub line: u32,
    /// Column in characters, from 1; 0 where only the line is known.
    pub column: u32,
}

impl Origin {
    /// A whole file.
    pub fn file(path: impl Into<String>) -> Self {
        Self { path: path.into(), line: 0, column: 0 }
    }

    /// A line and column of a file, both from 1.
    pub fn at(path: impl Into<String>, line: u32, column: u32) -> Self {
        Self { path: path.into(), line, column }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
            if self.column > 0 {
                write!(f, ":{}", self.column)?;
            }
        }
        Ok(())
    }
}

/// One reason why a plugin could not do its work, or a warning: what is wrong, where, and how to
/// fix it.
///
/// ```
/// use oarlock_model::{Failure, Origin};
///
/// let failure = Failure::new("`replicas` is a string")
///     .at(Origin::at("overlays/prod/kustomization.yaml", 12, 5))
///     .hint("write the number without quotes");
/// assert_eq!(failure.to_string(), "overlays/prod/kustomization.yaml:12:5: `replicas` is a string");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What is wrong: lower case, no full stop, names in backticks.
    pub message: String,
    /// How to fix it.
    pub hint: Option<String>,
    /// Where it is wrong.
    pub origin: Option<Origin>,
    /// How the plugin came there, innermost first.
    pub notes: Vec<String>,
}

impl Failure {
    /// A failure of which only the message is known.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, origin: None, notes: Vec::new() }
    }

    /// Says how to fix it. A hint that is there already stays, since it was given by someone closer
    /// to the fault.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint.get_or_insert_with(|| hint.into());
        self
    }

    /// Says where it is. A place that is known already stays.
    #[must_use]
    pub fn at(mut self, origin: Origin) -> Self {
        self.origin.get_or_insert(origin);
        self
    }

    /// Adds a step of the way that led here, outwards.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// One or more failures, so that one run can show all mistakes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failures(Vec<Failure>);

impl Failures {
    /// The failures if there are any, else `Ok`.
    ///
    /// # Errors
    /// If there are any.
    pub fn check(failures: Vec<Failure>) -> Result<(), Self> {
        if failures.is_empty() { Ok(()) } else { Err(Self(failures)) }
    }

    /// These failures and others.
    #[must_use]
    pub fn and(mut self, others: impl IntoIterator<Item = Failure>) -> Self {
        self.0.extend(others);
        self
    }

    /// The failures, at least one.
    pub fn as_slice(&self) -> &[Failure] {
        &self.0
    }

    /// The failures, at least one.
    pub fn into_vec(self) -> Vec<Failure> {
        self.0
    }
}

impl From<Failure> for Failures {
    fn from(failure: Failure) -> Self {
        Self(vec![failure])
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, failure) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            failure.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Failures {}
