//! Why nothing can be compared.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::kind::ToolKind;

/// Why nothing can be compared. That a tool or Oarlock refuses a directory is a result, not an
/// error.
#[derive(Debug, Error)]
pub enum CompareError {
    /// What is to be compared is not a directory.
    #[error("`{}` is not a directory", .0.display())]
    NotADirectory(PathBuf),
    /// A directory cannot be listed.
    #[error("cannot list `{}`", directory.display())]
    List {
        /// The directory.
        directory: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There are more directories than are searched.
    #[error("there are more than {0} directories; name one further down")]
    TooManyDirectories(usize),
    /// No directory is one that the tools render.
    #[error("there is nothing below `{}` for these tools to render", .0.display())]
    NothingToRender(PathBuf),
    /// There is no program at this path.
    #[error("there is no `{program}`")]
    NoProgram {
        /// The path.
        program: String,
        /// Why not.
        source: io::Error,
    },
    /// A program cannot be started, or not be waited for.
    #[error("cannot run `{program}`")]
    Run {
        /// Its name.
        program: String,
        /// Why not.
        source: io::Error,
    },
    /// A program fails when it should print its version.
    #[error("`{program} version`: {why}")]
    Version {
        /// Its name.
        program: String,
        /// Why.
        why: Failed,
    },
    /// A program prints a version that is none.
    #[error("`{program}` does not say which version of {tool} it is")]
    UnknownVersion {
        /// Its name.
        program: String,
        /// What it should be.
        tool: ToolKind,
    },
}

/// Why a run of a program has no output.
#[derive(Debug, Error)]
pub enum Failed {
    /// It exits with another status than 0. Its first line that names an error, else the status.
    #[error("{0}")]
    Status(String),
    /// It prints more than is read, in MiB.
    #[error("printed more than {0} MiB")]
    TooMuchOutput(u64),
    /// Its output cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    /// It takes longer than it may.
    #[error("took more than {} s", .0.as_secs())]
    TooSlow(Duration),
}
