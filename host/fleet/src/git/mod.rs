//! Commits and work trees of a git repository as trees.
//!
//! [`GitRepository`] reads the object database: nothing is checked out, no program is started, and
//! nothing is fetched. [`GitRepository::range`] says which two states a change is between.
//! [`GitRepository::commit_tree`] and [`GitRepository::work_tree`] give the trees of both: the
//! files as git would check them out, with line ends and encodings converted by `.gitattributes`.
//! [`GitRepository::write_commit`] and [`GitRepository::update_branch`] write to the object
//! database, without a checkout either.
//!
//! Whether a repository is to be trusted is decided by the caller, before it is opened.

mod attributes;
mod blobs;
mod branch;
mod cache;
mod commit;
mod describe;
mod error;
mod lfs;
mod range;
mod repository;
mod tree;
mod work_tree;

pub use branch::{BranchName, BranchNameError};
pub use commit::{BranchUpdate, FileChange};
pub use describe::{CommitDescription, Trailer};
pub use error::GitError;
pub use range::{Range, RepositoryState};
pub use repository::{CommitId, GitRepository};
