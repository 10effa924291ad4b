//! Shared helpers of the whole-program tests.
//!
//! [`Run`] runs the real binary in a [`Tree`] of files; [`Sandbox`] calls plugins in this process;
//! [`golden()`] compares with a file that a person can read.

pub mod argocd;
mod binary;
pub mod fleet;
mod golden;
pub mod guests;
pub mod native;
pub mod publisher;
pub mod redis;
mod run;
mod sandbox;
mod tree;
pub mod wire;

pub use binary::{cache_dir, oarlock, peer, repository};
pub use golden::{difference, golden, overwrites};
pub use oarlock_samples::visibly;
pub use run::{Ran, Run};
pub use sandbox::Sandbox;
pub use tree::Tree;
