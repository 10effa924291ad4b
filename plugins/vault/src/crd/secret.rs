//! The kinds that fill Secrets, and SecretTransformation.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How durations are written.
pub(super) const DURATION: &str = r"^([0-9]+(\.[0-9]+)?(s|m|h))$";

/// Fills a Secret from a key/value engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VaultStaticSecretSpec {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) vault_auth_ref: Option<String>,
    /// Vault's namespace, not the cluster's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    pub(crate) mount: String,
    pub(crate) path: String,
    #[serde(rename = "type")]
    pub(crate) kv_type: KvType,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub(crate) version: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = DURATION))]
    pub(crate) refresh_after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hmac_secret_data: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sync_config: Option<SyncConfig>,
    pub(crate) destination: Destination,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rollout_restart_targets: Option<Vec<RestartTarget>>,
}

/// A VaultStaticSecret as it is written.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VaultStaticSecret {
    api_version: String,
    kind: &'static str,
    pub(crate) metadata: ObjectMeta,
    pub(crate) spec: VaultStaticSecretSpec,
}

impl VaultStaticSecret {
    pub(crate) fn new(metadata: ObjectMeta, spec: VaultStaticSecretSpec) -> Self {
        let api_version = format!("{}/{}", super::GROUP, super::VERSION);
        Self { api_version, kind: "VaultStaticSecret", metadata, spec }
    }
}

/// Version of Vault's key/value engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum KvType {
    /// Without versions.
    #[serde(rename = "kv-v1")]
    V1,
    /// With versions.
    #[default]
    #[serde(rename = "kv-v2")]
    V2,
}

/// Vault Enterprise's events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SyncConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    instant_updates: Option<bool>,
}

/// Fills a Secret with short-lived credentials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VaultDynamicSecretSpec {
    pub(crate) vault_auth_ref: Option<String>,
    namespace: Option<String>,
    pub(crate) mount: String,
    pub(crate) path: String,
    #[serde(rename = "requestHTTPMethod")]
    request_http_method: Option<HttpMethod>,
    params: Option<BTreeMap<String, String>>,
    #[schemars(range(min = 0, max = 90))]
    renewal_percent: Option<i64>,
    revoke: Option<bool>,
    pub(crate) allow_static_creds: Option<bool>,
    #[schemars(regex(pattern = DURATION))]
    refresh_after: Option<String>,
    pub(crate) destination: Destination,
    pub(crate) rollout_restart_targets: Option<Vec<RestartTarget>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum HttpMethod {
    Get,
    Post,
    Put,
}

/// Fills a Secret with a certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VaultPKISecretSpec {
    pub(crate) vault_auth_ref: Option<String>,
    namespace: Option<String>,
    pub(crate) mount: String,
    pub(crate) role: String,
    common_name: Option<String>,
    alt_names: Option<Vec<String>>,
    ip_sans: Option<Vec<String>>,
    uri_sans: Option<Vec<String>>,
    other_sans: Option<Vec<String>>,
    #[serde(rename = "userIDs")]
    user_ids: Option<Vec<String>>,
    #[schemars(regex(pattern = r"^([0-9]+(\.[0-9]+)?(s|m|h|d))$"))]
    ttl: Option<String>,
    not_after: Option<String>,
    pub(crate) format: Option<String>,
    pub(crate) private_key_format: Option<String>,
    issuer_ref: Option<String>,
    #[schemars(regex(pattern = DURATION))]
    pub(crate) expiry_offset: Option<String>,
    #[serde(rename = "excludeCNFromSans")]
    exclude_cn_from_sans: Option<bool>,
    revoke: Option<bool>,
    clear: Option<bool>,
    pub(crate) destination: Destination,
    pub(crate) rollout_restart_targets: Option<Vec<RestartTarget>>,
}

/// The Secret to fill.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Destination {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) create: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) overwrite: Option<bool>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) secret_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) labels: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) annotations: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) transformation: Option<Transformation>,
}

/// What becomes of the data on its way.
// The field names are the operator's.
#[allow(clippy::struct_field_names)]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Transformation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exclude_raw: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) excludes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) includes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) templates: Option<BTreeMap<String, Template>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) transformation_refs: Option<Vec<TransformationRef>>,
}

/// A Go template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Template {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    pub(crate) text: String,
}

/// A SecretTransformation to take from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TransformationRef {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_refs: Option<Vec<TemplateRef>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ignore_includes: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ignore_excludes: Option<bool>,
}

impl TransformationRef {
    /// Whether all of its templates come, under their own keys.
    pub(crate) fn takes_all(&self) -> bool {
        self.template_refs.is_none()
    }
}

/// One of its templates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TemplateRef {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_override: Option<String>,
}

/// A workload to restart when the Secret changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct RestartTarget {
    pub(crate) kind: RestartKind,
    pub(crate) name: String,
}

/// The kinds that the operator can restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum RestartKind {
    Deployment,
    DaemonSet,
    StatefulSet,
    #[serde(rename = "argo.Rollout")]
    Rollout,
}

/// Templates and filters that several objects share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SecretTransformationSpec {
    pub(crate) templates: Option<BTreeMap<String, Template>>,
    pub(crate) source_templates: Option<Vec<Template>>,
    pub(crate) includes: Option<Vec<String>>,
    pub(crate) excludes: Option<Vec<String>>,
}
