//! Private keys: RSA, ECDSA over P-256, Ed25519; PEM in and out as Go has it.

use super::prime;
use der::asn1::UintRef;
use der::pem::LineEnding;
use der::{Decode, Encode};
use ed25519_dalek::Signer as _;
use ed25519_dalek::pkcs8::KeypairBytes;
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::RngCore;
use rsa::BigUint;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey};
use rsa::pkcs1v15;
use rsa::sha2::Sha256;
use rsa::signature::SignatureEncoding as _;
use rsa::traits::PublicKeyParts as _;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

/// The public exponent of an RSA key, a prime.
const RSA_EXPONENT: u32 = 65_537;

/// Sizes of a DSA key, and of the group that it works in.
const DSA_BITS: usize = 2048;
const DSA_GROUP_BITS: usize = 256;

/// A private key.
pub(super) enum Key {
    Rsa(Box<rsa::RsaPrivateKey>),
    Ecdsa(p256::SecretKey),
    Ed25519(ed25519_dalek::SigningKey),
}

impl Key {
    pub(super) fn rsa(rng: &mut ChaCha20Rng, bits: usize) -> Result<Self, String> {
        let mut prime = |bits| {
            loop {
                let prime = prime::random(rng, bits);
                // Otherwise the exponent has no inverse.
                if &prime % RSA_EXPONENT != BigUint::from(1_u8) {
                    return prime;
                }
            }
        };
        let (p, q) = (prime(bits.div_ceil(2)), prime(bits / 2));
        rsa::RsaPrivateKey::from_p_q(p, q, RSA_EXPONENT.into())
            .map(|key| Self::Rsa(Box::new(key)))
            .map_err(|error| error.to_string())
    }

    pub(super) fn ecdsa(rng: &mut ChaCha20Rng) -> Self {
        Self::Ecdsa(p256::SecretKey::random(rng))
    }

    pub(super) fn ed25519(rng: &mut ChaCha20Rng) -> Self {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    pub(super) fn from_pem(pem: &[u8]) -> Result<Self, String> {
        let (label, der) = pem_block(pem).ok_or("no PEM data in input")?;
        match label.as_str() {
            "PRIVATE KEY" => {
                if let Ok(key) = rsa::RsaPrivateKey::from_pkcs8_der(&der) {
                    return Ok(Self::Rsa(Box::new(key)));
                }
                if let Ok(key) = p256::SecretKey::from_pkcs8_der(&der) {
                    return Ok(Self::Ecdsa(key));
                }
                ed25519_dalek::SigningKey::from_pkcs8_der(&der)
                    .map(Self::Ed25519)
                    .map_err(|error| format!("decoding PEM as PKCS#8: {error}"))
            }
            "RSA PRIVATE KEY" => rsa::RsaPrivateKey::from_pkcs1_der(&der)
                .map(|key| Self::Rsa(Box::new(key)))
                .map_err(|error| format!("parsing RSA private key from PEM: {error}")),
            "EC PRIVATE KEY" => p256::SecretKey::from_sec1_der(&der)
                .map(Self::Ecdsa)
                .map_err(|error| format!("parsing EC private key from PEM: {error}")),
            label => match label.strip_suffix(" PRIVATE KEY") {
                Some(kind) => Err(format!("invalid private key type {kind}")),
                None => Err(format!("no private key data in PEM block of type {label}")),
            },
        }
    }

    pub(super) fn to_pem(&self) -> Result<String, String> {
        match self {
            Self::Rsa(key) => {
                key.to_pkcs1_pem(LineEnding::LF).map(|pem| pem.to_string()).map_err(|error| error.to_string())
            }
            Self::Ecdsa(key) => {
                key.to_sec1_pem(LineEnding::LF).map(|pem| pem.to_string()).map_err(|error| error.to_string())
            }
            Self::Ed25519(key) => KeypairBytes { secret_key: key.to_bytes(), public_key: None }
                .to_pkcs8_pem(LineEnding::LF)
                .map(|pem| pem.to_string())
                .map_err(|error| error.to_string()),
        }
    }

    pub(super) fn public(&self) -> Result<SubjectPublicKeyInfoOwned, String> {
        let document = match self {
            Self::Rsa(key) => key.to_public_key().to_public_key_der(),
            Self::Ecdsa(key) => key.public_key().to_public_key_der(),
            Self::Ed25519(key) => key.verifying_key().to_public_key_der(),
        };
        let document = document.map_err(|error| error.to_string())?;
        SubjectPublicKeyInfoOwned::from_der(document.as_bytes()).map_err(|error| error.to_string())
    }

    /// What signatures of this key are called.
    pub(super) fn algorithm(&self) -> AlgorithmIdentifierOwned {
        use der::oid::db::{rfc5912, rfc8410};
        let (oid, null) = match self {
            Self::Rsa(_) => (rfc5912::SHA_256_WITH_RSA_ENCRYPTION, true),
            Self::Ecdsa(_) => (rfc5912::ECDSA_WITH_SHA_256, false),
            Self::Ed25519(_) => (rfc8410::ID_ED_25519, false),
        };
        AlgorithmIdentifierOwned { oid, parameters: null.then(der::Any::null) }
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        match self {
            Self::Rsa(key) => {
                if key.size() < 62 {
                    return Err("message too long for RSA key size".to_owned());
                }
                let signer = pkcs1v15::SigningKey::<Sha256>::new((**key).clone());
                Ok(signer.sign(message).to_vec())
            }
            Self::Ecdsa(key) => {
                let signature: p256::ecdsa::Signature = p256::ecdsa::SigningKey::from(key).sign(message);
                Ok(signature.to_der().as_bytes().to_vec())
            }
            Self::Ed25519(key) => Ok(key.sign(message).to_bytes().to_vec()),
        }
    }
}

/// The first block of a PEM text: its label and content. Text around it doesn't count.
pub(super) fn pem_block(text: &[u8]) -> Option<(String, Vec<u8>)> {
    let text = std::str::from_utf8(text).ok()?;
    let start = text.find("-----BEGIN ")?;
    let label = text[start + 11..].split("-----").next()?;
    let end_line = format!("-----END {label}-----");
    let end = start + text[start..].find(&end_line)?;
    let body = &text[start + 11 + label.len() + 5..end];
    let body: Vec<u8> = body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let der = oarlock_go::encoding::decode_base64(&body).ok()?;
    Some((label.to_owned(), der))
}

/// A block of PEM.
pub(super) fn to_pem(label: &str, der: &[u8]) -> Result<String, String> {
    der::pem::encode_string(label, LineEnding::LF, der).map_err(|error| error.to_string())
}

/// A DSA key of 2048 and 256 bits in the form that sprig writes, which is OpenSSL's.
#[allow(clippy::many_single_char_names)] // as the standard has them
pub(super) fn dsa(rng: &mut ChaCha20Rng) -> String {
    let one = BigUint::from(1_u8);
    let q = prime::random(rng, DSA_GROUP_BITS);
    // p - 1 is a multiple of q, and even.
    let step = &q << 1;
    let p = loop {
        let start = prime::random_bits(rng, DSA_BITS) | (&one << (DSA_BITS - 1));
        let start = &start - &start % &step + &one;
        if let Some(p) = prime::first(rng, &start, &step).filter(|p| p.bits() == DSA_BITS) {
            break p;
        }
    };
    let cofactor = (&p - &one) / &q;
    let powers = (2_u32..).map(|base| BigUint::from(base).modpow(&cofactor, &p));
    // Nearly every base will do.
    let g = powers.into_iter().find(|g| *g != one).unwrap_or_default();
    let x = prime::below(rng, &(&q - &one)) + &one;
    let y = g.modpow(&x, &p);
    let parts = [p, q, g, y, x].map(|number| number.to_bytes_be());
    let encode = || -> der::Result<Vec<u8>> {
        let mut numbers = vec![UintRef::new(&[0])?];
        for part in &parts {
            numbers.push(UintRef::new(part)?);
        }
        numbers.to_der()
    };
    let encoded = encode().map_err(|error| error.to_string());
    encoded
        .and_then(|der| to_pem("DSA PRIVATE KEY", &der))
        .unwrap_or_else(|message| format!("failed to generate private key: {message}"))
}
