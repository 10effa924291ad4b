//! The search for directories below one.

use std::collections::HashSet;

use oarlock_engine::source::{Entry, ReadError, Source};
use oarlock_plugin::{Failure, Kind, TreePath};

/// How deep directories may nest to be looked at.
const MAX_DEPTH: usize = 64;

/// A search for directories.
pub(crate) struct Walk<'a> {
    tree: &'a dyn Source,
    /// Directories that are left out.
    copies: HashSet<TreePath>,
    /// In the order of their paths.
    pub(crate) found: Vec<TreePath>,
    /// Those that cannot be looked into, and why.
    pub(crate) closed: Vec<(TreePath, Failure)>,
}

impl<'a> Walk<'a> {
    /// Finds a directory and those below it, hidden ones and copies left out.
    pub(crate) fn new(tree: &'a dyn Source, copies: HashSet<TreePath>, directory: &TreePath) -> Self {
        let mut walk = Self { tree, copies, found: Vec::new(), closed: Vec::new() };
        walk.visit(directory, MAX_DEPTH);
        walk
    }

    fn visit(&mut self, directory: &TreePath, depth: usize) {
        self.found.push(directory.clone());
        match self.below(directory) {
            Ok(below) if depth == 0 && !below.is_empty() => {
                self.close(
                    directory,
                    Failure::new(format!(
                        "the directories in `{directory}` nest deeper than the limit of {MAX_DEPTH}"
                    )),
                );
            }
            Ok(below) => below.iter().for_each(|below| self.visit(below, depth.saturating_sub(1))),
            Err(error) => self.close(directory, error.at(directory)),
        }
    }

    /// The directories in a directory.
    fn below(&self, directory: &TreePath) -> Result<Vec<TreePath>, ReadError> {
        let mut entries = self.tree.list(directory)?.entries;
        entries.sort();
        let is_shown = |entry: &Entry| entry.kind == Kind::Directory && !entry.name.starts_with('.');
        let below = entries.into_iter().filter(is_shown).filter_map(|entry| directory.join(&entry.name).ok());
        // A directory reached through a link is walked where it really lies, or not at all.
        let is_real =
            |below: &TreePath| self.tree.stat(below).is_ok_and(|metadata| metadata.path == below.as_str());
        Ok(below.filter(|below| !self.copies.contains(below) && is_real(below)).collect())
    }

    fn close(&mut self, directory: &TreePath, failure: Failure) {
        self.closed.push((directory.clone(), failure.note("so nothing below it is rendered")));
    }
}
