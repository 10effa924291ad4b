//! What a repository deploys: many renders over one tree.
//!
//! [`render_all`] finds every directory that a generator claims and renders it. Nothing here prints; a caller that shows progress passes a
//! [`Progress`].

// A program that uses this library decides what is printed.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod directories;
mod walk;

pub use directories::{
    Directories, DirectoryRender, Progress, RenderedAll, THREAD_STACK_BYTES, ThreadsError, read_by_others,
    render_all, workload,
};
