//! Renders by the user's own kustomize and helm, and by Oarlock, and compares.
//!
//! Both run as whole processes, one after the other, so that their times can be compared:
//! directories ([`compare`]) → runs of programs → [`Comparison`]. The library prints nothing.

// A program that uses this library decides what is printed.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod error;
mod kind;
mod outcome;
mod report;
mod run;
mod tool;
mod walk;

use std::path::{Path, PathBuf};
use std::time::Duration;

use oarlock_fleet::Progress;

pub use error::{CompareError, Failed};
pub use kind::ToolKind;
pub use report::Comparison;
pub use tool::Tool;

use outcome::Row;

/// How Oarlock renders, and how long a render may take.
#[derive(Clone, Debug)]
pub struct CompareOptions {
    /// The program `oarlock`.
    pub oarlock: PathBuf,
    /// What plugins may read; by default the work tree around each directory, else the directory.
    pub root: Option<PathBuf>,
    /// The time for one render by one program.
    pub timeout: Duration,
}

/// Renders every directory below one that a tool renders by that tool and by Oarlock, and compares.
///
/// # Errors
/// If a directory cannot be listed, nothing is there to render, or a program cannot be started.
pub fn compare(
    directory: &Path,
    tools: Vec<Tool>,
    options: &CompareOptions,
    progress: &dyn Progress,
) -> Result<Comparison, CompareError> {
    if !directory.is_dir() {
        return Err(CompareError::NotADirectory(directory.to_owned()));
    }
    let tool_of = |kind| tools.iter().find(|tool| tool.kind == kind);
    let found = walk::find(directory)?;
    let wanted: Vec<(PathBuf, &Tool)> =
        found.into_iter().filter_map(|(directory, kind)| Some((directory, tool_of(kind)?))).collect();
    if wanted.is_empty() {
        return Err(CompareError::NothingToRender(directory.to_owned()));
    }
    progress.begin(wanted.len());
    let mut rows = Vec::new();
    for (directory, tool) in wanted {
        let theirs = tool.render(&directory, options.timeout)?;
        let ours =
            tool.render_by_oarlock(&options.oarlock, &directory, options.root.as_deref(), options.timeout)?;
        rows.push(Row::new(tool.kind, directory, theirs, ours));
        progress.advance();
    }
    Ok(Comparison::new(tools, rows))
}
