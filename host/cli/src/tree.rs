//! The tree of a command: a directory on disk, without the files above the one that is rendered
//! that are not to be trusted.

use std::collections::HashSet;
use std::ops::Deref;

use oarlock_engine::source::{Directory, Listing, Metadata, ReadError, Source, TreePath};

/// A directory on disk, some files of which are not seen.
#[derive(Debug)]
pub(crate) struct Tree {
    directory: Directory,
    hidden: HashSet<TreePath>,
}

impl Tree {
    pub(super) fn new(directory: Directory, hidden: HashSet<TreePath>) -> Self {
        Self { directory, hidden }
    }

    /// The files that are not seen.
    pub(crate) fn hidden(&self) -> Vec<TreePath> {
        self.hidden.iter().cloned().collect()
    }

    fn is_hidden(&self, path: &str) -> bool {
        !self.hidden.is_empty() && TreePath::new(path).is_ok_and(|path| self.hidden.contains(&path))
    }
}

impl Deref for Tree {
    type Target = Directory;

    fn deref(&self) -> &Directory {
        &self.directory
    }
}

impl Source for Tree {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        if self.is_hidden(path) { Err(ReadError::NotFound) } else { self.directory.read(path) }
    }

    fn list(&self, path: &str) -> Result<Listing, ReadError> {
        let mut listing = self.directory.list(path)?;
        if !self.hidden.is_empty()
            && let Ok(place) = TreePath::new(path)
        {
            let is_hidden = |name: &str| place.join(name).is_ok_and(|path| self.hidden.contains(&path));
            listing.entries.retain(|entry| !is_hidden(&entry.name));
        }
        Ok(listing)
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        if self.is_hidden(path) { Err(ReadError::NotFound) } else { self.directory.stat(path) }
    }
}
