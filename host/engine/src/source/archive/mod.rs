//! A tree in memory, from an archive that was sent.
//!
//! [`Unpacker`] makes an [`Archive`] of a gzipped tar as its bytes come in; nothing is written to
//! disk. The rules for paths and links are those of [`Directory`](super::Directory), with one
//! difference: an absolute link always leads out, since nobody knows where the archive once lay.
//!
//! Entries lie in one list and refer to one another by their index, so that the cost of each is
//! known before it is made.

mod limits;
mod nodes;
mod stored;
mod tar_stream;
mod unpack;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use oarlock_plugin::{Entry, Kind, Metadata, ReadError, TreePath};

use self::stored::Shelf;
use super::resolve::{Found, Led, Lost, Nodes as _, Resolver};
use super::{Digest, LeftOut, Listing, Source, tree_path};

pub use limits::{ArchiveLimits, UnpackError};
pub use stored::{FileNumber, FileStore, TreeBuilder};
pub use unpack::Unpacker;

/// The largest file that a plugin may read, in bytes. What is larger is not kept.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// The most names that a directory may have to be listed.
const MAX_ENTRIES: usize = 100_000;

/// What an entry takes beside its name and its content, rounded up: its place in the list and in
/// its directory, and two allocations.
const ENTRY_BYTES: u64 = 256;

/// What a directory takes beyond that: the first node of the map of what is in it.
const DIRECTORY_BYTES: u64 = 384;

/// A tree in memory.
#[derive(Debug)]
pub struct Archive {
    /// The root comes first.
    nodes: Vec<Node>,
    bytes: u64,
    /// Where files lie that are not in memory.
    store: Option<Shelf>,
    /// How many parts of paths and links were looked at.
    #[cfg(test)]
    steps: std::sync::atomic::AtomicU64,
}

/// The index of a node.
type Id = u32;

const ROOT: Id = 0;

#[derive(Debug)]
struct Node {
    /// The directory that it lies in; that of the root is the root.
    parent: Id,
    name: Arc<str>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    File(Box<File>),
    /// A file that is too large to be read.
    Large(u64),
    /// A file in the store, by its number there.
    Stored(FileNumber),
    /// A directory whose content is not in the tree, and why.
    Closed(Arc<str>),
    Folder(Box<Folder>),
    Link(Box<Link>),
    /// A device or a pipe.
    Other,
}

#[derive(Debug, Default)]
struct Folder {
    children: BTreeMap<Arc<str>, Id>,
    /// Names that are no UTF-8.
    left_out: Option<Box<LeftOut>>,
}

#[derive(Clone, Debug)]
struct File {
    content: Bytes,
    digest: OnceLock<Digest>,
}

/// A symbolic link.
#[derive(Debug)]
struct Link {
    /// Where it points.
    target: Box<str>,
    /// What that leads to, once it was followed.
    led: OnceLock<Led<Id>>,
}

impl Archive {
    fn of(nodes: Vec<Node>, bytes: u64) -> Self {
        Self {
            nodes,
            bytes,
            store: None,
            #[cfg(test)]
            steps: std::sync::atomic::AtomicU64::default(),
        }
    }

    /// How much memory the tree takes, roughly.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    fn content(&self, id: Id) -> &Content {
        &self.nodes[id as usize].content
    }

    /// The place of a file.
    fn file_id(&self, path: &TreePath) -> Result<Id, ReadError> {
        match self.resolve(path).map_err(|lost| lost.into_error(path))? {
            Found::Directory(id) => Err(self.closed(id).unwrap_or(ReadError::WrongKind(Kind::Directory))),
            Found::File(id) => Ok(id),
        }
    }

    fn file(&self, path: &TreePath) -> Result<FileContent<'_>, ReadError> {
        let id = self.file_id(path)?;
        let too_large =
            || ReadError::Refused(format!("`{path}` is larger than {} MiB", MAX_FILE_BYTES >> 20));
        match self.content(id) {
            Content::File(file) => Ok(FileContent::Here(file)),
            Content::Stored(number) => {
                let store = self.stored()?;
                if store.size(*number)? > MAX_FILE_BYTES {
                    return Err(too_large());
                }
                Ok(FileContent::Stored(store, *number))
            }
            // A place that is found as a file is one of these three.
            _ => Err(too_large()),
        }
    }
}

/// Where the content of a file is.
enum FileContent<'a> {
    /// In memory.
    Here(&'a File),
    /// In the store.
    Stored(&'a Shelf, FileNumber),
}

impl Source for Archive {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        match self.file(&tree_path(path)?)? {
            FileContent::Here(file) => Ok(file.content.to_vec()),
            FileContent::Stored(store, number) => Ok(Vec::from(store.read(number)?)),
        }
    }

    fn digest(&self, path: &str) -> Result<Digest, ReadError> {
        let path = tree_path(path)?;
        // A store knows a digest without the size, which it would have to look up.
        if let Content::Stored(number) = self.content(self.file_id(&path)?)
            && let Ok(digest) = self.stored()?.digest(*number)
        {
            return Ok(digest);
        }
        match self.file(&path)? {
            FileContent::Here(file) => Ok(*file.digest.get_or_init(|| Digest::of(&file.content))),
            FileContent::Stored(store, number) => store.digest(number),
        }
    }

    fn list(&self, path: &str) -> Result<Listing, ReadError> {
        self.list_while(path, &|| true)
    }

    fn list_while(&self, path: &str, keep_going: &dyn Fn() -> bool) -> Result<Listing, ReadError> {
        let path = tree_path(path)?;
        let mut resolver = Resolver::new(self, keep_going);
        let lost = |lost: Lost| lost.into_error(&path);
        let here = match resolver.resolve(&path).map_err(lost)? {
            Found::Directory(id) => id,
            Found::File(_) => return Err(ReadError::WrongKind(Kind::File)),
        };
        let Content::Folder(folder) = self.content(here) else {
            return Err(self.closed(here).unwrap_or(ReadError::WrongKind(Kind::File)));
        };
        if folder.children.len() > MAX_ENTRIES {
            return Err(ReadError::Refused(format!("`{path}` has more than {MAX_ENTRIES} entries")));
        }
        let mut entries = Vec::with_capacity(folder.children.len());
        for name in folder.children.keys() {
            let kind = match resolver.entry(&here, name) {
                Ok(Found::Directory(_)) => Kind::Directory,
                Ok(Found::File(_)) => Kind::File,
                Err(Lost::Stopped) => return Err(lost(Lost::Stopped)),
                Err(_) => continue,
            };
            entries.push(Entry { name: name.to_string(), kind });
        }
        Ok(Listing { entries, left_out: folder.left_out.as_deref().cloned().unwrap_or_default() })
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        let path = tree_path(path)?;
        let (kind, id) = match self.resolve(&path).map_err(|lost| lost.into_error(&path))? {
            Found::Directory(id) => (Kind::Directory, id),
            Found::File(id) => (Kind::File, id),
        };
        let size = match self.content(id) {
            Content::File(file) => file.content.len() as u64,
            Content::Large(size) => *size,
            Content::Stored(number) => self.stored()?.size(*number)?,
            Content::Closed(_) => return Err(self.closed(id).unwrap_or(ReadError::NotFound)),
            Content::Folder(_) | Content::Link(_) | Content::Other => 0,
        };
        Ok(Metadata { kind, path: self.path(&id).into_string(), size })
    }
}
