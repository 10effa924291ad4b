//! A directory in another one's place, so that at every moment one of them is there as a whole.
//!
//! Where the file system can exchange two directories in one step, it does. Where it cannot, as on
//! NFS and 9p, the old one is put aside under a name that the next run knows, so that it is put
//! back even if this process is killed half-way.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::{MARKER, WriteError};

/// The steps, as tests can make them fail.
pub(super) trait Disk {
    /// Moves a directory to where nothing is.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Exchanges two directories in one step.
    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()>;
}

/// The real one.
pub(super) struct Real;

impl Disk for Real {
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()> {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).map_err(Into::into)
    }

    #[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
    fn exchange(&self, _: &Path, _: &Path) -> io::Result<()> {
        Err(Errno::NOSYS.into())
    }
}

/// Whether the file system cannot exchange directories, rather than not these.
fn cannot_exchange(error: &io::Error) -> bool {
    [Errno::NOSYS, Errno::INVAL, Errno::OPNOTSUPP, Errno::NOTSUP]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Where a directory is put aside.
pub(super) fn aside(directory: &Path) -> PathBuf {
    let name = directory.file_name().unwrap_or_default().as_encoded_bytes();
    // The name itself may be as long as names can be.
    let digest = crate::source::Digest::of(name).to_string();
    directory.with_file_name(format!(".oarlock-old-{}", &digest[..16]))
}

/// Puts back what a run that was killed has put aside, or removes it where the new directory had
/// come to its place.
///
/// # Errors
/// If the operating system refuses to put it back.
pub(super) fn recover(disk: &dyn Disk, directory: &Path) -> Result<(), WriteError> {
    let aside = aside(directory);
    // Where others may write, they could have put a directory there.
    if !is_ours(&aside) {
        return Ok(());
    }
    match directory.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            disk.rename(&aside, directory).map_err(|reason| WriteError::Io { path: aside, reason })
        }
        _ => {
            // Only room is lost if it stays.
            let _ = fs::remove_dir_all(&aside);
            Ok(())
        }
    }
}

/// Whether a directory was written by Oarlock, for this user.
fn is_ours(directory: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    directory
        .symlink_metadata()
        .is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw())
        && directory.join(MARKER).is_file()
}

/// Puts a new directory in the place of another one, which is at `new` or gone afterwards.
///
/// # Errors
/// If the operating system refuses; the old directory is in its place then.
pub(super) fn replace(disk: &dyn Disk, new: &Path, directory: &Path) -> Result<(), WriteError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |reason| WriteError::Io { path, reason }
    };
    match disk.exchange(new, directory) {
        Ok(()) => return Ok(()),
        Err(error) if cannot_exchange(&error) => {}
        Err(error) => return Err(at(directory)(error)),
    }
    let aside = aside(directory);
    disk.rename(directory, &aside).map_err(at(directory))?;
    if let Err(reason) = disk.rename(new, directory) {
        return Err(match disk.rename(&aside, directory) {
            Ok(()) => at(directory)(reason),
            // Another run has put it back, and perhaps replaced it.
            Err(_) if directory.symlink_metadata().is_ok() => at(directory)(reason),
            Err(_) => WriteError::Aside { path: directory.to_owned(), aside, reason },
        });
    }
    let _ = fs::remove_dir_all(&aside);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A file system that cannot exchange, and on which some renames fail.
    struct Faulty {
        renames: Cell<usize>,
        fails: &'static [usize],
    }

    impl Disk for Faulty {
        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            let number = self.renames.replace(self.renames.get() + 1);
            if self.fails.contains(&number) {
                Err(io::ErrorKind::StorageFull.into())
            } else {
                fs::rename(from, to)
            }
        }

        fn exchange(&self, _: &Path, _: &Path) -> io::Result<()> {
            Err(Errno::INVAL.into())
        }
    }

    fn faulty(fails: &'static [usize]) -> Faulty {
        Faulty { renames: Cell::new(0), fails }
    }

    fn written(path: &Path, text: &str) {
        fs::create_dir(path).unwrap();
        fs::write(path.join(MARKER), "").unwrap();
        fs::write(path.join("file"), text).unwrap();
    }

    fn text(path: &Path) -> Option<String> {
        fs::read_to_string(path.join("file")).ok()
    }

    #[test]
    fn the_old_directory_survives_every_failure() {
        for (fails, result) in [
            (&[][..], Some("new")),
            (&[0], Some("old")),
            (&[1], Some("old")),
            // It cannot even be put back: it is there under the other name, and the next run puts
            // it back.
            (&[1, 2], None),
        ] {
            let outer = tempfile::tempdir().unwrap();
            let (new, directory) = (outer.path().join("new"), outer.path().join("out"));
            written(&new, "new");
            written(&directory, "old");
            let done = replace(&faulty(fails), &new, &directory);
            assert_eq!(done.is_ok(), fails.is_empty(), "{fails:?}");
            assert_eq!(text(&directory).as_deref(), result, "{fails:?}");
            if result.is_none() {
                let message = done.unwrap_err().to_string();
                assert!(message.contains(&aside(&directory).display().to_string()), "{message}");
            }
            recover(&Real, &directory).unwrap();
            assert_eq!(text(&directory).as_deref(), result.or(Some("old")), "{fails:?}");
            assert!(!aside(&directory).exists(), "{fails:?}");
        }
    }

    #[test]
    fn what_the_file_system_can_exchange_is_never_away() {
        let outer = tempfile::tempdir().unwrap();
        let (new, directory) = (outer.path().join("new"), outer.path().join("out"));
        written(&new, "new");
        written(&directory, "old");
        match Real.exchange(&new, &directory) {
            Ok(()) => {
                assert_eq!((text(&directory).as_deref(), text(&new).as_deref()), (Some("new"), Some("old")));
            }
            // Not here.
            Err(error) => assert!(cannot_exchange(&error), "{error}"),
        }
    }

    #[test]
    fn another_error_of_an_exchange_is_one() {
        struct Refusing;
        impl Disk for Refusing {
            fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
                panic!("nothing is moved")
            }
            fn exchange(&self, _: &Path, _: &Path) -> io::Result<()> {
                Err(Errno::ACCESS.into())
            }
        }
        assert!(replace(&Refusing, Path::new("new"), Path::new("out")).is_err());
    }

    #[test]
    fn what_a_killed_run_left_is_put_back_or_removed() {
        let outer = tempfile::tempdir().unwrap();
        let directory = outer.path().join("out");
        // Killed between the two renames.
        written(&aside(&directory), "old");
        recover(&Real, &directory).unwrap();
        assert_eq!(text(&directory).as_deref(), Some("old"));
        // Killed behind them.
        written(&aside(&directory), "older");
        recover(&Real, &directory).unwrap();
        assert_eq!(text(&directory).as_deref(), Some("old"));
        assert!(!aside(&directory).exists());
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let outer = tempfile::tempdir().unwrap();
        let directory = outer.path().join("out");
        fs::create_dir(aside(&directory)).unwrap();
        recover(&Real, &directory).unwrap();
        assert!(!directory.exists() && aside(&directory).exists());
        fs::remove_dir(aside(&directory)).unwrap();
        written(&outer.path().join("elsewhere"), "theirs");
        std::os::unix::fs::symlink("elsewhere", aside(&directory)).unwrap();
        recover(&Real, &directory).unwrap();
        assert!(!directory.exists() && aside(&directory).exists());
    }
}
