//! What a repository deploys: many renders over one tree, and what a change does to them.
//!
//! [`render_all`] finds every directory that a generator claims and renders it. Nothing here prints; a caller that shows progress passes a
//! [`Progress`].
//!
//! [`change`] compares two renders of a fleet. It reads and writes nothing but values.

// A program that uses this library decides what is printed.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod change;
#[cfg(feature = "render")]
mod directories;
#[cfg(feature = "render")]
mod walk;

#[cfg(feature = "render")]
pub use directories::{
    Directories, DirectoryRender, Progress, RenderedAll, THREAD_STACK_BYTES, ThreadsError, read_by_others,
    render_all, workload,
};
