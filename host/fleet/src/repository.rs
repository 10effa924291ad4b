//! Which tree stands for the repository and the revision that a source names.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use oarlock_engine::source::{Remotes, Source};
use oarlock_plugin::{ChartUrl, Kind, TreePath};
use serde::{Deserialize, Serialize};

/// A repository, by a URL of it: however protocol, user, letters' case and `.git` are spelled, two
/// URLs of one repository are equal.
///
/// ```
/// use oarlock_fleet::RepositoryId;
///
/// let one = RepositoryId::new("https://git.example.com/Org/gitops.git");
/// assert_eq!(one, RepositoryId::new("git@git.example.com:org/gitops"));
/// assert_eq!(one.to_string(), "git.example.com/org/gitops");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryId(String);

impl RepositoryId {
    /// The repository at a URL.
    pub fn new(url: &str) -> Self {
        let url = url.trim().to_lowercase();
        let (rest, has_scheme) = match url.split_once("://") {
            Some((_, rest)) => (rest, true),
            None => (url.as_str(), false),
        };
        let host_end = rest.find('/').unwrap_or(rest.len());
        let rest = match rest[..host_end].rfind('@') {
            Some(at) => &rest[at + 1..],
            None => rest,
        };
        // `git@host:path` has no scheme, and its colon is a slash.
        let rest = if has_scheme { rest.to_owned() } else { rest.replacen(':', "/", 1) };
        let rest = rest.trim_end_matches('/');
        Self(rest.strip_suffix(".git").unwrap_or(rest).to_owned())
    }
}

impl fmt::Display for RepositoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A repository at a revision: a directory of a tree.
#[derive(Clone)]
pub struct Checkout {
    /// The tree.
    pub tree: Arc<dyn Source>,
    /// The root of the repository in it.
    pub root: TreePath,
}

impl Checkout {
    /// A whole tree.
    pub fn new(tree: Arc<dyn Source>) -> Self {
        Self { tree, root: TreePath::root() }
    }

    /// Whether both are the same directory of the same tree.
    pub fn is_same(&self, other: &Self) -> bool {
        self.is_same_tree(other) && self.root == other.root
    }

    /// Whether both lie in one tree.
    pub fn is_same_tree(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.tree, &other.tree)
    }
}

impl fmt::Debug for Checkout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkout").field("root", &self.root).finish_non_exhaustive()
    }
}

/// What a source needs that is not at hand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct External {
    /// Why it is not at hand.
    pub kind: ExternalKind,
    /// The URL of the repository, as the source has it.
    pub repository: String,
    /// The chart in it.
    pub chart: Option<String>,
    /// The revision, or the version of the chart; empty for the newest.
    pub revision: String,
    /// The plugin of Argo CD that would render it.
    pub plugin: Option<String>,
}

/// Why something is not at hand.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum ExternalKind {
    /// It is in another repository, for which there is no tree.
    Repository,
    /// It is another revision of this repository.
    Revision,
    /// It is a chart from a chart repository, of which there is no copy.
    Chart,
    /// Another plugin than Oarlock renders it.
    Plugin,
}

impl External {
    fn of(kind: ExternalKind, repository: &str, revision: &str) -> Self {
        Self {
            kind,
            repository: repository.to_owned(),
            chart: None,
            revision: revision.to_owned(),
            plugin: None,
        }
    }

    /// How it can be brought to hand.
    pub fn hint(&self) -> String {
        match self.kind {
            ExternalKind::Repository => format!(
                "name a tree by `--repo {}=DIR`, or its copy in this repository under `fleet.repositories` or `remotes` of oarlock.yaml",
                self.repository
            ),
            ExternalKind::Revision => {
                "only the tree at hand is rendered; if it stands for this branch, set `fleet.branch` in oarlock.yaml"
                    .to_owned()
            }
            ExternalKind::Chart => {
                let chart = self.chart.as_deref().unwrap_or_default();
                match chart_url(&self.repository, chart, &self.revision) {
                    Some(url) => {
                        format!("name a copy in this repository under `remotes` of oarlock.yaml: `{url}: {}`", url.customary_place())
                    }
                    None => "copy the chart into this repository".to_owned(),
                }
            }
            ExternalKind::Plugin => "Oarlock renders sources with `plugin: {name: oarlock}`, and those that Argo CD renders itself".to_owned(),
        }
    }
}

impl fmt::Display for External {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { repository, revision, .. } = self;
        let at = if revision.is_empty() { String::new() } else { format!(" at `{revision}`") };
        match (self.kind, &self.chart, &self.plugin) {
            (ExternalKind::Revision, ..) => write!(f, "revision `{revision}` of this repository"),
            (ExternalKind::Plugin, _, Some(plugin)) if !plugin.is_empty() => {
                write!(f, "plugin `{plugin}` of Argo CD")
            }
            (ExternalKind::Plugin, ..) => f.write_str("a plugin that Argo CD discovers"),
            (_, Some(chart), _) => write!(f, "chart `{chart}` of `{repository}`{at}"),
            _ => write!(f, "repository `{repository}`{at}"),
        }
    }
}

/// Opens revisions of the repository under review. A program that knows git implements it.
pub trait Revisions: Send + Sync {
    /// The tree at a revision, as a source names it: a branch, a tag, a commit. None where the
    /// repository does not have it.
    fn open(&self, revision: &str) -> Option<Arc<dyn Source>>;
}

/// The trees that stand for repositories.
pub struct Repositories {
    reviewed: Checkout,
    /// The repository under review. It may be found out while its fleet is read.
    own: RwLock<BTreeSet<RepositoryId>>,
    /// Revisions for which the tree at hand stands, beside the empty one and `HEAD`.
    branches: BTreeSet<String>,
    /// Trees of other repositories: at one revision, or at any.
    others: BTreeMap<(RepositoryId, Option<String>), Checkout>,
    /// Copies in the tree at hand.
    remotes: Remotes,
    revisions: Option<Arc<dyn Revisions>>,
}

/// Where a source lies.
#[derive(Clone, Debug)]
pub struct Located {
    /// The repository.
    pub checkout: Checkout,
    /// The directory of the source, from the root of the tree.
    pub directory: TreePath,
}

impl Repositories {
    /// The repository under review, and none else.
    pub fn new(reviewed: Arc<dyn Source>) -> Self {
        Self {
            reviewed: Checkout::new(reviewed),
            own: RwLock::default(),
            branches: BTreeSet::new(),
            others: BTreeMap::new(),
            remotes: Remotes::default(),
            revisions: None,
        }
    }

    /// The tree under review.
    pub fn reviewed(&self) -> &Checkout {
        &self.reviewed
    }

    /// A URL of the repository under review.
    #[must_use]
    pub fn known_as(self, url: &str) -> Self {
        self.adopt(url);
        self
    }

    /// A branch for which the tree at hand stands.
    #[must_use]
    pub fn on_branch(mut self, branch: impl Into<String>) -> Self {
        self.branches.insert(branch.into());
        self
    }

    /// A tree of another repository, which holds for every revision unless the URL ends in
    /// `?ref=REVISION`.
    #[must_use]
    pub fn with(mut self, url: &str, checkout: Checkout) -> Self {
        let (url, revision) = match url.split_once("?ref=") {
            Some((url, revision)) => (url, Some(revision.to_owned())),
            None => (url, None),
        };
        self.others.insert((RepositoryId::new(url), revision), checkout);
        self
    }

    /// Copies of other repositories and charts in the tree under review.
    #[must_use]
    pub fn with_remotes(mut self, remotes: Remotes) -> Self {
        self.remotes = remotes;
        self
    }

    /// What opens other revisions of the repository under review.
    #[must_use]
    pub fn with_revisions(mut self, revisions: Arc<dyn Revisions>) -> Self {
        self.revisions = Some(revisions);
        self
    }

    /// Whether it is known under which URLs sources name the repository under review.
    pub fn is_known(&self) -> bool {
        !self.own.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Takes a URL for one of the repository under review.
    pub fn adopt(&self, url: &str) {
        self.own.write().unwrap_or_else(PoisonError::into_inner).insert(RepositoryId::new(url));
    }

    /// Whether a URL is one of the repository under review.
    pub fn is_reviewed(&self, url: &str) -> bool {
        self.is_own(&RepositoryId::new(url))
    }

    /// Whether the tree at hand stands for a revision of the repository under review.
    pub fn stands_for(&self, revision: &str) -> bool {
        matches!(revision, "" | "HEAD") || self.branches.contains(branch(revision))
    }

    fn is_own(&self, id: &RepositoryId) -> bool {
        self.own.read().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    /// The root of a repository at a revision.
    ///
    /// # Errors
    /// If it is not at hand.
    pub fn find(&self, url: &str, revision: &str) -> Result<Checkout, External> {
        let id = RepositoryId::new(url);
        let other = |revision: Option<&str>| self.others.get(&(id.clone(), revision.map(str::to_owned)));
        if let Some(checkout) = other(Some(revision)).or_else(|| other(None)) {
            return Ok(checkout.clone());
        }
        if self.is_own(&id) {
            if self.stands_for(revision) {
                return Ok(self.reviewed.clone());
            }
            let opened = self.revisions.as_ref().and_then(|revisions| revisions.open(revision));
            return opened
                .map(Checkout::new)
                .ok_or_else(|| External::of(ExternalKind::Revision, url, revision));
        }
        match self.remotes.find(&remote_url(url, "", revision)) {
            Some(root) if self.is_directory(&root) => Ok(Checkout { root, ..self.reviewed.clone() }),
            _ => Err(External::of(ExternalKind::Repository, url, revision)),
        }
    }

    /// A directory of a repository at a revision. It need not be there.
    ///
    /// # Errors
    /// If the repository is not at hand, or the path leads out of it.
    pub fn locate(&self, url: &str, revision: &str, path: &str) -> Result<Located, LocateError> {
        let checkout = match self.find(url, revision) {
            Ok(checkout) => checkout,
            // A copy may be one of a directory alone.
            Err(external) => match self.remotes.find(&remote_url(url, path, revision)) {
                Some(directory) if self.is_directory(&directory) => {
                    let checkout = Checkout { root: directory.clone(), ..self.reviewed.clone() };
                    return Ok(Located { checkout, directory });
                }
                _ => return Err(external.into()),
            },
        };
        // What climbs out of the repository must not end in the tree around it.
        let within = TreePath::new(path)?;
        let directory = checkout.root.join(within.as_str())?;
        Ok(Located { checkout, directory })
    }

    /// The copy of a chart.
    ///
    /// # Errors
    /// If there is none.
    pub fn chart(&self, repository: &str, chart: &str, version: &str) -> Result<Located, External> {
        let place = chart_url(repository, chart, version).and_then(|url| self.remotes.find(&url.to_string()));
        match place {
            Some(directory) if self.is_directory(&directory) => Ok(Located {
                checkout: Checkout { root: directory.clone(), ..self.reviewed.clone() },
                directory,
            }),
            _ => Err(External {
                chart: Some(chart.to_owned()),
                ..External::of(ExternalKind::Chart, repository, version)
            }),
        }
    }

    fn is_directory(&self, place: &TreePath) -> bool {
        self.reviewed.tree.stat(place).is_ok_and(|found| found.kind == Kind::Directory)
    }
}

/// Why a directory of a repository cannot be located.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocateError {
    /// The repository is not at hand.
    External(External),
    /// The path is none in the repository.
    Path(oarlock_plugin::PathError),
}

impl From<External> for LocateError {
    fn from(external: External) -> Self {
        Self::External(external)
    }
}

impl From<oarlock_plugin::PathError> for LocateError {
    fn from(error: oarlock_plugin::PathError) -> Self {
        Self::Path(error)
    }
}

/// The name of a branch, however it is spelled.
fn branch(revision: &str) -> &str {
    ["refs/heads/", "refs/remotes/origin/", "origin/"]
        .into_iter()
        .find_map(|prefix| revision.strip_prefix(prefix))
        .unwrap_or(revision)
}

/// The URL of a chart as `remotes` has it. A registry stands in a source without its scheme.
fn chart_url(repository: &str, chart: &str, version: &str) -> Option<ChartUrl> {
    if repository.contains("://") {
        ChartUrl::new(repository, chart, version)
    } else {
        ChartUrl::new(&format!("oci://{repository}"), chart, version)
    }
}

/// The URL of a directory as `remotes` has it.
fn remote_url(url: &str, path: &str, revision: &str) -> String {
    let path = path.trim_matches('/');
    let path = if matches!(path, "" | ".") { String::new() } else { format!("//{path}") };
    let revision = if revision.is_empty() { String::new() } else { format!("?ref={revision}") };
    format!("{}{path}{revision}", url.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use oarlock_engine::source::Directory;

    use super::*;

    fn tree(directories: &[&str]) -> (tempfile::TempDir, Arc<dyn Source>) {
        let outer = tempfile::tempdir().unwrap();
        for directory in directories {
            std::fs::create_dir_all(outer.path().join(directory)).unwrap();
        }
        let tree = Directory::open(outer.path()).unwrap();
        (outer, Arc::new(tree))
    }

    const OWN: &str = "https://git.example.com/org/gitops.git";

    #[test]
    fn spellings_of_one_repository_are_the_same() {
        for url in [
            "https://github.example.com/Org/gitops.git",
            "https://user:token@github.example.com/org/gitops",
            "git@github.example.com:org/gitops.git",
            "ssh://git@github.example.com/org/gitops.git/",
        ] {
            assert_eq!(RepositoryId::new(url).to_string(), "github.example.com/org/gitops", "{url}");
        }
        assert_ne!(RepositoryId::new("https://h/o/a"), RepositoryId::new("https://h/o/b"));
    }

    #[test]
    fn the_tree_at_hand_stands_for_the_reviewed_branch() {
        let (_outer, tree) = tree(&[]);
        let repositories = Repositories::new(tree).known_as(OWN).on_branch("main");
        for revision in ["", "HEAD", "main", "refs/heads/main", "origin/main"] {
            let found = repositories.find("git@git.example.com:org/gitops", revision).unwrap();
            assert!(found.is_same(repositories.reviewed()), "{revision}");
        }
        let external = repositories.find(OWN, "v1").unwrap_err();
        assert_eq!(external.to_string(), "revision `v1` of this repository");
    }

    #[test]
    fn other_repositories_are_mapped_or_external() {
        let (_outer, reviewed) = tree(&["vendor/bases/web", "vendor/chart"]);
        let (_other, other) = tree(&["apps"]);
        let remotes = Remotes::new([
            ("https://h.example/o/bases?ref=v1".to_owned(), TreePath::new("vendor/bases").unwrap()),
            (
                "helm+https://charts.example.com/redis?version=18.0.0".to_owned(),
                TreePath::new("vendor/chart").unwrap(),
            ),
        ]);
        let repositories = Repositories::new(reviewed)
            .known_as(OWN)
            .with("https://h.example/o/other", Checkout::new(other))
            .with_remotes(remotes);
        let directory = |url: &str, revision: &str, path: &str| {
            repositories.locate(url, revision, path).map(|found| found.directory.into_string())
        };
        assert_eq!(directory("https://h.example/o/other.git", "v7", "apps").unwrap(), "apps");
        assert_eq!(directory("https://h.example/o/bases", "v1", "web").unwrap(), "vendor/bases/web");
        assert!(matches!(directory("https://h.example/o/bases", "v2", "web"), Err(LocateError::External(_))));
        assert!(matches!(directory("https://h.example/o/bases", "v1", "../x"), Err(LocateError::Path(_))));
        let chart = repositories.chart("https://charts.example.com", "redis", "18.0.0").unwrap();
        assert_eq!(chart.directory.as_str(), "vendor/chart");
        let external = repositories.chart("charts.example.com/stable", "redis", "1").unwrap_err();
        assert_eq!(external.to_string(), "chart `redis` of `charts.example.com/stable` at `1`");
        assert!(external.hint().contains("helm+oci://charts.example.com/stable/redis?version=1"));
    }
}
