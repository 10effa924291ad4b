//! Placeholders of argocd-vault-plugin: found everywhere, turned into references where one can
//! stand.
//!
//! The syntax and its corners are those of argocd-vault-plugin 1.18.

mod checksum;
mod convert;
mod expression;
mod location;
mod placeholder;

use oarlock_plugin::{Failure, Manifest};
use serde_json::Value;

use crate::config::AvpPlaceholders;
use crate::finding::{self, Findings, at};
use crate::scope::Scope;
use crate::secret;

pub(crate) use placeholder::has_placeholder;

/// What the annotations of argocd-vault-plugin start with.
const PREFIX: &str = "avp.kubernetes.io/";

/// The path in an object's annotation, which makes every `<…>` of its values a placeholder.
pub(crate) fn annotated_path(manifest: &Manifest) -> Option<&str> {
    manifest.annotation("avp.kubernetes.io/path")
}

/// Puts references in the place of placeholders, as the configuration asks.
///
/// # Errors
/// If an object does not serialise, which a bug in the types alone could bring about.
pub(crate) fn replace(
    manifests: &mut [Manifest],
    scope: &Scope<'_>,
    findings: &mut Findings,
) -> Result<(), Failure> {
    match scope.config.placeholders {
        AvpPlaceholders::Ignore => Ok(()),
        AvpPlaceholders::Report => {
            list(manifests, findings);
            Ok(())
        }
        AvpPlaceholders::Convert => convert(manifests, scope, findings),
    }
}

fn list(manifests: &[Manifest], findings: &mut Findings) {
    for manifest in manifests.iter().filter(|manifest| !is_ignored(manifest)) {
        for field in placeholder_fields(manifest) {
            let message = at(&field, " has a placeholder of argocd-vault-plugin");
            findings.add(&finding::AVP_FOUND, manifest, message, "`placeholders: convert` writes references");
        }
    }
}

fn convert(manifests: &mut [Manifest], scope: &Scope<'_>, findings: &mut Findings) -> Result<(), Failure> {
    for manifest in manifests.iter_mut() {
        let fields = if secret::is_secret(manifest) && !is_ignored(manifest) {
            placeholder_fields(manifest)
        } else {
            Vec::new()
        };
        if fields.is_empty() {
            continue;
        }
        if let Some(object) = convert::convert(manifest, scope, findings) {
            *manifest = Manifest::from_value(&object)?.with_origin(manifest.origin.take());
        }
    }
    let reported = checksum::replace(manifests, scope, findings);
    let rest = manifests.iter().enumerate();
    for (index, manifest) in
        rest.filter(|(_, manifest)| !secret::is_secret(manifest) && !is_ignored(manifest))
    {
        for field in placeholder_fields(manifest) {
            if reported.contains(&(index, field.clone())) {
                continue;
            }
            let hint = "take the value from a Secret that Vault fills: as an environment variable (`secretKeyRef`), \
                        or as a file (a volume of the Secret)";
            let message = at(&field, " has a placeholder, and no reference can stand there");
            findings.add(&finding::AVP_NO_REFERENCE, manifest, message, hint);
        }
    }
    Ok(())
}

/// Whether an object asks argocd-vault-plugin to pass over it.
pub(crate) fn is_ignored(manifest: &Manifest) -> bool {
    manifest.annotation("avp.kubernetes.io/ignore") == Some("true")
}

/// The paths of all values that hold a placeholder; keys never do.
fn placeholder_fields(manifest: &Manifest) -> Vec<String> {
    let generic = annotated_path(manifest).is_some();
    let secret = secret::is_secret(manifest);
    let mut fields = Vec::new();
    for (key, value) in manifest.object() {
        walk(value, key, generic, secret, &mut fields);
    }
    fields
}

/// No deeper than the JSON parser let the manifest be.
fn walk(value: &Value, path: &str, generic: bool, secret: bool, fields: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let encoded =
                || secret && secret::decoded(text).is_some_and(|text| has_placeholder(&text, generic));
            if has_placeholder(text, generic) || encoded() {
                fields.push(path.to_owned());
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{path}[{index}]"), generic, secret, fields);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                walk(value, &format!("{path}.{key}"), generic, secret, fields);
            }
        }
        _ => {}
    }
}
