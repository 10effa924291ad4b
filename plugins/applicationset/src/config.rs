//! The configuration of the plugin.

use oarlock_plugin::schemars::{self, JsonSchema};
use oarlock_plugin::{Host, TreePath};
use serde::Deserialize;

use crate::cluster::Cluster;
use crate::inputs::{Recorded, Release};
use crate::repository::{Checkout, Repositories, normalize_url};

/// What Argo CD's controller reads from a cluster, from git and from services.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
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
    /// Parameters of generators that ask services: `scmProvider`, `pullRequest`, `plugin`,
    /// `clusterDecisionResource`.
    pub recorded: Vec<Recorded>,
    /// The release of Argo CD to be like.
    pub release: Release,
    /// Whether git generators see directories whose name starts with a dot.
    pub include_hidden_directories: bool,
    /// Whether the ApplicationSets are kept beside the Applications that they make.
    pub keep: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            namespace: "argocd".to_owned(),
            clusters: Vec::new(),
            projects: None,
            repositories: Vec::new(),
            recorded: Vec::new(),
            release: Release::default(),
            include_hidden_directories: false,
            keep: false,
        }
    }
}

/// A repository and the directory that stands for it, whatever revision is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
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
    pub(crate) repositories: &'h [Repository],
}

impl Repositories for ConfiguredRepositories<'_> {
    fn checkout(&self, url: &str, revision: &str) -> Option<Checkout<'_>> {
        let wanted = normalize_url(url);
        let mut configured = self.repositories.iter();
        let path = match configured.find(|repository| normalize_url(&repository.url) == wanted) {
            Some(repository) => repository.path.clone(),
            None => self.copy(url, revision)?,
        };
        Some(Checkout { host: self.host, root: TreePath::new(&path).ok()? })
    }
}

impl ConfiguredRepositories<'_> {
    /// The copy of a repository that the tree holds, as `remotes` of `oarlock.yaml` says.
    fn copy(&self, url: &str, revision: &str) -> Option<String> {
        match revision {
            "" | "HEAD" => self.host.remote(url),
            revision => self.host.remote(&format!("{url}?ref={revision}")),
        }
    }
}
