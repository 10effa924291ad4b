//! Signatures by identities ("keyless"): the key lived for minutes, a certificate says whose it
//! was, and a transparency log says when it signed. `sigstore-verify` looks at all of it, against
//! the operator's trust root, without a network.

use std::fmt;
use std::sync::Arc;

use sigstore_verify::trust_root::TrustedRoot;
use sigstore_verify::types::Bundle;
use sigstore_verify::{Error, VerificationPolicy, Verifier};

use super::SignatureError;
use super::provider;

/// What certificates and logs are verified against: the authorities and the logs of one Sigstore.
#[derive(Clone)]
pub struct TrustRoot(Arc<Verifier>);

impl TrustRoot {
    /// Reads one from JSON, as `cosign trusted-root create` writes it, and as Sigstore publishes it
    /// as `trusted_root.json`.
    /// <https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_trustroot.proto>
    ///
    /// # Errors
    /// If it is none, or one of its keys or certificates cannot be used.
    pub fn parse(json: &str) -> Result<Self, SignatureError> {
        provider::install();
        let wrong = |reason: String| SignatureError::TrustRoot { reason };
        let root = TrustedRoot::from_json(json).map_err(|error| wrong(error.to_string()))?;
        // Without these nothing could ever be verified, which is a mistake of who wrote the file.
        if root.certificate_authorities.is_empty() || root.tlogs.is_empty() {
            return Err(wrong("it names no certificate authority, or no transparency log".to_owned()));
        }
        Ok(Self(Arc::new(Verifier::new(&root).map_err(|error| wrong(error.to_string()))?)))
    }
}

impl fmt::Debug for TrustRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustRoot").finish_non_exhaustive()
    }
}

/// An identity, as a certificate names it.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) root: TrustRoot,
    /// An address of e-mail, or the URL of a workflow.
    pub(super) subject: String,
    /// Who vouches for it: the URL of an OIDC provider.
    pub(super) issuer: String,
}

impl Identity {
    /// Whether it signed some content by a bundle. Nothing of what can be verified is left out.
    ///
    /// # Errors
    /// A sentence on why the signature does not count.
    pub(super) fn has_signed(&self, content: &[u8], bundle: &str) -> Result<(), String> {
        let bundle = Bundle::from_json(bundle).map_err(|error| format!("it is no bundle: {error}"))?;
        let policy = VerificationPolicy::new(self.subject.as_str(), self.issuer.as_str());
        self.root.0.verify(content, &bundle, &policy).map(drop).map_err(|error| match error {
            Error::IdentityMismatch { actual: Some(actual), .. } => {
                format!("it is by the identity `{}`", actual.as_str())
            }
            Error::IssuerMismatch { actual: Some(actual), .. } => {
                format!("its identity is vouched for by `{actual}`")
            }
            other => format!("it cannot be verified: {other}"),
        })
    }
}
