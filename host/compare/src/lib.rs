//! Renders by the user's own kustomize and helm, and by Oarlock, and compares.
//!
//! Both run as whole processes, one after the other, so that their times can be compared.

// A program that uses this library decides what is printed.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod outcome;
mod report;
mod run;
mod tool;
mod walk;

pub use outcome::{Row, Status};
pub use report::Comparison;
pub use run::{Run, Seconds};
pub use tool::{Tool, ToolKind, kind_and_value};
pub use walk::find;
