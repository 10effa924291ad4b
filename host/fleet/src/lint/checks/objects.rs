//! Objects: what Argo CD reads in them, and what it would do with them.

use std::collections::BTreeMap;

use oarlock_kubernetes::{Gvk, Scope};
use serde_json::Value;

use super::{about, is_rendered, quoted};
use crate::change::{Application, IgnoreRules, Object, ObjectId};
use crate::findings::argocd::{Pruning, annotation, pruning};
use crate::lint::{About, ApplicationFacts, Found, LintRule};

const WAVE: &str = "argocd.argoproj.io/sync-wave";
const HOOK: &str = "argocd.argoproj.io/hook";
const HOOK_DELETE_POLICY: &str = "argocd.argoproj.io/hook-delete-policy";
const OPTIONS: &str = "argocd.argoproj.io/sync-options";

const HOOKS: [&str; 7] = ["PreSync", "Sync", "PostSync", "SyncFail", "PreDelete", "PostDelete", "Skip"];
const DELETE_POLICIES: [&str; 3] = ["HookSucceeded", "HookFailed", "BeforeHookCreation"];

/// Sync options: the name, the values, whether Applications may have it, whether objects may.
const SYNC_OPTIONS: [(&str, &[&str], bool, bool); 14] = [
    ("Prune", &["true", "false", "confirm"], true, true),
    ("Delete", &["true", "false", "confirm"], true, true),
    ("Validate", &["true", "false"], true, true),
    ("SkipDryRunOnMissingResource", &["true", "false"], true, true),
    ("ServerSideApply", &["true", "false"], true, true),
    ("ClientSideApplyMigration", &["true", "false"], true, true),
    ("Replace", &["true", "false"], true, true),
    ("Force", &["true", "false"], true, true),
    ("PruneLast", &["true", "false"], true, true),
    ("PrunePropagationPolicy", &["foreground", "background", "orphan"], true, false),
    ("ApplyOutOfSyncOnly", &["true", "false"], true, false),
    ("CreateNamespace", &["true", "false"], true, false),
    ("FailOnSharedResource", &["true", "false"], true, false),
    ("RespectIgnoreDifferences", &["true", "false"], true, false),
];

pub(super) fn check(application: &Application, object: &Object, found: &mut Found) {
    let about = about(application, object);
    let manifest = &object.manifest;
    if let Some(wave) = manifest.pointer("/metadata/annotations").and_then(|all| all.get(WAVE))
        && wave.as_str().is_none_or(|wave| wave.trim().parse::<i64>().is_err())
    {
        let shown = wave.as_str().map_or_else(|| wave.to_string(), str::to_owned);
        let message = format!("sync wave {} is not an integer in quotes", quoted(&shown));
        found.add(LintRule::InvalidWave, about, "", (message, "write the number in quotes, as `\"-1\"`"));
    }
    for (name, known, what) in
        [(HOOK, &HOOKS[..], "hook"), (HOOK_DELETE_POLICY, &DELETE_POLICIES[..], "deletion policy of a hook")]
    {
        for word in words(annotation(manifest, name)) {
            if !known.contains(&word) {
                let message = format!("{} is no {what} that Argo CD knows", quoted(word));
                let hint = format!("known are {}", known.join(", "));
                found.add(LintRule::InvalidHook, about, word, (message, &hint));
            }
        }
    }
    for option in words(annotation(manifest, OPTIONS)) {
        sync_option(option, false, about, found);
    }
    let id = ObjectId::of(manifest);
    if id.is("", "PersistentVolumeClaim") && !keeps(manifest) {
        let is_pruned = pruning(&application.manifest, manifest) == Pruning::Automated;
        if is_pruned && !application.manifest.is_null() {
            let message = format!(
                "{} would be deleted with its data if it left the render, because the Application prunes by itself",
                quoted(&id)
            );
            let hint = "annotate it with `argocd.argoproj.io/sync-options: Prune=false,Delete=false`";
            found.add(LintRule::VolumePruned, about, "", (message, hint));
        }
    }
    let gvk = gvk(manifest);
    if id.namespace.is_empty() && gvk.scope() == Some(Scope::Namespaced) && !application.manifest.is_null() {
        let message = format!("{} has no namespace, and the Application has none for it", quoted(&id));
        let hint = "set `destination.namespace` of the Application, or the namespace in the manifests";
        found.add(LintRule::NamespaceMissing, about, "", (message, hint));
    }
}

fn gvk(manifest: &Value) -> Gvk {
    let text = |key: &str| manifest.get(key).and_then(Value::as_str).unwrap_or_default();
    Gvk::from_api_version(text("apiVersion"), text("kind"))
}

fn words(list: Option<&str>) -> impl Iterator<Item = &str> {
    list.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty())
}

/// Whether Helm's annotation keeps an object.
fn keeps(manifest: &Value) -> bool {
    words(annotation(manifest, "helm.sh/resource-policy")).any(|word| word == "keep")
}

/// Looks at a sync option of an Application or an object.
pub(super) fn sync_option(option: &str, of_application: bool, about: About<'_>, found: &mut Found) {
    let (name, value) =
        option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value.trim())));
    let (name, subject) = (name.trim(), if of_application { "an Application" } else { "an object" });
    let message = match SYNC_OPTIONS.iter().find(|(known, ..)| *known == name) {
        None => format!("sync option {} is none that Argo CD knows", quoted(option)),
        Some((_, values, ..)) if value.is_none_or(|value| !values.contains(&value)) => {
            format!("sync option {} has none of the values {}", quoted(option), values.join(", "))
        }
        Some((_, _, for_applications, for_objects)) => {
            if if of_application { *for_applications } else { *for_objects } {
                return;
            }
            format!("sync option {} has no effect on {subject}", quoted(option))
        }
    };
    found.add(LintRule::InvalidSyncOption, about, option, (message, "options are spelled as `Name=value`"));
}

/// Looks at objects that have to do with each other.
pub(super) fn check_together(application: &Application, facts: &ApplicationFacts, found: &mut Found) {
    if !is_rendered(application) {
        return;
    }
    let by_id: BTreeMap<ObjectId, &Object> =
        application.objects().iter().map(|object| (ObjectId::of(&object.manifest), object)).collect();
    for (id, paths) in &facts.random {
        let Some(object) = by_id.get(id) else { continue };
        let shown: Vec<String> = paths.iter().take(3).map(quoted).collect();
        let message = format!("{} differs on every run of its chart: {}", quoted(id), shown.join(", "));
        let hint = "give the value yourself, in the values or by an existing Secret";
        found.add(LintRule::RandomValue, about(application, object), "", (message, hint));
    }
    let heals =
        application.manifest.pointer("/spec/syncPolicy/automated/selfHeal") == Some(&Value::Bool(true));
    if !heals {
        return;
    }
    let rules =
        IgnoreRules::read(application.manifest.pointer("/spec/ignoreDifferences").unwrap_or(&Value::Null));
    for object in application.objects() {
        let Some(target) = scaled(&object.manifest) else { continue };
        let Some(workload) = by_id.get(&target) else { continue };
        let stripped = rules.strip(&workload.manifest);
        if stripped.as_ref().unwrap_or(&workload.manifest).pointer("/spec/replicas").is_none() {
            continue;
        }
        let message = format!(
            "{} sets `replicas` of {}, which its manifest sets, too: Argo CD takes every change back",
            quoted(&ObjectId::of(&object.manifest)),
            quoted(&target)
        );
        let hint = "remove `replicas` from the manifest, or name it in `ignoreDifferences`";
        found.add(LintRule::ReplicasConflict, about(application, workload), "", (message, hint));
    }
}

/// The workload that an autoscaler scales.
fn scaled(manifest: &Value) -> Option<ObjectId> {
    let id = ObjectId::of(manifest);
    let is_scaler = id.is("autoscaling", "HorizontalPodAutoscaler") || id.is("keda.sh", "ScaledObject");
    let target = manifest.pointer("/spec/scaleTargetRef").filter(|_| is_scaler)?;
    let text = |key: &str| target.get(key).and_then(Value::as_str);
    let kind = text("kind").unwrap_or("Deployment");
    let version = text("apiVersion").unwrap_or("apps/v1");
    Some(ObjectId {
        group: Gvk::from_api_version(version, kind).group.to_string(),
        kind: kind.to_owned(),
        namespace: id.namespace,
        name: text("name")?.to_owned(),
    })
}
