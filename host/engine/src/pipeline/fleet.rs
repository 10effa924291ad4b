//! `fleet` of `oarlock.yaml`: where the root Applications of a repository are, and what is known
//! around them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Profile;

/// What a repository says of everything that it deploys: in `oarlock.yaml` at the root of the tree
/// alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields, expecting = "a mapping")]
pub struct FleetSettings {
    /// The root of each environment, by its name: the file with the Application that deploys all
    /// others, or the directory that it deploys, from the root of the tree.
    pub roots: BTreeMap<String, String>,
    /// A URL under which sources name this repository. Those of git's remotes count, too. Where
    /// there are none either, it is the one that sources name most often with a directory that is
    /// in this tree.
    pub repository: Option<String>,
    /// The branch that sources name and for which the tree at hand stands, beside an empty revision
    /// and `HEAD`. Default: `main`, `master`, and what git knows as the default branch and the one
    /// that is checked out.
    pub branch: Option<String>,
    /// The clusters that Argo CD knows: a file with their names, URLs, labels and annotations, or
    /// with Argo CD's Secrets, from the root of the tree. `oarlock schema clusters` prints what it
    /// may say.
    pub clusters: Option<String>,
    /// Other repositories of which this tree holds a copy, as a submodule: a directory by its path
    /// from the root of the tree, by the URL that sources name, for every revision, or by
    /// `URL?ref=REVISION` for one. Copies under `remotes` need no entry.
    pub repositories: BTreeMap<String, String>,
    /// The release of Argo CD that runs the fleet, for all that it renders, itself or through
    /// Oarlock. Default: `profile`.
    pub profile: Option<Profile>,
    /// `kustomize.buildOptions` of Argo CD's settings: `--enable-helm`, `--load-restrictor
    /// LoadRestrictionsNone`.
    pub kustomize_build_options: Option<String>,
    /// Parameters of ApplicationSet generators that ask services, as they were recorded: a file by
    /// its path from the root of the tree.
    pub recorded: Option<String>,
    /// What Argo CD's own settings leave out of every comparison: the keys
    /// `resource.customizations.ignoreDifferences.…` of its ConfigMap `argocd-cm`, by what stands
    /// behind the last dot of that prefix: `GROUP_KIND`, `KIND` for the core group, or `all`. It
    /// adds to what Applications say in `ignoreDifferences`.
    pub ignore_differences: BTreeMap<String, IgnoredFields>,
    /// Labels and annotations whose changes `oarlock diff` shows apart, as noise; `*` stands for
    /// any text.
    pub noise: Vec<String>,
}

/// Fields that comparisons leave out, as in Argo CD.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields, expecting = "a mapping")]
pub struct IgnoredFields {
    /// JSON pointers, as `/spec/replicas`.
    pub json_pointers: Vec<String>,
    /// Paths in the language of jq, as `.spec.template.spec.initContainers[]`.
    pub jq_path_expressions: Vec<String>,
    /// Managers of fields. What they manage is known to the cluster alone, so it is compared.
    pub managed_fields_managers: Vec<String>,
}
