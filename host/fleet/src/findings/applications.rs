//! Applications that come, go or deploy elsewhere.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::argocd::{self, Pruning};
use super::removal::loss;
use super::{Finding, Rule, Severity, count, names, quoted};
use crate::change::{
    Application, ApplicationChange, ApplicationDiff, ApplicationKey, Comparison, ObjectChange, ObjectDiff,
    ObjectId, Outcome, Parent,
};

/// What the comparison says about objects that make Applications.
struct Makers<'c, 'a> {
    /// ApplicationSets after the change, by name, as their Applications know them.
    sets: HashMap<&'a str, &'a Value>,
    /// Applications and ApplicationSets that were removed from what an Application renders to, by kind and name.
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
            // Of several Applications that lost one of this name the parent is meant, where it is known.
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
            Outcome::Rendered(objects) => count(objects.len(), "object"),
            Outcome::Failed(_) | Outcome::External(_) => "objects".to_owned(),
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
        Outcome::Rendered(_) => format!("{by} along with {}", count(deleted.len(), "object")),
        Outcome::Failed(_) | Outcome::External(_) => {
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
