//! Minor versions of Kubernetes.

use std::fmt;
use std::str::FromStr;

/// A minor version of Kubernetes whose types are known.
///
/// ```
/// use oarlock_kubernetes_schema::Release;
///
/// assert_eq!("v1.33.4".parse::<Release>().unwrap().to_string(), "1.33");
/// assert_eq!("1.99".parse::<Release>().unwrap_err().nearest(), Some(Release::NEWEST));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(u8);

/// A text that is no version of Kubernetes whose types are known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", describe(.text, *.nearest))]
pub struct UnknownRelease {
    text: String,
    nearest: Option<Release>,
}

impl Release {
    /// The oldest one.
    pub const OLDEST: Self = Self(31);
    /// The newest one.
    pub const NEWEST: Self = Self(35);

    /// All of them, oldest first.
    pub fn all() -> impl Iterator<Item = Self> {
        (Self::OLDEST.0..=Self::NEWEST.0).map(Self)
    }

    pub(crate) fn minor(self) -> u8 {
        self.0
    }

    /// The release of a minor version of a table.
    pub(crate) fn of_minor(minor: u8) -> Option<Self> {
        Self::all().find(|release| release.0 == minor)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

/// Takes what clusters and people write: `1.34`, `v1.34.2`, `1.34+`, `v1.34.1-eks-5f3b`.
impl FromStr for Release {
    type Err = UnknownRelease;

    fn from_str(text: &str) -> Result<Self, UnknownRelease> {
        let unknown = |nearest| UnknownRelease { text: text.chars().take(60).collect(), nearest };
        let digits = |text: &str| -> Option<u32> {
            let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            text[..end].parse().ok()
        };
        let rest = text.trim().strip_prefix('v').unwrap_or(text.trim());
        let (major, minor) = rest.split_once('.').ok_or_else(|| unknown(None))?;
        let (Some(1), Some(minor)) = (major.parse::<u32>().ok(), digits(minor)) else {
            return Err(unknown(None));
        };
        let known = u8::try_from(minor).ok().and_then(Self::of_minor);
        let nearest = if minor < u32::from(Self::OLDEST.0) { Self::OLDEST } else { Self::NEWEST };
        known.ok_or_else(|| unknown(Some(nearest)))
    }
}

impl UnknownRelease {
    /// The known release that comes nearest, if the text is a version of Kubernetes.
    pub fn nearest(&self) -> Option<Release> {
        self.nearest
    }
}

fn describe(text: &str, nearest: Option<Release>) -> String {
    let (oldest, newest) = (Release::OLDEST, Release::NEWEST);
    match nearest {
        Some(_) => format!("types are known of Kubernetes {oldest} to {newest}, not of {text}"),
        None => format!("`{text}` is no version of Kubernetes; write one of {oldest} to {newest}"),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("1.31", "1.31")]
    #[case("v1.35.0", "1.35")]
    #[case("1.32+", "1.32")]
    #[case("v1.34.1-eks-5f3b", "1.34")]
    #[case(" 1.33 ", "1.33")]
    fn versions_are_read_as_clusters_write_them(#[case] text: &str, #[case] release: &str) {
        assert_eq!(text.parse::<Release>().unwrap().to_string(), release);
    }

    #[rstest]
    #[case("1.30", Some("1.31"), "types are known of Kubernetes 1.31 to 1.35, not of 1.30")]
    #[case("v1.4294967295", Some("1.35"), "types are known of Kubernetes 1.31 to 1.35, not of v1.4294967295")]
    #[case("1.99999999999", None, "`1.99999999999` is no version of Kubernetes; write one of 1.31 to 1.35")]
    #[case("2.31", None, "`2.31` is no version of Kubernetes; write one of 1.31 to 1.35")]
    #[case("latest", None, "`latest` is no version of Kubernetes; write one of 1.31 to 1.35")]
    #[case("", None, "`` is no version of Kubernetes; write one of 1.31 to 1.35")]
    #[case("1.ä", None, "`1.ä` is no version of Kubernetes; write one of 1.31 to 1.35")]
    fn others_are_refused(#[case] text: &str, #[case] nearest: Option<&str>, #[case] message: &str) {
        let error = text.parse::<Release>().unwrap_err();
        assert_eq!(error.nearest().map(|release| release.to_string()).as_deref(), nearest);
        assert_eq!(error.to_string(), message);
    }
}
