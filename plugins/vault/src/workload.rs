//! Workloads: the objects with a pod spec, and what of it is read here.

use k8s_openapi::api::core::v1::{
    EnvFromSource, LocalObjectReference, SecretKeySelector, SecretProjection, SecretVolumeSource,
};
use oarlock_plugin::Manifest;
use serde::Deserialize;
use serde_json::Value;

use crate::crd::{RestartKind, RestartTarget};
use crate::scope::Scope;

/// What annotations of workloads start with.
pub(crate) const ANNOTATION_PREFIX: &str = "oarlock.dev/";

/// The annotations by which a workload overrides the mapping. Each but the first also takes
/// `.<secret>` at its end.
pub(crate) const ANNOTATIONS: [&str; 5] =
    ["vault", "vault-auth-ref", "vault-mount", "vault-path", "vault-refresh-after"];

/// An object with a pod spec.
#[derive(Clone, Debug)]
pub(crate) struct Workload<'m> {
    pub(crate) manifest: &'m Manifest,
    /// The namespace that it ends up in.
    pub(crate) namespace: String,
    /// The path of the pod template, for messages and to find its annotations; empty for a Pod.
    pub(crate) template: &'static [&'static str],
}

/// The part of a pod spec that can ask for Secrets. Only this much is typed: the whole PodSpec
/// would double the component.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PodShape {
    pub(crate) containers: Option<Vec<ContainerShape>>,
    pub(crate) init_containers: Option<Vec<ContainerShape>>,
    pub(crate) ephemeral_containers: Option<Vec<ContainerShape>>,
    pub(crate) volumes: Option<Vec<VolumeShape>>,
    pub(crate) image_pull_secrets: Option<Vec<LocalObjectReference>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContainerShape {
    #[serde(default)]
    pub(crate) name: String,
    pub(crate) env: Option<Vec<EnvShape>>,
    pub(crate) env_from: Option<Vec<EnvFromSource>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EnvShape {
    #[serde(default)]
    pub(crate) name: String,
    pub(crate) value_from: Option<ValueFromShape>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ValueFromShape {
    pub(crate) secret_key_ref: Option<SecretKeySelector>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct VolumeShape {
    #[serde(default)]
    pub(crate) name: String,
    pub(crate) secret: Option<SecretVolumeSource>,
    pub(crate) projected: Option<ProjectedShape>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ProjectedShape {
    pub(crate) sources: Option<Vec<ProjectionShape>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ProjectionShape {
    pub(crate) secret: Option<SecretProjection>,
}

impl<'m> Workload<'m> {
    /// The manifest as a workload, if its kind is one.
    pub(crate) fn new(manifest: &'m Manifest, scope: &Scope<'_>) -> Option<Self> {
        let template: &[&str] = match (manifest.group(), manifest.kind()) {
            ("", "Pod") => &[],
            ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
            | ("", "ReplicationController")
            | ("batch", "Job")
            | ("argoproj.io", "Rollout") => &["spec", "template"],
            ("batch", "CronJob") => &["spec", "jobTemplate", "spec", "template"],
            _ => return None,
        };
        Some(Self { manifest, namespace: scope.namespace(manifest).to_owned(), template })
    }

    /// The path of the pod spec.
    pub(crate) fn pod_path(&self) -> String {
        let mut path = self.template.join(".");
        path.push_str(if path.is_empty() { "spec" } else { ".spec" });
        path
    }

    /// The pod spec.
    ///
    /// # Errors
    /// What was expected; what is there instead may be a secret and is not printed.
    pub(crate) fn pod(&self) -> Result<Option<PodShape>, String> {
        let path: Vec<&str> = self.template.iter().copied().chain(["spec"]).collect();
        match self.manifest.at(&path) {
            None | Some(Value::Null) => Ok(None),
            Some(spec) => PodShape::deserialize(spec).map(Some).map_err(|error| {
                let error = error.to_string();
                let expected =
                    error.rsplit_once("expected ").map(|(_, expected)| format!(": expected {expected}"));
                expected.unwrap_or_default()
            }),
        }
    }

    /// What the operator restarts, if it can restart this.
    pub(crate) fn restart_target(&self) -> Option<RestartTarget> {
        let kind = match self.manifest.kind() {
            "Deployment" => RestartKind::Deployment,
            "DaemonSet" => RestartKind::DaemonSet,
            "StatefulSet" => RestartKind::StatefulSet,
            "Rollout" => RestartKind::Rollout,
            _ => return None,
        };
        Some(RestartTarget { kind, name: self.manifest.name().to_owned() })
    }

    /// The Deployment whose pod template a Rollout borrows.
    pub(crate) fn borrowed_deployment(&self) -> Option<&str> {
        let reference =
            (self.manifest.kind() == "Rollout").then(|| self.manifest.at(&["spec", "workloadRef"]))??;
        (reference.get("kind")?.as_str()? == "Deployment").then(|| reference.get("name")?.as_str())?
    }

    /// The workload's own setting: an annotation for just this Secret, else the one for all of
    /// them.
    pub(crate) fn vault_annotation(&self, name: &str, secret: &str) -> Option<&str> {
        let own = self.manifest.annotation(&format!("{ANNOTATION_PREFIX}{name}.{secret}"));
        own.or_else(|| self.manifest.annotation(&format!("{ANNOTATION_PREFIX}{name}")))
    }

    /// Whether the workload wants nothing from Vault.
    pub(crate) fn is_ignored(&self) -> bool {
        self.manifest.annotation("oarlock.dev/vault") == Some("ignore")
    }
}
