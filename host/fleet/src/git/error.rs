//! Why a repository cannot be read.

use oarlock_engine::source::UnpackError;

/// Why a repository cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// There is no repository.
    #[error("`{0}` is not a git repository")]
    NotARepository(String),
    /// It is one, but cannot be opened.
    #[error("cannot open the git repository `{path}`: {reason}")]
    Unreadable {
        /// The directory.
        path: String,
        /// Why.
        reason: String,
    },
    /// It has no commits.
    #[error("the repository has no commits yet")]
    Unborn,
    /// Something is to be compared with the work tree, and there is none.
    #[error("a bare repository has no work tree")]
    Bare,
    /// A revision that does not exist.
    #[error("there is no commit `{revision}` in the repository")]
    UnknownRevision {
        /// The revision, as it was given.
        revision: String,
        /// Whether history is cut off, so that it may be missing for that reason.
        is_shallow: bool,
    },
    /// A text that is not `BASE`, `BASE..HEAD` or `BASE...HEAD`.
    #[error("`{0}` names no two commits")]
    Range(String),
    /// No default branch is known.
    #[error("it is not known which branch to compare with")]
    NoDefaultBranch {
        /// Whether history is cut off, as CI systems do it.
        is_shallow: bool,
    },
    /// Two commits have no common ancestor, or it is cut off.
    #[error("`{one}` and `{other}` have no common ancestor{}", if *.is_shallow { " in this shallow clone" } else { "" })]
    NoMergeBase {
        /// One of them.
        one: String,
        /// The other.
        other: String,
        /// Whether history is cut off.
        is_shallow: bool,
    },
    /// The parent with which a merge is compared is cut off.
    #[error("the first parent of the merge commit `{0}` is not in this shallow clone")]
    ShallowMerge(String),
    /// An object is missing or damaged.
    #[error("cannot read {what} from the repository: {reason}")]
    Object {
        /// What was looked for.
        what: String,
        /// Why.
        reason: String,
    },
    /// Nothing says who the author of a commit is.
    #[error("git's configuration has no `user.name` or no `user.email`, so a commit would have no author")]
    NoAuthor,
    /// A branch is there already.
    #[error("there is a branch `{branch}` already, at `{commit}`")]
    BranchExists {
        /// Its name.
        branch: String,
        /// Its commit.
        commit: String,
    },
    /// A branch is checked out, and would no longer be what its work tree has.
    #[error("the branch `{0}` is checked out")]
    CheckedOut(String),
    /// A file that is to change is none in the commit.
    #[error("`{0}` is not a file of the commit")]
    NotAFile(String),
    /// A file is stored in another form than a checkout has.
    #[error("`{0}` is stored in another form than a checkout has, by an encoding or a filter of git")]
    Converted(String),
    /// Something cannot be written.
    #[error("cannot write {what}: {reason}")]
    Write {
        /// What.
        what: String,
        /// Why.
        reason: String,
    },
    /// A tree that holds more than it may, or what no directory can have.
    #[error("{}", tree_message(.what, .error))]
    Tree {
        /// Which one.
        what: String,
        /// What is wrong with it.
        error: UnpackError,
    },
}

fn tree_message(what: &str, error: &UnpackError) -> String {
    match error {
        UnpackError::Limit { value, what: counted, .. } => {
            format!("{what} holds more than {value} {counted}")
        }
        UnpackError::Forbidden { path, reason } => format!("{what} holds `{path}`, which {reason}"),
        error => format!("{what} cannot be read: {error}"),
    }
}

/// What brings the missing history.
const DEEPEN: &str = "in GitHub Actions set `fetch-depth: 0` of actions/checkout, in GitLab CI `GIT_DEPTH: 0`; elsewhere run `git fetch --unshallow`, or `git fetch --deepen 100` for a part";

impl GitError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::UnknownRevision { is_shallow: true, .. } => {
                return Some(format!("this is a shallow clone: {DEEPEN}"));
            }
            Self::NoMergeBase { is_shallow: true, .. } | Self::ShallowMerge(_) => DEEPEN,
            Self::NoDefaultBranch { is_shallow: true } => {
                return Some(format!(
                    "this is a shallow clone: {DEEPEN}; or name the commit to compare with"
                ));
            }
            Self::UnknownRevision { revision, .. } if !revision.contains(['/', '~', '^', '@', ':']) => {
                return Some(format!(
                    "if it is a branch of a remote, run `git fetch` or name it `origin/{revision}`"
                ));
            }
            Self::NoDefaultBranch { .. } => {
                "name the commit to compare with, as `oarlock diff main`, or run `git remote set-head origin --auto`"
            }
            Self::NoMergeBase { .. } => "name both, as `BASE..HEAD`, to compare them directly",
            Self::Range(_) => "write BASE, BASE..HEAD, or BASE...HEAD for the merge base of both",
            Self::Bare => "name two commits, as `BASE..HEAD`",
            Self::NoAuthor => "run `git config user.name NAME` and `git config user.email EMAIL`",
            Self::BranchExists { .. } => "name another by `--branch`, or replace it by `--force`",
            Self::CheckedOut(_) => "switch to another branch there, or name another one by `--branch`",
            Self::Converted(_) => "change it in a checkout, as by `oarlock set-image`, and commit it by git",
            Self::NotARepository(_) => "run it within a git repository, or name one by `--root`",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
