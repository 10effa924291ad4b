//! A repository: its objects, and names of commits.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use oarlock_engine::source::Source;

use super::cache::BlobCache;
use super::error::GitError;
use crate::repository::Revisions;

/// The id of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(pub(super) ObjectId);

impl CommitId {
    /// The beginning of it, as people write it.
    pub fn short(&self) -> String {
        self.0.to_hex_with_len(12).to_string()
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A git repository. Clones share what was read.
#[derive(Clone)]
pub struct GitRepository {
    pub(super) shared: Arc<Shared>,
}

/// What clones share.
pub(super) struct Shared {
    repository: gix::ThreadSafeRepository,
    /// Handles that are not in use: each thread takes one while it reads.
    handles: Mutex<Vec<gix::Repository>>,
    pub(super) cache: BlobCache,
    /// Trees of commits.
    pub(super) trees: Mutex<HashMap<CommitId, Arc<dyn Source>>>,
}

impl Shared {
    /// Does something with the repository.
    pub(super) fn with<T>(&self, work: impl FnOnce(&gix::Repository) -> T) -> T {
        let handle = self.handles.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let handle = handle.unwrap_or_else(|| self.repository.to_thread_local());
        let done = work(&handle);
        self.handles.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
        done
    }
}

impl GitRepository {
    /// Opens the repository of a work tree, or a bare one.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    pub fn open(root: &Path) -> Result<Self, GitError> {
        let path = || root.display().to_string();
        if !root.join(".git").exists() && gix::discover::is_git(root).is_err() {
            return Err(GitError::NotARepository(path()));
        }
        // The caller decided that the repository is to be trusted. Programs are not started:
        // neither `git` to find its configuration, nor filters.
        let options = gix::open::Options::default().with(gix::sec::Trust::Full);
        let repository = options
            .open(root)
            .map_err(|error| GitError::Unreadable { path: path(), reason: error.to_string() })?;
        let shared = Shared {
            repository,
            handles: Mutex::default(),
            cache: BlobCache::default(),
            trees: Mutex::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The root of the work tree; `None` for a bare repository.
    pub fn work_directory(&self) -> Option<PathBuf> {
        self.shared.with(|repository| repository.workdir().map(Path::to_owned))
    }

    /// Whether history is cut off.
    pub fn is_shallow(&self) -> bool {
        self.shared.with(|repository| repository.is_shallow().unwrap_or(false))
    }

    /// The commit of a revision: a branch, a tag, an id, or anything that `git rev-parse` takes.
    ///
    /// # Errors
    /// If there is none.
    pub fn commit(&self, revision: &str) -> Result<CommitId, GitError> {
        self.shared.with(|repository| commit_of(repository, revision)).ok_or_else(|| {
            GitError::UnknownRevision { revision: revision.to_owned(), is_shallow: self.is_shallow() }
        })
    }

    /// The commit that is checked out.
    ///
    /// # Errors
    /// If there is none yet, or it is missing.
    pub fn head(&self) -> Result<CommitId, GitError> {
        if self.shared.with(|repository| repository.head().is_ok_and(|head| head.is_unborn())) {
            return Err(GitError::Unborn);
        }
        self.commit("HEAD")
    }

    /// The branch that is checked out; `None` if `HEAD` is detached.
    pub fn head_branch(&self) -> Option<String> {
        self.shared.with(|repository| {
            let head = repository.head_name().ok()??;
            head.shorten().to_str().ok().map(str::to_owned)
        })
    }

    /// The commit of a revision that a source of an Application names: a branch as it is at the
    /// remote, if that is known, since Argo CD reads it there.
    pub fn followed(&self, revision: &str) -> Option<CommitId> {
        // A name, as Argo CD takes them: no expressions.
        if revision.is_empty()
            || revision.contains(['~', '^', ':', '@', ' ', '*'])
            || revision.starts_with('-')
        {
            return None;
        }
        let name = revision.strip_prefix("refs/heads/").unwrap_or(revision);
        self.shared.with(|repository| {
            let places = [format!("refs/remotes/origin/{name}"), format!("refs/tags/{name}")];
            places
                .iter()
                .find_map(|place| commit_of(repository, place))
                .or_else(|| commit_of(repository, name))
        })
    }
}

/// The commit of a revision, if it is there.
fn commit_of(repository: &gix::Repository, revision: &str) -> Option<CommitId> {
    let id = repository.rev_parse_single(revision.as_bytes().as_bstr()).ok()?;
    // A tag leads to its commit. A tree is none.
    let commit = id.object().ok()?.peel_to_commit().ok()?;
    Some(CommitId(commit.id))
}

/// Revisions of this repository that sources name.
impl Revisions for GitRepository {
    fn open(&self, revision: &str) -> Option<Arc<dyn Source>> {
        self.commit_tree(self.followed(revision)?).ok()
    }
}
