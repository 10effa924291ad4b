//! Objects → what is shown of them: their text, their place in the sync.

use std::collections::BTreeMap;

use oarlock_kubernetes::SyncRank;
use serde_json::Value;

use super::data::{ObjectText, ReportObject, ReportStep};
use crate::change::{Object, ObjectChange, ObjectDiff, ObjectId, Secrets, align};
use crate::comment::lines::yaml;
use crate::findings::argocd::{hook_phases, slot};
use crate::findings::{ChangeKind, SyncPhase};

/// The objects of an Application as they are gathered.
#[derive(Default)]
pub(super) struct Objects {
    list: Vec<(ReportObject, ObjectText, Vec<SyncPhase>)>,
}

impl Objects {
    /// Adds an object of which nothing changed.
    pub(super) fn add(&mut self, id: ObjectId, object: &Object, secrets: &mut Secrets) {
        let text = ObjectText { after: Some(text_of(&object.manifest, secrets)), ..ObjectText::default() };
        self.push(report(id, object, &object.manifest), text, &object.manifest, true);
    }

    /// Adds an object that differs.
    pub(super) fn add_difference(&mut self, diff: &ObjectDiff<'_>, secrets: &mut Secrets) {
        let (before, after) = (diff.before.as_deref(), diff.after.as_deref());
        let latest = after.or(before).unwrap_or(&Value::Null);
        let mut object = report(diff.id.clone(), diff.source, latest);
        match &diff.change {
            ObjectChange::Added => object.change = Some(ChangeKind::Added),
            ObjectChange::Removed => object.change = Some(ChangeKind::Removed),
            ObjectChange::Changed => object.change = Some(ChangeKind::Changed),
            ObjectChange::Renamed { from } => {
                object.change = Some(ChangeKind::Renamed);
                object.renamed_from = Some(from.clone());
            }
            ObjectChange::MovedFrom(other) => {
                object.change = Some(ChangeKind::MovedFrom);
                object.other = Some(other.clone());
            }
            ObjectChange::MovedTo(other) => {
                object.change = Some(ChangeKind::MovedTo);
                object.other = Some(other.clone());
            }
        }
        object.fields = diff.fields.iter().map(|field| field.change.path.to_string()).collect();
        object.noise = diff.change == ObjectChange::Changed
            && !diff.fields.is_empty()
            && diff.fields.iter().all(|field| field.noise.is_some());
        let moved_away = matches!(diff.change, ObjectChange::MovedTo(_));
        let before = before.filter(|_| !moved_away).map(|value| text_of(value, secrets));
        let after = after.filter(|_| !moved_away).map(|value| text_of(value, secrets));
        let equal = match (&before, &after) {
            (Some(before), Some(after)) => equal_runs(before, after),
            _ => Vec::new(),
        };
        let is_there = diff.after.is_some();
        self.push(object, ObjectText { before, after, equal }, latest, is_there);
    }

    fn push(&mut self, object: ReportObject, text: ObjectText, value: &Value, is_there: bool) {
        let phases = if is_there { slot(value).phases } else { Vec::new() };
        self.list.push((object, text, phases));
    }

    /// The objects by identity, their texts, and the steps in which they are applied.
    pub(super) fn finish(mut self) -> (Vec<ReportObject>, Vec<ObjectText>, Vec<ReportStep>) {
        self.list.sort_by(|(one, ..), (other, ..)| one.object.cmp(&other.object));
        let mut steps: BTreeMap<(SyncPhase, i64), Vec<usize>> = BTreeMap::new();
        for (index, (object, _, phases)) in self.list.iter().enumerate() {
            for phase in phases {
                steps.entry((*phase, object.wave)).or_default().push(index);
            }
        }
        let step = |((phase, wave), mut objects): ((SyncPhase, i64), Vec<usize>)| {
            let id = |index: &usize| &self.list[*index].0.object;
            objects.sort_by(|one, other| {
                let (one, other) = (id(one), id(other));
                SyncRank::of(&one.kind)
                    .cmp(&SyncRank::of(&other.kind))
                    .then_with(|| one.name.cmp(&other.name))
            });
            ReportStep { phase, wave, objects }
        };
        let steps = steps.into_iter().map(step).collect();
        let (mut objects, mut texts) =
            (Vec::with_capacity(self.list.len()), Vec::with_capacity(self.list.len()));
        for (object, text, _) in self.list {
            objects.push(object);
            texts.push(text);
        }
        (objects, texts, steps)
    }
}

fn report(id: ObjectId, object: &Object, value: &Value) -> ReportObject {
    ReportObject {
        object: id,
        api_version: value.get("apiVersion").and_then(Value::as_str).unwrap_or_default().to_owned(),
        origin: object.origin.clone(),
        wave: slot(value).wave,
        hook: hook_phases(value).is_some(),
        change: None,
        noise: false,
        renamed_from: None,
        other: None,
        fields: Vec::new(),
    }
}

/// The object as YAML, without values of Secrets.
fn text_of(object: &Value, secrets: &mut Secrets) -> String {
    match secrets.conceal(object) {
        Some(mut concealed) => {
            secrets.number(&mut concealed);
            yaml(&concealed)
        }
        None => yaml(object),
    }
}

/// Runs of lines that are equal in two texts.
fn equal_runs(before: &str, after: &str) -> Vec<[usize; 3]> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.split('\n').collect(), after.split('\n').collect());
    let mut runs: Vec<[usize; 3]> = Vec::new();
    for (was, is) in align(&old, &new) {
        match runs.last_mut() {
            Some([from, to, count]) if *from + *count == was && *to + *count == is => *count += 1,
            _ => runs.push([was, is, 1]),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(kind: &str, name: &str, annotations: &Value) -> Object {
        let manifest = json!({
            "apiVersion": "v1", "kind": kind, "metadata": {"name": name, "annotations": annotations},
        });
        Object { manifest, origin: None }
    }

    #[test]
    fn equal_lines_are_runs() {
        assert_eq!(equal_runs("a\nb\nc\nd\n", "a\nb\nx\nd\n"), [[0, 0, 2], [3, 3, 2]]);
        assert_eq!(equal_runs("a", "b"), [[0; 3]; 0]);
    }

    #[test]
    fn steps_are_those_of_a_sync() {
        let hook = "argocd.argoproj.io/hook";
        let wave = "argocd.argoproj.io/sync-wave";
        let mut objects = Objects::default();
        let mut secrets = Secrets::default();
        for object in [
            object("Deployment", "web", &json!({wave: "2"})),
            object("Service", "web", &json!({})),
            object("ConfigMap", "web", &json!({})),
            object("Job", "migrate", &json!({hook: "PreSync"})),
            object("Job", "never", &json!({hook: "Skip"})),
        ] {
            objects.add(ObjectId::of(&object.manifest), &object, &mut secrets);
        }
        let (objects, _, steps) = objects.finish();
        let lines: Vec<String> = steps
            .iter()
            .map(|step| {
                let kinds: Vec<&str> =
                    step.objects.iter().map(|index| objects[*index].object.kind.as_str()).collect();
                format!("{:?} {}: {}", step.phase, step.wave, kinds.join(", "))
            })
            .collect();
        assert_eq!(lines, ["PreSync 0: Job", "Sync 0: ConfigMap, Service", "Sync 2: Deployment"]);
        assert_eq!(objects.iter().filter(|object| object.hook).count(), 2);
    }
}
