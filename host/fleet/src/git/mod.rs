//! Commits and work trees of a git repository as trees.
//!
//! [`GitRepository`] reads the object database: nothing is checked out, no program is started, and
//! nothing is fetched. [`GitRepository::range`] says which two states a change is between.
//! [`GitRepository::commit_tree`] and [`GitRepository::work_tree`] give the trees of both: the files
//! as git would check them out, with line ends and encodings converted by `.gitattributes`.
//!
//! Whether a repository is to be trusted is decided by the caller, before it is opened.

mod attributes;
mod blobs;
mod cache;
mod error;
mod lfs;
mod range;
mod repository;
mod tree;
mod work_tree;

pub use error::GitError;
pub use range::{Range, State};
pub use repository::{CommitId, GitRepository};
