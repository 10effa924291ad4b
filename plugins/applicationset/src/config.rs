//! The configuration of the plugin.

use oarlock_plugin::schemars::{self, JsonSchema};
use oarlock_plugin::{Host, Kind, TreePath};
use serde::{Deserialize, Serialize};

use crate::cluster::Cluster;
use crate::inputs::{Recorded, Release};
use crate::repository::{Checkout, Repositories, normalize_url};

/// What Argo CD's controller reads from a cluster, from git and from services.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Config {
    /// The namespace of ApplicationSets that name none.
    pub namespace: String,
    /// The registered clusters. The local one always exists.
    pub clusters: Vec<Cluster>,
    /// The AppProjects that exist. Where this is absent every name but the empty one passes.
    pub projects: Option<Vec<String>>,
    /// Where git generators find the repositories that they name. Those under `remotes` of
    /// `oarlock.yaml` are found, too.
    pub repositories: Vec<Repository>,
    /// Whether the tree is one of repositories: a directory of its root for each, named as
    /// [`repository_name`] says.
    pub tree_of_repositories: bool,
    /// Parameters of generators that ask services: `scmProvider`, `pullRequest`, `plugin`,
    /// `clusterDecisionResource`.
    pub recorded: Vec<Recorded>,
    /// The release of Argo CD to be like.
    pub release: Release,
    /// Whether git generators see directories whose name starts with a dot.
    pub include_hidden_directories: bool,
    /// Whether the ApplicationSets are kept beside the Applications that they make.
    pub keep: bool,
    /// Whether the Applications of a set are returned within one object `ExpansionReport`, with
    /// what is not created and what is wrong, in place of the set.
    pub report: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            namespace: "argocd".to_owned(),
            clusters: Vec::new(),
            projects: None,
            repositories: Vec::new(),
            tree_of_repositories: false,
            recorded: Vec::new(),
            release: Release::default(),
            include_hidden_directories: false,
            keep: false,
            report: false,
        }
    }
}

/// A repository and the directory that stands for it, whatever revision is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Repository {
    /// Its URL, in any spelling that Argo CD takes for the same.
    pub url: String,
    /// The directory, from the root of the tree; `.` where the tree is the repository.
    #[serde(default = "root")]
    pub path: String,
}

fn root() -> String {
    ".".to_owned()
}

/// The repositories of a configuration, in the tree of a host.
pub(crate) struct ConfiguredRepositories<'h> {
    pub(crate) host: &'h dyn Host,
    pub(crate) config: &'h Config,
}

impl Repositories for ConfiguredRepositories<'_> {
    fn checkout(&self, url: &str, revision: &str) -> Option<Checkout<'_>> {
        let wanted = normalize_url(url);
        let mut configured = self.config.repositories.iter();
        let path = match configured.find(|repository| normalize_url(&repository.url) == wanted) {
            Some(repository) => repository.path.clone(),
            None => self.directory(url, revision).or_else(|| self.copy(url, revision))?,
        };
        Some(Checkout { host: self.host, root: TreePath::new(&path).ok()? })
    }
}

impl ConfiguredRepositories<'_> {
    /// The directory of a repository in a tree of repositories.
    fn directory(&self, url: &str, revision: &str) -> Option<String> {
        if !self.config.tree_of_repositories {
            return None;
        }
        let name = repository_name(url, revision);
        self.host.stat(&name).is_ok_and(|found| found.kind == Kind::Directory).then_some(name)
    }

    /// The copy of a repository that the tree holds, as `remotes` of `oarlock.yaml` says.
    fn copy(&self, url: &str, revision: &str) -> Option<String> {
        match revision {
            "" | "HEAD" => self.host.remote(url),
            revision => self.host.remote(&format!("{url}?ref={revision}")),
        }
    }
}

/// The name of a repository at a revision in a tree of repositories: both in lower-case
/// hexadecimal, with a dot between them.
///
/// ```
/// use oarlock_applicationset::{named_repository, repository_name};
///
/// let name = repository_name("https://h/o", "v1");
/// assert_eq!(name, "68747470733a2f2f682f6f.7631");
/// assert_eq!(named_repository(&name), Some(("https://h/o".to_owned(), "v1".to_owned())));
/// ```
pub fn repository_name(url: &str, revision: &str) -> String {
    let hexadecimal = |text: &str| {
        text.bytes().fold(String::new(), |mut digits, byte| {
            digits.extend(
                [byte >> 4, byte & 15].map(|half| char::from(b"0123456789abcdef"[usize::from(half)])),
            );
            digits
        })
    };
    format!("{}.{}", hexadecimal(url), hexadecimal(revision))
}

/// The URL and the revision of a name; `None` where it is none of [`repository_name`].
pub fn named_repository(name: &str) -> Option<(String, String)> {
    let text = |digits: &str| {
        let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
        let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        String::from_utf8(pairs.iter().map(byte).collect::<Option<_>>()?).ok()
    };
    let (url, revision) = name.split_once('.')?;
    Some((text(url)?, text(revision)?))
}
