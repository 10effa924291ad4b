//! Public keys, and signatures by them.

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
    VerificationAlgorithm,
};
use x509_cert::der::DecodePem as _;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ED: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A public key.
#[derive(Clone)]
pub(crate) struct Key {
    algorithm: &'static dyn VerificationAlgorithm,
    bytes: Vec<u8>,
}

impl Key {
    /// Reads one from PEM, `-----BEGIN PUBLIC KEY-----`.
    ///
    /// # Errors
    /// A sentence on what is wrong with it.
    pub(crate) fn from_pem(pem: &str) -> Result<Self, String> {
        let info = SubjectPublicKeyInfoOwned::from_pem(pem.trim_start())
            .map_err(|error| format!("it is no public key in PEM: {error}"))?;
        let curve =
            info.algorithm.parameters.as_ref().and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
        // The digests that cosign signs with by default for each kind of key.
        let algorithm: &'static dyn VerificationAlgorithm = match (info.algorithm.oid, curve) {
            (EC, Some(P256)) => &ECDSA_P256_SHA256_ASN1,
            (EC, Some(P384)) => &ECDSA_P384_SHA384_ASN1,
            (ED, None) => &ED25519,
            (RSA, _) => &RSA_PKCS1_2048_8192_SHA256,
            (other, _) => {
                return Err(format!(
                    "keys of the kind {other} are not understood; use ECDSA on P-256 or P-384, Ed25519 or RSA"
                ));
            }
        };
        let bytes = info.subject_public_key.as_bytes().ok_or("it is no whole number of bytes")?.to_vec();
        Ok(Self { algorithm, bytes })
    }

    /// Whether the owner of the key signed a message.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(self.algorithm, &self.bytes).verify(message, signature).is_ok()
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}
