//! Refuses Secrets that have values written in them. The values are never printed.

use oarlock_plugin::Manifest;
use serde_json::Value;

use crate::avp;
use crate::finding::{self, Findings, Said};
use crate::scope::Scope;
use crate::secret::{decoded, is_allowed, is_secret};
use crate::suggestion;

/// Reports every Secret with values, unless the configuration allows it by name.
pub(crate) fn check(manifests: &[Manifest], scope: &Scope<'_>, findings: &mut Findings) {
    for manifest in manifests.iter().filter(|manifest| is_secret(manifest)) {
        let keys = literal_keys(manifest);
        if keys.is_empty() || is_allowed(manifest, scope) {
            continue;
        }
        let message = format!("has values in {}", suggestion::list(&keys));
        findings.add(
            &finding::LITERAL_SECRET,
            manifest,
            Said::from(message).about(keys[0].as_str()),
            hint(manifest),
        );
    }
}

/// What to do about values. The author of placeholders, or of a Secret for argocd-vault-plugin,
/// should learn why that does not count.
fn hint(manifest: &Manifest) -> String {
    let name = manifest.name();
    let bare = ["data", "stringData"].into_iter().find_map(|field| {
        let values = manifest.at(&[field])?.as_object()?.iter();
        let is_bare = |value: &Value| {
            let text = value.as_str().unwrap_or_default();
            avp::has_placeholder(text, true) || encoded_placeholder(text, true)
        };
        let (key, _) =
            values.filter(|(_, value)| is_literal(value, false)).find(|(_, value)| is_bare(value))?;
        Some(format!("{field}.{key}"))
    });
    match bare.filter(|_| avp::annotated_path(manifest).is_none()) {
        Some(field) => format!(
            "`{field}` looks like a placeholder, which counts only with a path: write `<path:API/PATH#key>`, or say the path in the \
             annotation `avp.kubernetes.io/path`"
        ),
        None if avp::is_ignored(manifest) => format!(
            "`avp.kubernetes.io/ignore` keeps placeholders as they are, and allows no values: move them to Vault, or list `{name}` under \
             `allowLiteralSecrets`"
        ),
        None => format!(
            "move them to Vault and let a VaultStaticSecret fill `{name}`, or list `{name}` under `allowLiteralSecrets`"
        ),
    }
}

/// The fields that hold a value: neither empty nor a placeholder.
fn literal_keys(manifest: &Manifest) -> Vec<String> {
    let generic = avp::annotated_path(manifest).is_some();
    let mut keys = Vec::new();
    for field in ["data", "stringData"] {
        match manifest.at(&[field]) {
            None | Some(Value::Null) => {}
            Some(Value::Object(map)) => {
                let literal = map.iter().filter(|(_, value)| is_literal(value, generic));
                keys.extend(literal.map(|(key, _)| format!("{field}.{key}")));
            }
            Some(_) => keys.push(field.to_owned()),
        }
    }
    keys
}

fn is_literal(value: &Value, generic: bool) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) if text.is_empty() => false,
        Value::String(text) => !avp::has_placeholder(text, generic) && !encoded_placeholder(text, generic),
        _ => true,
    }
}

fn encoded_placeholder(text: &str, generic: bool) -> bool {
    decoded(text).is_some_and(|text| avp::has_placeholder(&text, generic))
}

#[cfg(test)]
mod tests {
    use oarlock_go::encoding::base64;
    use serde_json::json;

    use super::*;

    #[test]
    fn tells_values_from_placeholders() {
        for (body, expected) in [
            (json!({}), &[][..]),
            (json!({"data": null, "stringData": {}}), &[]),
            (json!({"data": {"a": ""}, "stringData": {"b": null}}), &[]),
            (json!({"type": "kubernetes.io/service-account-token"}), &[]),
            (json!({"data": {"a": "aHVudGVyMg=="}}), &["data.a"]),
            (json!({"stringData": {"a": "x", "b": "<path:kv/data/a#b>"}}), &["stringData.a"]),
            (json!({"data": {"a": base64(b"<path:kv/data/a#b>")}}), &[]),
            (json!({"stringData": {"a": "<b>"}}), &["stringData.a"]),
            (json!({"stringData": {"a": 1}}), &["stringData.a"]),
            (json!({"data": "x"}), &["data"]),
            (
                json!({"metadata": {"annotations": {"avp.kubernetes.io/path": "kv/data/a"}}, "stringData": {"a": "<b>"}}),
                &[],
            ),
        ] {
            let manifest = Manifest::from_value(&body).unwrap();
            assert_eq!(literal_keys(&manifest), expected, "{body}");
        }
    }
}
