//! The tree of a commit.

use std::sync::{Arc, PoisonError};

use gix::ObjectId;
use gix::bstr::BString;
use gix::objs::tree::EntryKind;
use oarlock_engine::Bytes;
use oarlock_engine::source::{ArchiveLimits, FileNumber, Source, TreeBuilder};

use super::attributes::Attributes;
use super::blobs::Blobs;
use super::error::GitError;
use super::repository::{CommitId, GitRepository, Shared};

/// How much a tree may hold. A few small objects can stand for a tree without end, since a
/// directory may be the same as many others.
pub(super) const LIMITS: ArchiveLimits = ArchiveLimits {
    unpacked: Bytes(u64::MAX),
    entries: 1_000_000,
    ratio: u64::MAX,
    path: 4096,
    links: Bytes(16 << 20),
};

/// The largest tree object that is read, in bytes.
const MAX_TREE_BYTES: u64 = 64 << 20;

/// The longest path, in bytes.
const MAX_PATH_BYTES: usize = 4096;

/// What is said of a submodule.
pub(super) const SUBMODULE: &str = "is a submodule, whose files are not in this repository";

/// The directory that holds files, for names in it.
type Directory = (BString, ObjectId);

impl GitRepository {
    /// The tree of a commit: its files as they would be checked out. Submodules are closed: what
    /// looks into them fails.
    ///
    /// # Errors
    /// If an object is missing, or the tree holds more than it may.
    pub fn commit_tree(&self, commit: CommitId) -> Result<Arc<dyn Source>, GitError> {
        let known = |trees: &std::collections::HashMap<_, Arc<dyn Source>>| trees.get(&commit).cloned();
        if let Some(tree) = known(&self.shared.trees.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(tree);
        }
        let tree: Arc<dyn Source> = Arc::new(self.read_commit(commit)?);
        let mut trees = self.shared.trees.lock().unwrap_or_else(PoisonError::into_inner);
        // There is one tree of each commit, so that two of them are known to be the same.
        Ok(Arc::clone(trees.entry(commit).or_insert(tree)))
    }

    fn read_commit(&self, commit: CommitId) -> Result<oarlock_engine::source::Archive, GitError> {
        let what = format!("commit `{}`", commit.short());
        let root = self.shared.with(|repository| {
            let commit = repository.find_commit(commit.0)?;
            Ok(commit.tree_id()?.detach())
        });
        let root = root.map_err(|error: gix::Error| GitError::Object {
            what: what.clone(),
            reason: error.to_string(),
        })?;
        let mut reading = Reading {
            shared: &self.shared,
            what,
            builder: TreeBuilder::new(LIMITS),
            files: Vec::new(),
            has_attributes: false,
        };
        let mut open = vec![(BString::default(), root)];
        while let Some(directory) = open.pop() {
            reading.directory(&directory, &mut open)?;
        }
        let Reading { builder, files, has_attributes, what, .. } = reading;
        let attributes = Attributes::of_tree(&self.shared, root, has_attributes)
            .map_err(|reason| GitError::Object { what: format!("the attributes of {what}"), reason })?;
        Ok(builder.finish(Arc::new(Blobs::new(Arc::clone(&self.shared), files, attributes))))
    }
}

/// A tree that is being read.
struct Reading<'a> {
    shared: &'a Shared,
    what: String,
    builder: TreeBuilder,
    files: Vec<(ObjectId, BString)>,
    has_attributes: bool,
}

impl Reading<'_> {
    /// Reads a directory; those in it are left to be read.
    fn directory(&mut self, (path, id): &Directory, open: &mut Vec<Directory>) -> Result<(), GitError> {
        let what = || if path.is_empty() { self.what.clone() } else { format!("`{path}` of {}", self.what) };
        let missing = |reason: String| GitError::Object { what: what(), reason };
        let data = self.shared.with(|repository| {
            let header = repository.find_header(*id).map_err(|error| missing(error.to_string()))?;
            if header.size() > MAX_TREE_BYTES {
                return Err(missing(format!("it is larger than {} MiB", MAX_TREE_BYTES >> 20)));
            }
            let mut tree = repository.find_tree(*id).map_err(|error| missing(error.to_string()))?;
            Ok(std::mem::take(&mut tree.data))
        })?;
        let entries = gix::objs::TreeRefIter::from_bytes(&data, id.kind());
        for entry in entries {
            let entry = entry.map_err(|error| missing(error.to_string()))?;
            let mut full = path.clone();
            if !full.is_empty() {
                full.push(b'/');
            }
            // A name with a slash in it is none; the tree leaves it out.
            full.extend_from_slice(entry.filename);
            if full.len() > MAX_PATH_BYTES || entry.filename.contains(&b'/') {
                continue;
            }
            let added = match entry.mode.kind() {
                EntryKind::Tree => {
                    let added = self.builder.directory(&full);
                    open.push((full, entry.oid.to_owned()));
                    added
                }
                EntryKind::Blob | EntryKind::BlobExecutable => {
                    self.has_attributes |= entry.filename == ".gitattributes";
                    let number = FileNumber::try_from(self.files.len()).unwrap_or(FileNumber::MAX);
                    let added = self.builder.file(&full, number);
                    self.files.push((entry.oid.to_owned(), full));
                    added
                }
                EntryKind::Link => {
                    let target = link_target(self.shared, entry.oid.to_owned()).map_err(missing)?;
                    self.builder.link(&full, target)
                }
                EntryKind::Commit => self.builder.closed(&full, SUBMODULE),
            };
            added.map_err(|error| GitError::Tree { what: self.what.clone(), error })?;
        }
        Ok(())
    }
}

/// Where a link points.
pub(super) fn link_target(shared: &Shared, id: ObjectId) -> Result<Vec<u8>, String> {
    shared.with(|repository| {
        let header = repository.find_header(id).map_err(|error| error.to_string())?;
        if header.size() > MAX_PATH_BYTES as u64 {
            return Err(format!("a link is longer than {MAX_PATH_BYTES} bytes"));
        }
        let mut blob = repository.find_blob(id).map_err(|error| error.to_string())?;
        Ok(blob.take_data())
    })
}
