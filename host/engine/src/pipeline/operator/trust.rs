//! Whose signatures the operator trusts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

/// Whose signatures let a component run that is not pinned to a digest. Default: nobody's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields, expecting = "a mapping")]
pub struct Trust {
    /// Who may sign, by a name of your choice.
    pub signers: BTreeMap<String, TrustedSigner>,
}

/// Someone who may sign.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "a mapping")]
pub struct TrustedSigner {
    /// A file with their public key, as PEM: ECDSA on P-256 or P-384, Ed25519 or RSA. Relative to
    /// the file that says so.
    pub key: PathBuf,
}
