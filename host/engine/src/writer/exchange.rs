//! Files of a work tree replaced: all of them, or none.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use oarlock_plugin::TreePath;
use tempfile::NamedTempFile;

use super::WriteError;

/// A file that gets another content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The file, links resolved.
    pub path: TreePath,
    /// What it holds. If it holds anything else by now, nothing is written.
    pub before: Vec<u8>,
    /// What it is going to hold.
    pub after: Vec<u8>,
}

/// Replaces files below a directory: each is written beside its place and renamed, permissions
/// kept. If one cannot be, those before it get their content back.
///
/// # Errors
/// If a file has changed in the meantime or the operating system refuses.
pub fn replace_files(root: &Path, files: &[Replacement]) -> Result<(), WriteError> {
    replace_by(root, files, &|from, to| from.persist(to).map(drop).map_err(|error| error.error))
}

/// Puts a file that was written beside its place there.
type Rename<'a> = &'a dyn Fn(NamedTempFile, &Path) -> io::Result<()>;

fn replace_by(root: &Path, files: &[Replacement], rename: Rename<'_>) -> Result<(), WriteError> {
    let mut written: Vec<(PathBuf, NamedTempFile)> = Vec::with_capacity(files.len());
    for file in files {
        let path = root.join(file.path.as_str());
        let io = |reason| WriteError::Io { path: path.clone(), reason };
        if fs::read(&path).map_err(io)? != file.before {
            return Err(WriteError::Changed(path));
        }
        let beside = write_beside(&path, &file.after).map_err(io)?;
        written.push((path, beside));
    }
    for (index, (path, beside)) in written.into_iter().enumerate() {
        let Err(reason) = rename(beside, &path) else { continue };
        let restored = files[..index].iter().try_for_each(|file| {
            let path = root.join(file.path.as_str());
            let back = write_beside(&path, &file.before).and_then(|back| rename(back, &path));
            back.map_err(|reason| WriteError::NotRestored { path, reason })
        });
        return Err(restored.err().unwrap_or(WriteError::Io { path, reason }));
    }
    Ok(())
}

fn write_beside(path: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".oarlock-").tempfile_in(directory)?;
    file.write_all(content)?;
    file.as_file().set_permissions(fs::metadata(path)?.permissions())?;
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
            let text = |word: &str| format!("{word} {name}").into_bytes();
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
        use std::os::unix::fs::PermissionsExt as _;
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
}
