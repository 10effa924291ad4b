//! Signatures of plugins, verified offline: by keys, and by identities.
//!
//! Two forms are understood, both of cosign: bundles, which its third version attaches to artifacts
//! and lays beside files, and the texts that earlier versions keep under a tag, those by keys
//! alone. Of a signature by a key, the key that an operator names is all that is trusted: a
//! certificate or an entry of a transparency log beside it is not looked at. A signature by an
//! identity is verified by `sigstore-verify`, with everything that belongs to it.

mod identity;
mod provider;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oarlock_model::Digest;
use serde::Deserialize;
use serde::de::IgnoredAny;

use self::identity::Identity;
use crate::key::Key;

pub use self::identity::TrustRoot;

/// What media types of bundles start with.
pub(crate) const BUNDLE: &str = "application/vnd.dev.sigstore.bundle";

/// The type of statements, and the predicate by which cosign signs an artifact. Other statements
/// about an artifact, such as how it was built or what a scanner found, do not say that it may run.
const STATEMENT: &str = "application/vnd.in-toto+json";
const SIGN: &str = "https://sigstore.dev/cosign/sign/v1";

/// What cosign signed before it had bundles.
const CLASSIC: &str = "cosign container image signature";

/// Why a signature does not count that is well-formed.
const BY_ANOTHER: &str = "it is by another key";
const BY_IDENTITY: &str = "it is by an identity (keyless), and only keys are trusted";
const BY_KEY: &str = "it is by a key, and only identities are trusted";

/// Why a key cannot be used, or a signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// A key is none that is understood.
    #[error("the key of `{signer}` cannot be used: {reason}")]
    Key {
        /// The signer.
        signer: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A trust root cannot be used.
    #[error("the trust root cannot be used: {reason}")]
    TrustRoot {
        /// What is wrong with it.
        reason: String,
    },
    /// There is no signature.
    #[error("it is not signed")]
    Unsigned,
    /// There are signatures, but none of those who are trusted.
    #[error("{}, and the signature does not count that was looked at last: {reason}", not_by(*.found, .wanted))]
    Untrusted {
        /// How many signatures there are.
        found: usize,
        /// Who would have been trusted.
        wanted: Vec<String>,
        /// Why the last signature does not count.
        reason: String,
    },
}

fn not_by(found: usize, wanted: &[String]) -> String {
    let signatures = if found == 1 { "one signature".to_owned() } else { format!("{found} signatures") };
    let wanted: Vec<String> = wanted.iter().map(|name| format!("`{name}`")).collect();
    format!("it has {signatures}, none by {}", wanted.join(" or "))
}

/// Someone who may sign.
#[derive(Clone, Debug)]
pub struct Signer {
    name: String,
    by: By,
}

/// What a signer signs by.
#[derive(Clone, Debug)]
enum By {
    Key(Key),
    Identity(Identity),
}

impl Signer {
    /// The holder of the private key to a public one, in PEM.
    ///
    /// # Errors
    /// If it is no key of a kind that is understood.
    pub fn with_key(name: &str, pem: &str) -> Result<Self, SignatureError> {
        let wrong = |reason| SignatureError::Key { signer: name.to_owned(), reason };
        Ok(Self { name: name.to_owned(), by: By::Key(Key::from_pem(pem).map_err(wrong)?) })
    }

    /// Who proved to an authority of the trust root that they are `identity`, an address of e-mail
    /// or the URL of a workflow, by the word of `issuer`, an OIDC provider.
    pub fn with_identity(name: &str, identity: &str, issuer: &str, root: TrustRoot) -> Self {
        let identity = Identity { root, subject: identity.to_owned(), issuer: issuer.to_owned() };
        Self { name: name.to_owned(), by: By::Identity(identity) }
    }

    /// What they are called.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn key(&self) -> Option<&Key> {
        match &self.by {
            By::Key(key) => Some(key),
            By::Identity(_) => None,
        }
    }

    fn identity(&self) -> Option<&Identity> {
        match &self.by {
            By::Key(_) => None,
            By::Identity(identity) => Some(identity),
        }
    }
}

/// Signatures of one content, as they are looked at.
#[derive(Debug)]
pub(crate) struct Check<'s> {
    signers: &'s [Signer],
    found: usize,
    reason: String,
}

impl<'s> Check<'s> {
    pub(crate) fn new(signers: &'s [Signer]) -> Self {
        Self { signers, found: 0, reason: String::new() }
    }

    /// Looks at a bundle for some content: who signed it, if the bundle counts.
    pub(crate) fn bundle(&mut self, text: &[u8], content: &[u8]) -> Option<String> {
        let signer = Bundle::parse(text).and_then(|bundle| {
            let is_by_identity = bundle.is_by_identity();
            let (message, signature) = bundle.signed(content)?;
            match self.by_key(&message, &signature) {
                None if is_by_identity => self.by_identity(text, content),
                by_key => by_key.ok_or_else(|| self.by_another()),
            }
        });
        self.look(signer)
    }

    /// Looks at a text that names the digest of a manifest, and at its signature.
    pub(crate) fn classic(&mut self, payload: &[u8], signature: &str, of: Digest) -> Option<String> {
        let signer = classic(payload, of).and_then(|()| {
            let signature = STANDARD.decode(signature).map_err(|error| error.to_string())?;
            self.by_key(payload, &signature).ok_or_else(|| self.by_another())
        });
        self.look(signer)
    }

    /// Whose key signed a message.
    fn by_key(&self, message: &[u8], signature: &[u8]) -> Option<&'s Signer> {
        self.signers.iter().find(|signer| signer.key().is_some_and(|key| key.has_signed(message, signature)))
    }

    /// Who signed some content by a certificate.
    fn by_identity(&self, bundle: &[u8], content: &[u8]) -> Result<&'s Signer, String> {
        let bundle = str::from_utf8(bundle).map_err(|error| format!("it is no bundle: {error}"))?;
        let mut reason = BY_IDENTITY.to_owned();
        for signer in self.signers {
            if let Some(identity) = signer.identity() {
                match identity.has_signed(content, bundle) {
                    Ok(()) => return Ok(signer),
                    Err(other) => reason = other,
                }
            }
        }
        Err(reason)
    }

    fn by_another(&self) -> String {
        let has_keys = self.signers.iter().any(|signer| signer.key().is_some());
        if has_keys { BY_ANOTHER } else { BY_KEY }.to_owned()
    }

    /// Notes what came of a signature.
    fn look(&mut self, signer: Result<&'s Signer, String>) -> Option<String> {
        self.found += 1;
        match signer {
            Ok(signer) => Some(signer.name.clone()),
            Err(reason) => {
                self.reason = reason;
                None
            }
        }
    }

    /// Why nothing counted.
    pub(crate) fn into_error(self) -> SignatureError {
        if self.found == 0 {
            return SignatureError::Unsigned;
        }
        let wanted = self.signers.iter().map(|signer| signer.name.clone()).collect();
        SignatureError::Untrusted { found: self.found, wanted, reason: self.reason }
    }
}

/// Who signed some content, by bundles that lie beside it.
///
/// # Errors
/// If no bundle counts.
pub fn verify_bundles<'b>(
    signers: &[Signer],
    content: &[u8],
    bundles: impl IntoIterator<Item = &'b [u8]>,
) -> Result<String, SignatureError> {
    let mut check = Check::new(signers);
    bundles.into_iter().find_map(|bundle| check.bundle(bundle, content)).ok_or_else(|| check.into_error())
}

/// <https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    media_type: String,
    #[serde(default)]
    verification_material: VerificationMaterial,
    message_signature: Option<MessageSignature>,
    dsse_envelope: Option<Envelope>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct VerificationMaterial {
    certificate: Option<IgnoredAny>,
    x509_certificate_chain: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct MessageSignature {
    signature: String,
}

/// <https://github.com/secure-systems-lab/dsse/blob/master/envelope.md>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Sig>,
}

#[derive(Deserialize)]
struct Sig {
    sig: String,
}

/// <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    subject: Vec<Subject>,
    predicate_type: String,
}

#[derive(Deserialize)]
struct Subject {
    digest: Digests,
}

#[derive(Deserialize)]
struct Digests {
    sha256: Option<String>,
}

impl Bundle {
    fn parse(text: &[u8]) -> Result<Self, String> {
        let bundle: Self =
            serde_json::from_slice(text).map_err(|error| format!("it is no bundle: {error}"))?;
        if bundle.media_type.starts_with(BUNDLE) { Ok(bundle) } else { Err("it is no bundle".to_owned()) }
    }

    /// Whether it is verified by a certificate, which names an identity, and not by a key.
    fn is_by_identity(&self) -> bool {
        let VerificationMaterial { certificate, x509_certificate_chain } = &self.verification_material;
        certificate.is_some() || x509_certificate_chain.is_some()
    }

    /// What was signed, and the signature: the content itself, or a statement that it is signed.
    fn signed(self, content: &[u8]) -> Result<(Vec<u8>, Vec<u8>), String> {
        let decoded = |text: &str| STANDARD.decode(text).map_err(|error| format!("it is no bundle: {error}"));
        let envelope = match (self.message_signature, self.dsse_envelope) {
            (Some(message), None) => return Ok((content.to_vec(), decoded(&message.signature)?)),
            (None, Some(envelope)) => envelope,
            _ => return Err("it holds no signature".to_owned()),
        };
        let [sig] = envelope.signatures.as_slice() else {
            return Err("it holds more than one signature".to_owned());
        };
        if envelope.payload_type != STATEMENT {
            return Err(format!("it signs `{}`, which is no statement", envelope.payload_type));
        }
        let payload = decoded(&envelope.payload)?;
        let statement: Statement = serde_json::from_slice(&payload)
            .map_err(|error| format!("its statement cannot be read: {error}"))?;
        if statement.predicate_type != SIGN {
            return Err(format!("it states `{}`, which does not sign", statement.predicate_type));
        }
        let is_of = |subject: &Subject| {
            subject.digest.sha256.as_deref().and_then(Digest::from_hex) == Some(Digest::of(content))
        };
        if !statement.subject.iter().any(is_of) {
            return Err("it is of other content".to_owned());
        }
        Ok((encoded(&envelope.payload_type, &payload), decoded(&sig.sig)?))
    }
}

/// What is signed of an envelope.
/// <https://github.com/secure-systems-lab/dsse/blob/master/protocol.md>
fn encoded(kind: &str, payload: &[u8]) -> Vec<u8> {
    let mut message = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
    message.extend_from_slice(payload);
    message
}

/// <https://github.com/containers/image/blob/main/docs/containers-signature.5.md>
fn classic(payload: &[u8], of: Digest) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Payload {
        critical: Critical,
    }
    #[derive(Deserialize)]
    struct Critical {
        #[serde(rename = "type")]
        kind: String,
        image: Image,
    }
    #[derive(Deserialize)]
    struct Image {
        #[serde(rename = "docker-manifest-digest")]
        digest: String,
    }
    let Payload { critical } =
        serde_json::from_slice(payload).map_err(|error| format!("its text cannot be read: {error}"))?;
    if critical.kind != CLASSIC {
        return Err(format!("it states `{}`, which does not sign", critical.kind));
    }
    if critical.image.digest != format!("sha256:{of}") {
        return Err("it is of other content".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod tests;
