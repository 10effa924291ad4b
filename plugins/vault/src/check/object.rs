//! One object against the schema of its kind.

use oarlock_plugin::Manifest;
use serde_json::Value;

use crate::crd::{self, KNOWN_KINDS, OTHER_KINDS};
use crate::finding::{self, Findings, at};
use crate::suggestion;

/// Every field of an object, `spec` through the schema of the kind.
pub(super) fn check(manifest: &Manifest, findings: &mut Findings) {
    let kind = manifest.kind();
    if OTHER_KINDS.contains(&kind) {
        return;
    }
    let Some(schema) = crd::schema_of(kind) else {
        let hint = suggestion::did_you_mean(kind, KNOWN_KINDS.into_iter().chain(OTHER_KINDS));
        findings.add(
            &finding::UNKNOWN_KIND,
            manifest,
            format!("`{}` has no kind `{kind}`", crd::GROUP),
            hint,
        );
        return;
    };
    if manifest.version() != crd::VERSION {
        let message = format!("`apiVersion` is `{}`", manifest.api_version());
        let hint = format!("the operator serves `{}/{}`", crd::GROUP, crd::VERSION);
        findings.add(&finding::UNKNOWN_KIND, manifest, message, hint);
    }
    for key in manifest.object().keys() {
        const FIELDS: [&str; 5] = ["apiVersion", "kind", "metadata", "spec", "status"];
        if !FIELDS.contains(&key.as_str()) {
            let hint = suggestion::did_you_mean(key, FIELDS);
            findings.add(
                &finding::UNKNOWN_FIELD,
                manifest,
                format!("`{key}` is no field of this kind"),
                hint,
            );
        }
    }
    match manifest.at(&["spec"]) {
        // Nothing is required of it, but to be there.
        None | Some(Value::Null) => {
            let hint =
                "the API server takes the object all the same, and the operator can do nothing with it";
            findings.add(&finding::REQUIRED, manifest, at("spec", " is missing"), hint);
        }
        Some(spec) => {
            for mistake in crd::mistakes(schema, spec, "spec") {
                findings.add(mistake.check, manifest, mistake.message, mistake.hint);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::expect;

    #[test]
    fn kinds_versions_and_specs() {
        let object =
            |api: &str, kind: &str| json!({"apiVersion": api, "kind": kind, "metadata": {"name": "x"}});
        let group = "secrets.hashicorp.com/v1beta1";
        expect(&[object(group, "HCPAuth")], &[]);
        expect(&[object(group, "VaultStaticSecrets")], &["V007: VaultStaticSecrets x: "]);
        expect(&[object(group, "VaultStaticSecret")], &["V002: VaultStaticSecret x: `spec` is missing"]);
        expect(&[object("secrets.hashicorp.com/v1alpha1", "VaultConnection")], &["V007: ", "V002: "]);
        let mut connection = object(group, "VaultConnection");
        connection["spec"] = json!({"address": "https://vault:8200"});
        expect(&[connection.clone()], &[]);
        connection["sepc"] = json!({});
        expect(&[connection], &["V001: VaultConnection x: `sepc` is no field"]);
    }
}
