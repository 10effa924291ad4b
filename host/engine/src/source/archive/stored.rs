//! A tree whose files lie in a store and are loaded when they are read.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use oarlock_plugin::ReadError;

use super::super::resolve::Nodes as _;
use super::unpack::Growing;
use super::{Archive, ArchiveLimits, Content, Digest, Id, UnpackError};

/// A file in a store, by the number that [`TreeBuilder::file`] was given.
pub type FileNumber = u32;

/// Where the files of a tree lie: a git object database, for example.
pub trait FileStore: Send + Sync {
    /// The content of a file.
    ///
    /// # Errors
    /// If it cannot be read, or is not one to be read.
    fn read(&self, file: FileNumber) -> Result<Bytes, ReadError>;

    /// The size of a file, in bytes.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    fn size(&self, file: FileNumber) -> Result<u64, ReadError> {
        self.read(file).map(|content| content.len() as u64)
    }

    /// The digest of a file's content.
    ///
    /// # Errors
    /// As for [`read`](Self::read), which is to refuse a file that is too large.
    fn digest(&self, file: FileNumber) -> Result<Digest, ReadError> {
        self.read(file).map(|content| Digest::of(&content))
    }
}

/// The store of a tree.
#[derive(Clone)]
pub(super) struct Shelf(Arc<dyn FileStore>);

impl std::ops::Deref for Shelf {
    type Target = dyn FileStore;

    fn deref(&self) -> &Self::Target {
        self.0.as_ref()
    }
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shelf")
    }
}

/// Builds a tree from paths. Names are bytes: those that are not UTF-8 are left out as those of an
/// archive are, and so are names that no directory can have.
pub struct TreeBuilder(Growing);

impl TreeBuilder {
    /// A builder of an empty tree.
    pub fn new(limits: ArchiveLimits) -> Self {
        Self(Growing::new(limits))
    }

    /// Adds a file.
    ///
    /// # Errors
    /// If the tree holds more than it may, or something else has its path.
    pub fn file(&mut self, path: &[u8], file: FileNumber) -> Result<(), UnpackError> {
        self.add(path, Content::Stored(file))
    }

    /// Adds a directory; one that holds something need not be added.
    ///
    /// # Errors
    /// As for [`file`](Self::file).
    pub fn directory(&mut self, path: &[u8]) -> Result<(), UnpackError> {
        self.add(path, Content::Folder(Box::default()))
    }

    /// Adds a directory whose content is not in the tree: who looks into it gets the reason.
    ///
    /// # Errors
    /// As for [`file`](Self::file).
    pub fn closed(&mut self, path: &[u8], reason: &str) -> Result<(), UnpackError> {
        self.add(path, Content::Closed(reason.into()))
    }

    /// Adds a symbolic link.
    ///
    /// # Errors
    /// As for [`file`](Self::file).
    pub fn link(&mut self, path: &[u8], target: Vec<u8>) -> Result<(), UnpackError> {
        self.0.count()?;
        match (self.0.placed(path)?, String::from_utf8(target)) {
            (Some(place), Ok(target)) => self.0.link(&place, target),
            (Some(_), Err(_)) => self.0.leave_out(path),
            (None, _) => Ok(()),
        }
    }

    fn add(&mut self, path: &[u8], content: Content) -> Result<(), UnpackError> {
        self.0.count()?;
        match self.0.placed(path)? {
            Some(place) => self.0.put(&place, content),
            None => Ok(()),
        }
    }

    /// The tree, with the store of its files.
    pub fn finish(self, files: Arc<dyn FileStore>) -> Archive {
        Archive { store: Some(Shelf(files)), ..self.0.archive() }
    }
}

impl Archive {
    /// The store of a file that lies in one. A tree that was unpacked has none, and no such file.
    pub(super) fn stored(&self) -> Result<&Shelf, ReadError> {
        self.store.as_ref().ok_or_else(|| ReadError::Failed("the file has no store".to_owned()))
    }

    /// Why nothing is known of what lies at a place and below.
    pub(super) fn closed(&self, id: Id) -> Option<ReadError> {
        match self.content(id) {
            Content::Closed(reason) => Some(ReadError::Refused(format!("`{}` {reason}", self.path(&id)))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use oarlock_plugin::Kind;

    use super::super::{Listing, Source};
    use super::*;

    struct Letters;

    impl FileStore for Letters {
        fn read(&self, file: FileNumber) -> Result<Bytes, ReadError> {
            Ok(Bytes::from(vec![b'a'; file as usize]))
        }
    }

    fn tree(build: impl FnOnce(&mut TreeBuilder) -> Result<(), UnpackError>) -> Archive {
        let mut builder = TreeBuilder::new(ArchiveLimits::default());
        build(&mut builder).unwrap();
        builder.finish(Arc::new(Letters))
    }

    #[test]
    fn files_are_loaded_when_they_are_read() {
        let tree = tree(|tree| {
            tree.file(b"a/b.yaml", 3)?;
            tree.link(b"link", b"a/b.yaml".to_vec())?;
            tree.link(b"out", b"../b".to_vec())?;
            tree.directory(b"empty")
        });
        assert_eq!(tree.read("link").unwrap(), b"aaa");
        assert_eq!(tree.stat("link").unwrap().path, "a/b.yaml");
        assert_eq!(tree.stat("a/b.yaml").unwrap().size, 3);
        assert_eq!(tree.digest("link").unwrap(), Digest::of(b"aaa"));
        assert!(matches!(tree.read("out"), Err(ReadError::Refused(_))));
        assert_eq!(tree.list("empty").unwrap(), Listing::default());
        assert_eq!(tree.list(".").unwrap().entries.len(), 3);
    }

    #[test]
    fn what_is_closed_says_why() {
        let tree = tree(|tree| {
            tree.closed(b"sub/module", "is a submodule")?;
            tree.link(b"link", b"sub/module/a".to_vec())
        });
        let listing = tree.list("sub").unwrap();
        assert_eq!((listing.entries[0].name.as_str(), listing.entries[0].kind), ("module", Kind::Directory));
        let refused = || ReadError::Refused("`sub/module` is a submodule".to_owned());
        assert_eq!(tree.list("sub/module"), Err(refused()));
        assert_eq!(tree.stat("sub/module"), Err(refused()));
        assert_eq!(tree.read("sub/module/a/b"), Err(refused()));
        assert_eq!(tree.read("link"), Err(refused()));
        assert_eq!(tree.read("sub/module/../x"), Err(ReadError::NotFound), "paths are normal");
    }

    #[test]
    fn names_that_no_directory_has_are_left_out() {
        let tree = tree(|tree| {
            for path in
                [&b"a/../x"[..], b"a/./x", b"a//x", b"/x", b"a/\xff/x", b".git/config", b"a/.GIT/x", b"a/y\0"]
            {
                tree.file(path, 1)?;
            }
            tree.file(b"a/ok", 1)
        });
        assert_eq!(tree.list("a").unwrap().entries.len(), 1);
        assert_eq!(tree.list(".").unwrap().entries.len(), 1);
    }
}
