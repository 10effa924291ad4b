//! The in-memory twin of the host.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use oarlock_model::{Entry, Failure, Failures, Kind, Level, Metadata, ReadError, Remotes, TreePath};

use crate::host::Host;
use crate::manifest::Manifest;
use crate::request::Request;

/// A [`Host`] over files in memory, for tests. It keeps what the plugin reported.
///
/// ```
/// use oarlock_plugin::{Host, MemoryHost};
///
/// let host = MemoryHost::new([("base/app.yaml", "kind: Pod")]);
/// assert_eq!(host.read("base/../base/app.yaml").unwrap(), b"kind: Pod");
/// ```
#[derive(Debug, Default)]
pub struct MemoryHost {
    files: BTreeMap<String, Vec<u8>>,
    remotes: Remotes,
    warnings: RefCell<Vec<Failure>>,
    log: RefCell<Vec<String>>,
}

impl MemoryHost {
    /// A host over the given files. Directories exist as far as files lie in them.
    pub fn new<P: Into<String>, C: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, C)>) -> Self {
        let files = files.into_iter().map(|(path, content)| (path.into(), content.into())).collect();
        Self { files, ..Self::default() }
    }

    /// The same host with copies of what is at URLs, as `remotes` of `oarlock.yaml` names them.
    #[must_use]
    pub fn with_remotes(mut self, remotes: Remotes) -> Self {
        self.remotes = remotes;
        self
    }

    /// The warnings so far.
    pub fn warnings(&self) -> Vec<Failure> {
        self.warnings.borrow().clone()
    }

    /// The lines of the log so far.
    pub fn log_lines(&self) -> Vec<String> {
        self.log.borrow().clone()
    }

    fn resolve(path: &str) -> Result<TreePath, ReadError> {
        TreePath::new(path).map_err(|error| ReadError::Refused(error.to_string()))
    }

    fn below(&self, directory: &TreePath) -> impl Iterator<Item = &str> {
        let prefix = if directory.is_root() { String::new() } else { format!("{directory}/") };
        self.files.keys().filter_map(move |path| path.strip_prefix(&prefix))
    }
}

impl Host for MemoryHost {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let path = Self::resolve(path)?;
        match self.files.get(path.as_str()) {
            Some(content) => Ok(content.clone()),
            None if self.below(&path).next().is_some() => Err(ReadError::WrongKind(Kind::Directory)),
            None => Err(ReadError::NotFound),
        }
    }

    fn list(&self, path: &str) -> Result<Vec<Entry>, ReadError> {
        let path = Self::resolve(path)?;
        if self.files.contains_key(path.as_str()) {
            return Err(ReadError::WrongKind(Kind::File));
        }
        let entries: BTreeSet<Entry> = self
            .below(&path)
            .map(|rest| match rest.split_once('/') {
                Some((name, _)) => Entry { name: name.to_owned(), kind: Kind::Directory },
                None => Entry { name: rest.to_owned(), kind: Kind::File },
            })
            .collect();
        if entries.is_empty() && !path.is_root() {
            return Err(ReadError::NotFound);
        }
        Ok(entries.into_iter().collect())
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        let path = Self::resolve(path)?;
        if let Some(content) = self.files.get(path.as_str()) {
            return Ok(Metadata { kind: Kind::File, size: content.len() as u64, path: path.into_string() });
        }
        if path.is_root() || self.below(&path).next().is_some() {
            return Ok(Metadata { kind: Kind::Directory, size: 0, path: path.into_string() });
        }
        Err(ReadError::NotFound)
    }

    fn remote(&self, url: &str) -> Option<String> {
        self.remotes.find(url).map(TreePath::into_string)
    }

    fn log(&self, _level: Level, message: &str) {
        self.log.borrow_mut().push(message.to_owned());
    }

    fn warn(&self, warning: Failure) {
        self.warnings.borrow_mut().push(warning);
    }

    fn compose(&self, plugin: &str, _request: Request<String>) -> Result<Vec<Manifest>, Failures> {
        Err(Failure::new(format!("no plugin `{plugin}` here")).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_exist_as_far_as_files_lie_in_them() {
        let host = MemoryHost::new([("a/b/c", ""), ("a/d", "")]);
        let names: Vec<_> =
            host.list("a").unwrap().into_iter().map(|entry| (entry.name, entry.kind)).collect();
        assert_eq!(names, [("b".to_owned(), Kind::Directory), ("d".to_owned(), Kind::File)]);
        assert_eq!(host.read("a"), Err(ReadError::WrongKind(Kind::Directory)));
        assert_eq!(host.list("a/d"), Err(ReadError::WrongKind(Kind::File)));
        assert_eq!(host.stat("x").unwrap_err(), ReadError::NotFound);
        assert!(matches!(host.read("a/../../x"), Err(ReadError::Refused(_))));
    }
}
