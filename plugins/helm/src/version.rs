//! Versions and constraints as the semver library of a version of Helm reads them.

use oarlock_go_template::fmt::quote;
use oarlock_semver::{Constraint, ConstraintError, Version};

use crate::profile::Profile;

/// How long a version may be, in bytes.
const MAX_VERSION: usize = 256;
/// How long a constraint may be, in bytes.
const MAX_CONSTRAINT: usize = 512;
/// How many alternatives a constraint may have.
const MAX_ALTERNATIVES: usize = 32;

/// Reads a version.
///
/// # Errors
/// If the text is none: the library's message.
pub(crate) fn parse(text: &str, profile: Profile) -> Result<Version, String> {
    if profile.limits_versions() && text.len() > MAX_VERSION {
        return Err(format!("version string is too long (max {MAX_VERSION} bytes)"));
    }
    Version::parse(text).map_err(|error| error.to_string())
}

/// Reads a constraint.
///
/// # Errors
/// If the text is none: the library's message.
pub(crate) fn constraint(text: &str, profile: Profile) -> Result<Constraint, String> {
    if !profile.limits_versions() {
        return Constraint::parse(text).map_err(|error| error.to_string());
    }
    if text.len() > MAX_CONSTRAINT {
        return Err(format!("constraint string is too long (max {MAX_CONSTRAINT} bytes)"));
    }
    if text.split("||").count() > MAX_ALTERNATIVES {
        return Err(format!("too many constraint groups (max {MAX_ALTERNATIVES})"));
    }
    Constraint::parse(text).map_err(|error| match error {
        ConstraintError::Improper(text) => format!("improper constraint: {}", quote(text.as_bytes())),
        other @ ConstraintError::Version => other.to_string(),
    })
}

/// Whether a version fulfils a constraint; `false` if either is none.
pub(crate) fn is_compatible(wanted: &str, version: &str, profile: Profile) -> bool {
    match (constraint(wanted, profile), parse(version, profile)) {
        (Ok(constraint), Ok(version)) => constraint.check(&version),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_no_versions_since_4_2() {
        let long = format!("1.0.0-{}", "a".repeat(251));
        let message = "version string is too long (max 256 bytes)";
        assert_eq!(parse(&long, Profile::V4_2).unwrap_err(), message);
        assert!(parse(&long[..256], Profile::V4_2).is_ok());
        assert!(parse(&long, Profile::V4_1).is_ok());
        let many = ["1"; 33].join("||");
        assert_eq!(constraint(&many, Profile::V4_2).unwrap_err(), "too many constraint groups (max 32)");
        assert!(constraint(&many, Profile::V3_19).is_ok());
        let long = format!("1{}", " ".repeat(512));
        let message = "constraint string is too long (max 512 bytes)";
        assert_eq!(constraint(&long, Profile::V4_2).unwrap_err(), message);
        assert!(is_compatible(&long, "1.2", Profile::V4_1) && !is_compatible(&long, "1.2", Profile::V4_2));
    }

    #[test]
    fn messages_quote_constraints_since_4_2() {
        for (profile, message) in [
            (Profile::V3_19, "improper constraint: a \"b"),
            (Profile::V4_1, "improper constraint: a \"b"),
            (Profile::V4_2, "improper constraint: \"a \\\"b\""),
        ] {
            assert_eq!(constraint("a \"b", profile).unwrap_err(), message);
        }
    }
}
