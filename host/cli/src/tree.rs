//! The tree of a command: a source without the files above the directory that is rendered that are
//! not to be trusted.

use std::collections::HashSet;
use std::sync::Arc;

use oarlock_engine::source::{Digest, Listing, Metadata, ReadError, Source, TreePath};

/// A source, some files of which are not seen.
pub(crate) struct Tree {
    source: Arc<dyn Source>,
    hidden: HashSet<TreePath>,
}

impl Tree {
    pub(super) fn new(source: Arc<dyn Source>, hidden: HashSet<TreePath>) -> Self {
        Self { source, hidden }
    }

    /// The files that are not seen.
    pub(crate) fn hidden(&self) -> Vec<TreePath> {
        self.hidden.iter().cloned().collect()
    }

    fn is_hidden(&self, path: &str) -> bool {
        !self.hidden.is_empty() && TreePath::new(path).is_ok_and(|path| self.hidden.contains(&path))
    }

    /// The source, where a path of it is seen.
    fn at(&self, path: &str) -> Result<&dyn Source, ReadError> {
        if self.is_hidden(path) { Err(ReadError::NotFound) } else { Ok(self.source.as_ref()) }
    }
}

impl Source for Tree {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.at(path)?.read(path)
    }

    fn list(&self, path: &str) -> Result<Listing, ReadError> {
        self.list_while(path, &|| true)
    }

    fn list_while(&self, path: &str, keep_going: &dyn Fn() -> bool) -> Result<Listing, ReadError> {
        let mut listing = self.source.list_while(path, keep_going)?;
        if !self.hidden.is_empty()
            && let Ok(place) = TreePath::new(path)
        {
            let is_hidden = |name: &str| place.join(name).is_ok_and(|path| self.hidden.contains(&path));
            listing.entries.retain(|entry| !is_hidden(&entry.name));
        }
        Ok(listing)
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        self.at(path)?.stat(path)
    }

    fn digest(&self, path: &str) -> Result<Digest, ReadError> {
        self.at(path)?.digest(path)
    }
}
