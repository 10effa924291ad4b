//! What someone needs to write a plugin in a language of their own.
//!
//! [`Scaffold::create`] writes a [`Project`] from a template. [`build`] makes a component of it
//! with the tools of its language, [`inspect`] says what a component is, [`Case`]s test it, and
//! [`Trace`] shows what happened in a render. The library prints nothing and asks no registry: what
//! is missing is an [`AuthorError`] with the command that installs it.

// A program that uses this library decides what is printed.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod bench;
mod build;
mod case;
mod diff;
mod error;
mod inspect;
mod project;
mod scaffold;
mod tool;
mod trace;
mod watch;

pub use bench::Bench;
pub use build::build;
pub use case::{Case, Difference, Verdict};
pub use diff::diff;
pub use error::AuthorError;
pub use inspect::{Inspection, check, inspect};
pub use project::{Language, Project};
pub use scaffold::Scaffold;
pub use trace::Trace;
pub use watch::Snapshot;
