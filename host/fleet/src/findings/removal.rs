//! Objects that are gone, of Applications that stay.

use super::argocd::{self, Pruning};
use super::{Finding, Rule, Severity, count, names, quoted};
use crate::change::{ApplicationChange, ApplicationDiff, ObjectChange, ObjectDiff, ObjectId, RenderResult};

/// What is deleted with an object, of a kind that holds data, other objects or pods with state.
pub(super) fn loss(id: &ObjectId) -> Option<&'static str> {
    match (id.group.as_str(), id.kind.as_str()) {
        ("", "Namespace") => Some(" and everything in it"),
        ("", "PersistentVolumeClaim") => Some(" and, unless its StorageClass retains it, its volume"),
        ("", "PersistentVolume") => Some(""),
        ("apps", "StatefulSet") => Some(" and its pods"),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => Some(" and every object of its kind"),
        _ => None,
    }
}

/// Whether something stops working, or becomes open, without the object.
fn is_missed(id: &ObjectId) -> bool {
    matches!(
        (id.group.as_str(), id.kind.as_str()),
        ("apps", "Deployment" | "DaemonSet")
            | ("batch", "CronJob")
            | ("", "Service")
            | ("networking.k8s.io", "Ingress" | "NetworkPolicy")
            | ("gateway.networking.k8s.io", "Gateway" | "HTTPRoute")
            | ("argoproj.io", "Rollout")
    )
}

/// Looks at the objects that an Application lost.
pub(super) fn check(application: &ApplicationDiff<'_>, findings: &mut Vec<Finding>) {
    if application.change != ApplicationChange::Changed {
        return;
    }
    let manifest = argocd::manifest(application.after);
    let removed: Vec<&ObjectDiff<'_>> =
        application.objects.iter().filter(|object| object.change == ObjectChange::Removed).collect();
    check_amount(application, removed.len(), findings);
    for &object in &removed {
        let Some(before) = object.before.as_deref() else { continue };
        // Hooks are deleted by their own policy, not by pruning.
        if argocd::hook_phases(before).is_some() {
            continue;
        }
        let pruning = argocd::pruning(manifest, before);
        let name = quoted(&object.id);
        if pruning == Pruning::Never {
            let message = format!(
                "{name} stays in the cluster because of `Prune=false`; the Application will be OutOfSync"
            );
            findings.push(Finding::of_object(
                Severity::Notice,
                Rule::PruneSkipped,
                application,
                object,
                message,
            ));
            continue;
        }
        let (rule, lost) = match loss(&object.id) {
            Some(lost) => (Rule::DataPruned, lost),
            None if is_missed(&object.id) => (Rule::ObjectPruned, ""),
            None => continue,
        };
        let (severity, message) = match pruning {
            Pruning::Automated if rule == Rule::DataPruned => {
                (Severity::Blocking, format!("the next sync deletes {name}{lost}"))
            }
            Pruning::Automated | Pruning::Never => {
                (Severity::Caution, format!("the next sync deletes {name}{lost}"))
            }
            Pruning::Confirmed => (
                Severity::Caution,
                format!("the next sync waits for confirmation, and then deletes {name}{lost}"),
            ),
            Pruning::Manual => (
                Severity::Caution,
                format!("{name} stays until someone syncs with pruning, which deletes it{lost}"),
            ),
        };
        findings.push(Finding::of_object(severity, rule, application, object, message));
    }
}

/// Looks at how much is left.
fn check_amount(application: &ApplicationDiff<'_>, removed: usize, findings: &mut Vec<Finding>) {
    let [before, after] =
        [application.before, application.after].map(|side| match side.map(|side| &side.outcome) {
            Some(RenderResult::Rendered(objects)) => objects.len(),
            _ => 0,
        });
    let manifest = argocd::manifest(application.after);
    let mut push = |severity, rule, message| {
        findings.push(Finding::of_application(severity, rule, &application.key, message));
    };
    if before > 0 && after == 0 {
        let allowed = manifest.pointer("/spec/syncPolicy/automated/allowEmpty") == Some(&true.into());
        let had = count(before, "object");
        let (severity, message) = if !argocd::prunes_by_itself(manifest) {
            (Severity::Caution, format!("the Application no longer renders any objects; it had {had}"))
        } else if allowed {
            (
                Severity::Blocking,
                format!(
                    "the Application no longer renders any objects, and because of `allowEmpty` the next sync deletes its {had}"
                ),
            )
        } else {
            (
                Severity::Blocking,
                format!(
                    "the Application no longer renders any objects; it had {had}, and Argo CD refuses to sync it without `allowEmpty`"
                ),
            )
        };
        push(severity, Rule::EmptyApplication, message);
    } else if removed > 10 && removed * 2 > before {
        let gone = application.objects.iter().filter(|object| object.change == ObjectChange::Removed);
        let gone = names(gone.map(|object| &object.id));
        push(
            Severity::Caution,
            Rule::MostObjectsRemoved,
            format!("{removed} of {before} objects are removed: {gone}"),
        );
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::super::find;
    use super::super::tests::{findings, object, side};
    use super::*;
    use crate::change::{Options, compare_sides};

    fn with(kind: &str, annotations: Value) -> Value {
        let mut removed = object(kind, json!({}));
        removed["metadata"]["annotations"] = annotations;
        removed
    }

    const OPTIONS: &str = "argocd.argoproj.io/sync-options";

    #[rstest]
    #[case::namespace(with("v1 Namespace", json!({})), Some((Rule::DataPruned, Severity::Blocking)))]
    #[case::claim(with("v1 PersistentVolumeClaim", json!({})), Some((Rule::DataPruned, Severity::Blocking)))]
    #[case::definition(with("apiextensions.k8s.io/v1 CustomResourceDefinition", json!({})), Some((Rule::DataPruned, Severity::Blocking)))]
    #[case::kept(with("v1 Namespace", json!({OPTIONS: "Prune=false"})), Some((Rule::PruneSkipped, Severity::Notice)))]
    #[case::confirmed(with("v1 Namespace", json!({OPTIONS: "Prune=confirm"})), Some((Rule::DataPruned, Severity::Caution)))]
    #[case::a_hook(with("v1 PersistentVolumeClaim", json!({"argocd.argoproj.io/hook": "PreSync"})), None)]
    #[case::a_workload(with("apps/v1 Deployment", json!({})), Some((Rule::ObjectPruned, Severity::Caution)))]
    #[case::a_policy(with("networking.k8s.io/v1 NetworkPolicy", json!({})), Some((Rule::ObjectPruned, Severity::Caution)))]
    #[case::nothing_much(with("v1 ConfigMap", json!({})), None)]
    #[case::another_group(with("example.com/v1 Namespace", json!({})), None)]
    fn what_is_pruned(#[case] removed: Value, #[case] expected: Option<(Rule, Severity)>) {
        let found = findings(vec![removed], vec![]);
        assert_eq!(found.first().map(|finding| (finding.rule, finding.severity)), expected);
    }

    #[test]
    fn without_automated_pruning_it_is_a_caution() {
        let beside = || object("v1 ConfigMap", json!({}));
        let before = side(vec![object("v1 Namespace", json!({})), beside()]);
        let mut after = side(vec![beside()]);
        after.applications[0].manifest = json!({"spec": {"syncPolicy": {"automated": {}}}});
        let found = find(&compare_sides(&before, &after, &Options::default()));
        assert_eq!((found[0].rule, found[0].severity), (Rule::DataPruned, Severity::Caution));
        assert_eq!(
            found[0].message,
            "`Namespace x` stays until someone syncs with pruning, which deletes it and everything in it"
        );
    }

    #[rstest]
    #[case::refused(json!({"automated": {"prune": true}}), Severity::Blocking, "refuses to sync")]
    #[case::allowed(json!({"automated": {"prune": true, "allowEmpty": true}}), Severity::Blocking, "because of `allowEmpty`")]
    #[case::by_hand(json!({}), Severity::Caution, "it had 1 object")]
    fn nothing_is_left(#[case] policy: Value, #[case] severity: Severity, #[case] text: &str) {
        let before = side(vec![object("v1 ConfigMap", json!({}))]);
        let mut after = side(vec![]);
        after.applications[0].manifest["spec"]["syncPolicy"] = policy;
        let found = find(&compare_sides(&before, &after, &Options::default()));
        assert_eq!((found[0].rule, found[0].severity), (Rule::EmptyApplication, severity));
        assert!(found[0].message.contains(text), "{}", found[0].message);
    }

    #[test]
    fn many_removed_objects_are_one_finding() {
        let maps = |range: std::ops::Range<usize>| {
            range
                .map(|n| object("v1 ConfigMap", json!({"metadata": {"name": format!("m{n}")}})))
                .collect::<Vec<_>>()
        };
        let rules = |removed| -> Vec<Rule> {
            findings(maps(0..20), maps(removed..20)).iter().map(|finding| finding.rule).collect()
        };
        assert_eq!(rules(10), vec![]);
        assert_eq!(rules(11), vec![Rule::MostObjectsRemoved]);
    }
}
