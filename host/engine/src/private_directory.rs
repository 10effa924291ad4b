//! Directories of this user alone, for what is kept between runs.
//!
//! What another user could have put there is not trusted: compiled code would run, and a render
//! would be deployed. So the directory and every directory above it are checked first, and files are
//! opened from the directory that was checked.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

/// Why nothing is taken from a directory.
pub(crate) enum Refusal {
    /// Others can change what is in it, or put another in its place.
    Exposed { place: PathBuf, owner: u32, mode: u32 },
    /// It cannot be looked at.
    Unreadable(io::Error),
}

/// Opens a directory that nobody but this user or root can change, or replace by another one.
pub(crate) fn open_private(directory: &Path) -> Result<File, Refusal> {
    let directory = std::path::absolute(directory).map_err(Refusal::Unreadable)?;
    let name = directory.file_name().unwrap_or_default();
    let above = directory.parent().unwrap_or(&directory);
    // Links above are followed once, and looked at where they lead. None of the directories on that
    // way can be replaced by others.
    let above = fs::canonicalize(above).map_err(Refusal::Unreadable)?;
    for place in above.ancestors() {
        let metadata = fs::symlink_metadata(place).map_err(Refusal::Unreadable)?;
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
            // A link is refused: whoever owns it could turn it elsewhere.
            return Err(match fs::symlink_metadata(&place) {
                Ok(metadata) if metadata.is_symlink() => exposed(&place, &metadata),
                _ => Refusal::Unreadable(error.into()),
            });
        }
    };
    let metadata = opened.metadata().map_err(Refusal::Unreadable)?;
    if is_private(&metadata) { Ok(opened) } else { Err(exposed(&place, &metadata)) }
}

fn exposed(place: &Path, metadata: &fs::Metadata) -> Refusal {
    Refusal::Exposed { place: place.to_owned(), owner: metadata.uid(), mode: metadata.mode() & 0o7777 }
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

/// Writes a file that is there as a whole or not at all, also after a crash.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(bytes)?;
    // The name must not outlive a crash of the machine that the content does not.
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
