//! A host over a directory on disk.

use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use oarlock_model::{Entry, Failure, Failures, Kind, Level, Metadata, ReadError, TreePath};

use crate::host::Host;
use crate::manifest::Manifest;
use crate::plugin::{Plugin, render_json};
use crate::request::Request;

/// How a plugin of another name is asked.
type Compose = fn(&DirectoryHost, Request<String>) -> Result<Vec<Manifest>, Failures>;

/// A [`Host`] over a directory, for tests and tools that hold a plugin against trees as they lie on
/// disk. Nothing outside can be seen. Warnings and the log go nowhere: ask
/// [`MemoryHost`](crate::MemoryHost) for these.
#[derive(Debug)]
pub struct DirectoryHost {
    root: PathBuf,
    plugins: Vec<(&'static str, Compose)>,
}

impl DirectoryHost {
    /// A host over a directory.
    ///
    /// # Errors
    /// If there is none.
    pub fn new(root: &Path) -> io::Result<Self> {
        Ok(Self { root: root.canonicalize()?, plugins: Vec::new() })
    }

    /// The same host with another plugin, which [`Host::compose`] finds.
    #[must_use]
    pub fn with_plugin<P: Plugin>(mut self) -> Self {
        self.plugins.push((P::NAME, |host, request| render_json::<P>(host, request)));
        self
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
        let failed = |error: io::Error| ReadError::Failed(error.to_string());
        let real = self.real(path)?;
        if !real.is_dir() {
            return Err(ReadError::WrongKind(Kind::File));
        }
        let mut entries = Vec::new();
        for entry in fs::read_dir(real).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let kind = if entry.path().is_dir() { Kind::Directory } else { Kind::File };
            entries.push(Entry { name: text(entry.file_name())?, kind });
        }
        entries.sort();
        Ok(entries)
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        let real = self.real(path)?;
        let metadata = fs::metadata(&real).map_err(|error| ReadError::Failed(error.to_string()))?;
        let below = real.strip_prefix(&self.root).unwrap_or(Path::new(""));
        let path = text(below.as_os_str().to_owned())?;
        let path = if path.is_empty() { TreePath::root().into_string() } else { path };
        Ok(if metadata.is_dir() {
            Metadata { kind: Kind::Directory, path, size: 0 }
        } else {
            Metadata { kind: Kind::File, path, size: metadata.len() }
        })
    }

    fn log(&self, _level: Level, _message: &str) {}

    fn warn(&self, _warning: Failure) {}

    fn compose(&self, plugin: &str, request: Request<String>) -> Result<Vec<Manifest>, Failures> {
        match self.plugins.iter().find(|(name, _)| *name == plugin) {
            Some((_, compose)) => compose(self, request),
            None => Err(Failure::new(format!("no plugin `{plugin}` here")).into()),
        }
    }
}

fn text(name: OsString) -> Result<String, ReadError> {
    name.into_string().map_err(|name| ReadError::Failed(format!("{} is no UTF-8", name.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_can_be_seen() {
        let tree = tempfile::tempdir().unwrap();
        fs::create_dir_all(tree.path().join("tree/a/b")).unwrap();
        fs::write(tree.path().join("tree/a/c"), "text").unwrap();
        fs::write(tree.path().join("secret"), "text").unwrap();
        let host = DirectoryHost::new(&tree.path().join("tree")).unwrap();
        let names: Vec<_> =
            host.list("a").unwrap().into_iter().map(|entry| (entry.name, entry.kind)).collect();
        assert_eq!(names, [("b".to_owned(), Kind::Directory), ("c".to_owned(), Kind::File)]);
        assert_eq!(host.read("a/b/../c").unwrap(), b"text");
        assert_eq!(host.read("a"), Err(ReadError::WrongKind(Kind::Directory)));
        assert_eq!(host.list("a/c"), Err(ReadError::WrongKind(Kind::File)));
        assert_eq!(host.stat("a/c/d").unwrap_err(), ReadError::NotFound);
        assert_eq!(host.stat(".").unwrap().path, ".");
        assert!(matches!(host.read("../secret"), Err(ReadError::Refused(_))));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../../secret", tree.path().join("tree/a/link")).unwrap();
            assert!(matches!(host.read("a/link"), Err(ReadError::Refused(_))));
        }
    }
}
