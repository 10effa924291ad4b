//! Versions and constraints as Masterminds' semver v3 reads them, which Helm and sprig use: `1.2`
//! is a version, `^1.2 || ~2` a constraint.

mod constraint;
mod rules;

use std::cmp::Ordering;
use std::fmt;

pub use constraint::{Constraint, ConstraintError};
pub use rules::{RuleError, Rules};

/// A version. Two versions that differ in build metadata alone compare as equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// First number.
    pub major: u64,
    /// Second number, 0 where left out.
    pub minor: u64,
    /// Third number, 0 where left out.
    pub patch: u64,
    /// What follows `-`; empty for a release.
    pub pre: String,
    /// What follows `+`.
    pub metadata: String,
    /// The text that was read.
    pub original: String,
}

/// Why a text is no version, in the library's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// It does not look like one.
    #[error("invalid semantic version")]
    Invalid,
    /// Numbers of a pre-release have no leading zeros.
    #[error("version segment starts with 0")]
    StartsZero,
    /// A number does not fit 64 bits.
    #[error("error parsing version segment: strconv.ParseUint: parsing \"{0}\": value out of range")]
    Range(String),
}

impl Version {
    /// Reads a version: one to three numbers, an optional `v` before, an optional pre-release and
    /// build metadata behind. Leading zeros of the numbers don't count.
    ///
    /// # Errors
    /// If the text is none.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let bare = text.strip_prefix('v').unwrap_or(text);
        let (rest, metadata) = bare.split_once('+').map_or((bare, None), |(rest, meta)| (rest, Some(meta)));
        let (numbers, pre) = rest.split_once('-').map_or((rest, None), |(rest, pre)| (rest, Some(pre)));
        let parts: Vec<&str> = numbers.split('.').collect();
        let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if parts.len() > 3 || !parts.iter().all(is_number) {
            return Err(VersionError::Invalid);
        }
        if pre.is_some_and(|pre| !is_dotted(pre)) || metadata.is_some_and(|meta| !is_dotted(meta)) {
            return Err(VersionError::Invalid);
        }
        let number = |index: usize| -> Result<u64, VersionError> {
            let range = |part: &str| VersionError::Range(part.to_owned());
            parts.get(index).map_or(Ok(0), |part| part.parse().map_err(|_| range(part)))
        };
        let (major, minor, patch) = (number(0)?, number(1)?, number(2)?);
        let leading_zero = |part: &str| {
            part.len() > 1 && part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if pre.is_some_and(|pre| pre.split('.').any(leading_zero)) {
            return Err(VersionError::StartsZero);
        }
        Ok(Self {
            major,
            minor,
            patch,
            pre: pre.unwrap_or_default().to_owned(),
            metadata: metadata.unwrap_or_default().to_owned(),
            original: text.to_owned(),
        })
    }

    /// Which of two versions is the later one.
    pub fn compare(&self, other: &Self) -> Ordering {
        let numbers = (self.major, self.minor, self.patch).cmp(&(other.major, other.minor, other.patch));
        numbers.then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => compare_pre(&self.pre, &other.pre),
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.pre.is_empty() {
            write!(f, "-{}", self.pre)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

/// Parts of letters, digits and `-`, with dots between.
fn is_dotted(text: &str) -> bool {
    text.split('.')
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
}

fn compare_pre(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<&str>, Vec<&str>) = (a.split('.').collect(), b.split('.').collect());
    (0..a.len().max(b.len()))
        .map(|index| compare_pre_part(a.get(index).copied(), b.get(index).copied()))
        .find(|order| *order != Ordering::Equal)
        .unwrap_or(Ordering::Equal)
}

fn compare_pre_part(a: Option<&str>, b: Option<&str>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if a == b => Ordering::Equal,
        (Some(a), Some(b)) => match (a.parse::<u64>(), b.parse::<u64>()) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            (Err(_), Err(_)) => a.cmp(b),
            // The library has letters sort before numbers when the right one is a number it cannot
            // read.
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
        },
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        for (text, expected) in [
            ("1.2.3", Ok("1.2.3")),
            ("v1.2", Ok("1.2.0")),
            ("1", Ok("1.0.0")),
            ("1.2.3-rc.1+build.5", Ok("1.2.3-rc.1+build.5")),
            ("1.2.3+b-1", Ok("1.2.3+b-1")),
            ("01.2.3", Ok("1.2.3")),
            ("1.2.3-01", Err(VersionError::StartsZero)),
            ("1.2.3.4", Err(VersionError::Invalid)),
            ("one", Err(VersionError::Invalid)),
            ("", Err(VersionError::Invalid)),
            ("1.2.3-", Err(VersionError::Invalid)),
            ("99999999999999999999.0.0", Err(VersionError::Range("99999999999999999999".to_owned()))),
        ] {
            let found = Version::parse(text).map(|version| version.to_string());
            assert_eq!(found, expected.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn orders_versions() {
        let ordered =
            ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.1.0"];
        for pair in ordered.windows(2) {
            let (a, b) = (Version::parse(pair[0]).unwrap(), Version::parse(pair[1]).unwrap());
            assert_eq!(a.compare(&b), Ordering::Less, "{pair:?}");
        }
        let (a, b) = (Version::parse("1.0.0+a").unwrap(), Version::parse("1.0.0+b").unwrap());
        assert_eq!(a.compare(&b), Ordering::Equal);
    }
}
