//! The kinds that fill Secrets, each object by itself: what the schema cannot say.

use oarlock_plugin::Manifest;
use serde_json::Value;

use crate::crd::{
    self, Destination, KvType, RestartTarget, SecretTransformationSpec, VaultDynamicSecretSpec,
    VaultPKISecretSpec, VaultStaticSecretSpec,
};
use crate::finding::{self, Findings, at};
use crate::ownership::{OWNER_LABELS, is_tracking};
use crate::suggestion;

/// What the three kinds have in common.
pub(super) struct Filler {
    pub(super) auth: Option<String>,
    pub(super) destination: Destination,
    pub(super) targets: Vec<RestartTarget>,
}

/// The common part of an object that fills a Secret; `None` for other kinds, and where the schema
/// is broken.
pub(super) fn filler(manifest: &Manifest) -> Option<Filler> {
    Some(match manifest.kind() {
        "VaultStaticSecret" => {
            let spec: VaultStaticSecretSpec = crd::spec_of(manifest)?;
            Filler {
                auth: spec.vault_auth_ref,
                destination: spec.destination,
                targets: spec.rollout_restart_targets.unwrap_or_default(),
            }
        }
        "VaultDynamicSecret" => {
            let spec: VaultDynamicSecretSpec = crd::spec_of(manifest)?;
            Filler {
                auth: spec.vault_auth_ref,
                destination: spec.destination,
                targets: spec.rollout_restart_targets.unwrap_or_default(),
            }
        }
        "VaultPKISecret" => {
            let spec: VaultPKISecretSpec = crd::spec_of(manifest)?;
            Filler {
                auth: spec.vault_auth_ref,
                destination: spec.destination,
                targets: spec.rollout_restart_targets.unwrap_or_default(),
            }
        }
        _ => return None,
    })
}

/// Checks an object that fills a Secret, or a SecretTransformation.
pub(super) fn check(manifest: &Manifest, findings: &mut Findings) {
    if matches!(manifest.kind(), "VaultStaticSecret" | "VaultDynamicSecret" | "VaultPKISecret") {
        paths(manifest, findings);
    }
    if let Some(filler) = filler(manifest) {
        destination(manifest, &filler.destination, findings);
        let transformation = filler.destination.transformation.unwrap_or_default();
        for (field, patterns) in
            [("includes", transformation.includes), ("excludes", transformation.excludes)]
        {
            let path = format!("spec.destination.transformation.{field}");
            regexes(manifest, &path, &patterns.unwrap_or_default(), findings);
        }
    }
    match manifest.kind() {
        "VaultStaticSecret" => static_secret(manifest, findings),
        "VaultDynamicSecret" => dynamic_secret(manifest, findings),
        "VaultPKISecret" => pki_secret(manifest, findings),
        "SecretTransformation" => {
            let Some(spec) = crd::spec_of::<SecretTransformationSpec>(manifest) else { return };
            regexes(manifest, "spec.includes", &spec.includes.unwrap_or_default(), findings);
            regexes(manifest, "spec.excludes", &spec.excludes.unwrap_or_default(), findings);
        }
        _ => {}
    }
}

/// Looked at whatever else is wrong with the object: these are the mistakes that people make most.
fn paths(manifest: &Manifest, findings: &mut Findings) {
    let text_at = |field| manifest.at(&["spec", field]).and_then(Value::as_str);
    for field in ["mount", "path"] {
        let Some(text) = text_at(field) else { continue };
        if text.starts_with('/') || text.ends_with('/') || text.is_empty() {
            let message = at(format!("spec.{field}"), format!(" is `{text}`"));
            findings.add(&finding::DATA_PREFIX, manifest, message, "write it without `/` at its ends");
        }
    }
    let path = text_at("path")
        .filter(|_| manifest.kind() == "VaultStaticSecret" && text_at("type") != Some("kv-v1"));
    if let Some(rest) = path.and_then(|path| path.strip_prefix("data/")) {
        let message = at("spec.path", format!(" is `data/{rest}`, and the operator adds `data/` itself"));
        findings.add(&finding::DATA_PREFIX, manifest, message, format!("write `{rest}`"));
    }
}

fn static_secret(manifest: &Manifest, findings: &mut Findings) {
    let Some(spec) = crd::spec_of::<VaultStaticSecretSpec>(manifest) else { return };
    let hmac = spec.hmac_secret_data != Some(false);
    if spec.kv_type == KvType::V1 && spec.version.is_some() {
        let hint = "drop it, or set `type: kv-v2`";
        findings.add(
            &finding::VERSION_KV1,
            manifest,
            at("spec.version", " is set, and kv-v1 has no versions"),
            hint,
        );
    }
    if !hmac && spec.rollout_restart_targets.as_ref().is_some_and(|targets| !targets.is_empty()) {
        let message = at("spec.rolloutRestartTargets", " does nothing with `hmacSecretData: false`");
        findings.add(
            &finding::RESTART_WITHOUT_HMAC,
            manifest,
            message,
            "drop `hmacSecretData`, or the targets",
        );
    }
    if !hmac && spec.refresh_after.is_none() {
        let message = at("spec.refreshAfter", " is missing, and without HMAC nothing is polled by itself");
        findings.add(&finding::NEVER_POLLED, manifest, message, "set `refreshAfter`, for example to `60s`");
    }
    let shared =
        spec.destination.transformation.as_ref().is_some_and(|shape| shape.transformation_refs.is_some());
    let required: &[&str] = match spec.destination.secret_type.as_deref() {
        Some("kubernetes.io/dockerconfigjson") => &[".dockerconfigjson"],
        Some("kubernetes.io/dockercfg") => &[".dockercfg"],
        Some("kubernetes.io/tls") => &["tls.crt", "tls.key"],
        Some("kubernetes.io/ssh-auth") => &["ssh-privatekey"],
        _ => &[],
    };
    for key in required.iter().filter(|key| !shared && !super::keys::may_have(&spec.destination, key)) {
        let message = at(
            "spec.destination.type",
            format!(" needs the key `{key}`, which the transformation keeps out"),
        );
        findings.add(
            &finding::TYPED_KEYS,
            manifest,
            message,
            format!("include `{key}`, or make it by a template"),
        );
    }
}

fn dynamic_secret(manifest: &Manifest, findings: &mut Findings) {
    let Some(spec) = crd::spec_of::<VaultDynamicSecretSpec>(manifest) else { return };
    if spec.path.starts_with("static-creds/") && spec.allow_static_creds != Some(true) {
        let message = at("spec.path", format!(" is `{}`, credentials without a lease", spec.path));
        findings.add(&finding::STATIC_CREDS, manifest, message, "set `allowStaticCreds: true`");
    }
}

fn pki_secret(manifest: &Manifest, findings: &mut Findings) {
    let Some(spec) = crd::spec_of::<VaultPKISecretSpec>(manifest) else { return };
    let templates = spec.destination.transformation.as_ref().and_then(|shape| shape.templates.as_ref());
    let templates = templates.is_some_and(|templates| !templates.is_empty());
    if spec.destination.secret_type.as_deref() == Some("kubernetes.io/tls") && templates {
        let message = at(
            "spec.destination.type",
            " is `kubernetes.io/tls`, but with templates `tls.crt` and `tls.key` are not made",
        );
        findings.add(&finding::PKI_TLS_TEMPLATE, manifest, message, "drop the templates, or the type");
    }
    if spec.expiry_offset.is_none() {
        let message =
            at("spec.expiryOffset", " is missing: the certificate is renewed only around its expiry");
        findings.add(
            &finding::PKI_EXPIRY_OFFSET,
            manifest,
            message,
            "set it to some hours, for example `24h`",
        );
    }
    for (field, value, known) in [
        ("format", &spec.format, &["pem", "der", "pem_bundle"][..]),
        ("privateKeyFormat", &spec.private_key_format, &["der", "pkcs8"]),
    ] {
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty() && !known.contains(value)) {
            let hint = format!("Vault has {}", suggestion::list(known));
            findings.add(
                &finding::PKI_FORMAT,
                manifest,
                at(format!("spec.{field}"), format!(" is `{value}`")),
                hint,
            );
        }
    }
}

fn destination(manifest: &Manifest, destination: &Destination, findings: &mut Findings) {
    if !is_dns_subdomain(&destination.name) {
        let message =
            at("spec.destination.name", format!(" is `{}`, which no Secret can be called", destination.name));
        let hint =
            "write lower-case letters, digits, `-` and `.`, with a letter or digit at both ends, 253 at most";
        findings.add(&finding::PATTERN, manifest, message, hint);
    }
    if destination.create != Some(true) {
        for (field, set) in [
            ("labels", destination.labels.as_ref().is_some_and(|map| !map.is_empty())),
            ("annotations", destination.annotations.as_ref().is_some_and(|map| !map.is_empty())),
            ("type", destination.secret_type.as_ref().is_some_and(|name| !name.is_empty())),
        ] {
            if set {
                let message = at(format!("spec.destination.{field}"), " needs `create: true`");
                findings.add(
                    &finding::NEEDS_CREATE,
                    manifest,
                    message,
                    format!("set `create: true`, or drop `{field}`"),
                );
            }
        }
    }
    for (field, map) in [("labels", &destination.labels), ("annotations", &destination.annotations)] {
        for key in map.iter().flat_map(|map| map.keys()) {
            if is_tracking(key) {
                let message = at(
                    format!("spec.destination.{field}[{key}]"),
                    " makes Argo CD track the Secret, and prune it",
                );
                findings.add(&finding::TRACKING_LABEL, manifest, message, "drop it");
            }
        }
    }
    for key in destination.labels.iter().flat_map(|labels| labels.keys()) {
        if OWNER_LABELS.contains(&key.as_str()) {
            let message = at(format!("spec.destination.labels[{key}]"), " is overwritten by the operator");
            findings.add(&finding::OWNER_LABEL, manifest, message, "drop it");
        }
    }
}

/// Whether a text is a name that Kubernetes gives to Secrets: an RFC 1123 subdomain.
fn is_dns_subdomain(name: &str) -> bool {
    let is_label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

/// Go's syntax and that of this engine are the same but for classes of Unicode and a few escapes,
/// which are let through.
fn regexes(manifest: &Manifest, path: &str, patterns: &[String], findings: &mut Findings) {
    for (index, pattern) in patterns.iter().enumerate() {
        let only_go = [r"\p", r"\P", r"\Q", r"\C"].iter().any(|escape| pattern.contains(escape));
        if let Err(error) = regex_lite::Regex::new(pattern)
            && !only_go
        {
            let message = at(format!("{path}[{index}]"), format!(" is no regular expression: {error}"));
            findings.add(&finding::REGEX, manifest, message, "");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::expect;

    /// An object of a kind; `changes` are laid over a good spec, `destination` over its
    /// destination.
    fn object(kind: &str, changes: &Value, destination: &Value) -> Value {
        let mut spec = json!({"mount": "kv", "destination": {"name": "x", "create": true}});
        match kind {
            "VaultStaticSecret" => (spec["path"], spec["type"]) = (json!("a"), json!("kv-v2")),
            "VaultDynamicSecret" => spec["path"] = json!("creds/a"),
            _ => (spec["role"], spec["expiryOffset"]) = (json!("a"), json!("24h")),
        }
        spec.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        spec["destination"].as_object_mut().unwrap().extend(destination.as_object().unwrap().clone());
        json!({"apiVersion": "secrets.hashicorp.com/v1beta1", "kind": kind, "metadata": {"name": "x"}, "spec": spec})
    }

    #[test]
    fn single_objects() {
        let (fixed, moving, certificate) = ("VaultStaticSecret", "VaultDynamicSecret", "VaultPKISecret");
        for (kind, changes, destination, expected) in [
            (fixed, json!({}), json!({}), &[][..]),
            (fixed, json!({"path": "data/a"}), json!({}), &["V012"]),
            (fixed, json!({"path": "data/a", "type": "kv-v1"}), json!({}), &[]),
            (fixed, json!({"path": "database/a"}), json!({}), &[]),
            (fixed, json!({"path": "/a"}), json!({}), &["V012"]),
            (fixed, json!({"mount": "kv/"}), json!({}), &["V012"]),
            (fixed, json!({"version": 2}), json!({}), &[]),
            (fixed, json!({"version": 2, "type": "kv-v1"}), json!({}), &["V013"]),
            (fixed, json!({"hmacSecretData": false}), json!({}), &["V023"]),
            (fixed, json!({"hmacSecretData": false, "refreshAfter": "60s"}), json!({}), &[]),
            (
                fixed,
                json!({
                    "hmacSecretData": false, "refreshAfter": "60s",
                    "rolloutRestartTargets": [{"kind": "Deployment", "name": "web"}]
                }),
                json!({}),
                &["V015"],
            ),
            (
                fixed,
                json!({}),
                json!({"create": false, "labels": {"a": "b"}, "type": "Opaque"}),
                &["V011", "V011", "V021"],
            ),
            (fixed, json!({}), json!({"labels": {"a": "b"}, "annotations": {"a": "b"}}), &[]),
            (fixed, json!({}), json!({"labels": {"app.kubernetes.io/instance": "a"}}), &["V019"]),
            (fixed, json!({}), json!({"annotations": {"argocd.argoproj.io/tracking-id": "a"}}), &["V019"]),
            (fixed, json!({}), json!({"labels": {"app.kubernetes.io/name": "a"}}), &["V020"]),
            (
                fixed,
                json!({}),
                json!({"transformation": {"includes": ["("], "excludes": ["a", "[z-a]"]}}),
                &["V024", "V024"],
            ),
            (
                fixed,
                json!({}),
                json!({"transformation": {"includes": [r"^\p{Greek}$", "^[[:alpha:]]+$"]}}),
                &[],
            ),
            (
                fixed,
                json!({}),
                json!({"type": "kubernetes.io/tls", "transformation": {"includes": ["^tls.crt$"]}}),
                &["V037"],
            ),
            (fixed, json!({}), json!({"type": "kubernetes.io/dockerconfigjson"}), &[]),
            (moving, json!({}), json!({}), &[]),
            (moving, json!({"path": "static-creds/a"}), json!({}), &["V036"]),
            (moving, json!({"path": "static-creds/a", "allowStaticCreds": true}), json!({}), &[]),
            (certificate, json!({}), json!({"type": "kubernetes.io/tls"}), &[]),
            (certificate, json!({"expiryOffset": null}), json!({}), &["V031"]),
            (certificate, json!({"format": "p12"}), json!({}), &["V032"]),
            (certificate, json!({"format": "pem_bundle", "privateKeyFormat": "pkcs8"}), json!({}), &[]),
            (
                certificate,
                json!({}),
                json!({"type": "kubernetes.io/tls", "transformation": {"templates": {"a": {"text": "x"}}}}),
                &["V030"],
            ),
        ] {
            expect(&[object(kind, &changes, &destination)], expected);
        }
    }
}
