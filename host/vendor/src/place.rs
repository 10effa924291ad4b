//! Where copies appear: as a whole, and within the tree.

use std::path::{Path, PathBuf};

use oarlock_plugin::{Failure, TreePath};
use tempfile::TempDir;

/// A directory beside the place of a copy in which the copy is made. It goes when it is dropped.
pub(crate) struct Staging {
    directory: TempDir,
    target: PathBuf,
    place: TreePath,
}

impl Staging {
    /// Makes one.
    ///
    /// # Errors
    /// If the place lies out of the tree through a link, or the operating system refuses.
    pub(crate) fn beside(root: &Path, place: &TreePath) -> Result<Self, Failure> {
        let (Some(above), Some(name)) = (place.parent(), place.file_name()) else {
            return Err(Failure::new("a copy cannot be the whole tree"));
        };
        let parent = make_inside(root, &above, place)?;
        let target = parent.join(name);
        if target.symlink_metadata().is_ok() {
            return Err(Failure::new(format!("there is something at `{place}` that is no copy"))
                .hint("remove it, or name another place under `remotes` in oarlock.yaml"));
        }
        let directory = tempfile::Builder::new().prefix(".oarlock-").tempdir_in(&parent);
        let directory = directory.map_err(failed("make a directory to fetch into"))?;
        Ok(Self { directory, target, place: place.clone() })
    }

    /// Where to make the copy; nothing is there.
    pub(crate) fn copy(&self) -> PathBuf {
        self.directory.path().join("copy")
    }

    /// Puts the copy in its place.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub(crate) fn persist(self) -> Result<(), Failure> {
        std::fs::rename(self.copy(), &self.target)
            .map_err(failed(&format!("move the copy to `{}`", self.place)))
    }
}

/// The directory of the tree for a copy, made where it is not there, as its place on disk without
/// links.
///
/// Nothing is made on the way before it is known to be in the tree.
fn make_inside(root: &Path, directory: &TreePath, place: &TreePath) -> Result<PathBuf, Failure> {
    const MAKE: &str = "make the directory of the copy";
    let outside = || Failure::new(format!("`{place}` leads out of the tree through a link"));
    let mut here = root.to_owned();
    for part in directory.parts() {
        here.push(part);
        match here.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => {
                let real = here.canonicalize().map_err(|_| outside())?;
                if !real.starts_with(root) {
                    return Err(outside());
                }
                here = real;
            }
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                std::fs::create_dir(&here).map_err(failed(MAKE))?;
            }
            Err(error) => return Err(failed(MAKE)(error)),
        }
    }
    Ok(here)
}

/// An error of the operating system, with what was to be done.
pub(crate) fn failed(what: &str) -> impl FnOnce(std::io::Error) -> Failure + use<> {
    let what = what.to_owned();
    move |error| Failure::new(format!("cannot {what}: {error}"))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn nothing_is_made_outside_of_the_tree() {
        let outer = tempfile::tempdir().unwrap();
        let outer = outer.path().canonicalize().unwrap();
        let (root, outside) = (outer.join("tree"), outer.join("outside"));
        for directory in [&root, &outside, &root.join("real")] {
            fs::create_dir(directory).unwrap();
        }
        symlink(&outside, root.join("out")).unwrap();
        symlink("real", root.join("in")).unwrap();
        symlink(outside.join("new"), root.join("dangling")).unwrap();
        fs::write(root.join("file"), "").unwrap();
        for (place, expected) in [
            ("out/a/b", Err("`out/a/b` leads out of the tree through a link")),
            ("out/b", Err("`out/b` leads out of the tree through a link")),
            ("dangling/a/b", Err("`dangling/a/b` leads out of the tree through a link")),
            ("dangling", Err("there is something at `dangling` that is no copy")),
            ("in/a/b", Ok("real/a/b")),
            ("a/b", Ok("a/b")),
        ] {
            let staging = Staging::beside(&root, &TreePath::new(place).unwrap());
            let found = staging.and_then(|staging| {
                fs::create_dir(staging.copy()).unwrap();
                staging.persist()
            });
            match expected {
                Ok(made) => {
                    found.unwrap();
                    assert!(root.join(made).is_dir(), "{place}");
                }
                Err(message) => assert_eq!(found.unwrap_err().message, message),
            }
        }
        assert!(Staging::beside(&root, &TreePath::new("file/a").unwrap()).is_err());
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    }
}
