//! Rules by which releases of the library read: those since 4.2 of Helm bound what they read.

use oarlock_go::strconv::quote;

use crate::constraint::{Constraint, ConstraintError};
use crate::{Version, VersionError};

/// How long a version may be, in bytes.
const MAX_VERSION: usize = 256;
/// How long a constraint may be, in bytes.
const MAX_CONSTRAINT: usize = 512;
/// How many alternatives a constraint may have.
const MAX_ALTERNATIVES: usize = 32;

/// How a release of Masterminds' semver reads versions and constraints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rules {
    /// Texts may be as long as they are, as in Helm up to 4.1.
    Unbounded,
    /// Versions have at most 256 bytes, constraints 512 and 32 alternatives, and messages quote a
    /// constraint that is none, as in Helm since 4.2.
    #[default]
    Bounded,
}

/// Why a text is no version or constraint, in the library's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The text of a version is too long.
    #[error("version string is too long (max {MAX_VERSION} bytes)")]
    LongVersion,
    /// The text of a constraint is too long.
    #[error("constraint string is too long (max {MAX_CONSTRAINT} bytes)")]
    LongConstraint,
    /// A constraint has too many alternatives.
    #[error("too many constraint groups (max {MAX_ALTERNATIVES})")]
    ManyAlternatives,
    /// It is no constraint, and is shown in quotes.
    #[error("improper constraint: {}", quote(.0.as_bytes()))]
    Improper(String),
    /// It is no version.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// It is no constraint.
    #[error(transparent)]
    Constraint(#[from] ConstraintError),
}

impl Rules {
    /// Reads a version.
    ///
    /// # Errors
    /// If the text is none.
    pub fn parse(self, text: &str) -> Result<Version, RuleError> {
        if self == Self::Bounded && text.len() > MAX_VERSION {
            return Err(RuleError::LongVersion);
        }
        Ok(Version::parse(text)?)
    }

    /// Reads a constraint.
    ///
    /// # Errors
    /// If the text is none.
    pub fn parse_constraint(self, text: &str) -> Result<Constraint, RuleError> {
        if self == Self::Unbounded {
            return Ok(Constraint::parse(text)?);
        }
        if text.len() > MAX_CONSTRAINT {
            return Err(RuleError::LongConstraint);
        }
        if text.split("||").count() > MAX_ALTERNATIVES {
            return Err(RuleError::ManyAlternatives);
        }
        Constraint::parse(text).map_err(|error| match error {
            ConstraintError::Improper(text) => RuleError::Improper(text),
            ConstraintError::Version => error.into(),
        })
    }

    /// Whether a version fulfils a constraint; `false` if either is none.
    pub fn is_compatible(self, wanted: &str, version: &str) -> bool {
        match (self.parse_constraint(wanted), self.parse(version)) {
            (Ok(constraint), Ok(version)) => constraint.check(&version),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_no_versions_where_they_are_bounded() {
        let long = format!("1.0.0-{}", "a".repeat(251));
        assert_eq!(Rules::Bounded.parse(&long).unwrap_err(), RuleError::LongVersion);
        assert!(Rules::Bounded.parse(&long[..256]).is_ok());
        assert!(Rules::Unbounded.parse(&long).is_ok());
        let many = ["1"; 33].join("||");
        let message = "too many constraint groups (max 32)";
        assert_eq!(Rules::Bounded.parse_constraint(&many).err().unwrap().to_string(), message);
        assert!(Rules::Unbounded.parse_constraint(&many).is_ok());
        let long = "1".repeat(513);
        assert_eq!(Rules::Bounded.parse_constraint(&long).err(), Some(RuleError::LongConstraint));
        let long = format!("{}1.2", " ".repeat(510));
        assert!(Rules::Unbounded.is_compatible(&long, "1.2"));
        assert!(!Rules::Bounded.is_compatible(&long, "1.2"));
    }

    #[test]
    fn messages_quote_constraints_where_they_are_bounded() {
        for (rules, message) in [
            (Rules::Unbounded, "improper constraint: a \"b"),
            (Rules::Bounded, "improper constraint: \"a \\\"b\""),
        ] {
            assert_eq!(rules.parse_constraint("a \"b").err().unwrap().to_string(), message);
        }
    }
}
