//! The operator's Go templates.

mod functions;
mod syntax;

use std::collections::BTreeMap;

use oarlock_plugin::Manifest;

use self::functions::{ALLOWED, BUILT_IN, UNSTABLE};
use self::syntax::read;
use super::fills::filler;
use crate::crd::{self, SecretTransformationSpec, Template};
use crate::finding::{self, Findings, at};
use crate::suggestion;

/// Checks the templates of an object.
pub(super) fn check(manifest: &Manifest, findings: &mut Findings) {
    if let Some(filler) = filler(manifest) {
        let templates =
            filler.destination.transformation.and_then(|shape| shape.templates).unwrap_or_default();
        let unguarded = manifest.kind() == "VaultStaticSecret";
        let reader = Reader {
            manifest,
            path: "spec.destination.transformation.templates",
            unguarded,
            restarts: !filler.targets.is_empty(),
        };
        reader.all(&templates, findings);
    } else if manifest.kind() == "SecretTransformation" {
        let Some(spec) = crd::spec_of::<SecretTransformationSpec>(manifest) else { return };
        let reader = Reader { manifest, path: "spec.templates", unguarded: true, restarts: false };
        reader.all(&spec.templates.unwrap_or_default(), findings);
        for (index, template) in spec.source_templates.iter().flatten().enumerate() {
            reader.one(&format!("spec.sourceTemplates[{index}].text"), &template.text, findings);
        }
    }
}

struct Reader<'m> {
    manifest: &'m Manifest,
    path: &'static str,
    /// Whether keys may be missing: what Vault's own engines answer is known.
    unguarded: bool,
    restarts: bool,
}

impl Reader<'_> {
    fn all(&self, templates: &BTreeMap<String, Template>, findings: &mut Findings) {
        for (key, template) in templates {
            self.one(&format!("{}.{key}.text", self.path), &template.text, findings);
        }
    }

    fn one(&self, field: &str, text: &str, findings: &mut Findings) {
        let read = match read(text) {
            Ok(read) => read,
            Err(reason) => {
                findings.add(&finding::TEMPLATE_SYNTAX, self.manifest, at(field, format!(": {reason}")), "");
                return;
            }
        };
        for function in &read.functions {
            if !BUILT_IN.contains(function) && !ALLOWED.contains(function) {
                let hint = match *function {
                    "required" => "write `{{ if hasKey … }}…{{ else }}{{ fail \"…\" }}{{ end }}`".to_owned(),
                    "fromYaml" | "toYaml" => "there is `fromJson` and `toJson`, nothing for YAML".to_owned(),
                    _ => suggestion::did_you_mean(function, ALLOWED.iter().copied()),
                };
                let message =
                    at(field, format!(" calls `{function}`, which the operator's templates do not have"));
                findings.add(&finding::TEMPLATE_FUNCTION, self.manifest, message, hint);
            }
            if self.restarts && UNSTABLE.contains(function) {
                let message = at(field, format!(" calls `{function}`, so each refresh restarts the targets"));
                let hint = "keep the result itself in Vault, or drop the targets";
                findings.add(&finding::TEMPLATE_UNSTABLE, self.manifest, message, hint);
            }
        }
        for key in read.bare_keys.iter().filter(|_| self.unguarded) {
            let message =
                at(field, format!(": `.Secrets.{key}` writes `<no value>` where Vault lacks the key"));
            let hint = format!(
                "write `{{{{ if hasKey .Secrets \"{key}\" }}}}…{{{{ else }}}}{{{{ fail \"…\" }}}}{{{{ end }}}}`"
            );
            findings.add(&finding::TEMPLATE_UNGUARDED, self.manifest, message, hint);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::expect;

    #[test]
    fn findings() {
        let object = |text: &str| {
            json!({
                "apiVersion": "secrets.hashicorp.com/v1beta1", "kind": "VaultStaticSecret", "metadata": {"name": "x"},
                "spec": {
                    "mount": "kv", "path": "a", "type": "kv-v2",
                    "destination": {"name": "x", "create": true, "transformation": {"templates": {"k": {"text": text}}}},
                    "rolloutRestartTargets": [{"kind": "Deployment", "name": "web"}]
                }
            })
        };
        for (text, expected) in [
            ("{{ get .Secrets \"a\" | upper }}", &[][..]),
            ("{{ if }", &["V025"]),
            ("{{ required \"x\" .Secrets.a }}", &["V026", "V027"]),
            ("{{ fromYaml \"a\" }}", &["V026"]),
            ("{{ htpasswd \"a\" (get .Secrets \"b\") }}", &["V028"]),
        ] {
            expect(&[object(text)], expected);
        }
    }
}
