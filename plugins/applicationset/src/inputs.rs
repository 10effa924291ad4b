//! What an expansion is given besides the ApplicationSet.

use oarlock_plugin::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::{Map as JsonMap, Value as Json};

use crate::cluster::Cluster;
use crate::repository::{NoRepositories, Repositories};

/// Everything that Argo CD's controller reads from a cluster, from git and from services.
#[derive(Clone, Copy)]
pub struct Inputs<'i> {
    /// The registered clusters, in the order of their Secrets' names. The local one always exists.
    pub clusters: &'i [Cluster],
    /// The repositories that git generators may read.
    pub repositories: &'i dyn Repositories,
    /// The AppProjects that exist; `None` where they are not known, so that any but the empty one
    /// passes.
    pub projects: Option<&'i [String]>,
    /// The namespace of an ApplicationSet that names none.
    pub namespace: &'i str,
    /// Parameters of generators that ask services.
    pub recorded: &'i [Recorded],
    /// The release of Argo CD to be like.
    pub release: Release,
    /// Whether directories whose name starts with a dot are directories of Applications:
    /// `--include-hidden-directories` of the repo-server.
    pub include_hidden_directories: bool,
    /// How much may be made.
    pub limits: Limits,
}

impl Default for Inputs<'_> {
    fn default() -> Self {
        Self {
            clusters: &[],
            repositories: &NoRepositories,
            projects: None,
            namespace: "argocd",
            recorded: &[],
            release: Release::default(),
            include_hidden_directories: false,
            limits: Limits::default(),
        }
    }
}

/// A release of Argo CD, as far as ApplicationSets differ by it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Release {
    /// 3.3: values of a matrix's second generator are rendered with the first one's parameters
    /// alone, and selectors do not look into labels, annotations and values where Go templates are
    /// used.
    #[serde(rename = "argocd-3.3")]
    V3_3,
    /// 3.4, in its last patch release.
    #[serde(rename = "argocd-3.4")]
    V3_4,
    /// 3.5.
    #[default]
    #[serde(rename = "argocd-3.5")]
    V3_5,
}

/// How much one ApplicationSet may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Applications.
    pub applications: usize,
    /// Parameter sets of all generators together, those within matrices and merges among them.
    pub parameter_sets: usize,
    /// Parameters of all sets together.
    pub parameters: usize,
    /// Bytes of all Applications together.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { applications: 20_000, parameter_sets: 100_000, parameters: 1_000_000, bytes: 48 << 20 }
    }
}

/// Parameter sets that a service gave once, for a generator that asks it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Recorded {
    /// The kind of generator.
    pub generator: Service,
    /// The ApplicationSet by its name; every one where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_set: Option<String>,
    /// The sets, with the names that Argo CD gives parameters. `values` of the generator are added
    /// to each.
    pub parameters: Vec<JsonMap<String, Json>>,
}

/// A generator that asks a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Service {
    /// A forge for its repositories.
    ScmProvider,
    /// A resource of the cluster for its list of clusters.
    ClusterDecisionResource,
    /// A forge for the pull requests of a repository.
    PullRequest,
    /// A plugin over HTTP.
    Plugin,
}

impl Service {
    /// The generator's field.
    pub fn field(self) -> &'static str {
        match self {
            Self::ScmProvider => "scmProvider",
            Self::ClusterDecisionResource => "clusterDecisionResource",
            Self::PullRequest => "pullRequest",
            Self::Plugin => "plugin",
        }
    }
}
