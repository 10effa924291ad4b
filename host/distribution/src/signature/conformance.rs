//! Sigstore's own conformance suite, and its neighbours: another identity, issuer or content.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// What a case means that says nothing else.
const IDENTITY: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sigstore")
}

/// A case of the suite.
#[derive(Clone)]
struct Case {
    name: String,
    bundle: Vec<u8>,
    content: Vec<u8>,
    identity: String,
    issuer: String,
    root: String,
    key: Option<String>,
}

impl Case {
    fn read(directory: &Path) -> Self {
        let own = |name: &str| fs::read_to_string(directory.join(name)).ok();
        let suite = directory.parent().unwrap();
        let content = fs::read(directory.join("artifact"));
        Self {
            name: directory.file_name().unwrap().to_string_lossy().into_owned(),
            bundle: fs::read(directory.join("bundle.sigstore.json")).unwrap(),
            content: content.or_else(|_| fs::read(suite.join("a.txt"))).unwrap(),
            identity: own("identity").map_or_else(|| IDENTITY.to_owned(), |text| text.trim().to_owned()),
            issuer: own("issuer").map_or_else(|| ISSUER.to_owned(), |text| text.trim().to_owned()),
            root: own("trusted_root.json")
                .unwrap_or_else(|| fs::read_to_string(suite.join("../trusted_root.json")).unwrap()),
            key: own("key.pub"),
        }
    }

    fn verify(&self, identity: &str, issuer: &str, content: &[u8]) -> Result<String, String> {
        let signer = match &self.key {
            Some(pem) => Signer::with_key("signer", pem),
            None => TrustRoot::parse(&self.root)
                .map(|root| Signer::with_identity("signer", identity, issuer, root)),
        };
        let verified = signer.and_then(|signer| verify_bundles(&[signer], content, [self.bundle.as_slice()]));
        verified.map_err(|error| error.to_string())
    }
}

fn cases() -> Vec<Case> {
    let entries = fs::read_dir(directory().join("conformance")).unwrap();
    let mut cases: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases.iter().filter(|path| path.is_dir()).map(|path| Case::read(path)).collect()
}

#[test]
fn sigstores_conformance_suite_passes() {
    let mut wrong = Vec::new();
    let (mut accepted, mut refused) = (0, 0);
    for case in cases() {
        let verified = case.verify(&case.identity, &case.issuer, &case.content);
        match (&verified, case.name.ends_with("_fail")) {
            (Ok(_), false) => accepted += 1,
            (Err(_), true) => refused += 1,
            _ => wrong.push(format!("{}: {verified:?}", case.name)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(accepted >= 10 && refused >= 25, "{accepted} accepted, {refused} refused");
}

#[test]
fn nobody_else_and_nothing_else_is_signed() {
    let mut seen = 0;
    for case in cases().iter().filter(|case| !case.name.ends_with("_fail")) {
        seen += 1;
        let other = [case.content.as_slice(), b"!"].concat();
        assert!(case.verify(&case.identity, &case.issuer, &other).is_err(), "{}", case.name);
        if case.key.is_some() {
            continue;
        }
        // A part of an identity, or one with more, is another.
        for identity in ["somebody@example.com", &case.identity[1..], &format!("{}/", case.identity)] {
            let error = case.verify(identity, &case.issuer, &case.content).unwrap_err();
            assert!(
                error.ends_with(&format!("it is by the identity `{}`", case.identity)),
                "{}: {error}",
                case.name
            );
        }
        let error = case.verify(&case.identity, "https://example.com", &case.content).unwrap_err();
        assert!(
            error.ends_with(&format!("its identity is vouched for by `{}`", case.issuer)),
            "{}: {error}",
            case.name
        );
    }
    assert!(seen >= 10, "{seen} cases");
}

#[test]
fn a_damaged_bundle_is_refused() {
    let case = cases().into_iter().find(|case| case.name == "happy-path-v0.3").unwrap();
    let signature = {
        let bundle: serde_json::Value = serde_json::from_slice(&case.bundle).unwrap();
        bundle["messageSignature"]["signature"].as_str().unwrap().to_owned()
    };
    let text = String::from_utf8(case.bundle.clone()).unwrap();
    // Another certificate, log entry or signature, and what is no JSON any more.
    for at in (0..text.len()).step_by(101) {
        let cut = Case { bundle: text[..at].into(), ..case.clone() };
        assert!(cut.verify(&cut.identity, &cut.issuer, &cut.content).is_err(), "cut at {at}");
        let mut bundle = case.bundle.clone();
        bundle[at] = if bundle[at] == b'A' { b'B' } else { b'A' };
        let damaged = Case { bundle, ..case.clone() };
        // What is not verified, as the hint at a log's name, may be anything.
        let _ = damaged.verify(&damaged.identity, &damaged.issuer, &damaged.content);
    }
    let at = text.find(&signature).unwrap() + signature.len() / 2;
    let mut bundle = case.bundle.clone();
    bundle[at] = if bundle[at] == b'A' { b'B' } else { b'A' };
    let damaged = Case { bundle, ..case };
    assert!(damaged.verify(&damaged.identity, &damaged.issuer, &damaged.content).is_err());
}

#[test]
fn a_trust_root_that_is_none_is_refused() {
    let good = fs::read_to_string(directory().join("trusted_root.json")).unwrap();
    assert!(TrustRoot::parse(&good).is_ok());
    let mut empty: serde_json::Value = serde_json::from_str(&good).unwrap();
    empty["tlogs"] = serde_json::json!([]);
    let mut broken: serde_json::Value = serde_json::from_str(&good).unwrap();
    broken["tlogs"][0]["publicKey"]["rawBytes"] = serde_json::json!("AAAA");
    for text in ["", "{}", "[]", &good[..good.len() / 2], &empty.to_string(), &broken.to_string()] {
        let error = TrustRoot::parse(text).unwrap_err().to_string();
        assert!(error.starts_with("the trust root cannot be used: "), "{error}");
    }
}
