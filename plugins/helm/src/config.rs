//! What a pipeline may configure.

use oarlock_plugin::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::profile::Profile;

/// The configuration of the helm plugin, with the names and meanings of an Application's
/// `spec.source.helm`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "these are Argo CD's and Helm's switches")]
pub struct Config {
    /// The version of Helm whose output is printed: `3.19`, `4.1` or `4.2`.
    pub profile: Profile,
    /// Name of the release; by default that of the Application, else `release-name`.
    pub release_name: String,
    /// A template that gives the name of the release, where `releaseName` does not.
    pub name_template: String,
    /// Namespace of the release; by default the one that the Application deploys to, else
    /// `default`.
    pub namespace: String,
    /// Values files, later ones winning: relative to the chart, or from the root of the repository
    /// with a leading `/`. Globs of `*`, `?`, `[…]` and `**` stand for the files that match, in the
    /// order of their names.
    pub value_files: Vec<String>,
    /// Whether `*`, `?` and `[…]` in `valueFiles` make a glob, as since Argo CD 3.4. Without, they
    /// are letters of a name.
    pub value_file_globs: Switch,
    /// Whether values files that are not there are left out instead of an error.
    pub ignore_missing_value_files: bool,
    /// Values that win over those of the files: a mapping, or YAML text.
    pub values: InlineValues,
    /// Values as `values`, and instead of these where both are given.
    pub values_object: Option<Map<String, Value>>,
    /// Single values, as by `--set`, that win over everything else.
    pub parameters: Vec<Parameter>,
    /// Single values that are the content of files, as by `--set-file`.
    pub file_parameters: Vec<FileParameter>,
    /// Whether what lies in `crds/` is left out.
    pub skip_crds: bool,
    /// The same the other way round, as kustomize says it; wins over `skipCrds`.
    pub include_crds: Option<bool>,
    /// Whether hooks that run when a release is tested are left out.
    pub skip_tests: bool,
    /// Whether all hooks are left out.
    pub skip_hooks: bool,
    /// Whether values are not held against `values.schema.json`.
    pub skip_schema_validation: bool,
    /// Version of Kubernetes; by default that of the cluster.
    pub kube_version: String,
    /// APIs that the cluster serves; by default those that are known of it. Helm's own list comes
    /// on top.
    pub api_versions: Vec<String>,
    /// Whether templates see an upgrade instead of an installation.
    pub is_upgrade: bool,
    /// Taken so that `spec.source.helm` can be moved here, and without effect: repositories are
    /// asked nothing.
    pub pass_credentials: bool,
    /// Likewise: charts of Helm 2 are rendered as Helm 3 and 4 render them.
    pub version: String,
    /// Whether the text is handed on that is printed, each document as the field `printed` of an
    /// object, for a plugin that reads it by rules of its own, as `kustomize` does for
    /// `helmCharts`.
    pub as_printed: bool,
    /// With `asPrinted`: whether each document says in `lines` where its lines are written.
    pub with_lines: bool,
    /// What random functions draw from: another seed, other passwords and certificates.
    pub seed: u64,
}

/// A switch that is on unless it is turned off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Switch(pub bool);

impl Default for Switch {
    fn default() -> Self {
        Self(true)
    }
}

/// Values within a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum InlineValues {
    /// A mapping.
    Mapping(Map<String, Value>),
    /// YAML text.
    Text(String),
}

impl Default for InlineValues {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// A single value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameter {
    /// Where it goes, as `image.tag` or `hosts[0]`.
    pub name: String,
    /// The value. What looks like a number or a truth value is one.
    pub value: String,
    /// Whether it is text whatever it looks like.
    pub force_string: bool,
}

/// A single value that is the content of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct FileParameter {
    /// Where it goes.
    pub name: String,
    /// The file, as in `valueFiles`.
    pub path: String,
}
