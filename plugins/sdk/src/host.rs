//! Everything that a plugin may ask of its surroundings.

use oarlock_model::{Entry, Failure, Failures, Level, Metadata, ReadError};

use crate::manifest::Manifest;
use crate::request::Request;

/// Everything that a plugin may ask of its surroundings: the tree, a line to the user, another
/// plugin.
///
/// In a component it is the imports of the contract, in tests a [`MemoryHost`](crate::MemoryHost).
/// Paths start at the root of the tree, are `/`-separated and may contain `.` and `..` as long as
/// they stay inside.
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

    /// Says where in the tree the repository keeps its copy of what is at a URL, which is given as
    /// it was written. The path need not lead anywhere. A host without such copies says nothing.
    fn remote(&self, url: &str) -> Option<String> {
        let _ = url;
        None
    }

    /// Writes a line to the log.
    fn log(&self, level: Level, message: &str);

    /// Tells the user of something that does not stop the render.
    fn warn(&self, warning: Failure);

    /// Says that a path which the render needs is outside of the tree, where a failure is going to
    /// name it: the host knows which tree it chose. Reads outside of the tree, it sees for itself.
    fn outside(&self, path: &str) {
        let _ = path;
    }

    /// Has another plugin render a request, over the same tree. The configuration is JSON text.
    ///
    /// # Errors
    /// If there is no such plugin, or as it says.
    fn compose(&self, plugin: &str, request: Request<String>) -> Result<Vec<Manifest>, Failures>;
}
