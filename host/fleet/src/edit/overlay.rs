//! A tree in which some files have another content.

use std::collections::BTreeMap;
use std::sync::Arc;

use oarlock_engine::source::{Listing, Metadata, ReadError, Source};

/// A tree in which some files have another content. Links lead to the new content, too.
pub struct Overlay {
    base: Arc<dyn Source>,
    /// By their paths, links resolved.
    files: BTreeMap<String, Vec<u8>>,
}

impl Overlay {
    /// Lays contents over files of a tree, which are named by their paths, links resolved.
    pub fn new(base: Arc<dyn Source>, files: BTreeMap<String, Vec<u8>>) -> Self {
        Self { base, files }
    }
}

impl Source for Overlay {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        match self.base.stat(path) {
            Ok(found) if self.files.contains_key(&found.path) => Ok(self.files[&found.path].clone()),
            _ => self.base.read(path),
        }
    }

    fn list(&self, path: &str) -> Result<Listing, ReadError> {
        self.base.list(path)
    }

    fn list_while(&self, path: &str, keep_going: &dyn Fn() -> bool) -> Result<Listing, ReadError> {
        self.base.list_while(path, keep_going)
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        let found = self.base.stat(path)?;
        let size = self.files.get(&found.path).map_or(found.size, |content| content.len() as u64);
        Ok(Metadata { size, ..found })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use oarlock_engine::source::{Digest, Directory};

    use super::*;

    #[test]
    fn links_lead_to_the_new_content() {
        let outer = tempfile::tempdir().unwrap();
        for name in ["a.yaml", "b.yaml"] {
            std::fs::write(outer.path().join(name), "old").unwrap();
        }
        symlink("a.yaml", outer.path().join("link.yaml")).unwrap();
        let base = Arc::new(Directory::open(outer.path()).unwrap());
        let files = BTreeMap::from([("a.yaml".to_owned(), b"newer".to_vec())]);
        let overlay = Overlay::new(base, files);
        for (path, expected) in [("a.yaml", "newer"), ("link.yaml", "newer"), ("b.yaml", "old")] {
            assert_eq!(overlay.read(path).unwrap(), expected.as_bytes(), "{path}");
            assert_eq!(overlay.digest(path).unwrap(), Digest::of(expected.as_bytes()), "{path}");
            assert_eq!(overlay.stat(path).unwrap().size, expected.len() as u64, "{path}");
        }
        assert_eq!(overlay.read("c.yaml"), Err(ReadError::NotFound));
    }
}
