//! What a read-only tree answers: the words of the contract's interface `source`.

use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Origin};

/// What a path leads to, links followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
}

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The name alone, without a `/`.
    pub name: String,
    /// What the name leads to.
    pub kind: Kind,
}

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// What the path leads to.
    pub kind: Kind,
    /// The path without `.`, `..` and links: equal exactly for paths that lead to the same place.
    pub path: String,
    /// Bytes in the file; 0 for a directory.
    pub size: u64,
}

/// Why a read gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ReadError {
    /// Nothing is there. This is an answer, not a fault: a plugin may go on to look elsewhere.
    #[error("no such file or directory")]
    NotFound,
    /// A directory was read as a file, or a file listed as a directory. Carries what is there.
    #[error("is a {}", match .0 { Kind::File => "file, not a directory", Kind::Directory => "directory, not a file" })]
    WrongKind(Kind),
    /// The tree's rules forbid the read. Carries a sentence that names the path and the rule.
    #[error("{0}")]
    Refused(String),
    /// The host could not read although the rules allow it.
    #[error("{0}")]
    Failed(String),
}

impl ReadError {
    /// The error as a failure that names the path.
    pub fn at(self, path: &str) -> Failure {
        match self {
            // The sentence names the path already.
            Self::Refused(sentence) => Failure::new(sentence),
            other => Failure::new(format!("cannot read `{path}`: {other}")).at(Origin::file(path)),
        }
    }
}
