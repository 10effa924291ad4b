//! Applications as such: their render, their sources, their sync options.

use serde_json::Value;

use super::quoted;
use crate::change::{Application, RenderResult};
use crate::lint::{About, ApplicationFacts, Found, LintRule};

/// Branches that move, by the names that most have.
const BRANCHES: [&str; 7] = ["HEAD", "main", "master", "develop", "dev", "trunk", "latest"];

pub(super) fn check(application: &Application, facts: &ApplicationFacts, found: &mut Found) {
    let about = About { application: Some(application), object: None, origin: facts.origin.as_ref() };
    if let RenderResult::Failed(failure) = &application.outcome {
        let origin = failure.origin.as_ref().or(facts.origin.as_ref());
        let first = failure.message.lines().next().unwrap_or_default();
        let message = format!("{} does not render: {first}", quoted(&application.key.name));
        found.add(LintRule::RenderFailed, About { origin, ..about }, "", (message, ""));
    }
    for (index, source) in sources(&application.manifest).into_iter().enumerate() {
        let is_own = facts.own_sources.get(index).copied().unwrap_or(false);
        revision(source, is_own, about, found);
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
fn sources(manifest: &Value) -> Vec<&Value> {
    let many = manifest.pointer("/spec/sources").and_then(Value::as_array);
    match many.filter(|many| !many.is_empty()) {
        Some(many) => many.iter().collect(),
        None => manifest.pointer("/spec/source").into_iter().collect(),
    }
}

fn revision(source: &Value, is_own: bool, about: About<'_>, found: &mut Found) {
    let text = |key: &str| source.get(key).and_then(Value::as_str).unwrap_or_default();
    let (revision, repository) = (text("targetRevision"), text("repoURL"));
    if repository.is_empty() {
        return;
    }
    let chart = text("chart");
    let what = if !chart.is_empty() {
        if !is_range(revision) {
            return;
        }
        format!("chart {}", quoted(chart))
    } else if is_own || !(revision.is_empty() || BRANCHES.contains(&revision) || is_range(revision)) {
        return;
    } else {
        format!("repository {}", quoted(repository))
    };
    let at = if revision.is_empty() { "no version".to_owned() } else { quoted(revision) };
    let message = format!("{what} is taken at {at}, so that it changes without a commit here");
    let hint = "name a version, a tag or a commit";
    found.add(LintRule::FloatingRevision, about, &format!("{repository} {chart}"), (message, hint));
}

/// Whether a version stands for several.
fn is_range(version: &str) -> bool {
    let is_wild = |part: &str| matches!(part, "x" | "X" | "*");
    version.is_empty()
        || version.contains(['*', '^', '~', '>', '<', '|', ' '])
        || (version.starts_with(|c: char| c.is_ascii_digit() || c == 'v') && version.split('.').any(is_wild))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_stand_for_several_versions() {
        for version in ["", "*", "1.x", "v2.*", "^1.2", "~1", ">=1.0", "1.0 - 2.0", "1 || 2"] {
            assert!(is_range(version), "{version}");
        }
        for version in ["1.2.3", "v1.2.3", "1.0.0-rc.x1", "release-x", "4f3a2b1", "feature/x.y"] {
            assert!(!is_range(version), "{version}");
        }
    }
}
