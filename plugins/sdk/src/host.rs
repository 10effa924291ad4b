//! Everything that a plugin may ask of its surroundings.

use crate::{Failure, Failures, Manifest, Origin, Request};

/// What a path leads to, links followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// What the path leads to.
    pub kind: Kind,
    /// The path without `.`, `..` and links: equal exactly for paths that lead to the same place.
    pub path: String,
    /// Bytes in the file; 0 for a directory.
    pub size: u64,
}

/// Why a read gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
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

/// How much a line of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For developers of the plugin.
    Debug,
    /// For users who ask for details.
    Info,
}

/// Everything that a plugin may ask of its surroundings: the tree, a line to the user, another plugin.
///
/// In a component it is the imports of the contract, in tests a [`MemoryHost`](crate::MemoryHost). Paths start at the root of the tree,
/// are `/`-separated and may contain `.` and `..` as long as they stay inside.
pub trait Host {
    /// Reads a whole file.
    ///
    /// # Errors
    /// If nothing is there, it is something else, or the tree's rules forbid it.
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError>;

    /// Lists a directory, sorted by name. Names that lead nowhere or out of the tree are left out.
    ///
    /// # Errors
    /// If nothing is there, it is something else, or the tree's rules forbid it.
    fn list(&self, path: &str) -> Result<Vec<Entry>, ReadError>;

    /// Says what a path leads to without reading it.
    ///
    /// # Errors
    /// If nothing is there or the tree's rules forbid it.
    fn stat(&self, path: &str) -> Result<Metadata, ReadError>;

    /// Says where in the tree the repository keeps its copy of what is at a URL, which is given as it was written. The path need not
    /// lead anywhere. A host without such copies says nothing.
    fn remote(&self, url: &str) -> Option<String> {
        let _ = url;
        None
    }

    /// Writes a line to the log.
    fn log(&self, level: Level, message: &str);

    /// Tells the user of something that does not stop the render.
    fn warn(&self, warning: Failure);

    /// Has another plugin render a request, over the same tree. The configuration is JSON text.
    ///
    /// # Errors
    /// If there is no such plugin, or as it says.
    fn compose(&self, plugin: &str, request: Request<String>) -> Result<Vec<Manifest>, Failures>;
}
