//! Applications that come, go or deploy elsewhere.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::argocd::{self, Pruning};
use super::removal::loss;
use super::{Finding, Rule, Severity, count, names, quoted};
use crate::change::{
    Application, ApplicationChange, ApplicationDiff, ApplicationKey, Comparison, ObjectChange, ObjectDiff,
    ObjectId, Parent, RenderResult,
};

/// What the comparison says about objects that make Applications.
struct Makers<'c, 'a> {
    /// ApplicationSets after the change, by name, as their Applications know them.
    sets: HashMap<&'a str, &'a Value>,
    /// Applications and ApplicationSets that were removed from what an Application renders to, by
    /// kind and name.
    removed: HashMap<(&'c str, &'c str), Vec<(&'c ApplicationDiff<'a>, &'c ObjectDiff<'a>)>>,
}

/// Looks at Applications as such.
pub(super) fn check(comparison: &Comparison<'_>, findings: &mut Vec<Finding>) {
    let makers = makers(comparison);
    let moved = moved_clusters(comparison);
    for application in &comparison.applications {
        match application.change {
            ApplicationChange::Removed => match moved.get(&application.key) {
                Some(to) => findings.push(Finding::of_application(
                    Severity::Caution,
                    Rule::ClusterMoved,
                    &application.key,
                    format!(
                        "it now deploys to cluster {}; its objects on {} stay there, because Argo CD no longer manages them",
                        quoted(&to.cluster),
                        quoted(&application.key.cluster),
                    ),
                )),
                None => findings.extend(removed(application, &makers)),
            },
            ApplicationChange::Added => {}
            _ => settings(application, findings),
        }
        ignore_rules(application, findings);
    }
    for (key, before) in &comparison.repeated {
        let severity = if *before { Severity::Notice } else { Severity::Caution };
        let message =
            "the fleet has several Applications with this name on this cluster; the first one is compared"
                .to_owned();
        findings.push(Finding::of_application(severity, Rule::RepeatedApplication, key, message));
    }
}

fn makers<'c, 'a>(comparison: &'c Comparison<'a>) -> Makers<'c, 'a> {
    let mut makers = Makers { sets: HashMap::new(), removed: HashMap::new() };
    for application in &comparison.applications {
        let parent = application.after.and_then(|after: &'a Application| after.parent.as_ref());
        if let Some(Parent::ApplicationSet { name, manifest }) = parent {
            makers.sets.insert(name, manifest);
        }
        for object in &application.objects {
            let is_maker = object.id.group == "argoproj.io"
                && matches!(object.id.kind.as_str(), "Application" | "ApplicationSet");
            if object.change == ObjectChange::Removed && is_maker {
                makers
                    .removed
                    .entry((object.id.kind.as_str(), object.id.name.as_str()))
                    .or_default()
                    .push((application, object));
            }
        }
    }
    makers
}

/// Applications that are gone from one cluster and new on another, by the key that is gone.
fn moved_clusters<'c>(comparison: &'c Comparison<'_>) -> HashMap<&'c ApplicationKey, &'c ApplicationKey> {
    let mut sides: HashMap<&str, [Vec<&ApplicationKey>; 2]> = HashMap::new();
    for application in &comparison.applications {
        let side = match application.change {
            ApplicationChange::Removed => 0,
            ApplicationChange::Added => 1,
            _ => continue,
        };
        sides.entry(&application.key.name).or_default()[side].push(&application.key);
    }
    let pairs = sides.into_values().filter_map(|[gone, new]| match (gone.as_slice(), new.as_slice()) {
        ([gone], [new]) => Some((*gone, *new)),
        _ => None,
    });
    pairs.collect()
}

/// What becomes of an Application that is gone, and of its objects.
fn removed(application: &ApplicationDiff<'_>, makers: &Makers<'_, '_>) -> Option<Finding> {
    let before = application.before?;
    let base_name = application.key.name.rsplit('/').next().unwrap_or_default();
    let finding =
        |severity, rule, message| Some(Finding::of_application(severity, rule, &application.key, message));
    let mut by = "the Application is removed".to_owned();
    match &before.parent {
        Some(Parent::ApplicationSet { name, manifest }) => {
            let set_removed = makers.removed.contains_key(&("ApplicationSet", name.as_str()));
            let set = makers.sets.get(name.as_str()).copied().unwrap_or(manifest);
            let policy = set.pointer("/spec/syncPolicy/applicationsSync").and_then(Value::as_str);
            let keeps = matches!(policy, Some("create-only" | "create-update"));
            let (policy, set_name) = (quoted(policy.unwrap_or("sync")), quoted(name));
            // The policy guards against the set's own deletion only with a finalizer on the set.
            if keeps && (!set_removed || argocd::cascades(set)) {
                let message = format!(
                    "ApplicationSet {set_name} no longer generates it; its policy {policy} keeps the Application, which is no longer updated"
                );
                return finding(Severity::Notice, Rule::ApplicationKept, message);
            }
            by = if set_removed {
                format!("ApplicationSet {set_name} is removed, which deletes the Application")
            } else {
                format!("ApplicationSet {set_name} no longer generates it and deletes the Application")
            };
        }
        Some(Parent::Application(_)) | None => {
            // Of several Applications that lost one of this name the parent is meant, where it is
            // known.
            let mut makers = makers.removed.get(&("Application", base_name)).into_iter().flatten();
            let is_parent = |key: &ApplicationKey| match &before.parent {
                Some(Parent::Application(parent)) => key == parent,
                _ => true,
            };
            if let Some((parent, object)) = makers.find(|(maker, _)| is_parent(&maker.key)) {
                let manifest = object.before.as_deref().unwrap_or(&Value::Null);
                let parent_name = quoted(&parent.key);
                match argocd::pruning(argocd::manifest(parent.after), manifest) {
                    Pruning::Never => {
                        let message = format!(
                            "{parent_name} no longer renders it; `Prune=false` keeps the Application"
                        );
                        return finding(Severity::Notice, Rule::ApplicationKept, message);
                    }
                    Pruning::Confirmed => {
                        by = format!("{parent_name} deletes the Application after confirmation");
                    }
                    Pruning::Manual => {
                        by = format!(
                            "{parent_name} deletes the Application when someone syncs it with pruning"
                        );
                    }
                    Pruning::Automated => by = format!("{parent_name} deletes the Application"),
                }
            }
        }
    }
    let manifest = &before.manifest;
    if !argocd::cascades(manifest) && !manifest.is_null() {
        let stay = match &before.outcome {
            RenderResult::Rendered(objects) => count(objects.len(), "object"),
            RenderResult::Failed(_) | RenderResult::External(_) => "objects".to_owned(),
        };
        let preserved = matches!(&before.parent, Some(Parent::ApplicationSet { manifest, .. })
            if manifest.pointer("/spec/syncPolicy/preserveResourcesOnDeletion") == Some(&true.into()));
        let (severity, why) = if preserved {
            (Severity::Notice, "`preserveResourcesOnDeletion` is set")
        } else {
            (Severity::Caution, "it has no resources finalizer")
        };
        let message = format!("{by}; its {stay} stay in the cluster, because {why}");
        return finding(severity, Rule::ApplicationOrphans, message);
    }
    let (kept, deleted): (Vec<_>, Vec<_>) =
        before.objects().iter().partition(|object| argocd::survives_deletion(manifest, &object.manifest));
    let deleted: Vec<ObjectId> = deleted.iter().map(|object| ObjectId::of(&object.manifest)).collect();
    let data: Vec<&ObjectId> = deleted.iter().filter(|id| loss(id).is_some()).collect();
    let mut message = match &before.outcome {
        RenderResult::Rendered(_) => format!("{by} along with {}", count(deleted.len(), "object")),
        RenderResult::Failed(_) | RenderResult::External(_) => {
            format!("{by} along with its objects, which are not known")
        }
    };
    if !data.is_empty() {
        append!(message, ", including {}", names(&data));
    }
    if !kept.is_empty() {
        append!(message, "; {} stay", count(kept.len(), "object"));
    }
    let severity = if data.is_empty() { Severity::Caution } else { Severity::Blocking };
    finding(severity, Rule::ApplicationDeleted, message)
}

/// What changed in the settings of an Application that stays.
fn settings(application: &ApplicationDiff<'_>, findings: &mut Vec<Finding>) {
    let (Some(before), Some(after)) = (application.before, application.after) else { return };
    let mut push = |severity, rule, path: &str, message| {
        findings.push(Finding::of_application(severity, rule, &application.key, message).at(path));
    };
    let text = |application: &Application, pointer: &str, default: &str| {
        let found = application.manifest.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        if found.is_empty() { default.to_owned() } else { found.to_owned() }
    };
    if before.manifest.is_null() || after.manifest.is_null() {
        return;
    }
    let [from, to] = [before, after].map(|side| text(side, "/spec/project", "default"));
    if from != to {
        let message = format!(
            "it moves from project {} to {}, whose source and destination rules now apply",
            quoted(&from),
            quoted(&to),
        );
        push(Severity::Caution, Rule::ProjectMoved, "spec.project", message);
    }
    let [from, to] = [before, after].map(|side| text(side, "/spec/destination/namespace", ""));
    if from != to {
        let message = format!(
            "its destination namespace changes from {} to {}: objects are created in the new one and pruned in the old one",
            quoted(&from),
            quoted(&to),
        );
        push(Severity::Caution, Rule::NamespaceMoved, "spec.destination.namespace", message);
    }
    if argocd::prunes_by_itself(&after.manifest) && !argocd::prunes_by_itself(&before.manifest) {
        let message =
            "automated pruning is switched on: objects of it that are not in the repository are deleted"
                .to_owned();
        push(Severity::Caution, Rule::PruneEnabled, "spec.syncPolicy.automated.prune", message);
    }
}

/// What `ignoreDifferences` names and could not be left out.
fn ignore_rules(application: &ApplicationDiff<'_>, findings: &mut Vec<Finding>) {
    if application.change != ApplicationChange::Changed {
        return;
    }
    let mut push = |message| {
        let rule = Rule::IgnoreNotEvaluated;
        findings.push(Finding::of_application(Severity::Notice, rule, &application.key, message));
    };
    for error in &application.unsupported {
        push(format!(
            "the jq expression {} of `ignoreDifferences` is not supported, so the fields that it names are compared",
            quoted(&error.expression)
        ));
    }
    let managers: HashSet<&String> = application.managers.iter().collect();
    let mut managers: Vec<&String> = managers.into_iter().collect();
    managers.sort_unstable();
    if !managers.is_empty() {
        push(format!(
            "fields managed by {} are known only in the cluster, so they are compared",
            names(managers)
        ));
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::super::find;
    use super::super::tests::{object, side};
    use super::*;
    use crate::change::{Failure, Options, Side, compare_sides};

    const FINALIZER: &str = "resources-finalizer.argocd.argoproj.io";

    fn named(name: &str, mut side: Side) -> Application {
        let mut application = side.applications.remove(0);
        application.key.name = name.to_owned();
        application
    }

    /// What is found where an Application is gone and the others go from one side to the other.
    fn gone(
        application: Application,
        before: Vec<Application>,
        after: Vec<Application>,
    ) -> Vec<(Rule, Severity)> {
        let before = Side { applications: before.into_iter().chain([application]).collect() };
        let after = Side { applications: after };
        let found = find(&compare_sides(&before, &after, &Options::default()));
        found
            .iter()
            .filter(|finding| finding.application.name == "app")
            .map(|f| (f.rule, f.severity))
            .collect()
    }

    fn app(finalizers: &[&str], kind: &str) -> Application {
        let mut app = named("app", side(vec![object(kind, json!({}))]));
        app.manifest["metadata"]["finalizers"] = json!(finalizers);
        app
    }

    fn set(spec: &Value, finalizers: &[&str]) -> Parent {
        let manifest = json!({"metadata": {"name": "set", "finalizers": finalizers}, "spec": spec});
        Parent::ApplicationSet { name: "set".into(), manifest: manifest.into() }
    }

    #[rstest]
    #[case::cascading(&[FINALIZER], "v1 Service", json!({}), (Rule::ApplicationDeleted, Severity::Caution))]
    #[case::with_data(&[FINALIZER], "apps/v1 StatefulSet", json!({}), (Rule::ApplicationDeleted, Severity::Blocking))]
    #[case::definitions_stay(&[FINALIZER], "apiextensions.k8s.io/v1 CustomResourceDefinition", json!({}), (Rule::ApplicationDeleted, Severity::Caution))]
    #[case::no_finalizer(&[], "apps/v1 StatefulSet", json!({}), (Rule::ApplicationOrphans, Severity::Caution))]
    #[case::preserved(&[], "v1 Service", json!({"preserveResourcesOnDeletion": true}), (Rule::ApplicationOrphans, Severity::Notice))]
    #[case::finalizer_wins(&[FINALIZER], "v1 Service", json!({"preserveResourcesOnDeletion": true}), (Rule::ApplicationDeleted, Severity::Caution))]
    #[case::create_only(&[FINALIZER], "v1 Namespace", json!({"applicationsSync": "create-only"}), (Rule::ApplicationKept, Severity::Notice))]
    #[case::create_delete(&[FINALIZER], "v1 Namespace", json!({"applicationsSync": "create-delete"}), (Rule::ApplicationDeleted, Severity::Blocking))]
    fn an_application_that_is_no_longer_generated(
        #[case] finalizers: &[&str],
        #[case] kind: &str,
        #[case] policy: Value,
        #[case] expected: (Rule, Severity),
    ) {
        let mut app = app(finalizers, kind);
        app.parent = Some(set(&json!({"syncPolicy": policy}), &[]));
        assert_eq!(gone(app, vec![], vec![]), [expected]);
    }

    #[rstest]
    #[case::unprotected(&[], (Rule::ApplicationDeleted, Severity::Caution))]
    #[case::protected(&[FINALIZER], (Rule::ApplicationKept, Severity::Notice))]
    fn an_application_set_that_is_removed(#[case] finalizers: &[&str], #[case] expected: (Rule, Severity)) {
        let mut app = app(&[FINALIZER], "v1 Service");
        app.parent = Some(set(&json!({"syncPolicy": {"applicationsSync": "create-only"}}), finalizers));
        let set = object("argoproj.io/v1alpha1 ApplicationSet", json!({"metadata": {"name": "set"}}));
        let beside = || object("v1 ConfigMap", json!({"metadata": {"name": "beside"}}));
        let before = named("root", side(vec![set, beside()]));
        assert_eq!(gone(app, vec![before], vec![named("root", side(vec![beside()]))]), [expected]);
    }

    #[rstest]
    #[case::pruned(json!({}), (Rule::ApplicationDeleted, Severity::Caution))]
    #[case::kept(json!({"argocd.argoproj.io/sync-options": "Prune=false"}), (Rule::ApplicationKept, Severity::Notice))]
    fn an_application_that_its_parent_no_longer_renders(
        #[case] annotations: Value,
        #[case] expected: (Rule, Severity),
    ) {
        let mut child = object("argoproj.io/v1alpha1 Application", json!({"metadata": {"name": "app"}}));
        child["metadata"]["annotations"] = annotations;
        let beside = || object("v1 ConfigMap", json!({"metadata": {"name": "beside"}}));
        let before = named("root", side(vec![child, beside()]));
        let mut app = app(&[FINALIZER], "v1 Service");
        app.parent = Some(Parent::Application(before.key.clone()));
        assert_eq!(gone(app, vec![before], vec![named("root", side(vec![beside()]))]), [expected]);
    }

    #[test]
    fn an_application_that_could_not_be_rendered_is_removed_all_the_same() {
        let mut app = app(&[FINALIZER], "v1 Service");
        app.outcome = RenderResult::Failed(Failure { message: "no".into(), origin: None });
        assert_eq!(gone(app, vec![], vec![]), [(Rule::ApplicationDeleted, Severity::Caution)]);
    }

    #[test]
    fn settings_that_move_are_noted() {
        let application = |spec: Value| {
            let mut application = named("app", side(vec![]));
            application.manifest = json!({"metadata": {}});
            application.manifest["spec"] = spec;
            Side { applications: vec![application] }
        };
        let prune = |prune: bool| json!({"syncPolicy": {"automated": {"prune": prune}}});
        for (before, after, expected) in [
            (json!({}), json!({"project": "default"}), None),
            (json!({}), json!({"project": "shop"}), Some(Rule::ProjectMoved)),
            (
                json!({"destination": {"namespace": "a"}}),
                json!({"destination": {"namespace": "b"}}),
                Some(Rule::NamespaceMoved),
            ),
            (prune(false), prune(true), Some(Rule::PruneEnabled)),
            (prune(true), prune(false), None),
        ] {
            let (before, after) = (application(before), application(after));
            let found = find(&compare_sides(&before, &after, &Options::default()));
            assert_eq!(found.first().map(|finding| finding.rule), expected);
        }
    }

    #[test]
    fn another_cluster_is_a_move() {
        let before = app(&[FINALIZER], "v1 Namespace");
        let mut after = before.clone();
        after.key.cluster = "other".into();
        assert_eq!(gone(before, vec![], vec![after]), [(Rule::ClusterMoved, Severity::Caution)]);
    }

    #[test]
    fn what_is_not_ignored_is_noted_where_something_changed() {
        let rules = json!([{"group": "*", "kind": "*", "jqPathExpressions": ["reduce"], "managedFieldsManagers": ["hpa"]}]);
        let application = |value: &str| {
            let mut side = side(vec![object("v1 ConfigMap", json!({"data": {"k": value}}))]);
            side.applications[0].manifest["spec"]["ignoreDifferences"] = rules.clone();
            side
        };
        let rules_of = |before: &str, after: &str| {
            let sides = [application(before), application(after)];
            let found = find(&compare_sides(&sides[0], &sides[1], &Options::default()));
            found.iter().map(|finding| finding.rule).collect::<Vec<_>>()
        };
        assert_eq!(rules_of("1", "2"), [Rule::IgnoreNotEvaluated, Rule::IgnoreNotEvaluated]);
        assert_eq!(rules_of("1", "1"), []);
    }
}
