//! A tree on disk.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use oarlock_plugin::{Entry, Kind, Metadata, ReadError, TreePath};
use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::resolve::{Links, Node, Nodes, Target};
use super::{Listing, Source, stopped};

/// The largest file that a plugin may read, in bytes.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// How many names there are between looks whether a listing is still wanted.
const LOOK_EVERY: usize = 1_024;

/// The most names that a directory may have to be listed.
const MAX_ENTRIES: usize = 100_000;

/// A directory and what lies below it.
///
/// Links are followed as long as they stay inside; devices, pipes and sockets are refused.
#[derive(Debug)]
pub struct Directory {
    /// Absolute, without links.
    root: PathBuf,
    /// The root, opened.
    handle: fs::File,
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
        match fs::File::open(&root) {
            Ok(handle) => Ok(Self { root, handle }),
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

    /// Opens a path that has no link on its way, which is nearly every one, in a single call of the kernel's; `None` where the way has to
    /// be walked by [`resolve`](Self::resolve).
    #[cfg(target_os = "linux")]
    fn open_plain(&self, path: &TreePath, flags: OFlags) -> Option<Result<fs::File, ReadError>> {
        // To look at a path is not to open it: the kernel refuses flags for opening then.
        let opening = if flags.contains(OFlags::PATH) { OFlags::empty() } else { OFlags::NONBLOCK };
        let flags = flags | OFlags::CLOEXEC | opening;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        match rustix::fs::openat2(&self.handle, path.as_str(), flags, Mode::empty(), resolve) {
            Ok(file) => Some(Ok(file.into())),
            Err(Errno::NOENT | Errno::NOTDIR) => Some(Err(ReadError::NotFound)),
            Err(_) => None,
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn open_plain(&self, _: &TreePath, _: OFlags) -> Option<Result<fs::File, ReadError>> {
        None
    }

    /// Opens a file to be read.
    fn open_file(&self, path: &TreePath) -> Result<fs::File, ReadError> {
        if let Some(opened) = self.open_plain(path, OFlags::RDONLY) {
            return opened;
        }
        let real = self.resolve(path)?;
        // Opening a pipe would wait for someone to write to it.
        if kind_of(path, &fs::metadata(&real).map_err(failed)?)? == Kind::Directory {
            return Err(ReadError::WrongKind(Kind::Directory));
        }
        fs::File::open(real).map_err(failed)
    }

    /// The place on disk that a path of the tree leads to, checked to lie inside.
    fn resolve(&self, path: &TreePath) -> Result<PathBuf, ReadError> {
        let full = self.root.join(path.as_str());
        let real = match fs::canonicalize(&full) {
            Ok(real) => real,
            Err(error) => return Err(self.explain(path, &full, &error)),
        };
        if real.starts_with(&self.root) { Ok(real) } else { Err(leaves(path)) }
    }

    /// Why a path could not be resolved. A dangling link that points out of the tree must not tell whether its target exists.
    fn explain(&self, path: &TreePath, full: &Path, error: &io::Error) -> ReadError {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                if self.first_link_leaves(path, full) {
                    leaves(path)
                } else {
                    ReadError::NotFound
                }
            }
            _ if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
                ReadError::Refused(format!("`{path}` is a link that leads to itself"))
            }
            _ => ReadError::Failed(error.to_string()),
        }
    }

    /// Whether the way to a path that leads nowhere goes through a link out of the tree.
    fn first_link_leaves(&self, path: &TreePath, full: &Path) -> bool {
        let mut place = self.root.clone();
        for part in path.parts() {
            place.push(part);
            let Ok(target) = fs::read_link(&place) else { continue };
            let parent = place.parent().unwrap_or(full);
            let Ok(target) = lexically_normal(&parent.join(target)) else { return true };
            if !target.starts_with(&self.root) {
                return true;
            }
        }
        false
    }
}

impl Source for Directory {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let path = tree_path(path)?;
        let file = self.open_file(&path)?;
        let metadata = file.metadata().map_err(failed)?;
        if kind_of(&path, &metadata)? == Kind::Directory {
            return Err(ReadError::WrongKind(Kind::Directory));
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
        let real = match self.open_plain(&path, OFlags::PATH | OFlags::DIRECTORY) {
            Some(Ok(_)) => self.root.join(path.as_str()),
            // What is no directory is not found as one.
            Some(Err(_)) | None => self.resolve(&path)?,
        };
        if !real.is_dir() {
            return Err(ReadError::WrongKind(Kind::File));
        }
        let mut links = Links::new(self, keep_going);
        // Where this directory lies, once there is a link in it.
        let mut here = None;
        let mut listing = Listing::default();
        for (count, entry) in fs::read_dir(&real).map_err(failed)?.enumerate() {
            if count == MAX_ENTRIES {
                return Err(ReadError::Refused(format!("`{path}` has more than {MAX_ENTRIES} entries")));
            }
            if count % LOOK_EVERY == 0 && !keep_going() {
                return Err(stopped());
            }
            let entry = entry.map_err(failed)?;
            let name = match entry.file_name().into_string() {
                Ok(name) => name,
                Err(name) => {
                    listing.left_out.add(name.as_encoded_bytes());
                    continue;
                }
            };
            let kind = entry.file_type().map_err(failed)?;
            let kind = if kind.is_file() {
                Kind::File
            } else if kind.is_dir() {
                Kind::Directory
            } else if kind.is_symlink() {
                if here.is_none() {
                    here = Some(self.names_of(&real).and_then(|names| links.place(names.split('/'))));
                }
                let target = fs::read_link(entry.path())
                    .ok()
                    .and_then(|target| target.into_os_string().into_string().ok());
                let followed = match (&here, &target) {
                    (Some(Some(here)), Some(target)) => links.follow(here, &name, target),
                    _ => Target::Outside,
                };
                match followed {
                    Target::Found(kind) => kind,
                    Target::Nothing => continue,
                    Target::Stopped => return Err(stopped()),
                    // It may come back into the tree, which the system knows.
                    Target::Outside if !keep_going() => return Err(stopped()),
                    Target::Outside => match path.join(&name).map(|below| self.stat(&below)) {
                        Ok(Ok(metadata)) => metadata.kind,
                        _ => continue,
                    },
                }
            } else {
                continue;
            };
            listing.entries.push(Entry { name, kind });
        }
        Ok(listing)
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        let path = tree_path(path)?;
        let found = |kind, metadata: &fs::Metadata, path| {
            let size = if kind == Kind::File { metadata.len() } else { 0 };
            Metadata { kind, path, size }
        };
        if let Some(opened) = self.open_plain(&path, OFlags::PATH) {
            let metadata = opened?.metadata().map_err(failed)?;
            return Ok(found(kind_of(&path, &metadata)?, &metadata, path.into_string()));
        }
        let real = self.resolve(&path)?;
        let metadata = fs::metadata(&real).map_err(failed)?;
        let kind = kind_of(&path, &metadata)?;
        let inside = real.strip_prefix(&self.root).ok().and_then(Path::to_str);
        let inside = inside
            .ok_or_else(|| ReadError::Refused(format!("`{path}` leads to a name that is not UTF-8")))?;
        Ok(found(kind, &metadata, tree_path(inside)?.into_string()))
    }
}

impl Directory {
    /// The names from the root to a place on disk, `/` between them.
    fn names_of(&self, place: &Path) -> Option<String> {
        place.strip_prefix(&self.root).ok()?.to_str().map(str::to_owned)
    }
}

/// A directory on disk, on whose way no link is, and what tells it from others.
pub(super) struct Folder {
    path: PathBuf,
    id: (u64, u64),
}

impl Folder {
    fn new(path: PathBuf, metadata: &fs::Metadata) -> Self {
        Self { path, id: (metadata.dev(), metadata.ino()) }
    }
}

impl Nodes for Directory {
    type Folder = Folder;
    type Id = (u64, u64);

    fn root(&self) -> Folder {
        let id = fs::symlink_metadata(&self.root).map_or((0, 0), |root| (root.dev(), root.ino()));
        Folder { path: self.root.clone(), id }
    }

    fn id(&self, folder: &Folder) -> (u64, u64) {
        folder.id
    }

    fn look(&self, folder: &Folder, name: &str) -> Node<Folder> {
        let path = folder.path.join(name);
        let Ok(metadata) = fs::symlink_metadata(&path) else { return Node::Nothing };
        if metadata.is_dir() {
            Node::Folder(Folder::new(path, &metadata))
        } else if metadata.is_file() {
            Node::File
        } else if metadata.is_symlink() {
            let target =
                fs::read_link(&path).ok().and_then(|target| target.into_os_string().into_string().ok());
            target.map_or(Node::Other, Node::Link)
        } else {
            Node::Other
        }
    }

    fn below_root<'a>(&self, target: &'a str) -> Option<&'a str> {
        let below = target.strip_prefix(self.root.to_str()?)?;
        (below.is_empty() || below.starts_with('/')).then_some(below)
    }
}

fn tree_path(path: &str) -> Result<TreePath, ReadError> {
    TreePath::new(path).map_err(|error| ReadError::Refused(error.to_string()))
}

fn kind_of(path: &TreePath, metadata: &fs::Metadata) -> Result<Kind, ReadError> {
    if metadata.is_dir() {
        Ok(Kind::Directory)
    } else if metadata.is_file() {
        Ok(Kind::File)
    } else {
        Err(ReadError::Refused(format!("`{path}` is neither a file nor a directory")))
    }
}

fn canonical(path: &Path) -> Result<PathBuf, OpenError> {
    fs::canonicalize(path)
        .map_err(|reason| OpenError::Unreadable { path: path.display().to_string(), reason })
}

#[allow(clippy::needless_pass_by_value)] // for `map_err`
fn failed(error: io::Error) -> ReadError {
    if error.kind() == io::ErrorKind::NotFound {
        ReadError::NotFound
    } else {
        ReadError::Failed(error.to_string())
    }
}

fn leaves(path: &TreePath) -> ReadError {
    ReadError::Refused(format!("`{path}` leads out of the repository through a link"))
}

/// An absolute path without `.` and `..`; an error if it climbs above `/`.
fn lexically_normal(path: &Path) -> Result<PathBuf, ()> {
    use std::path::Component;
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                if !normal.pop() {
                    return Err(());
                }
            }
            other => normal.push(other),
        }
    }
    Ok(normal)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn tree() -> (tempfile::TempDir, Directory) {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("repo");
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/file.yaml"), "kind: Pod").unwrap();
        fs::write(outer.path().join("secret"), "secret").unwrap();
        symlink("../a/file.yaml", root.join("a/inside")).unwrap();
        symlink("../../secret", root.join("a/outside")).unwrap();
        symlink("/etc/hostname-that-is-not-there", root.join("a/dangling-outside")).unwrap();
        symlink("nowhere", root.join("a/dangling")).unwrap();
        symlink("loop", root.join("a/loop")).unwrap();
        symlink("..", root.join("a/b/up")).unwrap();
        let directory = Directory::open(&root).unwrap();
        (outer, directory)
    }

    #[test]
    fn follows_links_inside_the_tree() {
        let (_outer, tree) = tree();
        assert_eq!(tree.read("a/b/up/inside").unwrap(), b"kind: Pod");
        let metadata = tree.stat("a/b/up/inside").unwrap();
        assert_eq!((metadata.path.as_str(), metadata.size), ("a/file.yaml", 9));
    }

    #[test]
    fn refuses_what_leads_out() {
        let (_outer, tree) = tree();
        for path in
            ["../secret", "/etc/passwd", "a/../../secret", "a/outside", "a/dangling-outside", "a/loop"]
        {
            let error = tree.read(path).unwrap_err();
            assert!(
                matches!(&error, ReadError::Refused(sentence) if sentence.contains(path)),
                "{path}: {error:?}"
            );
        }
    }

    #[test]
    fn tells_absent_from_refused() {
        let (_outer, tree) = tree();
        for path in ["nothing", "a/dangling", "a/file.yaml/below"] {
            assert_eq!(tree.read(path), Err(ReadError::NotFound), "{path}");
        }
        assert_eq!(tree.read("a"), Err(ReadError::WrongKind(Kind::Directory)));
        assert_eq!(tree.list("a/file.yaml"), Err(ReadError::WrongKind(Kind::File)));
    }

    #[test]
    fn lists_what_can_be_read() {
        let (_outer, tree) = tree();
        let mut names: Vec<_> = tree.list("a").unwrap().entries.into_iter().map(|entry| entry.name).collect();
        names.sort();
        assert_eq!(names, ["b", "file.yaml", "inside"]);
    }

    #[test]
    fn reports_names_that_are_not_utf8() {
        use std::os::unix::ffi::OsStrExt;
        let (_outer, tree) = tree();
        fs::write(tree.root().join(std::ffi::OsStr::from_bytes(b"bad\xff")), "").unwrap();
        let told = tree.list(".").unwrap().left_out.summary(".").unwrap();
        assert_eq!(told.message, "`bad\u{fffd}` is left out, since its name is not UTF-8");
    }

    #[test]
    fn refuses_what_is_no_file() {
        let (_outer, tree) = tree();
        let _socket = std::os::unix::net::UnixListener::bind(tree.root().join("socket")).unwrap();
        assert!(matches!(tree.read("socket"), Err(ReadError::Refused(_))));
        assert!(tree.list(".").unwrap().entries.iter().all(|entry| entry.name != "socket"));
    }
}
