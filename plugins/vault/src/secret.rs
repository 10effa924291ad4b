//! Kubernetes' Secrets: which objects they are, which may hold values, and what their data are.

use oarlock_go::encoding::decode_base64;
use oarlock_plugin::Manifest;

use crate::scope::Scope;

/// Whether a manifest is a Secret.
pub(crate) fn is_secret(manifest: &Manifest) -> bool {
    manifest.kind() == "Secret" && manifest.group().is_empty()
}

/// Whether the configuration allows the Secret to have values.
pub(crate) fn is_allowed(manifest: &Manifest, scope: &Scope<'_>) -> bool {
    let namespace = scope.namespace(manifest);
    scope.config.allow_literal_secrets.iter().any(|glob| glob.matches(namespace, manifest.name()))
}

/// The text behind base64, if it is that.
pub(crate) fn decoded(text: &str) -> Option<String> {
    String::from_utf8(decode_base64(text.as_bytes()).ok()?).ok()
}
