//! What a repository deploys: many renders over one tree, and what a change does to them.
//!
//! [`render_all`] finds every directory that a generator claims and renders it. Nothing here prints; a caller that shows progress passes a
//! [`Progress`].
//!
//! [`change`] compares two renders of a fleet, [`findings`] says what matters in the differences,
//! and [`comment`] and [`html`] show them: as Markdown for a pull request, as text, as JSON, as a
//! page. None of these reads or writes anything but values.

// A program that uses this library decides what is printed.
#![warn(clippy::print_stdout, clippy::print_stderr)]

/// Appends to a string as `format!` does.
macro_rules! append {
    ($text:expr, $($arguments:tt)*) => {{
        use std::fmt::Write as _;
        // Writing to a string cannot fail.
        let _ = write!($text, $($arguments)*);
    }};
}

pub mod change;
pub mod comment;
#[cfg(feature = "render")]
mod directories;
pub mod findings;
pub mod html;
#[cfg(feature = "render")]
mod walk;

#[cfg(feature = "render")]
pub use directories::{
    Directories, DirectoryRender, Progress, RenderedAll, THREAD_STACK_BYTES, ThreadsError, read_by_others,
    render_all, workload,
};
