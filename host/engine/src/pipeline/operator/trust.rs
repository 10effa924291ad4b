//! Whose signatures the operator trusts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use oarlock_plugin::Failure;
use schemars::JsonSchema;
use serde::Deserialize;

/// Whose signatures let a component run that is not pinned to a digest. Default: nobody's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields, expecting = "a mapping")]
pub struct Trust {
    /// Who may sign, by a name of your choice.
    pub signers: BTreeMap<String, TrustedSigner>,
    /// A file with the authorities and logs that identities are verified against:
    /// `trusted_root.json` of Sigstore, or what `cosign trusted-root create` wrote. Relative to the
    /// file that says so.
    pub root: Option<PathBuf>,
}

/// Someone who may sign.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "SignerFields")]
#[schemars(with = "SignerFields")]
pub enum TrustedSigner {
    /// By a key: a file with the public one.
    Key(PathBuf),
    /// By an identity.
    Identity {
        /// An address of e-mail, or the URL of a workflow.
        identity: String,
        /// The URL of the OIDC provider that vouches for it.
        issuer: String,
    },
}

/// Someone who may sign: by `key`, or by `identity` and `issuer`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "a mapping")]
#[schemars(rename = "TrustedSigner")]
struct SignerFields {
    /// A file with their public key, as PEM: ECDSA on P-256 or P-384, Ed25519 or RSA. Relative to
    /// the file that says so.
    key: Option<PathBuf>,
    /// Who they are to `issuer`, exactly as their certificates say: an address of e-mail, or the
    /// URL of a workflow. Needs `trust.root`.
    identity: Option<String>,
    /// The OIDC provider that vouches for the identity, as
    /// `https://token.actions.githubusercontent.com`.
    issuer: Option<String>,
}

impl TryFrom<SignerFields> for TrustedSigner {
    type Error = &'static str;

    fn try_from(fields: SignerFields) -> Result<Self, Self::Error> {
        match fields {
            SignerFields { key: Some(key), identity: None, issuer: None } => Ok(Self::Key(key)),
            SignerFields { key: None, identity: Some(identity), issuer: Some(issuer) } => {
                Ok(Self::Identity { identity, issuer })
            }
            _ => Err("a signer has either `key`, or `identity` and `issuer`"),
        }
    }
}

impl Trust {
    /// The files that say who is trusted.
    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        let keys = self.signers.values().filter_map(|signer| match signer {
            TrustedSigner::Key(key) => Some(key),
            TrustedSigner::Identity { .. } => None,
        });
        keys.chain(&self.root)
    }

    /// The same, to be changed.
    pub(super) fn files_mut(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let keys = self.signers.values_mut().filter_map(|signer| match signer {
            TrustedSigner::Key(key) => Some(key),
            TrustedSigner::Identity { .. } => None,
        });
        keys.chain(&mut self.root)
    }

    pub(super) fn check(&self) -> Result<(), Failure> {
        let by_identity =
            self.signers.iter().find(|(_, signer)| matches!(signer, TrustedSigner::Identity { .. }));
        match by_identity {
            Some((name, _)) if self.root.is_none() => Err(Failure::new(format!(
                "`trust.signers.{name}` is an identity, and there is no `trust.root` to verify it against"
            ))
            .hint("set it to a file: `trusted_root.json` of your Sigstore, which `cosign trusted-root create` writes, too")),
            _ => Ok(()),
        }
    }
}
