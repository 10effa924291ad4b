//! Commits and branches that are made in the object database: neither the index nor the work tree
//! is touched, and no program is started. Hooks are not run, and nothing is signed.

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::objs::tree::EntryKind;
use gix::refs::Target;
use gix::refs::transaction::PreviousValue;
use oarlock_engine::source::TreePath;

use super::branch::BranchName;
use super::error::GitError;
use super::repository::{CommitId, GitRepository};

/// A file of a commit that gets another content.
#[derive(Clone, Copy, Debug)]
pub struct FileChange<'a> {
    /// The file, links resolved.
    pub path: &'a TreePath,
    /// What a checkout of the commit has there.
    pub before: &'a [u8],
    /// What a checkout of the new commit is to have there.
    pub after: &'a [u8],
}

/// Where a branch is going to point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchUpdate {
    /// The branch.
    pub name: BranchName,
    /// Its new commit.
    pub commit: CommitId,
    /// The commit that it has now; `None` if there is no such branch.
    pub replaces: Option<CommitId>,
}

impl GitRepository {
    /// Writes a commit on top of another one, with other contents of some of its files. No branch
    /// points to it yet.
    ///
    /// # Errors
    /// If git's configuration names no author, or a file is not there, or it is stored in another
    /// form than a checkout has and more than line ends differ.
    pub fn write_commit(
        &self,
        base: CommitId,
        files: &[FileChange<'_>],
        message: &str,
    ) -> Result<CommitId, GitError> {
        self.shared.with(|repository| {
            let identity = |found: Option<gix::Result<_>>| {
                found.ok_or(GitError::NoAuthor)?.map_err(|error| write_error("the commit", &error))
            };
            let author: gix::actor::SignatureRef<'_> = identity(repository.author())?;
            let committer = identity(repository.committer())?;
            let is_blank = |text: &[u8]| text.trim().is_empty();
            if [author, committer].iter().any(|who| is_blank(who.name) || is_blank(who.email)) {
                return Err(GitError::NoAuthor);
            }
            let tree = write_tree(repository, base, files)?;
            let commit = repository.new_commit_as(committer, author, message, tree, [base.0]);
            commit.map(|commit| CommitId(commit.id)).map_err(|error| write_error("the commit", &error))
        })
    }

    /// Whether git's configuration asks for commits to be signed.
    pub fn wants_signatures(&self) -> bool {
        self.shared.with(|repository| repository.config_snapshot().boolean("commit.gpgSign") == Some(true))
    }

    /// What has to be done for a branch to point to a commit.
    ///
    /// # Errors
    /// If there is a branch of that name and it is not to be replaced, or it is checked out.
    pub fn plan_branch(
        &self,
        name: &BranchName,
        commit: CommitId,
        may_replace: bool,
    ) -> Result<BranchUpdate, GitError> {
        let replaces = self.branch_commit(name)?;
        let branch = || name.to_string();
        if let Some(replaces) = replaces {
            if !may_replace {
                return Err(GitError::BranchExists { branch: branch(), commit: replaces.short() });
            }
            if self.is_checked_out(name)? {
                return Err(GitError::CheckedOut(branch()));
            }
        }
        Ok(BranchUpdate { name: name.clone(), commit, replaces })
    }

    /// Makes a branch point to a commit.
    ///
    /// # Errors
    /// If it has changed since the update was planned, or cannot be written.
    pub fn update_branch(&self, update: &BranchUpdate) -> Result<(), GitError> {
        let expected = match update.replaces {
            Some(CommitId(id)) => PreviousValue::MustExistAndMatch(Target::Object(id)),
            None => PreviousValue::MustNotExist,
        };
        self.shared.with(|repository| {
            let log = "branch: Created by oarlock release";
            let written = repository.reference(update.name.reference(), update.commit.0, expected, log);
            let what = || format!("the branch `{}`", update.name);
            written.map(drop).map_err(|error| write_error(&what(), &error))
        })
    }

    /// Whether a remote of that name is configured.
    pub fn has_remote(&self, name: &str) -> bool {
        self.shared.with(|repository| repository.remote_names().iter().any(|known| known == name))
    }

    fn branch_commit(&self, name: &BranchName) -> Result<Option<CommitId>, GitError> {
        let full = name.reference();
        let unreadable = |error: gix::Error| GitError::Object {
            what: format!("the branch `{name}`"),
            reason: error.to_string(),
        };
        self.shared.with(|repository| {
            let Some(mut found) = repository.try_find_reference(full.as_str()).map_err(unreadable)? else {
                return Ok(None);
            };
            Ok(Some(CommitId(found.peel_to_id().map_err(unreadable)?.detach())))
        })
    }

    /// Whether this or another work tree of the repository has a branch checked out.
    fn is_checked_out(&self, name: &BranchName) -> Result<bool, GitError> {
        let failed = |error: gix::Error| GitError::Object {
            what: "the work trees".to_owned(),
            reason: error.to_string(),
        };
        self.shared.with(|repository| {
            for tree in repository.worktrees_including_main().map_err(failed)? {
                let Ok(tree) = tree else { continue };
                let head = tree.head_name().map_err(failed)?;
                if !tree.is_bare()
                    && head.is_some_and(|head| head.as_bstr() == name.reference().as_bytes().as_bstr())
                {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }
}

/// The tree of a commit with other contents of some files.
fn write_tree(
    repository: &gix::Repository,
    base: CommitId,
    files: &[FileChange<'_>],
) -> Result<ObjectId, GitError> {
    let failed = |error: gix::Error| write_error("the tree", &error);
    let root = repository.find_commit(base.0).and_then(|commit| commit.tree()).map_err(failed)?;
    let mut editor = root.edit().map_err(failed)?;
    for file in files {
        let path = file.path.as_str();
        let entry = root.lookup_entry_by_path(path).map_err(failed)?;
        let entry = entry.filter(|entry| entry.mode().is_blob());
        let entry = entry.ok_or_else(|| GitError::NotAFile(path.to_owned()))?;
        let stored = repository.find_blob(entry.object_id()).map_err(failed)?;
        let content = as_stored(file, &stored.data)?;
        let blob = repository.write_blob(content).map_err(failed)?;
        let kind = if entry.mode().is_executable() { EntryKind::BlobExecutable } else { EntryKind::Blob };
        editor.upsert(path, kind, blob.detach()).map_err(failed)?;
    }
    editor.write().map(gix::Id::detach).map_err(failed)
}

/// New content in the form in which git stores it. What a checkout has may differ by line ends;
/// encodings and filters are not undone.
fn as_stored(file: &FileChange<'_>, stored: &[u8]) -> Result<Vec<u8>, GitError> {
    if stored == file.before {
        return Ok(file.after.to_owned());
    }
    let unix = |content: &[u8]| content.replace(b"\r\n", b"\n");
    if stored == unix(file.before) {
        return Ok(unix(file.after));
    }
    Err(GitError::Converted(file.path.to_string()))
}

fn write_error(what: &str, error: &gix::Error) -> GitError {
    GitError::Write { what: what.to_owned(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_stored_as_before() {
        let path = TreePath::new("a.yaml").unwrap();
        let change = |before: &'static str, after: &'static str| FileChange {
            path: &path,
            before: before.as_bytes(),
            after: after.as_bytes(),
        };
        for (stored, before, after, expected) in [
            ("a: 1\n", "a: 1\n", "a: 2\n", Some("a: 2\n")),
            // In the commit itself, too.
            ("a: 1\r\n", "a: 1\r\n", "a: 2\r\n", Some("a: 2\r\n")),
            ("a: 1\n", "a: 1\r\n", "a: 2\r\n", Some("a: 2\n")),
            ("version https://git-lfs\n", "a: 1\n", "a: 2\n", None),
        ] {
            let made = as_stored(&change(before, after), stored.as_bytes());
            assert_eq!(made.ok().as_deref(), expected.map(str::as_bytes), "{before:?}");
        }
    }
}
