//! Paths that are no paths but URLs. A render has no network: the copy that the repository keeps of
//! what is there stands in.

use std::rc::Rc;

use oarlock_plugin::{Failure, Host, Kind, ReadError, RepositoryUrl, Result, TreePath};

/// What stands in for a clone.
#[derive(Debug)]
pub(super) struct Repository {
    /// The URL as the kustomization wrote it.
    url: String,
    /// The root of the copy, links resolved.
    pub root: TreePath,
    /// The repository whose kustomization named this one.
    outer: Option<Rc<Self>>,
}

/// Whether kustomize would fetch the path as a file, at first at least.
pub(super) fn is_file_url(path: &str) -> bool {
    ["http:", "https:"]
        .into_iter()
        .any(|scheme| path.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

/// Whether kustomize would fetch the path as a file or clone it as a repository.
pub(super) fn is_remote(path: &str) -> bool {
    is_file_url(path) || RepositoryUrl::parse(path).is_some()
}

/// The copy of what is at a URL, and whether it is a file or a directory.
///
/// # Errors
/// If the repository names no copy, or it is not there.
pub(super) fn copy(host: &dyn Host, url: &str) -> Result<(TreePath, Kind)> {
    let place = host.remote(url).ok_or_else(|| missing(url))?;
    let place = TreePath::new(&place).map_err(|error| Failure::new(error.to_string()))?;
    match host.stat(&place) {
        Ok(found) => Ok((place, found.kind)),
        Err(ReadError::NotFound) => {
            Err(Failure::new(format!("`{url}` should have a copy at `{place}`, and nothing is there"))
                .hint("`oarlock vendor` shows how to fetch it, `oarlock vendor --fetch` does; or fix `remotes` in oarlock.yaml"))
        }
        Err(error) => Err(error.at(&place)),
    }
}

/// Says that there is no copy, and how to come by one.
pub(super) fn missing(url: &str) -> Failure {
    let (key, place) = match RepositoryUrl::parse(url) {
        Some(repository) => (repository.of_repository(), repository.customary_place()),
        None => (url.to_owned(), "vendor/FILE".to_owned()),
    };
    Failure::new(format!("`{url}` is remote, and a render has no network")).hint(
        format!("have a copy in the repository: `oarlock vendor --fetch` makes one; or put it there by hand, and write `{key}: {place}` under `remotes` in oarlock.yaml"),
    )
}

/// Enters the copy of a repository: the directory that the URL means, and what it lies in.
///
/// # Errors
/// If there is no copy, the URL is one that led here, or it means no directory of the repository.
pub(super) fn enter(
    host: &dyn Host,
    url: &str,
    repository: &RepositoryUrl,
    outer: Option<&Rc<Repository>>,
) -> Result<(TreePath, Rc<Repository>)> {
    let led_here = std::iter::successors(outer, |inner| inner.outer.as_ref());
    // kustomize tells by the text alone; without a reference a URL is the start of the same one
    // with a reference.
    if let Some(visited) = led_here.into_iter().find(|visited| visited.url.starts_with(url)) {
        return Err(Failure::new(format!("cycle: `{url}` is named by `{}`, which led here", visited.url)));
    }
    let (place, kind) = copy(host, url)?;
    if kind == Kind::File {
        return Err(Failure::new(format!("`{url}` has its copy at `{place}`, which is a file"))
            .hint("a kustomization needs a copy of the repository"));
    }
    let root = real(host, &root_of_copy(&place, &repository.directory))?;
    let directory = real(host, &place)?;
    if !directory.starts_with(&root) {
        return Err(Failure::new(format!("`{place}` leads out of its repository, the copy `{root}`")));
    }
    Ok((directory, Rc::new(Repository { url: url.to_owned(), root, outer: outer.cloned() })))
}

/// The copy of a repository that holds a place: what is left of the place without the directory
/// that the URL names. A copy of one directory alone is a root of its own.
fn root_of_copy(place: &TreePath, directory: &TreePath) -> TreePath {
    let root = place.as_str().strip_suffix(directory.as_str()).and_then(|root| root.strip_suffix('/'));
    root.and_then(|root| TreePath::new(root).ok()).unwrap_or_else(|| place.clone())
}

fn real(host: &dyn Host, place: &TreePath) -> Result<TreePath> {
    let found = host.stat(place).map_err(|error| error.at(place))?;
    TreePath::new(&found.path).map_err(|error| Failure::new(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_urls_of_files() {
        assert!(is_file_url("HTTPS://example.com/file.yaml"));
        assert!(!is_file_url("http.yaml"));
        assert!(is_remote("git@github.com:org/repo") && !is_remote("../base"));
    }

    #[test]
    fn a_copy_holds_the_directory_that_is_named() {
        for (place, directory, root) in [
            ("v/r/a/b", "a/b", "v/r"),
            ("v/r", ".", "v/r"),
            ("v/other", "a/b", "v/other"),
            ("v/ra", "a", "v/ra"),
        ] {
            let [place, directory] = [place, directory].map(|path| TreePath::new(path).unwrap());
            assert_eq!(root_of_copy(&place, &directory).as_str(), root);
        }
    }
}
