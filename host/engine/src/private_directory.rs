//! Directories of this user alone, for what is kept between runs.
//!
//! What another user could have put there is not trusted: compiled code would run, and a render
//! would be deployed. So the directory and every directory above it are checked first, and files
//! are opened from the directory that was checked.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

/// Why nothing is read from a directory, or written to it.
#[derive(Debug, thiserror::Error)]
pub enum UnusableDirectory {
    /// Another user can write to it, or replace it.
    #[error("user {owner} owns `{place}` (mode {mode:o}), so entries could be from someone else")]
    Exposed {
        /// The directory, or one above it.
        place: PathBuf,
        /// Its owner.
        owner: u32,
        /// Its permissions.
        mode: u32,
    },
    /// It cannot be created or read.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// It is whole or absent after a crash of the machine, too.
    Synced,
    /// A crash of the machine may leave an empty file: for content that has a checksum of its own.
    Checked,
}

/// Opens a private directory; creates it, for this user alone, where it is absent.
pub(crate) fn create_private(directory: &Path) -> Result<File, UnusableDirectory> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    open_private(directory)
}

/// Opens a directory that nobody but this user or root can change, or replace by another one.
pub(crate) fn open_private(directory: &Path) -> Result<File, UnusableDirectory> {
    let directory = std::path::absolute(directory)?;
    let name = directory.file_name().unwrap_or_default();
    let above = directory.parent().unwrap_or(&directory);
    // Links above are followed once, and looked at where they lead. None of the directories on that
    // way can be replaced by others.
    let above = fs::canonicalize(above)?;
    for place in above.ancestors() {
        let metadata = fs::symlink_metadata(place)?;
        // In a directory like /tmp, only the owner of an entry can replace it.
        let is_sticky = metadata.mode() & 0o1000 != 0;
        if !(is_private(&metadata) || is_ours(&metadata) && is_sticky) {
            return Err(exposed(place, &metadata));
        }
    }
    let place = above.join(name);
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = match rustix::fs::open(&place, flags, Mode::empty()) {
        Ok(opened) => File::from(opened),
        Err(error) => {
            // A link is refused: its owner could change where it leads.
            return Err(match fs::symlink_metadata(&place) {
                Ok(metadata) if metadata.is_symlink() => exposed(&place, &metadata),
                _ => UnusableDirectory::Unreadable(error.into()),
            });
        }
    };
    let metadata = opened.metadata()?;
    if is_private(&metadata) { Ok(opened) } else { Err(exposed(&place, &metadata)) }
}

fn exposed(place: &Path, metadata: &fs::Metadata) -> UnusableDirectory {
    UnusableDirectory::Exposed {
        place: place.to_owned(),
        owner: metadata.uid(),
        mode: metadata.mode() & 0o7777,
    }
}

/// Opens a file of a directory that nobody but this user or root can have written.
pub(crate) fn open_entry(directory: &File, name: &str) -> Option<File> {
    // Opening a pipe would wait for someone to write to it.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::openat(directory, name, flags, Mode::empty()).ok()?);
    let metadata = file.metadata().ok()?;
    (metadata.is_file() && is_private(&metadata)).then_some(file)
}

/// Whether only this user or root can write there.
fn is_private(metadata: &fs::Metadata) -> bool {
    is_ours(metadata) && metadata.mode() & 0o022 == 0
}

fn is_ours(metadata: &fs::Metadata) -> bool {
    metadata.uid() == rustix::process::geteuid().as_raw() || metadata.uid() == 0
}

/// Writes a file that other processes see as a whole or not at all.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8], durability: Durability) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(bytes)?;
    if durability == Durability::Synced {
        file.as_file().sync_all()?;
    }
    file.persist(path)?;
    Ok(())
}
