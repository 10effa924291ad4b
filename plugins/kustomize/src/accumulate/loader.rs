//! Reading what a kustomization names, by the rules of where it may look.

use std::rc::Rc;

use oarlock_plugin::{Failure, Host, Kind, PathError, ReadError, RepositoryUrl, Result, TreePath, nearest};

use super::remote::{self, Repository};
use crate::options::LoadRestrictor;

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
    /// The directories of the kustomizations that led here, outermost first. In the copy of a
    /// repository only those in there count: what kustomize clones lies in nothing.
    ancestors: Vec<TreePath>,
    /// How many kustomizations led here.
    depth: usize,
    /// The remote repository whose copy this is a part of.
    repository: Option<Rc<Repository>>,
}

impl<'a> Loader<'a> {
    /// A loader for the kustomization that is built.
    ///
    /// # Errors
    /// If there is no such directory.
    pub(crate) fn new(host: &'a dyn Host, directory: &TreePath, restrictor: LoadRestrictor) -> Result<Self> {
        let root = real_directory(host, directory)?;
        Ok(Self { host, restrictor, root, ancestors: Vec::new(), depth: 0, repository: None })
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
    /// If it is remote without a copy, is no directory, leaves the remote repository that it is in,
    /// or is one that led here.
    pub(crate) fn enter(&self, path: &str) -> Result<Self> {
        if path.is_empty() {
            return Err(Failure::new("a path is empty"));
        }
        let depth = self.depth + 1;
        if depth > DEPTH {
            return Err(Failure::new(format!("kustomizations lead to each other more than {DEPTH} deep")));
        }
        if let Some(url) = RepositoryUrl::parse(path) {
            let (root, repository) = remote::enter(self.host, path, &url, self.repository.as_ref())?;
            // What is remote is never allowed to read outside of its directories.
            let restrictor = LoadRestrictor::RootOnly;
            let repository = Some(repository);
            return Ok(Self { host: self.host, restrictor, root, ancestors: Vec::new(), depth, repository });
        }
        let root = real_directory(self.host, &self.resolve(path)?)?;
        if let Some(repository) = &self.repository
            && !root.starts_with(&repository.root)
        {
            return Err(Failure::new(format!(
                "`{path}` leaves the remote repository, whose copy is `{}`",
                repository.root
            ))
            .hint("a kustomization of a remote repository may name others in that repository only"));
        }
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
        Ok(Self { root, ancestors, depth, ..self.clone() })
    }

    /// The place that a path leads to, links not resolved.
    ///
    /// # Errors
    /// If it leaves the tree.
    pub(crate) fn resolve(&self, path: &str) -> Result<TreePath> {
        self.root.join(path).map_err(|error| {
            if matches!(error, PathError::ClimbsOut(_)) {
                self.host.outside(path);
            }
            Failure::new(error.to_string()).hint("write paths from the directory of the kustomization")
        })
    }

    /// What is at a path.
    ///
    /// # Errors
    /// If it is remote without a copy or leaves the tree.
    pub(crate) fn find(&self, path: &str) -> Result<Found> {
        if remote::is_file_url(path) {
            let (place, kind) = remote::copy(self.host, path)?;
            return match kind {
                Kind::File => Ok(Found::File),
                Kind::Directory if RepositoryUrl::parse(path).is_some() => Ok(Found::Directory),
                Kind::Directory => Err(no_file(&place)),
            };
        }
        let found = self.host.stat(&self.resolve(path)?);
        match found {
            Ok(found) if found.kind == Kind::File => Ok(Found::File),
            // kustomize looks for a file of that name first, and for a directory last.
            _ if RepositoryUrl::parse(path).is_some() => {
                remote::copy(self.host, path).map(|_| Found::Directory)
            }
            Ok(_) => Ok(Found::Directory),
            Err(ReadError::NotFound | ReadError::WrongKind(_)) => Ok(Found::Nothing),
            Err(error) => Err(Failure::new(error.to_string())),
        }
    }

    /// Says of a path that it is remote without a copy. Paths that may be read as they are say
    /// nothing.
    pub(crate) fn lack_of(&self, path: &str) -> Option<Failure> {
        let is_here = || self.resolve(path).is_ok_and(|path| self.host.stat(&path).is_ok());
        let lacks = remote::is_remote(path) && !is_here() && self.host.remote(path).is_none();
        lacks.then(|| remote::missing(path))
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
    /// If it is remote without a copy, is not there, or lies outside the kustomization's directory.
    pub(crate) fn read(&self, path: &str) -> Result<(TreePath, Vec<u8>)> {
        if remote::is_file_url(path) {
            let (place, kind) = remote::copy(self.host, path)?;
            if kind == Kind::Directory {
                return Err(no_file(&place));
            }
            let content = self.host.read(&place).map_err(|error| unreadable(&place, &error))?;
            return Ok((place, content));
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
            return Err(no_file(&resolved));
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

fn no_file(path: &TreePath) -> Failure {
    Failure::new(format!("`{path}` is a directory where a file is expected"))
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
