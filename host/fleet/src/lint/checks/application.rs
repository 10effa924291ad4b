//! Applications as such: their render, their sources, their sync options.

use serde_json::Value;

use super::quoted;
use crate::change::{Application, RenderResult};
use crate::lint::{About, ApplicationFacts, Found, LintRule};

pub(super) fn check(application: &Application, facts: &ApplicationFacts, found: &mut Found) {
    let about = About { application: Some(application), object: None, origin: facts.origin.as_ref() };
    if let RenderResult::Failed(failure) = &application.outcome {
        let origin = failure.origin.as_ref().or(facts.origin.as_ref());
        let first = failure.message.lines().next().unwrap_or_default();
        let message = format!("{} does not render: {first}", quoted(&application.key.name));
        found.add(LintRule::RenderFailed, About { origin, ..about }, "", (message, ""));
    }
    for source in sources(&application.manifest) {
        values_references(&application.manifest, source, about, found);
    }
    for warning in &facts.warnings {
        let rule = match warning.plugin.as_str() {
            "vault" => LintRule::Vault,
            "sync-wave" => LintRule::SyncWave,
            _ => LintRule::PluginWarning,
        };
        let origin = warning.origin.as_ref().or(facts.origin.as_ref());
        let message = format!("{}: {}", warning.plugin, warning.message);
        let hint = warning.hint.as_deref().unwrap_or_default();
        found.add(rule, About { origin, ..about }, &warning.message, (message, hint));
    }
    let options = application.manifest.pointer("/spec/syncPolicy/syncOptions").and_then(Value::as_array);
    for option in options.into_iter().flatten().filter_map(Value::as_str) {
        super::objects::sync_option(option, true, about, found);
    }
}

/// The sources of an Application, in order.
pub(super) fn sources(manifest: &Value) -> Vec<&Value> {
    let many = manifest.pointer("/spec/sources").and_then(Value::as_array);
    match many.filter(|many| !many.is_empty()) {
        Some(many) => many.iter().collect(),
        None => manifest.pointer("/spec/source").into_iter().collect(),
    }
}

/// Values files in sources that are not there.
fn values_references(manifest: &Value, source: &Value, about: About<'_>, found: &mut Found) {
    let files = source.pointer("/helm/valueFiles").and_then(Value::as_array);
    for file in files.into_iter().flatten().filter_map(Value::as_str) {
        let Some(rest) = file.strip_prefix('$') else { continue };
        let name = rest.split('/').next().unwrap_or_default();
        // A variable of Argo CD's, or one that is escaped.
        if name.starts_with(['$', '{']) || name.starts_with("ARGOCD_") || name.contains("{{") {
            continue;
        }
        let is_there =
            sources(manifest).iter().any(|other| other.get("ref").and_then(Value::as_str) == Some(name));
        if !is_there {
            let message =
                format!("values file {} names {}, which no source has as `ref`", quoted(file), quoted(name));
            let hint = "add a source with this `ref`";
            found.add(LintRule::BrokenValuesReference, about, file, (message, hint));
        }
    }
}
