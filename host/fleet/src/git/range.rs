//! Which two states of a repository are compared.

use gix::bstr::{BStr, ByteSlice as _};

use super::error::GitError;
use super::repository::{CommitId, GitRepository};

/// The names of default branches where nothing says which one it is.
const CUSTOMARY: [&str; 2] = ["main", "master"];

/// A state of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RepositoryState {
    /// A commit.
    Commit {
        /// Which one.
        id: CommitId,
        /// The branch or revision by which it was found.
        reference: Option<String>,
    },
    /// What is in the work tree: files that git knows, and those that it does not ignore.
    WorkTree,
}

/// The two states that are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The state before.
    pub base: RepositoryState,
    /// The state after.
    pub head: RepositoryState,
    /// The branch that is compared with, where that is known.
    pub branch: Option<String>,
}

impl GitRepository {
    /// What a text on the command line means: `BASE` and the work tree, `BASE..HEAD`, or
    /// `BASE...HEAD` for the merge base of both and HEAD. An empty side is the commit that is
    /// checked out. Without a text: the merge base with the default branch, and the work tree.
    ///
    /// # Errors
    /// If a revision does not exist, or there is nothing to compare with.
    pub fn range(&self, text: Option<&str>) -> Result<Range, GitError> {
        let Some(text) = text else { return self.default_range() };
        let side = |name: &str| if name.is_empty() { "HEAD".to_owned() } else { name.to_owned() };
        let (base, head, is_merge_base) = match (text.split_once("..."), text.split_once("..")) {
            (Some((base, head)), _) => (side(base), Some(side(head)), true),
            (None, Some((base, head))) => (side(base), Some(side(head)), false),
            (None, None) if text.is_empty() => return Err(GitError::Range(text.to_owned())),
            (None, None) => (text.to_owned(), None, false),
        };
        if [Some(&base), head.as_ref()].into_iter().flatten().any(|name| name.contains("..")) {
            return Err(GitError::Range(text.to_owned()));
        }
        let branch = self.branch_name(&base);
        let commit = |name: &str| {
            Ok(RepositoryState::Commit { id: self.commit(name)?, reference: Some(name.to_owned()) })
        };
        let Some(head) = head else {
            self.check_work_tree()?;
            return Ok(Range { base: commit(&base)?, head: RepositoryState::WorkTree, branch });
        };
        let base = if is_merge_base {
            let id = self.merge_base((&base, self.commit(&base)?), (&head, self.commit(&head)?))?;
            RepositoryState::Commit { id, reference: Some(base) }
        } else {
            commit(&base)?
        };
        Ok(Range { base, head: commit(&head)?, branch })
    }

    fn default_range(&self) -> Result<Range, GitError> {
        self.check_work_tree()?;
        let head = self.head()?;
        let default = self.default_branch();
        if let Some(parent) = self.first_parent_of_merge(head, default.as_ref())? {
            let base = RepositoryState::Commit { id: parent, reference: None };
            return Ok(Range {
                base,
                head: RepositoryState::WorkTree,
                branch: default.map(|(name, _)| name),
            });
        }
        let (branch, tip) =
            default.ok_or_else(|| GitError::NoDefaultBranch { is_shallow: self.is_shallow() })?;
        let id = self.merge_base((&branch, tip), ("HEAD", head))?;
        let base = RepositoryState::Commit { id, reference: Some(branch.clone()) };
        Ok(Range { base, head: RepositoryState::WorkTree, branch: Some(branch) })
    }

    fn check_work_tree(&self) -> Result<(), GitError> {
        if self.work_directory().is_none() { Err(GitError::Bare) } else { Ok(()) }
    }

    /// CI systems check a pull request out as a merge commit that is on no branch: its first parent
    /// is what it would be merged into. A merge commit of the default branch that somebody looks at
    /// is none of these.
    fn first_parent_of_merge(
        &self,
        head: CommitId,
        default: Option<&(String, CommitId)>,
    ) -> Result<Option<CommitId>, GitError> {
        let parents = self.shared.with(|repository| {
            let is_detached = repository.head().is_ok_and(|head| head.is_detached());
            let commit = repository.find_commit(head.0).ok()?;
            // All that the commit names: those that a shallow clone lacks, too.
            let parents: Vec<_> = commit.decode().ok()?.parents().collect();
            (is_detached && parents.len() > 1).then_some(parents)
        });
        let Some(first) = parents.and_then(|parents| parents.first().copied()).map(CommitId) else {
            return Ok(None);
        };
        if let Some((_, tip)) = default
            && self.merge_base_id(*tip, head) == Some(head)
        {
            return Ok(None);
        }
        if self.shared.with(|repository| repository.has_object(first.0)) {
            Ok(Some(first))
        } else {
            Err(GitError::ShallowMerge(head.short()))
        }
    }

    /// The default branch, and its commit: what `origin/HEAD` points to, else `init.defaultBranch`,
    /// `main` or `master`, of the remote before the local one.
    pub fn default_branch(&self) -> Option<(String, CommitId)> {
        let (at_remote, configured) = self.shared.with(|repository| {
            let reference = repository.try_find_reference("refs/remotes/origin/HEAD").ok().flatten();
            let target = reference.and_then(|reference| {
                let name = reference.target().try_name()?.as_bstr().to_str().ok()?.to_owned();
                Some(name.strip_prefix("refs/remotes/")?.to_owned())
            });
            let configured = repository.config_snapshot().string("init.defaultBranch");
            (target, configured.and_then(|name| name.to_str().ok().map(str::to_owned)))
        });
        let named = configured.into_iter().chain(CUSTOMARY.map(str::to_owned));
        let candidates = at_remote.into_iter().map(|name| format!("refs/remotes/{name}")).chain(
            named.flat_map(|name| [format!("refs/remotes/origin/{name}"), format!("refs/heads/{name}")]),
        );
        candidates.into_iter().find_map(|full| Some((short(&full).to_owned(), self.commit(&full).ok()?)))
    }

    fn merge_base(&self, one: (&str, CommitId), other: (&str, CommitId)) -> Result<CommitId, GitError> {
        self.merge_base_id(one.1, other.1).ok_or_else(|| GitError::NoMergeBase {
            one: one.0.to_owned(),
            other: other.0.to_owned(),
            is_shallow: self.is_shallow(),
        })
    }

    fn merge_base_id(&self, one: CommitId, other: CommitId) -> Option<CommitId> {
        self.shared.with(|repository| Some(CommitId(repository.merge_base(one.0, other.0).ok()??.detach())))
    }

    /// The name of the branch that a revision is, without that of its remote.
    pub fn branch_name(&self, revision: &str) -> Option<String> {
        self.shared.with(|repository| {
            let name: &BStr = revision.as_bytes().as_bstr();
            let reference = repository.try_find_reference(name).ok()??;
            let full = reference.name().as_bstr().to_str().ok()?;
            (full.starts_with("refs/heads/") || full.starts_with("refs/remotes/"))
                .then(|| short(full).strip_prefix("origin/").unwrap_or(short(full)).to_owned())
        })
    }
}

fn short(full: &str) -> &str {
    ["refs/heads/", "refs/remotes/"].iter().find_map(|prefix| full.strip_prefix(prefix)).unwrap_or(full)
}
