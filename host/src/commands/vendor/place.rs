//! Where copies appear: as a whole, and within the tree.

use std::path::{Path, PathBuf};

use oarlock_plugin::{Failure, TreePath};
use tempfile::TempDir;

/// A directory beside the place of a copy in which the copy is made. It goes when it is dropped.
pub(super) struct Staging {
    directory: TempDir,
    target: PathBuf,
    place: TreePath,
}

impl Staging {
    /// Makes one.
    ///
    /// # Errors
    /// If the place lies out of the tree through a link, or the operating system refuses.
    pub(super) fn beside(root: &Path, place: &TreePath) -> Result<Self, Failure> {
        let target = root.join(place.as_str());
        let parent = target.parent().unwrap_or(root);
        std::fs::create_dir_all(parent).map_err(failed("make the directory of the copy"))?;
        let inside = parent.canonicalize().is_ok_and(|parent| parent.starts_with(root));
        if !inside {
            return Err(Failure::new(format!("`{place}` leads out of the tree through a link")));
        }
        let directory = tempfile::Builder::new().prefix(".oarlock-").tempdir_in(parent);
        let directory = directory.map_err(failed("make a directory to fetch into"))?;
        Ok(Self { directory, target, place: place.clone() })
    }

    /// Where to make the copy; nothing is there.
    pub(super) fn copy(&self) -> PathBuf {
        self.directory.path().join("copy")
    }

    /// Puts the copy in its place.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub(super) fn persist(self) -> Result<(), Failure> {
        std::fs::rename(self.copy(), &self.target)
            .map_err(failed(&format!("move the copy to `{}`", self.place)))
    }
}

/// An error of the operating system, with what was to be done.
pub(super) fn failed(what: &str) -> impl FnOnce(std::io::Error) -> Failure + use<> {
    let what = what.to_owned();
    move |error| Failure::new(format!("cannot {what}: {error}"))
}
