//! Restart targets of a VaultStaticSecret that is already written.

use oarlock_plugin::Manifest;
use serde_json::{Value, json};

use crate::crd::RestartTarget;

/// Adds a restart target to an object that has a `spec`; one that is there already leaves the
/// manifest untouched.
pub(crate) fn add(manifest: &mut Manifest, target: &RestartTarget) {
    let target = json!(target);
    let listed = manifest.at(&["spec", "rolloutRestartTargets"]).and_then(Value::as_array);
    if listed.is_some_and(|targets| targets.contains(&target)) {
        return;
    }
    let Some(Value::Object(spec)) = manifest.object_mut().get_mut("spec") else { return };
    match spec.get_mut("rolloutRestartTargets") {
        Some(Value::Array(targets)) => targets.push(target),
        _ => {
            spec.insert("rolloutRestartTargets".to_owned(), Value::Array(vec![target]));
        }
    }
}
