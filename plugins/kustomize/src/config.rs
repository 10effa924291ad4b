//! What a pipeline may configure: the flags of `kustomize build`, and what Argo CD's
//! `spec.source.kustomize` changes before a build.

use std::borrow::Cow;
use std::collections::BTreeMap;

use oarlock_plugin::schemars::{self, JsonSchema};
use serde::Deserialize;
use serde_json::Value;

use crate::edit::{Edits, LabelsIn};
use crate::options::{LoadRestrictor, Options, Reorder};
use crate::patch::Patch;
use crate::profile::Profile;

/// The configuration of the plugin. All but the flags of `kustomize build` has the names and
/// meanings of an Application's `spec.source.kustomize`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "these are Argo CD's and kustomize's switches")]
pub struct Config {
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
    /// The version of kustomize, as `v5.8.1`: where there is a profile for it, that one is taken,
    /// and `profile` does not count.
    pub version: String,
    /// Version of Kubernetes that charts see; by default that of the cluster, else what the chart's
    /// entry says.
    pub kube_version: String,
    /// APIs that charts see; by default those of the cluster, else what the chart's entry says.
    pub api_versions: Vec<String>,
    /// The minor version of Helm that `helmCharts` are rendered like: the `profile` of the plugin
    /// `helm`, by default the one that it has.
    pub helm_profile: HelmProfile,
    /// In place of the kustomization's own `namePrefix`.
    pub name_prefix: String,
    /// In place of the kustomization's own `nameSuffix`.
    pub name_suffix: String,
    /// In place of the kustomization's own `namespace`.
    pub namespace: String,
    /// Images: `[OLD=]NEW[:TAG][@DIGEST]`, each in place of the kustomization's entry for the same
    /// image. `*` keeps what stands there.
    pub images: Vec<String>,
    /// Replica counts, each in place of the kustomization's entry for the same name.
    pub replicas: Vec<Replica>,
    /// Labels, added to `commonLabels`.
    pub common_labels: BTreeMap<String, String>,
    /// Whether a label takes the place of one that the kustomization sets; it is an error
    /// otherwise.
    pub force_common_labels: bool,
    /// Whether selectors go without the labels.
    pub label_without_selector: bool,
    /// Whether templates get the labels where selectors go without.
    pub label_include_templates: bool,
    /// Annotations, added to `commonAnnotations`.
    pub common_annotations: BTreeMap<String, String>,
    /// Whether an annotation takes the place of one that the kustomization sets; it is an error
    /// otherwise.
    pub force_common_annotations: bool,
    /// Whether variables of the Application are replaced in annotations.
    pub common_annotations_envsubst: bool,
    /// Patches, after those of the kustomization.
    #[schemars(with = "Vec<serde_json::Map<String, Value>>")]
    pub(crate) patches: Vec<Patch>,
    /// Components, after those of the kustomization: paths from its directory, which may have `*`
    /// in them.
    pub components: Vec<String>,
    /// Whether components that are not there are left out instead of an error.
    pub ignore_missing_components: bool,
}

/// How many replicas something is to have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Replica {
    /// The name of the resource.
    pub name: String,
    /// How many.
    pub count: Count,
}

/// A number, as such or in quotes: Argo CD takes both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "serde_json::Value")]
pub struct Count(pub i64);

impl TryFrom<Value> for Count {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let count = match &value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        count.map(Self).ok_or_else(|| format!("{value} is no number of replicas"))
    }
}

impl JsonSchema for Count {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Count".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": ["integer", "string"]})
    }
}

/// A minor version of Helm, with quotes or without, which makes it a number. The plugin `helm`
/// knows which there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "HelmVersion")]
pub struct HelmProfile(pub String);

#[derive(Deserialize)]
#[serde(untagged, expecting = "a version of Helm is its first two numbers, as `4.2`")]
enum HelmVersion {
    Text(String),
    Number(f64),
}

impl From<HelmVersion> for HelmProfile {
    fn from(version: HelmVersion) -> Self {
        Self(match version {
            HelmVersion::Text(text) => text,
            HelmVersion::Number(number) => number.to_string(),
        })
    }
}

impl JsonSchema for HelmProfile {
    fn schema_name() -> Cow<'static, str> {
        "HelmProfile".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": ["number", "string"]})
    }
}

impl Config {
    /// The flags, and what is changed before the build.
    pub(crate) fn into_options(self) -> Options {
        Options {
            load_restrictor: self.load_restrictor,
            enable_helm: self.enable_helm,
            reorder: self.reorder,
            profile: Profile::of_version(&self.version).unwrap_or(self.profile),
            kube_version: self.kube_version,
            api_versions: self.api_versions,
            helm_profile: self.helm_profile.0,
            edits: Edits {
                name_prefix: self.name_prefix,
                name_suffix: self.name_suffix,
                namespace: self.namespace,
                images: self.images,
                replicas: self.replicas.into_iter().map(|replica| (replica.name, replica.count.0)).collect(),
                labels: self.common_labels,
                force_labels: self.force_common_labels,
                labels_in: match (self.label_without_selector, self.label_include_templates) {
                    (false, _) => LabelsIn::Selectors,
                    (true, true) => LabelsIn::Templates,
                    (true, false) => LabelsIn::Metadata,
                },
                annotations: self.common_annotations,
                force_annotations: self.force_common_annotations,
                patches: self.patches,
                components: self.components,
                ignore_missing_components: self.ignore_missing_components,
            },
        }
    }
}
