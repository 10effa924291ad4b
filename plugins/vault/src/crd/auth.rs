//! The kinds that say how the operator reaches Vault and who it is there.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::secret::DURATION;

type Texts = BTreeMap<String, String>;

/// Where Vault is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VaultConnectionSpec {
    address: String,
    headers: Option<Texts>,
    #[serde(rename = "tlsServerName")]
    tls_server_name: Option<String>,
    pub(crate) ca_cert_secret_ref: Option<String>,
    pub(crate) ca_cert_path: Option<String>,
    // Required by the CRD, which also defaults it: it may be left out of what people write.
    #[serde(rename = "skipTLSVerify")]
    skip_tls_verify: Option<bool>,
    #[schemars(regex(pattern = DURATION))]
    timeout: Option<String>,
}

/// Who the operator is in Vault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VaultAuthSpec {
    pub(crate) vault_connection_ref: Option<String>,
    pub(crate) vault_auth_global_ref: Option<VaultAuthGlobalRef>,
    namespace: Option<String>,
    pub(crate) allowed_namespaces: Option<Vec<String>>,
    pub(crate) method: Option<AuthMethod>,
    pub(crate) mount: Option<String>,
    params: Option<Texts>,
    headers: Option<Texts>,
    pub(crate) kubernetes: Option<KubernetesAuth>,
    pub(crate) app_role: Option<AppRoleAuth>,
    pub(crate) jwt: Option<JwtAuth>,
    pub(crate) aws: Option<AwsAuth>,
    pub(crate) gcp: Option<GcpAuth>,
    storage_encryption: Option<StorageEncryption>,
}

/// How to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum AuthMethod {
    Kubernetes,
    Jwt,
    AppRole,
    Aws,
    Gcp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KubernetesAuth {
    pub(crate) role: Option<String>,
    pub(crate) service_account: Option<String>,
    audiences: Option<Vec<String>>,
    #[schemars(range(min = 600))]
    token_expiration_seconds: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AppRoleAuth {
    pub(crate) role_id: Option<String>,
    pub(crate) secret_ref: Option<String>,
    #[serde(rename = "secretIDPath")]
    pub(crate) secret_id_path: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JwtAuth {
    pub(crate) role: Option<String>,
    pub(crate) secret_ref: Option<String>,
    pub(crate) service_account: Option<String>,
    audiences: Option<Vec<String>>,
    #[schemars(range(min = 600))]
    token_expiration_seconds: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AwsAuth {
    pub(crate) role: Option<String>,
    region: Option<String>,
    header_value: Option<String>,
    session_name: Option<String>,
    sts_endpoint: Option<String>,
    iam_endpoint: Option<String>,
    secret_ref: Option<String>,
    irsa_service_account: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GcpAuth {
    pub(crate) role: Option<String>,
    pub(crate) workload_identity_service_account: Option<String>,
    region: Option<String>,
    cluster_name: Option<String>,
    #[serde(rename = "projectID")]
    project_id: Option<String>,
}

/// The VaultAuthGlobal that a VaultAuth takes the rest from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VaultAuthGlobalRef {
    #[schemars(regex(pattern = r"^([a-z0-9.-]{1,253})$"))]
    pub(crate) name: Option<String>,
    #[schemars(regex(pattern = r"^([a-z0-9-]{1,63})$"))]
    pub(crate) namespace: Option<String>,
    allow_default: Option<bool>,
    merge_strategy: Option<MergeStrategy>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct MergeStrategy {
    headers: Option<Merge>,
    params: Option<Merge>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Merge {
    Union,
    Replace,
    None,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct StorageEncryption {
    mount: String,
    key_name: String,
}

/// What several VaultAuths share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VaultAuthGlobalSpec {
    pub(crate) vault_connection_ref: Option<String>,
    default_vault_namespace: Option<String>,
    pub(crate) default_auth_method: Option<AuthMethod>,
    default_mount: Option<String>,
    allowed_namespaces: Option<Vec<String>>,
    params: Option<Texts>,
    headers: Option<Texts>,
    #[serde(flatten)]
    pub(crate) blocks: GlobalBlocks,
}

/// One block per method, each with the mount and the headers that go with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GlobalBlocks {
    pub(crate) kubernetes: Option<Global<KubernetesAuth>>,
    pub(crate) app_role: Option<Global<AppRoleAuth>>,
    pub(crate) jwt: Option<Global<JwtAuth>>,
    pub(crate) aws: Option<Global<AwsAuth>>,
    pub(crate) gcp: Option<Global<GcpAuth>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Global<Block> {
    #[serde(flatten)]
    pub(crate) block: Block,
    namespace: Option<String>,
    mount: Option<String>,
    params: Option<Texts>,
    headers: Option<Texts>,
}
