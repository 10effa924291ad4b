//! Opens what lies below a directory, by descriptors, and never through a link: what is a link, or
//! becomes one meanwhile, is not followed.
//!
//! On Linux the kernel walks a whole path in one call, `openat2`. Elsewhere, and where that call is
//! not to be had, each part is opened below the one before it. No descriptors are kept: on Linux a
//! path costs one call whatever its depth, and a directory that was moved would be read for the one
//! that took its place.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

use oarlock_plugin::TreePath;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

/// To look at a directory on the way without reading it.
#[cfg(target_os = "linux")]
const THROUGH: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const THROUGH: OFlags = OFlags::RDONLY;

/// What to open a path for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// To read a file. A directory, a pipe or a device may be opened, too: nothing waits for it.
    Read,
    /// To list a directory. Nothing else is opened.
    List,
}

/// What a path is.
#[derive(Debug)]
pub(super) enum Sort {
    File {
        /// In bytes.
        size: u64,
    },
    Directory,
    Link {
        target: OsString,
    },
    Other,
}

/// Why a path is not opened.
#[derive(Clone, Copy, Debug)]
pub(super) enum Missed {
    /// There is nothing, or something else than what it is opened for.
    Absent,
    /// There is a link on the way, or it is one.
    Link,
    /// The operating system's reason.
    Failed(Errno),
}

/// A directory below which paths are opened.
#[derive(Debug)]
pub(super) struct Beneath {
    root: File,
    /// Whether the kernel walks whole paths, as far as that is known.
    #[cfg(target_os = "linux")]
    walks: std::sync::atomic::AtomicBool,
}

impl Beneath {
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        Ok(Self {
            root: File::open(root)?,
            #[cfg(target_os = "linux")]
            walks: true.into(),
        })
    }

    /// The same as on systems whose kernel does not walk whole paths.
    #[cfg(all(test, target_os = "linux"))]
    pub(super) fn part_by_part(self) -> Self {
        Self { walks: false.into(), ..self }
    }

    pub(super) fn open_for(&self, path: &TreePath, access: Access) -> Result<File, Missed> {
        let flags = OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::RDONLY;
        let flags = match access {
            Access::Read => flags,
            Access::List => flags | OFlags::DIRECTORY,
        };
        if let Some(opened) = self.open_whole(path, flags) {
            return opened;
        }
        let (above, name) = self.above(path)?;
        let above = above.as_ref().unwrap_or(&self.root);
        match rustix::fs::openat(above, name, flags | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(file) => Ok(file.into()),
            Err(error) => Err(missed_in(above, name, error)),
        }
    }

    pub(super) fn look(&self, path: &TreePath) -> Result<Sort, Missed> {
        #[cfg(target_os = "linux")]
        if let Some(opened) = self.open_whole(path, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC) {
            let opened = opened?;
            let stat = rustix::fs::fstat(&opened).map_err(Missed::Failed)?;
            return sort(&stat, || rustix::fs::readlinkat(&opened, "", Vec::new()));
        }
        let (above, name) = self.above(path)?;
        let above = above.as_ref().unwrap_or(&self.root);
        let stat = rustix::fs::statat(above, name, AtFlags::SYMLINK_NOFOLLOW).map_err(missed)?;
        sort(&stat, || rustix::fs::readlinkat(above, name, Vec::new()))
    }

    /// Opens a path in a single call of the kernel's; `None` where there is no such call.
    #[cfg(target_os = "linux")]
    fn open_whole(&self, path: &TreePath, flags: OFlags) -> Option<Result<File, Missed>> {
        use std::sync::atomic::Ordering;

        use rustix::fs::ResolveFlags;

        if !self.walks.load(Ordering::Relaxed) {
            return None;
        }
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        match rustix::fs::openat2(&self.root, path.as_str(), flags, Mode::empty(), resolve) {
            Ok(file) => Some(Ok(file.into())),
            // Of an old kernel, and of a sandbox that does not know the call.
            Err(Errno::NOSYS | Errno::PERM) => {
                self.walks.store(false, Ordering::Relaxed);
                None
            }
            Err(error) => Some(Err(missed(error))),
        }
    }

    #[cfg(not(target_os = "linux"))]
    #[allow(clippy::unused_self)]
    fn open_whole(&self, _: &TreePath, _: OFlags) -> Option<Result<File, Missed>> {
        None
    }

    /// The directory that a path lies in, `None` for the root, and the name in it.
    fn above<'p>(&self, path: &'p TreePath) -> Result<(Option<File>, &'p str), Missed> {
        let Some(name) = path.file_name() else { return Ok((None, ".")) };
        let mut here: Option<File> = None;
        let depth = path.parts().count() - 1;
        for part in path.parts().take(depth) {
            let above = here.as_ref().unwrap_or(&self.root);
            let flags = THROUGH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            here = match rustix::fs::openat(above, part, flags, Mode::empty()) {
                Ok(file) => Some(file.into()),
                Err(error) => return Err(missed_in(above, part, error)),
            };
        }
        Ok((here, name))
    }
}

fn sort(stat: &Stat, target: impl FnOnce() -> Result<std::ffi::CString, Errno>) -> Result<Sort, Missed> {
    Ok(match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Sort::File { size: u64::try_from(stat.st_size).unwrap_or(0) },
        FileType::Directory => Sort::Directory,
        FileType::Symlink => {
            Sort::Link { target: OsString::from_vec(target().map_err(missed)?.into_bytes()) }
        }
        _ => Sort::Other,
    })
}

fn missed(error: Errno) -> Missed {
    match error {
        Errno::NOENT | Errno::NOTDIR => Missed::Absent,
        Errno::LOOP => Missed::Link,
        error => Missed::Failed(error),
    }
}

/// The same for a name that may not be a link: Linux reports that a link is no directory.
fn missed_in(above: &File, name: &str, error: Errno) -> Missed {
    let is_link = || {
        let stat = rustix::fs::statat(above, name, AtFlags::SYMLINK_NOFOLLOW);
        stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink)
    };
    match missed(error) {
        Missed::Absent if error == Errno::NOTDIR && is_link() => Missed::Link,
        missed => missed,
    }
}
