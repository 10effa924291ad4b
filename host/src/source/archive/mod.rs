//! A tree in memory, from an archive that was sent.
//!
//! [`Unpacker`] makes an [`Archive`] of a gzipped tar as its bytes come in; nothing is written to disk. The rules for paths and links are
//! those of [`Directory`](super::Directory), with one difference: an absolute link always leads out, since nobody knows where the archive
//! once lay.

mod limits;
mod resolve;
mod tar_stream;
mod unpack;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use bytes::Bytes;
use oarlock_plugin::{Entry, Kind, Metadata, ReadError, TreePath};

use self::resolve::{Place, resolve};
use super::links::{self, Links, Nodes, Target};
use super::{Digest, Listing, Source, stopped};

pub use limits::{ArchiveLimits, UnpackError};
pub use unpack::Unpacker;

/// The largest file that a plugin may read, in bytes. What is larger is not kept.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// The most names that a directory may have to be listed.
const MAX_ENTRIES: usize = 100_000;

/// What an entry costs beside its content, roughly.
const ENTRY_BYTES: u64 = 160;

/// A tree in memory.
#[derive(Debug, Default)]
pub struct Archive {
    root: Folder,
    bytes: u64,
}

#[derive(Debug, Default)]
struct Folder {
    nodes: BTreeMap<Box<str>, Node>,
    /// Names that are no UTF-8, as far as they can be shown.
    unreadable: Vec<String>,
}

#[derive(Debug)]
enum Node {
    File(File),
    /// A file that is too large to be read.
    Large(u64),
    Folder(Folder),
    /// A symbolic link and where it points.
    Link(Box<str>),
    /// A device or a pipe.
    Other,
}

#[derive(Clone, Debug)]
struct File {
    content: Bytes,
    digest: OnceLock<Digest>,
}

impl Archive {
    /// How much memory the tree takes, roughly.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    fn file(&self, path: &TreePath) -> Result<&File, ReadError> {
        match resolve(&self.root, path)?.0 {
            Place::Node(Node::File(file)) => Ok(file),
            Place::Node(Node::Large(_)) => {
                Err(ReadError::Refused(format!("`{path}` is larger than {} MiB", MAX_FILE_BYTES >> 20)))
            }
            Place::Folder(_) => Err(ReadError::WrongKind(Kind::Directory)),
            Place::Node(_) => Err(neither(path)),
        }
    }
}

impl Source for Archive {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        Ok(self.file(&tree_path(path)?)?.content.to_vec())
    }

    fn digest(&self, path: &str) -> Result<Digest, ReadError> {
        let path = tree_path(path)?;
        let file = self.file(&path)?;
        Ok(*file.digest.get_or_init(|| Digest::of(&file.content)))
    }

    fn list(&self, path: &str) -> Result<Listing, ReadError> {
        self.list_while(path, &|| true)
    }

    fn list_while(&self, path: &str, go_on: &dyn Fn() -> bool) -> Result<Listing, ReadError> {
        let path = tree_path(path)?;
        let (Place::Folder(folder), real) = resolve(&self.root, &path)? else {
            return Err(ReadError::WrongKind(Kind::File));
        };
        if folder.nodes.len() > MAX_ENTRIES {
            return Err(ReadError::Refused(format!("`{path}` has more than {MAX_ENTRIES} entries")));
        }
        let linked = Linked(self);
        let mut links = Links::new(&linked, go_on);
        let here = links.place(real.split('/').filter(|name| *name != "."));
        let mut entries = Vec::with_capacity(folder.nodes.len());
        for (name, node) in &folder.nodes {
            let kind = match node {
                Node::File(_) | Node::Large(_) => Kind::File,
                Node::Folder(_) => Kind::Directory,
                Node::Other => continue,
                Node::Link(target) => match here.as_ref().map(|here| links.follow(here, name, target)) {
                    Some(Target::Found(kind)) => kind,
                    Some(Target::Stopped) => return Err(stopped()),
                    Some(Target::Nothing | Target::Outside) | None => continue,
                },
            };
            entries.push(Entry { name: name.to_string(), kind });
        }
        Ok(Listing { entries, unreadable: folder.unreadable.clone() })
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        let path = tree_path(path)?;
        let (place, real) = resolve(&self.root, &path)?;
        let (kind, size) = match place {
            Place::Folder(_) => (Kind::Directory, 0),
            Place::Node(Node::File(file)) => (Kind::File, file.content.len() as u64),
            Place::Node(Node::Large(size)) => (Kind::File, *size),
            Place::Node(_) => return Err(neither(&path)),
        };
        Ok(Metadata { kind, path: real, size })
    }
}

/// An archive whose links are followed.
struct Linked<'a>(&'a Archive);

impl<'a> Nodes for Linked<'a> {
    type Folder = &'a Folder;
    type Id = *const Folder;

    fn root(&self) -> &'a Folder {
        &self.0.root
    }

    fn id(&self, folder: &&'a Folder) -> *const Folder {
        std::ptr::from_ref(*folder)
    }

    fn look(&self, folder: &&'a Folder, name: &str) -> links::Node<&'a Folder> {
        match folder.nodes.get(name) {
            Some(Node::Folder(folder)) => links::Node::Folder(folder),
            Some(Node::File(_) | Node::Large(_)) => links::Node::File,
            Some(Node::Link(target)) => links::Node::Link(target.to_string()),
            Some(Node::Other) => links::Node::Other,
            None => links::Node::Nothing,
        }
    }

    fn below_root<'t>(&self, _: &'t str) -> Option<&'t str> {
        None
    }
}

fn tree_path(path: &str) -> Result<TreePath, ReadError> {
    TreePath::new(path).map_err(|error| ReadError::Refused(error.to_string()))
}

fn neither(path: &TreePath) -> ReadError {
    ReadError::Refused(format!("`{path}` is neither a file nor a directory"))
}
