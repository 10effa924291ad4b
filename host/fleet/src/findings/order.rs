//! Hooks and waves: whether objects are applied in another order.

use std::collections::HashMap;

use serde_json::Value;

use super::argocd::{Slot, annotation, hook_phases, invalid_wave, slot};
use super::{Finding, Rule, Severity, quoted};
use crate::change::{ApplicationDiff, ObjectChange, ObjectDiff, ObjectId};

/// Looks at when objects of an Application are applied.
pub(super) fn check(application: &ApplicationDiff<'_>, findings: &mut Vec<Finding>) {
    let changed = |object: &ObjectDiff<'_>| {
        let (before, after) = (object.before.as_deref()?, object.after.as_deref()?);
        (slot(before) != slot(after) || hook_phases(before) != hook_phases(after))
            .then(|| (slot(before), slot(after)))
    };
    let moves: Vec<_> = application
        .objects
        .iter()
        .filter_map(|object| changed(object).map(|slots| (object, slots)))
        .collect();
    let is_reordered = !moves.is_empty() && is_reordered(application);
    for (object, (from, to)) in moves {
        let (Some(before), Some(after)) = (object.before.as_deref(), object.after.as_deref()) else {
            continue;
        };
        let name = quoted(&object.id);
        if hook_phases(before) != hook_phases(after) {
            let message = format!("{name} was {} and is now {}", role(before), role(after));
            findings.push(Finding::of_object(
                Severity::Caution,
                Rule::HookChanged,
                application,
                object,
                message,
            ));
        } else if is_reordered {
            let message = format!(
                "{name} moves from wave {} to {} and is applied in a different order",
                from.wave, to.wave
            );
            findings.push(Finding::of_object(
                Severity::Caution,
                Rule::OrderChanged,
                application,
                object,
                message,
            ));
        }
    }
    for object in &application.objects {
        let Some(after) = object.after.as_deref() else { continue };
        let is_new = object.before.as_deref().and_then(invalid_wave) != invalid_wave(after);
        if let (Some(text), true, true) =
            (invalid_wave(after), is_new, object.change != ObjectChange::Removed)
        {
            let message = format!(
                "sync wave {} of {} is not an integer, so Argo CD uses 0",
                quoted(text),
                quoted(&object.id)
            );
            findings.push(Finding::of_object(
                Severity::Caution,
                Rule::InvalidWave,
                application,
                object,
                message,
            ));
        }
    }
}

fn role(object: &Value) -> String {
    let hook = annotation(object, "argocd.argoproj.io/hook").or_else(|| annotation(object, "helm.sh/hook"));
    match (hook_phases(object), hook) {
        (Some(_), Some(hook)) => format!("a hook ({})", quoted(hook)),
        _ => "part of the sync".to_owned(),
    }
}

/// Whether objects that are there before and after are applied in another order. A shift of all
/// waves changes none.
fn is_reordered(application: &ApplicationDiff<'_>) -> bool {
    let slots = |side: Option<&crate::change::Application>| -> HashMap<ObjectId, Slot> {
        let objects = side.map_or(&[][..], |side| side.objects());
        objects.iter().map(|object| (ObjectId::of(&object.manifest), slot(&object.manifest))).collect()
    };
    let (before, after) = (slots(application.before), slots(application.after));
    let both: Vec<(&Slot, &Slot)> =
        before.iter().filter_map(|(id, slot)| Some((slot, after.get(id)?))).collect();
    let ranks = |slots: Vec<&Slot>| {
        let mut sorted = slots.clone();
        sorted.sort_unstable();
        sorted.dedup();
        slots.into_iter().map(|slot| sorted.partition_point(|other| *other < slot)).collect::<Vec<_>>()
    };
    ranks(both.iter().map(|(was, _)| *was).collect()) != ranks(both.iter().map(|(_, is)| *is).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::find;
    use super::super::tests::{object, side};
    use super::*;
    use crate::change::{Options, compare_sides};

    fn job(name: &str, annotations: Value) -> Value {
        let mut job = json!({"metadata": {"name": name}});
        job["metadata"]["annotations"] = annotations;
        object("batch/v1 CronJob", job)
    }

    fn wave(name: &str, wave: &str) -> Value {
        job(name, json!({"argocd.argoproj.io/sync-wave": wave}))
    }

    #[test]
    fn another_order_is_told_from_other_numbers() {
        for (before, after, expected) in [
            (vec![wave("a", "0"), wave("b", "1")], vec![wave("a", "5"), wave("b", "6")], vec![]),
            (
                vec![wave("a", "0"), wave("b", "1")],
                vec![wave("a", "2"), wave("b", "1")],
                vec![(Rule::OrderChanged, "a")],
            ),
            (
                vec![wave("a", "0"), wave("b", "1")],
                vec![wave("a", "1"), wave("b", "1")],
                vec![(Rule::OrderChanged, "a")],
            ),
            (
                vec![wave("a", "0"), wave("b", "0")],
                vec![wave("a", "0"), wave("b", "1")],
                vec![(Rule::OrderChanged, "b")],
            ),
            (vec![wave("a", "0")], vec![wave("a", "first")], vec![(Rule::InvalidWave, "a")]),
            (
                vec![job("a", json!({}))],
                vec![job("a", json!({"argocd.argoproj.io/hook": "PreSync"}))],
                vec![(Rule::HookChanged, "a")],
            ),
        ] {
            let sides = [side(before), side(after)];
            let found = find(&compare_sides(&sides[0], &sides[1], &Options::default()));
            let found: Vec<_> = found
                .iter()
                .map(|finding| (finding.rule, finding.object.as_ref().unwrap().name.as_str()))
                .collect();
            assert_eq!(found, expected);
        }
    }
}
