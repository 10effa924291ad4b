//! Why a run cannot go on.

use std::path::PathBuf;

use oarlock_fleet::ThreadsError;
use oarlock_plugin::Failure;
use thiserror::Error;

/// Why a run cannot go on. That something cannot be fetched or named is a part of its outcome, not
/// an error.
#[derive(Debug, Error)]
pub enum VendorError {
    /// A file at the root of the repository cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: oarlock_distribution::Error,
    },
    /// What was fetched cannot be written as the text of a lock file.
    #[error(transparent)]
    Lock(Failure),
    /// Overlays cannot be rendered.
    #[error(transparent)]
    Threads(#[from] ThreadsError),
}
