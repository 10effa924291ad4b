//! A tree on disk.

mod beneath;

#[cfg(test)]
mod tests;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use oarlock_plugin::{Entry, Kind, Metadata, ReadError, TreePath};
use rustix::fs::{Dir, FileType};
use rustix::io::Errno;

use self::beneath::{Access, Beneath, Missed, Sort};
use super::resolve::{Found, Hop, Lost, Node, Nodes, Resolver, hops};
use super::{Listing, Source, stopped, tree_path};

/// The largest file that a plugin may read, in bytes.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// How many names there are between checks whether a listing is still wanted.
const CHECK_EVERY: usize = 1_024;

/// The most names that a directory may have to be listed.
const MAX_ENTRIES: usize = 100_000;

/// How often a path is resolved again that became a link after it was resolved.
const MAX_ATTEMPTS: u32 = 5;

/// A directory and what lies below it.
///
/// Links are followed as long as they stay inside; devices, pipes and sockets are refused. The tree
/// may change while it is read: what is read then is from before or after, and never from outside.
#[derive(Debug)]
pub struct Directory {
    /// Absolute, without links.
    root: PathBuf,
    beneath: Beneath,
}

/// Why a directory cannot be the root of a tree.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is not there, or cannot be looked at.
    #[error("cannot open `{path}`: {reason}")]
    Unreadable {
        /// The path as it was given.
        path: String,
        /// The operating system's reason.
        reason: io::Error,
    },
    /// It is something else.
    #[error("`{0}` is not a directory")]
    NotADirectory(String),
    /// Two paths of which the second should lie in the first.
    #[error("`{path}` lies outside the tree `{root}`")]
    Outside {
        /// The path as it was given.
        path: String,
        /// The root of the tree.
        root: String,
    },
    /// Its name is no UTF-8, so that no plugin could name it.
    #[error("`{0}` is not UTF-8")]
    NotUtf8(String),
}

impl Directory {
    /// Opens a directory as a tree.
    ///
    /// # Errors
    /// If it is not a directory or cannot be looked at.
    pub fn open(root: &Path) -> Result<Self, OpenError> {
        let root = canonical(root)?;
        if !root.is_dir() {
            return Err(OpenError::NotADirectory(root.display().to_string()));
        }
        match Beneath::open(&root) {
            Ok(beneath) => Ok(Self { root, beneath }),
            Err(reason) => Err(OpenError::Unreadable { path: root.display().to_string(), reason }),
        }
    }

    /// The root on disk, absolute and without links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where in the tree a place on disk lies.
    ///
    /// # Errors
    /// If there is nothing, or it lies outside.
    pub fn locate(&self, path: &Path) -> Result<TreePath, OpenError> {
        let real = canonical(path)?;
        let below = real.strip_prefix(&self.root).map_err(|_| OpenError::Outside {
            path: path.display().to_string(),
            root: self.root.display().to_string(),
        })?;
        let not_utf8 = || OpenError::NotUtf8(path.display().to_string());
        TreePath::new(below.to_str().ok_or_else(not_utf8)?).map_err(|_| not_utf8())
    }

    /// The links on the way to a path, in order.
    pub fn links_on(&self, path: &TreePath) -> Vec<Hop> {
        hops(self, path)
    }

    /// Opens what a path leads to, by a way to open what has no link on its way, and says where
    /// that is. Nearly every path has none.
    fn open_resolved<T>(
        &self,
        path: &TreePath,
        open: impl Fn(&TreePath) -> Result<T, Missed>,
    ) -> Result<(T, TreePath), ReadError> {
        let error = |missed| lost(missed).into_error(path);
        match open(path) {
            Ok(opened) => return Ok((opened, path.clone())),
            Err(Missed::Link) => {}
            Err(missed) => return Err(error(missed)),
        }
        for _ in 0..MAX_ATTEMPTS {
            let found = Resolver::new(self, &|| true).resolve(path);
            let (Found::Directory(real) | Found::File(real)) = found.map_err(|lost| lost.into_error(path))?;
            match open(&real) {
                Ok(opened) => return Ok((opened, real)),
                // It became one meanwhile.
                Err(Missed::Link) => {}
                Err(missed) => return Err(error(missed)),
            }
        }
        Err(error(Missed::Link))
    }
}

impl Source for Directory {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let path = tree_path(path)?;
        let (file, _) = self.open_resolved(&path, |path| self.beneath.open_for(path, Access::Read))?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(ReadError::WrongKind(Kind::Directory));
        }
        if !metadata.is_file() {
            return Err(Lost::Other.into_error(&path));
        }
        let too_large =
            || ReadError::Refused(format!("`{path}` is larger than {} MiB", MAX_FILE_BYTES >> 20));
        if metadata.len() > MAX_FILE_BYTES {
            return Err(too_large());
        }
        // The file may grow while it is read.
        let mut content = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1);
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut content).map_err(failed)?;
        if content.len() as u64 > MAX_FILE_BYTES { Err(too_large()) } else { Ok(content) }
    }

    fn list(&self, path: &str) -> Result<Listing, ReadError> {
        self.list_while(path, &|| true)
    }

    fn list_while(&self, path: &str, keep_going: &dyn Fn() -> bool) -> Result<Listing, ReadError> {
        let path = tree_path(path)?;
        let opened = self.open_resolved(&path, |path| self.beneath.open_for(path, Access::List));
        let (directory, real) = match opened {
            // It may be something else.
            Err(ReadError::NotFound) => {
                self.stat(&path)?;
                return Err(ReadError::WrongKind(Kind::File));
            }
            opened => opened?,
        };
        let mut resolver = Resolver::new(self, keep_going);
        let mut listing = Listing::default();
        let mut count = 0;
        for entry in Dir::new(directory).map_err(|error| failed(error.into()))? {
            let entry = entry.map_err(|error| failed(error.into()))?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            if count == MAX_ENTRIES {
                return Err(ReadError::Refused(format!("`{path}` has more than {MAX_ENTRIES} entries")));
            }
            if count % CHECK_EVERY == 0 && !keep_going() {
                return Err(stopped());
            }
            count += 1;
            let Ok(name) = std::str::from_utf8(name) else {
                listing.left_out.add(name);
                continue;
            };
            let kind = match entry.file_type() {
                FileType::RegularFile => Kind::File,
                FileType::Directory => Kind::Directory,
                // Not every file system tells in a listing what a name is.
                FileType::Symlink | FileType::Unknown => match resolver.entry(&real, name) {
                    Ok(Found::Directory(_)) => Kind::Directory,
                    Ok(Found::File(_)) => Kind::File,
                    Err(Lost::Stopped) => return Err(stopped()),
                    Err(_) => continue,
                },
                _ => continue,
            };
            listing.entries.push(Entry { name: name.to_owned(), kind });
        }
        Ok(listing)
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        let path = tree_path(path)?;
        let look = |path: &TreePath| match self.beneath.look(path)? {
            Sort::Link { .. } => Err(Missed::Link),
            sort => Ok(sort),
        };
        let (sort, real) = self.open_resolved(&path, look)?;
        let (kind, size) = match sort {
            Sort::File { size } => (Kind::File, size),
            Sort::Directory => (Kind::Directory, 0),
            Sort::Link { .. } | Sort::Other => return Err(Lost::Other.into_error(&path)),
        };
        Ok(Metadata { kind, path: real.into_string(), size })
    }
}

impl Nodes for Directory {
    type Place = TreePath;

    fn root(&self) -> TreePath {
        TreePath::root()
    }

    fn above(&self, place: &TreePath) -> Option<TreePath> {
        place.parent()
    }

    fn path(&self, place: &TreePath) -> TreePath {
        place.clone()
    }

    fn look(&self, directory: &TreePath, name: &str) -> Result<Node<'_, TreePath>, Lost> {
        let place = directory.join(name).map_err(|_| Lost::Absent)?;
        match self.beneath.look(&place).map_err(lost)? {
            Sort::File { .. } => Ok(Node::File(place)),
            Sort::Directory => Ok(Node::Directory(place)),
            Sort::Link { target } => match target.into_string() {
                Ok(target) => Ok(Node::Link(place, target.into())),
                Err(_) => Err(Lost::NotUtf8),
            },
            Sort::Other => Err(Lost::Other),
        }
    }

    fn below_root<'t>(&self, target: &'t str) -> Option<&'t str> {
        let below = target.strip_prefix(self.root.to_str()?)?;
        (below.is_empty() || below.starts_with('/')).then_some(below)
    }
}

/// What is not opened leads nowhere.
fn lost(missed: Missed) -> Lost {
    match missed {
        Missed::Absent => Lost::Absent,
        Missed::Link => Lost::Failed("it changes while it is read".into()),
        // A socket, and a device that is not there.
        Missed::Failed(Errno::NXIO | Errno::NODEV) => Lost::Other,
        Missed::Failed(error) => Lost::Failed(io::Error::from(error).to_string().into()),
    }
}

fn canonical(path: &Path) -> Result<PathBuf, OpenError> {
    fs::canonicalize(path)
        .map_err(|reason| OpenError::Unreadable { path: path.display().to_string(), reason })
}

#[allow(clippy::needless_pass_by_value)] // for `map_err`
fn failed(error: io::Error) -> ReadError {
    ReadError::Failed(error.to_string())
}
