//! Reading what a kustomization names, by the rules of where it may look.

use oarlock_plugin::{Failure, Host, Kind, ReadError, Result, TreePath, nearest};

use super::remote;
use crate::build::LoadRestrictor;

/// How deep kustomizations may lead to each other.
const DEPTH: usize = 100;

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// Nothing.
    Nothing,
}

/// Reads for one kustomization: paths start at its directory.
#[derive(Clone)]
pub(crate) struct Loader<'a> {
    host: &'a dyn Host,
    restrictor: LoadRestrictor,
    /// The directory, links resolved.
    root: TreePath,
    /// The directories of the kustomizations that led here, outermost first.
    ancestors: Vec<TreePath>,
}

impl<'a> Loader<'a> {
    /// A loader for the kustomization that is built.
    ///
    /// # Errors
    /// If there is no such directory.
    pub(crate) fn new(host: &'a dyn Host, directory: &TreePath, restrictor: LoadRestrictor) -> Result<Self> {
        let root = real_directory(host, directory)?;
        Ok(Self { host, restrictor, root, ancestors: Vec::new() })
    }

    /// The directory, links resolved.
    pub(crate) fn root(&self) -> &TreePath {
        &self.root
    }

    /// The host.
    pub(crate) fn host(&self) -> &'a dyn Host {
        self.host
    }

    /// A loader for another kustomization that this one names.
    ///
    /// # Errors
    /// If it is remote, is no directory, or is one that led here.
    pub(crate) fn enter(&self, path: &str) -> Result<Self> {
        if path.is_empty() {
            return Err(Failure::new("a path is empty"));
        }
        if remote::is_repository_url(path) || remote::is_file_url(path) {
            return Err(remote::refused(path));
        }
        let root = real_directory(self.host, &self.resolve(path)?)?;
        let ancestors = [&self.ancestors[..], std::slice::from_ref(&self.root)].concat();
        if let Some(visited) = ancestors.iter().find(|visited| visited.starts_with(&root)) {
            let what = if *visited == root {
                "which led here".to_owned()
            } else {
                format!("which holds `{visited}`, which led here")
            };
            return Err(Failure::new(format!("cycle: `{path}` is `{root}`, {what}"))
                .hint("a kustomization can neither include itself nor a directory above it"));
        }
        if ancestors.len() >= DEPTH {
            return Err(Failure::new(format!("kustomizations lead to each other more than {DEPTH} deep")));
        }
        Ok(Self { host: self.host, restrictor: self.restrictor, root, ancestors })
    }

    /// The place that a path leads to, links not resolved.
    ///
    /// # Errors
    /// If it leaves the tree.
    pub(crate) fn resolve(&self, path: &str) -> Result<TreePath> {
        self.root.join(path).map_err(|error| {
            Failure::new(error.to_string()).hint("write paths from the directory of the kustomization")
        })
    }

    /// What is at a path.
    ///
    /// # Errors
    /// If it is remote or leaves the tree.
    pub(crate) fn find(&self, path: &str) -> Result<Found> {
        if remote::is_file_url(path) {
            return Err(remote::refused(path));
        }
        let found = self.host.stat(&self.resolve(path)?);
        match found {
            Ok(found) if found.kind == Kind::File => Ok(Found::File),
            // kustomize looks for a file of that name first, and for a directory last.
            _ if remote::is_repository_url(path) => Err(remote::refused(path)),
            Ok(_) => Ok(Found::Directory),
            Err(ReadError::NotFound | ReadError::WrongKind(_)) => Ok(Found::Nothing),
            Err(error) => Err(Failure::new(error.to_string())),
        }
    }

    /// What is said where neither a file nor a directory is at a path.
    pub(crate) fn missing(&self, path: &str) -> Failure {
        let failure = Failure::new(format!("there is no file or directory `{path}`"));
        match self.near(path) {
            Some(near) => failure.hint(near),
            None => failure,
        }
    }

    /// The path beside a missing one that was probably meant.
    fn near(&self, path: &str) -> Option<String> {
        let (directory, name) = path.rsplit_once('/').unwrap_or((".", path));
        let entries = self.host.list(&self.resolve(directory).ok()?).ok()?;
        let near = nearest(name, entries.iter().map(|entry| entry.name.as_str()))?;
        let near = if directory == "." { near.to_owned() } else { format!("{directory}/{near}") };
        Some(format!("did you mean `{near}`?"))
    }

    /// Reads a file; returns where it is, too.
    ///
    /// # Errors
    /// If it is remote, is not there, or lies outside the kustomization's directory.
    pub(crate) fn read(&self, path: &str) -> Result<(TreePath, Vec<u8>)> {
        if remote::is_file_url(path) {
            return Err(remote::refused(path));
        }
        let resolved = self.resolve(path)?;
        let found = self.host.stat(&resolved).map_err(|error| {
            let failure = unreadable(&resolved, &error);
            match self.near(path).filter(|_| matches!(error, ReadError::NotFound)) {
                Some(near) => failure.hint(near),
                None => failure,
            }
        })?;
        if found.kind == Kind::Directory {
            return Err(Failure::new(format!("`{resolved}` is a directory where a file is expected")));
        }
        let real = TreePath::new(&found.path).map_err(|error| Failure::new(error.to_string()))?;
        if self.restrictor == LoadRestrictor::RootOnly && !real.starts_with(&self.root) {
            return Err(Failure::new(format!("the file `{path}` is not in or below `{}`", self.root)).hint(
                "move it there, or make its directory a kustomization and name that; `loadRestrictor: none` lifts the rule",
            ));
        }
        let content = self.host.read(&real).map_err(|error| unreadable(&resolved, &error))?;
        Ok((resolved, content))
    }
}

fn real_directory(host: &dyn Host, directory: &TreePath) -> Result<TreePath> {
    let found = host.stat(directory).map_err(|error| unreadable(directory, &error))?;
    if found.kind == Kind::File {
        return Err(Failure::new(format!("`{directory}` is a file where a directory is expected")));
    }
    TreePath::new(&found.path).map_err(|error| Failure::new(error.to_string()))
}

/// The place is left to the caller, who knows which line names the path.
fn unreadable(path: &TreePath, error: &ReadError) -> Failure {
    match error {
        ReadError::Refused(why) => Failure::new(why),
        error => Failure::new(format!("cannot read `{path}`: {error}")),
    }
}
