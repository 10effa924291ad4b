//! Signatures as cosign makes them, and what is not to pass for one.

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use serde_json::json;

use super::*;

/// A key pair of one of the kinds.
enum Pair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Pair {
    fn p256() -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        Self::P256(
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &random).unwrap(),
        )
    }

    fn ed25519() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::Ed25519(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap())
    }

    fn signer(&self, name: &str) -> Signer {
        // What comes before the key in its ASN.1.
        let (head, key): (&[u8], &[u8]) = match self {
            Self::P256(pair) => (
                &[
                    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
                    0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
                ],
                pair.public_key().as_ref(),
            ),
            Self::Ed25519(pair) => (
                &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00],
                pair.public_key().as_ref(),
            ),
        };
        let encoded = STANDARD.encode([head, key].concat());
        let lines: Vec<&str> =
            encoded.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
        Signer::with_key(name, &pem).unwrap()
    }

    fn sign(&self, message: &[u8]) -> String {
        STANDARD.encode(match self {
            Self::P256(pair) => pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        })
    }
}

/// A bundle with a statement about some content.
fn attached(pair: &Pair, content: &[u8], predicate: &str) -> Vec<u8> {
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"digest": {"sha256": Digest::of(content).to_string()}}],
        "predicateType": predicate,
        "predicate": {},
    });
    let payload = statement.to_string().into_bytes();
    let bundle = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": "k"}},
        "dsseEnvelope": {
            "payload": STANDARD.encode(&payload),
            "payloadType": STATEMENT,
            "signatures": [{"sig": pair.sign(&encoded(STATEMENT, &payload))}],
        },
    });
    bundle.to_string().into_bytes()
}

/// A bundle that lies beside a file.
fn beside(pair: &Pair, content: &[u8]) -> Vec<u8> {
    let bundle = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "messageSignature": {"signature": pair.sign(content)},
    });
    bundle.to_string().into_bytes()
}

fn verify(signers: &[Signer], content: &[u8], bundle: &[u8]) -> Result<String, String> {
    verify_bundles(signers, content, [bundle]).map_err(|error| error.to_string())
}

#[test]
fn who_signed_is_found_by_their_key() {
    for (mine, other) in [(Pair::p256(), Pair::ed25519()), (Pair::ed25519(), Pair::p256())] {
        let signers = [other.signer("other"), mine.signer("release")];
        for bundle in [attached(&mine, b"content", SIGN), beside(&mine, b"content")] {
            assert_eq!(verify(&signers, b"content", &bundle).as_deref(), Ok("release"));
            let error = verify(&signers, b"content, changed", &bundle).unwrap_err();
            assert!(error.contains("one signature, none by `other` or `release`"), "{error}");
            let error = verify(&signers[..1], b"content", &bundle).unwrap_err();
            assert!(error.contains("it is by another key"), "{error}");
        }
    }
}

#[test]
fn the_message_that_is_signed_is_that_of_the_specification() {
    // https://github.com/secure-systems-lab/dsse/blob/master/protocol.md#test-vectors
    assert_eq!(
        encoded("http://example.com/HelloWorld", b"hello world"),
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    );
}

#[test]
fn what_does_not_sign_does_not_count() {
    let mine = Pair::p256();
    let signers = [mine.signer("release")];
    let provenance = attached(&mine, b"content", "https://slsa.dev/provenance/v1");
    let error = verify(&signers, b"content", &provenance).unwrap_err();
    assert!(error.contains("it states `https://slsa.dev/provenance/v1`, which does not sign"), "{error}");
    assert_eq!(verify_bundles(&signers, b"content", []), Err(SignatureError::Unsigned));

    let good: serde_json::Value = serde_json::from_slice(&attached(&mine, b"content", SIGN)).unwrap();
    let with = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut bundle = good.clone();
        change(&mut bundle);
        verify(&signers, b"content", &bundle.to_string().into_bytes())
    };
    assert!(with(&|_| {}).is_ok());
    assert!(with(&|bundle| bundle["mediaType"] = json!("text/plain")).is_err());
    assert!(with(&|bundle| bundle["dsseEnvelope"]["payloadType"] = json!("text/plain")).is_err());
    assert!(with(&|bundle| bundle["dsseEnvelope"]["signatures"] = json!([])).is_err());
    assert!(with(&|bundle| bundle["dsseEnvelope"]["payload"] = json!("!")).is_err());
    assert!(with(&|bundle| bundle["messageSignature"] = json!({"signature": "AA=="})).is_err());
    assert!(verify(&signers, b"content", b"no bundle").is_err());
    assert!(verify(&signers, b"content", &vec![b'['; 100_000]).is_err());
}

#[test]
fn an_identity_is_told_from_another_key() {
    let (mine, other) = (Pair::p256(), Pair::ed25519());
    for material in
        [json!({"certificate": {"rawBytes": "AA=="}}), json!({"x509CertificateChain": {"certificates": []}})]
    {
        let mut bundle: serde_json::Value =
            serde_json::from_slice(&attached(&mine, b"content", SIGN)).unwrap();
        bundle["verificationMaterial"] = material;
        let bundle = bundle.to_string().into_bytes();
        let error = verify(&[other.signer("release")], b"content", &bundle).unwrap_err();
        assert!(error.ends_with(BY_IDENTITY), "{error}");
        // A signature by the key counts, with a certificate beside it, too.
        assert_eq!(verify(&[mine.signer("release")], b"content", &bundle).as_deref(), Ok("release"));
    }
}

#[test]
fn the_earlier_form_names_the_digest() {
    let mine = Pair::p256();
    let signers = [mine.signer("release")];
    let of = Digest::of(b"manifest");
    let payload = |kind: &str, of: Digest| {
        let image = json!({"docker-manifest-digest": format!("sha256:{of}")});
        let critical = json!({"identity": {"docker-reference": ""}, "image": image, "type": kind});
        json!({"critical": critical, "optional": null}).to_string().into_bytes()
    };
    let good = payload(CLASSIC, of);
    let signature = mine.sign(&good);
    let check = |payload: &[u8], signature: &str| Check::new(&signers).classic(payload, signature, of);
    assert_eq!(check(&good, &signature).as_deref(), Some("release"));
    assert_eq!(check(&good, "no base64!"), None);
    assert_eq!(check(b"{}", &mine.sign(b"{}")), None);
    for other in [payload("other", of), payload(CLASSIC, Digest::of(b"other"))] {
        assert_eq!(check(&other, &mine.sign(&other)), None);
    }
}

#[test]
fn keys_that_are_none_are_refused() {
    for pem in ["", "no PEM", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] {
        let error = Signer::with_key("release", pem).unwrap_err().to_string();
        assert!(error.starts_with("the key of `release` cannot be used: "), "{error}");
    }
}
