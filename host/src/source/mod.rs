//! The read-only tree that plugins see.
//!
//! [`Source`] is the door; [`Directory`] is the tree on disk, [`Archive`] one in memory. [`Recorder`] stands before any source and keeps what was asked, because a
//! render's result depends on its reads alone. Path rules live here and in [`TreePath`], nowhere else.

mod archive;
mod directory;
mod links;
mod record;

pub use archive::{Archive, ArchiveLimits, UnpackError, Unpacker};
pub use directory::{Directory, OpenError};
pub use oarlock_plugin::{Entry, Kind, Metadata, ReadError, Remotes, TreePath};
pub(crate) use record::size as size_of_read;
pub use record::{Answer, Digest, ReadRecord, Recorder, Request, still_holds};

/// A directory's entries, and the names in it that plugins cannot be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The entries, in no particular order.
    pub entries: Vec<Entry>,
    /// Names that are no UTF-8, as far as they can be shown.
    pub unreadable: Vec<String>,
}

/// A read-only tree. Paths are as in the contract: from the root, `/`-separated, `.` and `..` allowed as long as they stay inside.
pub trait Source: Send + Sync {
    /// Reads a whole file.
    ///
    /// # Errors
    /// As the contract says.
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError>;

    /// Lists a directory. Names that lead nowhere or out of the tree are left out.
    ///
    /// # Errors
    /// As the contract says.
    fn list(&self, path: &str) -> Result<Listing, ReadError>;

    /// Lists a directory as long as someone wants it: a large one takes time.
    ///
    /// # Errors
    /// As the contract says; `Failed` if nobody wants it any more.
    fn list_while(&self, path: &str, go_on: &dyn Fn() -> bool) -> Result<Listing, ReadError> {
        if go_on() { self.list(path) } else { Err(stopped()) }
    }

    /// Says what a path leads to, links followed.
    ///
    /// # Errors
    /// As the contract says.
    fn stat(&self, path: &str) -> Result<Metadata, ReadError>;

    /// The digest of a file's content.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    fn digest(&self, path: &str) -> Result<Digest, ReadError> {
        self.read(path).map(|content| Digest::of(&content))
    }
}

/// The answer of a look that was not ended, which nobody reads.
fn stopped() -> ReadError {
    ReadError::Failed("interrupted".to_owned())
}
