//! Writes the VaultStaticSecret objects that the render lacks.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use oarlock_plugin::{Failure, Manifest};

use crate::config::SecretOverride;
use crate::crd::{Destination, Template, Transformation, VaultStaticSecret, VaultStaticSecretSpec};
use crate::demand::{Ask, Demand};
use crate::finding::{self, Findings, Level, at};
use crate::mapping::{self, Mapping};
use crate::provider::Providers;
use crate::scope::Scope;

/// The objects for what is asked for, not provided, and covered by the mapping; in the order of the
/// demands.
///
/// # Errors
/// If an object does not serialise, which a bug in the types alone could bring about.
pub(crate) fn missing(
    demands: &[Demand<'_>],
    manifests: &[Manifest],
    scope: &Scope<'_>,
    findings: &mut Findings,
) -> Result<Vec<Manifest>, Failure> {
    let providers = Providers::collect(manifests, scope);
    let mut written = Vec::new();
    for demand in demands {
        let ignored = scope.config.ignore.iter().any(|glob| glob.matches(&demand.namespace, &demand.secret));
        if ignored || providers.of(&demand.namespace, &demand.secret).next().is_some() {
            continue;
        }
        if !demand.is_required() && !is_named(demand, scope) {
            continue;
        }
        if let Some(object) = write(demand, manifests, scope, findings) {
            written.push(Manifest::from_value(&object)?);
        }
    }
    Ok(written)
}

/// An optional Secret is written only where somebody says that Vault has it.
fn is_named(demand: &Demand<'_>, scope: &Scope<'_>) -> bool {
    demand.asks.iter().any(|ask| {
        let own = format!("{}vault-path.{}", crate::workload::ANNOTATION_PREFIX, demand.secret);
        mapping::secret_override(scope, &demand.namespace, &demand.secret).is_some()
            || ask.workload.manifest.annotation(&own).is_some()
    })
}

fn write(
    demand: &Demand<'_>,
    manifests: &[Manifest],
    scope: &Scope<'_>,
    findings: &mut Findings,
) -> Option<VaultStaticSecret> {
    let first = demand.asks.first()?;
    let mapping = match mapping::map(scope, &first.workload, &demand.secret) {
        Ok(mapping) => mapping,
        Err(reason) => {
            report_unmapped(demand, first, &reason, scope, findings);
            return None;
        }
    };
    for ask in &demand.asks[1..] {
        let other = mapping::map(scope, &ask.workload, &demand.secret);
        if other.as_ref() != Ok(&mapping) {
            report_conflict(demand, ask, first, (other.as_ref().ok(), &mapping), findings);
            return None;
        }
    }
    let taken = manifests.iter().find(|manifest| {
        manifest.kind() == "VaultStaticSecret"
            && manifest.name() == demand.secret
            && scope.namespace(manifest) == demand.namespace
    });
    if let Some(taken) = taken {
        let message =
            format!("has the name that an object for Secret `{}` needs, but fills another", demand.secret);
        let hint = format!("rename it, or let its `destination.name` be `{}`", demand.secret);
        findings.add(&finding::MAPPING_CONFLICT, taken, message, hint);
        return None;
    }
    Some(object(demand, first, mapping, mapping::secret_override(scope, &demand.namespace, &demand.secret)))
}

fn object(
    demand: &Demand<'_>,
    first: &Ask<'_>,
    mapping: Mapping,
    own: Option<&SecretOverride>,
) -> VaultStaticSecret {
    let own = own.cloned().unwrap_or_default();
    let named = own.keys.as_ref().map(crate::config::KeyNames::pairs);
    let keys = named.or_else(|| Some(demand.keys()?.into_iter().map(|key| (key, key)).collect()));
    let targets = if own.rollout_restart == Some(false) { Vec::new() } else { demand.restart_targets() };
    // As the workload is written: without a namespace, Argo CD gives both the same.
    let namespace = Some(first.workload.manifest.namespace()).filter(|namespace| !namespace.is_empty());
    let metadata = ObjectMeta {
        name: Some(demand.secret.clone()),
        namespace: namespace.map(str::to_owned),
        ..ObjectMeta::default()
    };
    let spec = VaultStaticSecretSpec {
        vault_auth_ref: mapping.auth,
        namespace: mapping.vault_namespace,
        mount: mapping.mount,
        path: mapping.path,
        kv_type: mapping.kv_type,
        version: None,
        refresh_after: mapping.refresh_after,
        hmac_secret_data: None,
        sync_config: None,
        destination: Destination {
            name: demand.secret.clone(),
            create: Some(true),
            secret_type: own.secret_type,
            transformation: Some(transformation(keys.as_deref())),
            ..Destination::default()
        },
        rollout_restart_targets: Some(targets).filter(|targets| !targets.is_empty()),
    };
    VaultStaticSecret::new(metadata, spec)
}

/// Filters and templates for pairs of Secret key and Vault key; everything but `_raw` where the
/// keys are not known.
pub(crate) fn transformation(keys: Option<&[(&str, &str)]>) -> Transformation {
    let keys = keys.unwrap_or_default();
    let (same, renamed): (Vec<_>, Vec<_>) = keys.iter().partition(|(key, vault)| key == vault);
    let templates: BTreeMap<String, Template> = renamed
        .into_iter()
        .map(|(key, vault)| ((*key).to_owned(), guarded(&[vault], &format!("{{{{ {} }}}}", value_of(vault)))))
        .collect();
    filters(same.into_iter().map(|pair| pair.0), templates)
}

/// Takes just these keys as they are, and makes the others by templates.
pub(crate) fn filters<'k>(
    same: impl Iterator<Item = &'k str>,
    templates: BTreeMap<String, Template>,
) -> Transformation {
    let includes: Vec<String> = same.map(|key| format!("^{}$", regex_lite::escape(key))).collect();
    // Without includes everything would be taken along with the templates.
    let excludes = (includes.is_empty() && !templates.is_empty()).then(|| vec![".*".to_owned()]);
    Transformation {
        exclude_raw: Some(true),
        excludes,
        includes: Some(includes).filter(|includes| !includes.is_empty()),
        templates: Some(templates).filter(|templates| !templates.is_empty()),
        transformation_refs: None,
    }
}

/// The template expression that reads a key of Vault.
pub(crate) fn value_of(vault_key: &str) -> String {
    format!("get .Secrets {}", go_string(vault_key))
}

/// A template that fails where one of the keys is missing: the operator would write an empty text
/// or `<no value>`.
pub(crate) fn guarded(vault_keys: &[&str], body: &str) -> Template {
    let text = vault_keys.iter().rev().fold(body.to_owned(), |body, key| {
        let complaint = go_string(&format!("key {key} is missing"));
        format!(
            "{{{{ if hasKey .Secrets {} }}}}{body}{{{{ else }}}}{{{{ fail {complaint} }}}}{{{{ end }}}}",
            go_string(key)
        )
    });
    Template { name: None, text }
}

/// A text as a Go string literal; JSON's escapes are a part of Go's.
pub(crate) fn go_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn report_unmapped(
    demand: &Demand<'_>,
    ask: &Ask<'_>,
    reason: &str,
    scope: &Scope<'_>,
    findings: &mut Findings,
) {
    let check = finding::Check { level: scope.config.unmapped.unwrap_or(Level::Warn), ..finding::UNPROVIDED };
    let message =
        at(&ask.field, format!(" asks for Secret `{}`, which nothing provides: {reason}", demand.secret));
    let hint = "add it to the render, map it in the configuration, or list it under `ignore`";
    findings.add(&check, ask.workload.manifest, message, hint);
}

fn report_conflict(
    demand: &Demand<'_>,
    ask: &Ask<'_>,
    first: &Ask<'_>,
    (other, mapping): (Option<&Mapping>, &Mapping),
    findings: &mut Findings,
) {
    let place = |mapping: &Mapping| format!("`{}/{}`", mapping.mount, mapping.path);
    let other = other.map_or_else(|| "nowhere".to_owned(), place);
    let message = format!(
        "wants Secret `{}` from {other}, but {} wants it from {}",
        demand.secret,
        first.workload.manifest.display_name(),
        place(mapping)
    );
    let hint = format!("say it once, under `secrets.{}` of the configuration", demand.secret);
    findings.add(&finding::MAPPING_CONFLICT, ask.workload.manifest, message, hint);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn transformations() {
        let guarded = r#"{{ if hasKey .Secrets "v" }}{{ get .Secrets "v" }}{{ else }}{{ fail "key v is missing" }}{{ end }}"#;
        for (keys, expected) in [
            (None, json!({"excludeRaw": true})),
            (Some(vec![("tls.crt", "tls.crt")]), json!({"excludeRaw": true, "includes": ["^tls\\.crt$"]})),
            (
                Some(vec![("K", "v")]),
                json!({"excludeRaw": true, "excludes": [".*"], "templates": {"K": {"text": guarded}}}),
            ),
            (
                Some(vec![("K", "v"), ("a", "a")]),
                json!({"excludeRaw": true, "includes": ["^a$"], "templates": {"K": {"text": guarded}}}),
            ),
        ] {
            assert_eq!(serde_json::to_value(transformation(keys.as_deref())).unwrap(), expected);
        }
    }

    #[test]
    fn guards_nest() {
        assert_eq!(
            self::guarded(&["a", "b"], "x").text,
            "{{ if hasKey .Secrets \"a\" }}{{ if hasKey .Secrets \"b\" }}x{{ else }}{{ fail \"key b is missing\" }}\
             {{ end }}{{ else }}{{ fail \"key a is missing\" }}{{ end }}"
        );
    }
}
