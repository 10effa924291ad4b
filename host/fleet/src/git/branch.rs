//! Names of branches.

use std::fmt;
use std::str::FromStr;

use gix::bstr::ByteSlice as _;

/// The name of a branch, without `refs/heads/`. It is one that `git branch` takes, and never an
/// option or an expression on a command line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BranchName(String);

/// A text that is not the name of a branch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not the name of a branch: see `git help check-ref-format`, which forbids `-` at the start, spaces, `..`, `:` and others"
)]
pub struct BranchNameError(String);

impl BranchName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The whole name of the reference.
    pub fn reference(&self) -> String {
        format!("refs/heads/{}", self.0)
    }
}

impl FromStr for BranchName {
    type Err = BranchNameError;

    fn from_str(text: &str) -> Result<Self, BranchNameError> {
        let reference = format!("refs/heads/{text}");
        let is_valid = gix::validate::reference::branch_name(reference.as_bytes().as_bstr()).is_ok();
        if text.starts_with('-') || text.starts_with("refs/") || text == "@" || !is_valid {
            return Err(BranchNameError(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for BranchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_branches() {
        for name in ["main", "release/prod/users-v2-v1.2.3", "a@b", "ä"] {
            assert_eq!(name.parse::<BranchName>().unwrap().to_string(), name);
        }
        for name in [
            "",
            "-x",
            "--force",
            "a b",
            "a..b",
            "a:b",
            "a~1",
            "a^",
            "a?",
            "a*",
            "a[",
            "/a",
            "a/",
            "a//b",
            "a/.b",
            "a.lock",
            "a.",
            "@",
            "a@{1}",
            "HEAD",
            "a\nb",
            "a\u{1b}b",
            "a\\b",
            "refs/heads/a",
        ] {
            assert!(name.parse::<BranchName>().is_err(), "{name:?}");
        }
    }
}
