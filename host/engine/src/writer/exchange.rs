//! Files of a directory written, replaced and removed: all of them, or none.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use oarlock_plugin::TreePath;
use tempfile::NamedTempFile;

use super::WriteError;

/// What a file that is new may be read and written by.
const NEW_FILE_MODE: u32 = 0o644;

/// A file that gets another content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The file, links resolved.
    pub path: TreePath,
    /// What it holds; `None` if there is none. If that is not so any more, nothing is written.
    pub before: Option<Vec<u8>>,
    /// What it is going to hold; `None` if it is removed.
    pub after: Option<Vec<u8>>,
}

/// Replaces files below a directory: each is written beside its place and renamed, permissions
/// kept. If one cannot be, those before it get their content back. Directories are made where they
/// are missing, and removed where the last file in them is. Nothing is written through links.
///
/// # Errors
/// If a file has changed in the meantime or the operating system refuses.
pub fn replace_files(root: &Path, files: &[Replacement]) -> Result<(), WriteError> {
    replace_by(root, files, &|from, to| from.persist(to).map(drop).map_err(|error| error.error))
}

/// The same for a directory that may not be there yet: then it appears with all files in it.
///
/// # Errors
/// As [`replace_files`].
pub fn update_directory(directory: &Path, files: &[Replacement]) -> Result<(), WriteError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |reason| WriteError::Io { path, reason }
    };
    let directory = std::path::absolute(directory).map_err(at(directory))?;
    // A link stays, and what it leads to is changed.
    let directory = if directory.is_symlink() {
        fs::canonicalize(&directory).map_err(at(&directory))?
    } else {
        directory
    };
    match fs::read_dir(&directory).map(|mut entries| entries.next().is_some()) {
        Ok(true) => return replace_files(&directory, files),
        Ok(false) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(at(&directory)(error)),
    }
    let parent = directory.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent).map_err(at(parent))?;
    let staging = tempfile::Builder::new().prefix(".oarlock-").tempdir_in(parent).map_err(at(parent))?;
    let fresh = staging.path().join("new");
    fs::create_dir(&fresh).map_err(at(&fresh))?;
    replace_files(&fresh, files)?;
    fs::rename(&fresh, &directory).map_err(at(&directory))
}

/// Puts a file that was written beside its place there.
type Rename<'a> = &'a dyn Fn(NamedTempFile, &Path) -> io::Result<()>;

fn replace_by(root: &Path, files: &[Replacement], rename: Rename<'_>) -> Result<(), WriteError> {
    let mut made = Vec::new();
    let done = replace_within(root, files, rename, &mut made);
    if done.is_err() {
        // Those that are empty, the deepest first.
        for directory in made.iter().rev() {
            let _ = fs::remove_dir(directory);
        }
    }
    done
}

fn replace_within(
    root: &Path,
    files: &[Replacement],
    rename: Rename<'_>,
    made: &mut Vec<PathBuf>,
) -> Result<(), WriteError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |reason| WriteError::Io { path, reason }
    };
    let mut written: Vec<(PathBuf, Option<NamedTempFile>)> = Vec::with_capacity(files.len());
    for file in files {
        let path = root.join(file.path.as_str());
        check_way(root, &file.path)?;
        if content(&path).map_err(io(&path))? != file.before {
            return Err(WriteError::Changed(path));
        }
        let beside = match &file.after {
            Some(after) => {
                make_directories(&path, made).map_err(io(&path))?;
                Some(write_beside(&path, after).map_err(io(&path))?)
            }
            None => None,
        };
        written.push((path, beside));
    }
    for (index, (path, beside)) in written.into_iter().enumerate() {
        let put = match beside {
            Some(beside) => rename(beside, &path),
            None => fs::remove_file(&path),
        };
        let Err(reason) = put else { continue };
        let restored = files[..index].iter().try_for_each(|file| {
            let path = root.join(file.path.as_str());
            let back = match &file.before {
                Some(before) => write_beside(&path, before).and_then(|back| rename(back, &path)),
                None => fs::remove_file(&path),
            };
            back.map_err(|reason| WriteError::NotRestored { path, reason })
        });
        return Err(restored.err().unwrap_or(WriteError::Io { path, reason }));
    }
    for file in files.iter().filter(|file| file.after.is_none()) {
        let mut above = file.path.parent();
        while let Some(directory) = above.filter(|directory| !directory.is_root()) {
            // One that holds something else stays.
            if fs::remove_dir(root.join(directory.as_str())).is_err() {
                break;
            }
            above = directory.parent();
        }
    }
    Ok(())
}

/// What a file holds; `None` if there is none.
fn content(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Refuses what would be written elsewhere than below the root: links on the way, and a link in the
/// place of the file.
fn check_way(root: &Path, path: &TreePath) -> Result<(), WriteError> {
    let mut at = root.to_owned();
    for part in path.as_str().split('/') {
        at.push(part);
        if fs::symlink_metadata(&at).is_ok_and(|found| found.is_symlink()) {
            return Err(WriteError::Linked(at));
        }
    }
    Ok(())
}

/// Makes the directories above a file, and notes which were not there.
fn make_directories(path: &Path, made: &mut Vec<PathBuf>) -> io::Result<()> {
    let missing: Vec<&Path> = path.ancestors().skip(1).take_while(|above| !above.exists()).collect();
    for directory in missing.into_iter().rev() {
        fs::create_dir(directory)?;
        made.push(directory.to_owned());
    }
    Ok(())
}

fn write_beside(path: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".oarlock-").tempfile_in(directory)?;
    file.write_all(content)?;
    let permissions = match fs::metadata(path) {
        Ok(found) => found.permissions(),
        Err(error) if error.kind() == ErrorKind::NotFound => fs::Permissions::from_mode(NEW_FILE_MODE),
        Err(error) => return Err(error),
    };
    file.as_file().set_permissions(permissions)?;
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn tree() -> (tempfile::TempDir, Vec<Replacement>) {
        let outer = tempfile::tempdir().unwrap();
        let files = ["a", "b", "c"].map(|name| {
            fs::write(outer.path().join(name), format!("old {name}")).unwrap();
            let text = |word: &str| Some(format!("{word} {name}").into_bytes());
            Replacement { path: TreePath::new(name).unwrap(), before: text("old"), after: text("new") }
        });
        (outer, files.to_vec())
    }

    fn contents(root: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        names.iter().map(|name| fs::read_to_string(name).unwrap()).collect()
    }

    #[test]
    fn all_files_are_replaced_with_their_permissions() {
        let (outer, files) = tree();
        fs::set_permissions(outer.path().join("b"), fs::Permissions::from_mode(0o640)).unwrap();
        replace_files(outer.path(), &files).unwrap();
        assert_eq!(contents(outer.path()), ["new a", "new b", "new c"]);
        let mode = fs::metadata(outer.path().join("b")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
    }

    #[test]
    fn none_is_if_one_cannot_be() {
        let (outer, files) = tree();
        let count = Cell::new(0);
        let third_fails = |from: NamedTempFile, to: &Path| {
            count.set(count.get() + 1);
            if count.get() == 3 {
                return Err(io::Error::other("no room"));
            }
            from.persist(to).map(drop).map_err(|error| error.error)
        };
        let error = replace_by(outer.path(), &files, &third_fails).unwrap_err();
        assert!(error.to_string().contains("no room"), "{error}");
        assert_eq!(contents(outer.path()), ["old a", "old b", "old c"]);
    }

    #[test]
    fn none_is_if_one_has_changed() {
        let (outer, files) = tree();
        fs::write(outer.path().join("c"), "edited").unwrap();
        let error = replace_files(outer.path(), &files).unwrap_err();
        assert!(matches!(error, WriteError::Changed(_)), "{error}");
        assert_eq!(contents(outer.path()), ["old a", "old b", "edited"]);
    }

    fn replacement(path: &str, before: Option<&str>, after: Option<&str>) -> Replacement {
        let bytes = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
        Replacement { path: TreePath::new(path).unwrap(), before: bytes(before), after: bytes(after) }
    }

    #[test]
    fn files_are_made_and_removed_with_their_directories() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("out");
        update_directory(
            &root,
            &[replacement("x/y/new", None, Some("1")), replacement("keep", None, Some("2"))],
        )
        .unwrap();
        assert_eq!(fs::read_to_string(root.join("x/y/new")).unwrap(), "1");
        assert_eq!(fs::metadata(root.join("keep")).unwrap().permissions().mode() & 0o777, NEW_FILE_MODE);
        update_directory(
            &root,
            &[replacement("x/y/new", Some("1"), None), replacement("z/a", None, Some("3"))],
        )
        .unwrap();
        assert!(!root.join("x").exists() && root.join("z/a").is_file() && root.join("keep").is_file());
        assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn what_was_made_is_taken_back() {
        let outer = tempfile::tempdir().unwrap();
        fs::write(outer.path().join("gone"), "old").unwrap();
        let files = [
            replacement("gone", Some("old"), None),
            replacement("x/y/new", None, Some("1")),
            replacement("z", None, Some("2")),
        ];
        let fails = |from: NamedTempFile, to: &Path| {
            if to.ends_with("z") {
                return Err(io::Error::other("no room"));
            }
            from.persist(to).map(drop).map_err(|error| error.error)
        };
        let error = replace_by(outer.path(), &files, &fails).unwrap_err();
        assert!(error.to_string().contains("no room"), "{error}");
        assert_eq!(fs::read_to_string(outer.path().join("gone")).unwrap(), "old");
        assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 1);
    }

    #[test]
    fn nothing_is_written_through_links() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("out");
        fs::create_dir_all(outer.path().join("elsewhere")).unwrap();
        fs::create_dir(&root).unwrap();
        std::os::unix::fs::symlink("../elsewhere", root.join("x")).unwrap();
        std::os::unix::fs::symlink("../elsewhere/file", root.join("file")).unwrap();
        for path in ["x/new", "file"] {
            let error = update_directory(&root, &[replacement(path, None, Some("1"))]).unwrap_err();
            assert!(matches!(error, WriteError::Linked(_)), "{error}");
        }
        assert_eq!(fs::read_dir(outer.path().join("elsewhere")).unwrap().count(), 0);
    }
}
