//! What Argo CD reads in objects and Applications: sync options, hooks, waves, policies.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::change::Application;

const OPTIONS: &str = "argocd.argoproj.io/sync-options";
const HOOK: &str = "argocd.argoproj.io/hook";
const HOOK_DELETE_POLICY: &str = "argocd.argoproj.io/hook-delete-policy";
const WAVE: &str = "argocd.argoproj.io/sync-wave";
const FINALIZER: &str = "resources-finalizer.argocd.argoproj.io";

/// What a sync does with an object that is in the repository no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pruning {
    /// It is deleted by the next automated sync.
    Automated,
    /// It is deleted when someone syncs with pruning.
    Manual,
    /// The sync waits until someone confirms.
    Confirmed,
    /// It stays.
    Never,
}

/// When in a sync an object is applied, from first to last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slot {
    /// The phases: 0 before the sync, 1 in it, 2 after it. A hook may have several, or none of
    /// these.
    pub(crate) phases: Vec<SyncPhase>,
    pub(crate) wave: i64,
}

/// When Argo CD applies an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub enum SyncPhase {
    /// Before the sync: hooks.
    PreSync,
    /// In the sync.
    Sync,
    /// After the sync: hooks.
    PostSync,
    /// After a sync that failed: hooks.
    SyncFail,
    /// Before the Application is deleted: hooks.
    PreDelete,
    /// After the Application is deleted: hooks.
    PostDelete,
}

/// An annotation of an object.
pub(crate) fn annotation<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get("metadata")?.get("annotations")?.get(name)?.as_str()
}

/// The value of a sync option that an object has.
pub(crate) fn option<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    words(annotation(object, OPTIONS)?).find_map(|option| value_of(option, name))
}

/// The value of a sync option that an Application has for all of its objects.
pub(crate) fn application_option<'a>(application: &'a Value, name: &str) -> Option<&'a str> {
    let options = application.pointer("/spec/syncPolicy/syncOptions")?.as_array()?;
    options.iter().filter_map(Value::as_str).find_map(|option| value_of(option, name))
}

fn value_of<'a>(option: &'a str, name: &str) -> Option<&'a str> {
    let (key, value) = option.split_once('=')?;
    (key.trim() == name).then(|| value.trim())
}

fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|word| !word.is_empty())
}

/// Whether the Application syncs by itself, and prunes then. An Application of which nothing is
/// known is taken to.
pub(crate) fn prunes_by_itself(application: &Value) -> bool {
    if application.is_null() {
        return true;
    }
    let automated = application.pointer("/spec/syncPolicy/automated");
    automated.is_some_and(|automated| {
        automated.get("enabled") != Some(&Value::Bool(false))
            && automated.get("prune") == Some(&Value::Bool(true))
    })
}

/// What becomes of an object that an Application has no longer.
pub(crate) fn pruning(application: &Value, object: &Value) -> Pruning {
    match option(object, "Prune").or_else(|| application_option(application, "Prune")) {
        Some("false") => Pruning::Never,
        Some("confirm") => Pruning::Confirmed,
        _ if prunes_by_itself(application) => Pruning::Automated,
        _ => Pruning::Manual,
    }
}

/// Whether the deletion of the Application deletes its objects.
pub(super) fn cascades(application: &Value) -> bool {
    let finalizers = application.pointer("/metadata/finalizers").and_then(Value::as_array);
    finalizers
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .any(|name| name.strip_prefix(FINALIZER).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// Whether the deletion of the Application, where it cascades, leaves this object.
pub(crate) fn survives_deletion(application: &Value, object: &Value) -> bool {
    let kept =
        option(object, "Delete").or_else(|| application_option(application, "Delete")) == Some("false");
    let helm =
        annotation(object, "helm.sh/resource-policy").is_some_and(|value| words(value).any(|w| w == "keep"));
    kept || helm || object.get("kind").and_then(Value::as_str) == Some("CustomResourceDefinition")
}

/// The phases in which a hook runs; `None` for what is no hook.
pub(crate) fn hook_phases(object: &Value) -> Option<Vec<SyncPhase>> {
    let mut phases: Vec<SyncPhase>;
    if let Some(hooks) = annotation(object, HOOK) {
        let mut is_hook = false;
        phases = Vec::new();
        for word in words(hooks) {
            let phase = match word {
                "PreSync" => Some(SyncPhase::PreSync),
                "Sync" => Some(SyncPhase::Sync),
                "PostSync" => Some(SyncPhase::PostSync),
                "SyncFail" => Some(SyncPhase::SyncFail),
                "PreDelete" => Some(SyncPhase::PreDelete),
                "PostDelete" => Some(SyncPhase::PostDelete),
                "Skip" => None,
                _ => continue,
            };
            is_hook = true;
            phases.extend(phase);
        }
        if !is_hook {
            return None;
        }
    } else {
        let hooks: Vec<&str> = words(annotation(object, "helm.sh/hook")?).collect();
        if hooks.is_empty() || hooks.contains(&"crd-install") {
            return None;
        }
        phases = hooks
            .iter()
            .filter_map(|hook| match *hook {
                "pre-install" | "pre-upgrade" => Some(SyncPhase::PreSync),
                "post-install" | "post-upgrade" => Some(SyncPhase::PostSync),
                "pre-delete" => Some(SyncPhase::PreDelete),
                "post-delete" => Some(SyncPhase::PostDelete),
                _ => None,
            })
            .collect();
    }
    phases.sort_unstable();
    phases.dedup();
    Some(phases)
}

/// Whether a hook of an earlier sync is out of the way when the next one creates it.
pub(super) fn is_recreated(hook: &Value) -> bool {
    let argocd = annotation(hook, HOOK_DELETE_POLICY).unwrap_or_default();
    let helm = annotation(hook, "helm.sh/hook-delete-policy").unwrap_or_default();
    let policies: Vec<&str> = words(argocd)
        .filter(|word| matches!(*word, "BeforeHookCreation" | "HookSucceeded" | "HookFailed"))
        .chain(
            words(helm)
                .filter(|word| matches!(*word, "before-hook-creation" | "hook-succeeded" | "hook-failed")),
        )
        .collect();
    policies.is_empty() || policies.iter().any(|policy| !matches!(*policy, "HookFailed" | "hook-failed"))
}

/// When an object is applied. A wave that is no number counts as if it were absent.
pub(crate) fn slot(object: &Value) -> Slot {
    let phases = hook_phases(object).unwrap_or_else(|| vec![SyncPhase::Sync]);
    let number = |name| annotation(object, name).and_then(|text| text.parse().ok());
    Slot { phases, wave: number(WAVE).or_else(|| number("helm.sh/hook-weight")).unwrap_or_default() }
}

/// A wave that is no whole number.
pub(super) fn invalid_wave(object: &Value) -> Option<&str> {
    annotation(object, WAVE).filter(|text| text.parse::<i64>().is_err())
}

/// The manifest of the Application after the change, or else before it.
pub(super) fn manifest(application: Option<&Application>) -> &Value {
    application.map_or(&Value::Null, |application| &application.manifest)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn with(annotations: Value) -> Value {
        let mut job = json!({"kind": "Job"});
        job["metadata"]["annotations"] = annotations;
        job
    }

    #[rstest]
    #[case::by_itself(json!({"prune": true}), json!({}), Pruning::Automated)]
    #[case::switched_off(json!({"prune": true, "enabled": false}), json!({}), Pruning::Manual)]
    #[case::without_pruning(json!({}), json!({}), Pruning::Manual)]
    #[case::an_object_that_stays(json!({"prune": true}), json!({OPTIONS: "Force=true, Prune=false"}), Pruning::Never)]
    #[case::an_object_that_waits(json!({"prune": true}), json!({OPTIONS: "Prune=confirm"}), Pruning::Confirmed)]
    fn pruning_is_that_of_argo_cd(
        #[case] automated: Value,
        #[case] annotations: Value,
        #[case] expected: Pruning,
    ) {
        let application = json!({"spec": {"syncPolicy": {"automated": automated}}});
        assert_eq!(pruning(&application, &with(annotations)), expected);
    }

    #[test]
    fn options_of_objects_win_over_those_of_applications() {
        let application = json!({"spec": {"syncPolicy": {"syncOptions": ["Prune=false", "Delete=false"]}}});
        assert_eq!(pruning(&application, &with(json!({}))), Pruning::Never);
        assert_eq!(pruning(&application, &with(json!({OPTIONS: "Prune=true"}))), Pruning::Manual);
        assert!(survives_deletion(&application, &with(json!({}))));
        assert!(!survives_deletion(&application, &with(json!({OPTIONS: "Delete=true"}))));
        assert!(survives_deletion(&json!({}), &with(json!({"helm.sh/resource-policy": "keep"}))));
    }

    #[rstest]
    #[case(json!({}), None)]
    #[case(json!({HOOK: "PreSync"}), Some(vec![SyncPhase::PreSync]))]
    #[case(json!({HOOK: "PostSync, Sync"}), Some(vec![SyncPhase::Sync, SyncPhase::PostSync]))]
    #[case(json!({HOOK: "Skip"}), Some(vec![]))]
    #[case(json!({HOOK: "presync"}), None)]
    #[case(json!({"helm.sh/hook": "pre-install,pre-upgrade"}), Some(vec![SyncPhase::PreSync]))]
    #[case(json!({"helm.sh/hook": "test"}), Some(vec![]))]
    #[case(json!({"helm.sh/hook": "crd-install"}), None)]
    #[case(json!({HOOK: "Sync", "helm.sh/hook": "pre-install"}), Some(vec![SyncPhase::Sync]))]
    fn hooks_are_those_of_argo_cd(#[case] annotations: Value, #[case] expected: Option<Vec<SyncPhase>>) {
        assert_eq!(hook_phases(&with(annotations)), expected);
    }

    #[rstest]
    #[case(json!({}), true)]
    #[case(json!({HOOK_DELETE_POLICY: "HookSucceeded"}), true)]
    #[case(json!({HOOK_DELETE_POLICY: "HookFailed"}), false)]
    #[case(json!({HOOK_DELETE_POLICY: "HookFailed,BeforeHookCreation"}), true)]
    fn hooks_are_recreated_unless_they_stay(#[case] annotations: Value, #[case] expected: bool) {
        assert_eq!(is_recreated(&with(annotations)), expected);
    }

    #[test]
    fn finalizers_and_waves() {
        let application = |name: &str| json!({"metadata": {"finalizers": [name]}});
        assert!(cascades(&application("resources-finalizer.argocd.argoproj.io")));
        assert!(cascades(&application("resources-finalizer.argocd.argoproj.io/background")));
        assert!(!cascades(&application("resources-finalizer.argocd.argoproj.iox")));
        assert_eq!(slot(&with(json!({WAVE: "-3"}))).wave, -3);
        assert_eq!(slot(&with(json!({WAVE: "x", "helm.sh/hook-weight": "5"}))).wave, 5);
        assert_eq!(invalid_wave(&with(json!({WAVE: " 1"}))), Some(" 1"));
    }
}
