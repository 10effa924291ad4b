//! The operator's custom resources, as types: what is written, what is read, and the schema of
//! both.
//!
//! The field facts are those of the Vault Secrets Operator 1.4 (`secrets.hashicorp.com/v1beta1`).

mod auth;
mod schema;
mod secret;

use std::sync::LazyLock;

use oarlock_plugin::Manifest;
use regex_lite::Regex;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

pub(crate) use auth::{AuthMethod, GlobalBlocks, VaultAuthGlobalSpec, VaultAuthSpec, VaultConnectionSpec};
pub(crate) use schema::mistakes;
pub(crate) use secret::{
    Destination, KvType, RestartKind, RestartTarget, SecretTransformationSpec, Template, Transformation,
    TransformationRef, VaultDynamicSecretSpec, VaultPKISecretSpec, VaultStaticSecret, VaultStaticSecretSpec,
};

/// The API group of the operator.
pub(crate) const GROUP: &str = "secrets.hashicorp.com";

/// The one version that is served.
pub(crate) const VERSION: &str = "v1beta1";

/// The kinds whose fields are known here.
pub(crate) const KNOWN_KINDS: [&str; 7] = [
    "SecretTransformation",
    "VaultAuth",
    "VaultAuthGlobal",
    "VaultConnection",
    "VaultDynamicSecret",
    "VaultPKISecret",
    "VaultStaticSecret",
];

/// Kinds of the group that are passed on unread: those of HCP Vault Secrets, of the CSI driver, and
/// the operator's own storage.
pub(crate) const OTHER_KINDS: [&str; 5] =
    ["CSISecrets", "HCPAuth", "HCPVaultSecretsApp", "VaultClientCache", "VaultTransit"];

/// The schema of a kind's `spec`, made when it is first asked for.
pub(crate) fn schema_of(kind: &str) -> Option<&'static Value> {
    static SCHEMAS: [(&str, LazyLock<Value>); 7] = [
        ("SecretTransformation", LazyLock::new(schema_for::<SecretTransformationSpec>)),
        ("VaultAuth", LazyLock::new(schema_for::<VaultAuthSpec>)),
        ("VaultAuthGlobal", LazyLock::new(schema_for::<VaultAuthGlobalSpec>)),
        ("VaultConnection", LazyLock::new(schema_for::<VaultConnectionSpec>)),
        ("VaultDynamicSecret", LazyLock::new(schema_for::<VaultDynamicSecretSpec>)),
        ("VaultPKISecret", LazyLock::new(schema_for::<VaultPKISecretSpec>)),
        ("VaultStaticSecret", LazyLock::new(schema_for::<VaultStaticSecretSpec>)),
    ];
    SCHEMAS.iter().find(|(name, _)| *name == kind).map(|(_, schema)| &**schema)
}

fn schema_for<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// Whether a manifest is of the operator's group.
pub(crate) fn is_vault_object(manifest: &Manifest) -> bool {
    manifest.group() == GROUP
}

/// Whether a text is a duration as the operator takes it: one number and one of `s`, `m`, `h`.
pub(crate) fn is_duration(text: &str) -> bool {
    static DURATION: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(secret::DURATION).expect("a constant that the tests compile"));
    DURATION.is_match(text)
}

/// Reads the `spec` of a manifest; `None` where it does not fit, which [`mistakes`] has reported.
pub(crate) fn spec_of<T: serde::de::DeserializeOwned>(manifest: &Manifest) -> Option<T> {
    T::deserialize(manifest.at(&["spec"])?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, expected) in [
            ("60s", true),
            ("1.5h", true),
            ("5m", true),
            ("1h30m", false),
            ("1d", false),
            ("500ms", false),
            ("60", false),
            (".5s", false),
        ] {
            assert_eq!(is_duration(text), expected, "{text}");
        }
    }

    #[test]
    fn every_known_kind_has_a_schema_without_references() {
        for kind in KNOWN_KINDS {
            let schema = schema_of(kind).unwrap();
            assert!(schema["properties"].is_object(), "{kind}");
            assert!(!schema.to_string().contains("$ref"), "{kind}: {schema}");
        }
        assert!(schema_of("HCPAuth").is_none());
    }
}
