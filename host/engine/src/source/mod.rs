//! The read-only tree that plugins see.
//!
//! [`Source`] is the door; [`Directory`] is the tree on disk, [`Archive`] one in memory. Both are
//! [`Nodes`], whose paths the one [`Resolver`] walks. [`Recorder`] stands before any source and
//! keeps what was asked, because a render's result depends on its reads alone; [`Remembered`] keeps
//! the answers, for many renders of one tree. Path rules live here and in [`TreePath`], nowhere
//! else.

mod archive;
mod directory;
mod record;
mod remembered;
mod resolve;

pub use archive::{Archive, ArchiveLimits, FileNumber, FileStore, TreeBuilder, UnpackError, Unpacker};
pub use directory::{Directory, OpenError};
pub use oarlock_model::Digest;
use oarlock_plugin::Failure;
pub use oarlock_plugin::{Entry, Kind, Metadata, ReadError, Remotes, TreePath};
pub use record::size as size_of_read;
pub use record::{Lookup, LookupResult, ReadRecord, Recorder, changed, still_holds};
pub use remembered::Remembered;
pub use resolve::{Found, Hop, Led, Lost, Node, Nodes, Resolver, hops};

/// A directory's entries, and the names in it that plugins cannot be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The entries, in no particular order.
    pub entries: Vec<Entry>,
    /// Names that are no UTF-8.
    pub left_out: LeftOut,
}

/// Names that are no UTF-8. They are counted, and the first few are kept: a repository may have any
/// number of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    shown: Vec<String>,
    count: u64,
}

impl LeftOut {
    /// So many names are kept.
    const SHOWN: usize = 3;

    /// So much of a name is kept, in bytes.
    const NAME_BYTES: usize = 100;

    /// Leaves out one more.
    pub fn add(&mut self, name: &[u8]) {
        self.count += 1;
        if self.shown.len() < Self::SHOWN {
            let mut shown = String::from_utf8_lossy(&name[..name.len().min(Self::NAME_BYTES)]).into_owned();
            if name.len() > Self::NAME_BYTES {
                shown.push('…');
            }
            self.shown.push(shown);
        }
    }

    /// What to say of them, in one line; `None` where there are none.
    pub fn summary(&self, directory: &str) -> Option<Failure> {
        let failure = match self.shown.as_slice() {
            [] => return None,
            [name] => {
                let path = if directory == "." { name.clone() } else { format!("{directory}/{name}") };
                Failure::new(format!("`{path}` is left out, since its name is not UTF-8")).hint("rename it")
            }
            names => {
                let more = if self.count > names.len() as u64 { ", …" } else { "" };
                let (count, names) = (self.count, names.join("`, `"));
                Failure::new(format!(
                    "{count} names in `{directory}` are left out, since they are not UTF-8: `{names}`{more}"
                ))
                .hint("rename them")
            }
        };
        Some(failure)
    }
}

/// A read-only tree. Paths are as in the contract: from the root, `/`-separated, `.` and `..`
/// allowed as long as they stay inside.
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
    fn list_while(&self, path: &str, keep_going: &dyn Fn() -> bool) -> Result<Listing, ReadError> {
        if keep_going() { self.list(path) } else { Err(stopped()) }
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

    /// The digest of what was just read from a path. A source may know it already.
    fn digest_of(&self, _path: &str, content: &[u8]) -> Digest {
        Digest::of(content)
    }
}

fn tree_path(path: &str) -> Result<TreePath, ReadError> {
    TreePath::new(path).map_err(|error| ReadError::Refused(error.to_string()))
}

/// The answer of a look that was not ended, which nobody reads.
fn stopped() -> ReadError {
    ReadError::Failed("interrupted".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_are_told_in_one_line() {
        let summary = |names: &[&[u8]]| {
            let mut left_out = LeftOut::default();
            for name in names {
                left_out.add(name);
            }
            left_out.summary("apps").map(|failure| failure.message)
        };
        assert_eq!(summary(&[]), None);
        assert_eq!(
            summary(&[b"a\xff"]).unwrap(),
            "`apps/a\u{fffd}` is left out, since its name is not UTF-8"
        );
        let many = summary(&[&b"\xff"[..]; 1_000]).unwrap();
        assert_eq!(
            many,
            "1000 names in `apps` are left out, since they are not UTF-8: `\u{fffd}`, `\u{fffd}`, `\u{fffd}`, …"
        );
        assert!(summary(&[&[0xff; 4_000][..]; 3]).unwrap().len() < 2_000);
    }
}
