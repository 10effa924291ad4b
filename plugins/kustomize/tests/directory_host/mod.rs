//! A host over a directory, for tests: nothing above it can be seen.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use oarlock_helm::Helm;
use oarlock_plugin::{
    Entry, Failure, Failures, Host, Kind, Level, Manifest, Metadata, Plugin as _, ReadError, Request,
    TreePath, render_json,
};

/// A host over a directory.
pub(crate) struct DirectoryHost {
    root: PathBuf,
}

impl DirectoryHost {
    /// A host over the directory.
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.canonicalize().unwrap() }
    }

    /// The place of a path with links followed, inside the directory.
    fn real(&self, path: &str) -> Result<PathBuf, ReadError> {
        let path = TreePath::new(path).map_err(|error| ReadError::Refused(error.to_string()))?;
        let real = self.root.join(path.as_str()).canonicalize().map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => ReadError::NotFound,
            _ => ReadError::Failed(error.to_string()),
        })?;
        if real.starts_with(&self.root) {
            Ok(real)
        } else {
            Err(ReadError::Refused(format!("`{path}` is a link out of the tree")))
        }
    }
}

impl Host for DirectoryHost {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let real = self.real(path)?;
        if real.is_dir() {
            return Err(ReadError::WrongKind(Kind::Directory));
        }
        fs::read(real).map_err(|error| ReadError::Failed(error.to_string()))
    }

    fn list(&self, path: &str) -> Result<Vec<Entry>, ReadError> {
        let real = self.real(path)?;
        if !real.is_dir() {
            return Err(ReadError::WrongKind(Kind::File));
        }
        let entries = fs::read_dir(real).map_err(|error| ReadError::Failed(error.to_string()))?;
        let mut entries: Vec<Entry> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let kind = if entry.path().is_dir() { Kind::Directory } else { Kind::File };
                Some(Entry { name: entry.file_name().into_string().ok()?, kind })
            })
            .collect();
        entries.sort();
        Ok(entries)
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        let real = self.real(path)?;
        let metadata = fs::metadata(&real).map_err(|error| ReadError::Failed(error.to_string()))?;
        let kind = if metadata.is_dir() { Kind::Directory } else { Kind::File };
        let below = real.strip_prefix(&self.root).unwrap().to_str().unwrap();
        let path = if below.is_empty() { "." } else { below };
        Ok(Metadata {
            kind,
            path: path.to_owned(),
            size: if kind == Kind::File { metadata.len() } else { 0 },
        })
    }

    fn log(&self, _level: Level, _message: &str) {}

    fn warn(&self, _warning: Failure) {}

    fn compose(&self, plugin: &str, request: Request<String>) -> Result<Vec<Manifest>, Failures> {
        if plugin == Helm::NAME {
            return render_json::<Helm>(self, request);
        }
        Err(Failure::new(format!("there is no plugin `{plugin}` here")).into())
    }
}
