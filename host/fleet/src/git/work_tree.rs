//! The work tree: what git would commit if everything were added to the index.

use std::collections::{BTreeMap, HashMap};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use gix::bstr::{BString, ByteSlice as _};
use gix::dir::entry::{Kind, Status};
use gix::index::entry::{Flags, Mode};
use oarlock_engine::source::{
    Digest, Directory, FileNumber, FileStore, ReadError, Source, TreeBuilder, TreePath,
};

use super::attributes::Attributes;
use super::blobs::Blobs;
use super::error::GitError;
use super::lfs;
use super::repository::GitRepository;
use super::tree::{LIMITS, SUBMODULE, link_target};

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// A file on disk.
    Disk,
    /// A file on disk that is as it is in the index: by what the file system says of it, nobody
    /// wrote to it since.
    Unchanged(gix::ObjectId),
    /// A link, with its target.
    Link(Vec<u8>),
    /// A file that a sparse checkout leaves out: it is what it is in the index.
    Index(gix::ObjectId),
    /// A submodule, or another repository.
    Submodule,
}

impl GitRepository {
    /// The work tree: files that git knows, as they are on disk, and files that it neither knows
    /// nor ignores. `hidden` are left out.
    ///
    /// # Errors
    /// If there is no work tree, or it cannot be read.
    pub fn work_tree(&self, hidden: &[TreePath]) -> Result<Arc<dyn Source>, GitError> {
        let root = self.work_directory().ok_or(GitError::Bare)?;
        let failed = |reason: String| GitError::Object { what: "the work tree".to_owned(), reason };
        let mut places = self.places(&root).map_err(|error| failed(error.to_string()))?;
        for path in hidden {
            places.remove(path.as_str().as_bytes().as_bstr());
        }
        let directory = Directory::open(&root).map_err(|error| failed(error.to_string()))?;
        let mut builder = TreeBuilder::new(LIMITS);
        let number = |count: usize| FileNumber::try_from(count).unwrap_or(FileNumber::MAX);
        let (mut files, mut blobs, mut same) = (Vec::new(), Vec::new(), Vec::new());
        for (path, place) in places {
            let added = match place {
                Place::Disk => {
                    let added = builder.file(&path, number(files.len()));
                    files.push(File::Disk(path.to_str_lossy().into_owned()));
                    added
                }
                Place::Unchanged(id) => {
                    let added = builder.file(&path, number(files.len()));
                    files.push(File::Unchanged(number(same.len()), path.to_str_lossy().into_owned()));
                    same.push((id, path.clone()));
                    added
                }
                Place::Index(id) => {
                    let added = builder.file(&path, number(files.len()));
                    files.push(File::Index(number(blobs.len())));
                    blobs.push((id, path.clone()));
                    added
                }
                Place::Link(target) => builder.link(&path, target),
                Place::Submodule => builder.closed(&path, SUBMODULE),
            };
            added.map_err(|error| GitError::Tree { what: "the work tree".to_owned(), error })?;
        }
        let attributes = if blobs.is_empty() { None } else { self.attributes_of_index().map_err(failed)? };
        let common = self.shared.with(|repository| repository.common_dir().to_owned());
        let blobs = Blobs::new(Arc::clone(&self.shared), blobs, attributes);
        let same = Blobs::new(Arc::clone(&self.shared), same, None);
        Ok(Arc::new(builder.finish(Arc::new(WorkFiles {
            directory,
            common,
            files,
            blobs,
            same,
            digests: RwLock::default(),
        }))))
    }

    /// Everything that is in the work tree.
    fn places(&self, root: &Path) -> gix::Result<BTreeMap<BString, Place>> {
        self.shared.with(|repository| {
            let index = repository.index_or_empty()?;
            let mut places = BTreeMap::new();
            let has_attributes = index.entries().iter().any(|entry| {
                let path = entry.path(&index);
                path.rsplit_once_str("/").map_or(path.as_bytes(), |(_, name)| name) == b".gitattributes"
            });
            // What is converted is not on disk as it is in the index.
            let comparison = if Attributes::are_there(repository, has_attributes) {
                None
            } else {
                Some(repository.stat_options()?)
            };
            for entry in index.entries() {
                // Of a conflict each side has an entry; the file on disk is one.
                let path = entry.path(&index).to_owned();
                let place = if entry.mode == Mode::COMMIT {
                    Some(Place::Submodule)
                } else if entry.flags.contains(Flags::SKIP_WORKTREE) {
                    self.skipped(entry)
                } else if comparison.is_some_and(|options| is_unchanged(root, &index, entry, options)) {
                    Some(Place::Unchanged(entry.id))
                } else {
                    on_disk(root, &path)
                };
                places.extend(place.map(|place| (path, place)));
            }
            let options = repository
                .dirwalk_options()?
                .emit_untracked(gix::dir::walk::EmissionMode::Matching)
                .emit_tracked(false)
                .emit_ignored(None);
            let mut collected = gix::dir::walk::delegate::Collect::default();
            let patterns: [&[u8]; 0] = [];
            let patterns = patterns.iter().map(|pattern| pattern.as_bstr());
            repository.dirwalk(&index, patterns, &AtomicBool::default(), options, &mut collected)?;
            for (entry, _) in collected.unorded_entries {
                if entry.status != Status::Untracked {
                    continue;
                }
                let place = match entry.disk_kind {
                    Some(Kind::File | Kind::Symlink) => on_disk(root, &entry.rela_path),
                    Some(Kind::Repository) => Some(Place::Submodule),
                    _ => None,
                };
                let path = entry.rela_path;
                places.extend(place.map(|place| (path, place)));
            }
            Ok(places)
        })
    }

    /// What a sparse checkout leaves out.
    fn skipped(&self, entry: &gix::index::Entry) -> Option<Place> {
        if entry.mode == Mode::SYMLINK {
            return link_target(&self.shared, entry.id).ok().map(Place::Link);
        }
        (entry.mode != Mode::DIR).then_some(Place::Index(entry.id))
    }

    /// How files of the index would be checked out.
    fn attributes_of_index(&self) -> Result<Option<Attributes>, String> {
        let tree = self.shared.with(|repository| repository.head_tree_id().map(gix::Id::detach));
        Attributes::of_tree(&self.shared, tree.map_err(|error| error.to_string())?, true)
    }
}

/// Whether a file is, by what the file system says of it, what git added to the index.
fn is_unchanged(
    root: &Path,
    index: &gix::index::State,
    entry: &gix::index::Entry,
    options: gix::index::entry::stat::Options,
) -> bool {
    let full = root.join(std::ffi::OsStr::from_bytes(entry.path(index)));
    let is_file = matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE);
    // Of a conflict no entry is what is on disk; a file that is only going to be added has no
    // content.
    let is_plain = entry.stage() == gix::index::entry::Stage::Unconflicted
        && !entry.flags.intersects(Flags::INTENT_TO_ADD | Flags::ASSUME_VALID);
    is_file
        && is_plain
        && gix::index::fs::Metadata::from_path_no_follow(&full).is_ok_and(|metadata| {
            metadata.is_file()
                && gix::index::entry::Stat::from_fs(&metadata).is_ok_and(|stat| {
                    entry.stat.matches(&stat, options) && !entry.stat.is_racy(index.timestamp(), options)
                })
        })
}

/// What is on disk at a path; `None` where nothing is that git would take.
fn on_disk(root: &Path, path: &BString) -> Option<Place> {
    let full = root.join(std::ffi::OsStr::from_bytes(path));
    let metadata = std::fs::symlink_metadata(&full).ok()?;
    if metadata.is_symlink() {
        let target = std::fs::read_link(&full).ok()?;
        return Some(Place::Link(target.as_os_str().as_bytes().to_vec()));
    }
    metadata.is_file().then_some(Place::Disk)
}

/// A file of the work tree.
enum File {
    /// On disk, at a path that has no link on its way.
    Disk(String),
    /// On disk as in the index, by its number among those: what both sides of a comparison have
    /// alike is read once.
    Unchanged(FileNumber, String),
    /// In the index alone, by its number among the blobs.
    Index(FileNumber),
}

/// The files of the work tree.
struct WorkFiles {
    /// Reads within the work tree, whatever became of it since.
    directory: Directory,
    common: PathBuf,
    files: Vec<File>,
    blobs: Blobs,
    /// Those that are on disk as they are in the index.
    same: Blobs,
    /// Digests of files that were asked for: many renders read the same ones.
    digests: RwLock<HashMap<FileNumber, Digest>>,
}

impl WorkFiles {
    fn file(&self, file: FileNumber) -> Result<&File, ReadError> {
        self.files.get(file as usize).ok_or(ReadError::NotFound)
    }

    fn read_disk(&self, path: &str) -> Result<Bytes, ReadError> {
        let content = self.directory.read(path)?;
        match lfs::resolve(&content, path, || self.common.clone()) {
            Some(resolved) => resolved.map(Bytes::from),
            None => Ok(Bytes::from(content)),
        }
    }

    fn size_on_disk(&self, path: &str) -> Result<u64, ReadError> {
        match self.directory.stat(path)?.size {
            // A small file may be a pointer, whose size is another.
            size if size > 1024 => Ok(size),
            _ => self.read_disk(path).map(|content| content.len() as u64),
        }
    }
}

impl FileStore for WorkFiles {
    fn read(&self, file: FileNumber) -> Result<Bytes, ReadError> {
        match self.file(file)? {
            File::Index(number) => self.blobs.read(*number),
            File::Disk(path) => self.read_disk(path),
            // A clone may lack objects whose files it has.
            File::Unchanged(number, path) => self.same.read(*number).or_else(|_| self.read_disk(path)),
        }
    }

    fn digest(&self, file: FileNumber) -> Result<Digest, ReadError> {
        if let File::Unchanged(number, _) = self.file(file)?
            && let Ok(digest) = self.same.digest(*number)
        {
            return Ok(digest);
        }
        if let Some(digest) = self.digests.read().unwrap_or_else(PoisonError::into_inner).get(&file) {
            return Ok(*digest);
        }
        let digest = Digest::of(&self.read(file)?);
        self.digests.write().unwrap_or_else(PoisonError::into_inner).insert(file, digest);
        Ok(digest)
    }

    fn size(&self, file: FileNumber) -> Result<u64, ReadError> {
        match self.file(file)? {
            File::Index(number) => self.blobs.size(*number),
            File::Disk(path) => self.size_on_disk(path),
            File::Unchanged(number, path) => self.same.size(*number).or_else(|_| self.size_on_disk(path)),
        }
    }
}
