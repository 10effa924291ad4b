//! How a build goes.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::edit::Edits;
use crate::profile::Profile;

/// How a build goes: what `kustomize build` takes as flags, and what is changed before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Which files a kustomization may read: those in and below its own directory (`rootOnly`), or
    /// all of the tree (`none`). Other kustomizations may lie anywhere in the tree.
    pub load_restrictor: LoadRestrictor,
    /// Whether `helmCharts` are rendered, by the plugin `helm`.
    pub enable_helm: bool,
    /// The order of the manifests where a kustomization has no `sortOptions`: by kind (`legacy`),
    /// or as they were read (`none`).
    pub reorder: Reorder,
    /// The minor version of kustomize to be like, where its versions differ.
    pub profile: Profile,
    /// The version of Kubernetes that charts see, as by `--helm-kube-version`.
    pub kube_version: String,
    /// The APIs that charts see, as by `--helm-api-versions`.
    pub api_versions: Vec<String>,
    /// The version of Helm that `helmCharts` are rendered like; empty for the default of the plugin
    /// `helm`.
    pub helm_profile: String,
    /// What is changed in the kustomization of the directory before it is built.
    pub edits: Edits,
}

/// Which files a kustomization may read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LoadRestrictor {
    /// Those in and below its own directory.
    #[default]
    RootOnly,
    /// All of the tree.
    None,
}

/// The order of the manifests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Reorder {
    /// By kind: namespaces first, webhooks last.
    #[default]
    Legacy,
    /// As they were read.
    None,
}
