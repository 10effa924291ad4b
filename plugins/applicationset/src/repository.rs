//! The repositories that git generators read: found by URL, listed and read through a host's tree.

use std::collections::BTreeMap;
use std::rc::Rc;

use oarlock_go::path;
use oarlock_plugin::{Entry, Host, Kind, Origin, ReadError, TreePath};

use crate::error::{ErrorKind, ExpandError, Result};
use crate::pathspec::Pathspec;

/// A tree that stands for a revision of a repository.
#[derive(Clone)]
pub struct Checkout<'h> {
    /// What reads it.
    pub host: &'h dyn Host,
    /// The root of the repository within the host's tree.
    pub root: TreePath,
}

/// Finds the tree of a repository.
pub trait Repositories {
    /// The tree of a repository at a revision, both as the ApplicationSet has them; none where
    /// there is no such tree. An empty revision is `HEAD`.
    fn checkout(&self, url: &str, revision: &str) -> Option<Checkout<'_>>;
}

/// No repositories.
pub struct NoRepositories;

impl Repositories for NoRepositories {
    fn checkout(&self, _: &str, _: &str) -> Option<Checkout<'_>> {
        None
    }
}

/// A repository's URL as Argo CD compares it: lower case, without `.git` and `ssh://`, with a slash
/// in place of the colon of `git@host:path`.
pub fn normalize_url(url: &str) -> String {
    let url = url.trim().to_lowercase();
    let url = match url.split_once("://") {
        Some(_) => url,
        None => url.replacen(':', "/", 1),
    };
    let url = url.strip_suffix(".git").unwrap_or(&url);
    url.strip_prefix("ssh://").unwrap_or(url).to_owned()
}

/// How many entries of directories one ApplicationSet may list.
const MAX_ENTRIES: usize = 1_000_000;

/// What was listed and read for one ApplicationSet, so that a matrix does not do it again and
/// again.
#[derive(Default)]
pub(crate) struct Reads {
    lists: BTreeMap<(String, String, String), Rc<Listed>>,
    files: BTreeMap<(String, String, String), Rc<Vec<u8>>>,
    entries: usize,
}

/// A directory of a repository.
struct Listed {
    /// Where it is, links followed.
    real: String,
    /// Its entries, sorted by name.
    items: Vec<Item>,
}

/// An entry of a directory of a repository.
struct Item {
    name: String,
    /// A directory, or a link to one.
    leads_to_directory: bool,
}

/// A repository that is being read.
pub(crate) struct Tree<'t> {
    checkout: Checkout<'t>,
    url: &'t str,
    revision: &'t str,
    reads: &'t mut Reads,
    with_hidden: bool,
}

impl<'t> Tree<'t> {
    /// Opens the tree of a repository. `with_hidden`: directories whose name starts with a dot are
    /// directories of Applications, too.
    pub(crate) fn open(
        repositories: &'t dyn Repositories,
        reads: &'t mut Reads,
        (url, revision): (&'t str, &'t str),
        with_hidden: bool,
    ) -> Result<Self> {
        let Some(checkout) = repositories.checkout(url, revision) else {
            let at = if revision.is_empty() { String::new() } else { format!(" at `{revision}`") };
            return Err(ExpandError::new(
                ErrorKind::Repository,
                format!("no tree is given for the repository `{url}`{at}"),
            ));
        };
        Ok(Self { checkout, url, revision, reads, with_hidden })
    }

    /// The directories that match one of the patterns of `path.Match` and none of those that
    /// exclude, in the order of a walk.
    pub(crate) fn directories(&mut self, include: &[&str], exclude: &[&str]) -> Result<Vec<String>> {
        // A pattern that is malformed matches nothing, as far as Go reads it.
        let matches = |patterns: &[&str], path: &str| {
            patterns.iter().any(|pattern| path::matches(pattern, path) == Ok(true))
        };
        let mut found = Vec::new();
        for pattern in include {
            let (start, depth) = reach(pattern);
            let is_hidden = start != "." && start.split('/').any(|part| part.starts_with('.'));
            if (!is_hidden || self.with_hidden) && (start == "." || self.is_directory(start)?) {
                self.walk(start, depth, &mut found)?;
            }
        }
        found.sort_by(|one, other| one.split('/').cmp(other.split('/')));
        found.dedup();
        found.retain(|path| matches(include, path) && !matches(exclude, path));
        Ok(found)
    }

    /// The files that a pathspec selects.
    pub(crate) fn files(&mut self, pathspec: &Pathspec) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let start = pathspec.directory();
        if start == "." || self.is_directory(start)? {
            self.walk_files(start, &mut found)?;
        }
        found.retain(|path| pathspec.selects(path));
        Ok(found)
    }

    /// The content of a file, links followed.
    pub(crate) fn read(&mut self, path: &str) -> Result<Rc<Vec<u8>>> {
        let key = (self.url.to_owned(), self.revision.to_owned(), path.to_owned());
        if let Some(content) = self.reads.files.get(&key) {
            return Ok(content.clone());
        }
        let full = self.full(path)?;
        let content = self.checkout.host.read(&full).map_err(|error| {
            let message = format!("cannot read `{path}` of the repository `{}`: {error}", self.url);
            ExpandError::new(ErrorKind::Repository, message).at(Origin::file(full.as_str()))
        })?;
        let content = Rc::new(content);
        self.reads.files.insert(key, content.clone());
        Ok(content)
    }

    /// Where a file lies in the host's tree.
    pub(crate) fn origin(&self, path: &str, line: u32, column: u32) -> Option<Origin> {
        let full = self.full(path).ok()?;
        Some(Origin { path: full.into_string(), line, column })
    }

    fn full(&self, path: &str) -> Result<TreePath> {
        self.checkout
            .root
            .join(path)
            .map_err(|error| ExpandError::new(ErrorKind::Repository, error.to_string()))
    }

    /// Whether every part of a path is a directory and no link.
    fn is_directory(&mut self, path: &str) -> Result<bool> {
        let mut above = ".".to_owned();
        for part in path.split('/') {
            let listed = self.list(&above)?;
            let item = listed.items.iter().find(|item| item.name == part);
            match item {
                Some(item) if self.is_own_directory(&above, &listed, item)? => {}
                _ => return Ok(false),
            }
            above = join(&above, part);
        }
        Ok(true)
    }

    fn walk(&mut self, directory: &str, depth: Option<usize>, found: &mut Vec<String>) -> Result<()> {
        let here = if directory == "." { 0 } else { directory.split('/').count() };
        if directory != "." {
            found.push(directory.to_owned());
        }
        if depth.is_some_and(|depth| here >= depth) {
            return Ok(());
        }
        let listed = self.list(directory)?;
        for item in &listed.items {
            let is_wanted = self.with_hidden || !item.name.starts_with('.');
            if is_wanted && self.is_own_directory(directory, &listed, item)? {
                self.walk(&join(directory, &item.name), depth, found)?;
            }
        }
        Ok(())
    }

    fn walk_files(&mut self, directory: &str, found: &mut Vec<String>) -> Result<()> {
        let listed = self.list(directory)?;
        for item in &listed.items {
            let path = join(directory, &item.name);
            if !self.is_own_directory(directory, &listed, item)? {
                found.push(path);
            } else if path != ".git" {
                self.walk_files(&path, found)?;
            }
        }
        Ok(())
    }

    /// Whether an entry is a directory that no link leads to. It is looked up when somebody asks,
    /// so that a directory costs no more for all that lies beside it.
    fn is_own_directory(&self, directory: &str, listed: &Listed, item: &Item) -> Result<bool> {
        if !item.leads_to_directory {
            return Ok(false);
        }
        let path = self.full(&join(directory, &item.name))?;
        let found =
            self.checkout.host.stat(&path).map_err(|error| unlisted(self.url, directory, &path, &error))?;
        Ok(found.path == join(&listed.real, &item.name))
    }

    /// The entries of a directory, sorted by name.
    fn list(&mut self, directory: &str) -> Result<Rc<Listed>> {
        let key = (self.url.to_owned(), self.revision.to_owned(), directory.to_owned());
        if let Some(listed) = self.reads.lists.get(&key) {
            return Ok(listed.clone());
        }
        let full = self.full(directory)?;
        let host = self.checkout.host;
        let failure = |error: ReadError| unlisted(self.url, directory, &full, &error);
        let entries = host.list(&full).map_err(failure)?;
        self.reads.entries += entries.len();
        if self.reads.entries > MAX_ENTRIES {
            let message = format!("git generators list more than {MAX_ENTRIES} entries of directories");
            return Err(ExpandError::new(ErrorKind::Limit, message));
        }
        let real = host.stat(&full).map_err(failure)?.path;
        let item = |Entry { name, kind }| Item { name, leads_to_directory: kind == Kind::Directory };
        let mut items: Vec<Item> = entries.into_iter().map(item).collect();
        items.sort_by(|one, other| one.name.cmp(&other.name));
        let listed = Rc::new(Listed { real, items });
        self.reads.lists.insert(key, listed.clone());
        Ok(listed)
    }
}

fn unlisted(url: &str, directory: &str, path: &TreePath, error: &ReadError) -> ExpandError {
    let message = format!("cannot list `{directory}` of the repository `{url}`: {error}");
    ExpandError::new(ErrorKind::Repository, message).at(Origin::file(path.as_str()))
}

fn join(directory: &str, name: &str) -> String {
    if directory == "." { name.to_owned() } else { format!("{directory}/{name}") }
}

/// Where the directories that a pattern matches lie: below which one, and how deep; `None` for any
/// depth, where a class may match a `/`.
fn reach(pattern: &str) -> (&str, Option<usize>) {
    let plain = &pattern[..pattern.find(['*', '?', '[', '\\']).unwrap_or(pattern.len())];
    let start = if plain.len() == pattern.len() {
        plain
    } else {
        plain.rsplit_once('/').map_or(".", |(start, _)| start)
    };
    // What is no path from the root as Go would walk it matches nothing; the walk below the root
    // shows that.
    let is_path = start == "." || start.split('/').all(|part| !matches!(part, "" | "." | ".."));
    let depth = if pattern.contains(['[', '\\']) { None } else { Some(pattern.split('/').count()) };
    (if is_path { start } else { "." }, depth)
}

#[cfg(test)]
mod tests {
    use oarlock_plugin::MemoryHost;
    use rstest::rstest;

    use super::*;

    struct One(MemoryHost);

    impl Repositories for One {
        fn checkout(&self, url: &str, _: &str) -> Option<Checkout<'_>> {
            (url == "u").then(|| Checkout { host: &self.0, root: TreePath::new("repo").unwrap() })
        }
    }

    fn repository() -> One {
        One(MemoryHost::new(
            [
                "repo/apps/a/x",
                "repo/apps/a/deep/y",
                "repo/apps/a-b/x",
                "repo/apps/.hid/x",
                "repo/.git/config",
                "repo/.github/x",
                "repo/other/apps/z",
                "repo/readme",
                "outside/x",
            ]
            .map(|path| (path, "")),
        ))
    }

    #[rstest]
    #[case(&["apps/*"], &[], &["apps/a", "apps/a-b"])]
    #[case(&["*"], &[], &["apps", "other"])]
    #[case(&["*/*", "apps/a"], &[], &["apps/a", "apps/a-b", "other/apps"])]
    #[case(&["apps/a/deep"], &[], &["apps/a/deep"])]
    #[case(&["apps/**"], &[], &["apps/a", "apps/a-b"])]
    #[case(&["apps/[a]"], &["apps/a"], &[])]
    #[case(&["apps/*"], &["*/a-*"], &["apps/a"])]
    #[case(&["apps/[", "apps/a"], &[], &["apps/a"])]
    #[case(&["apps/a/", "/apps/a", "./apps", "", ".", "..", "apps//a"], &[], &[])]
    #[case(&["nope/*", "apps/a/x", ".github", "apps/.hid/*"], &[], &[])]
    fn directories(#[case] include: &[&str], #[case] exclude: &[&str], #[case] found: &[&str]) {
        let (repository, mut reads) = (repository(), Reads::default());
        let mut tree = Tree::open(&repository, &mut reads, ("u", "HEAD"), false).unwrap();
        assert_eq!(tree.directories(include, exclude).unwrap(), found);
    }

    #[test]
    fn hidden_directories_where_they_are_wanted() {
        let (repository, mut reads) = (repository(), Reads::default());
        let mut tree = Tree::open(&repository, &mut reads, ("u", ""), true).unwrap();
        assert_eq!(tree.directories(&["apps/*"], &[]).unwrap(), ["apps/.hid", "apps/a", "apps/a-b"]);
    }

    #[test]
    fn files_are_those_that_git_would_have() {
        let (repository, mut reads) = (repository(), Reads::default());
        let mut tree = Tree::open(&repository, &mut reads, ("u", ""), false).unwrap();
        let mut files = |pathspec| tree.files(&Pathspec::new(pathspec).unwrap()).unwrap();
        assert_eq!(files("*x"), [".github/x", "apps/.hid/x", "apps/a/x", "apps/a-b/x"].map(String::from));
        assert_eq!(files("nope/x"), Vec::<String>::new());
        assert_eq!(files("readme"), ["readme"]);
    }

    #[test]
    fn an_unknown_repository_is_named() {
        let mut reads = Reads::default();
        let error = Tree::open(&NoRepositories, &mut reads, ("https://x", "v1"), false).err().unwrap();
        assert_eq!(error.message, "no tree is given for the repository `https://x` at `v1`");
    }

    #[rstest]
    #[case("https://Git.example.com/Org/repo.git", "https://git.example.com/org/repo")]
    #[case("git@github.com:org/repo.git", "git@github.com/org/repo")]
    #[case("ssh://git@github.com/org/repo", "git@github.com/org/repo")]
    fn urls(#[case] url: &str, #[case] normal: &str) {
        assert_eq!(normalize_url(url), normal);
    }
}
