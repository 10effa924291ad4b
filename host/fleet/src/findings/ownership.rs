//! Objects that several Applications have, that one has twice, or that went from one to another.

use std::collections::{BTreeMap, HashSet};

use super::{Finding, Rule, Severity, count, names, quoted};
use crate::change::{ApplicationChange, ApplicationKey, Comparison, ObjectChange, ObjectId};

/// Looks at who has which object.
pub(super) fn check(comparison: &Comparison<'_>, findings: &mut Vec<Finding>) {
    let changed: HashSet<&ApplicationKey> = comparison
        .applications
        .iter()
        .filter(|application| application.change != ApplicationChange::Unchanged)
        .map(|application| &application.key)
        .collect();
    for shared in &comparison.shared {
        // What was so before is no news for a change that has nothing to do with it.
        if shared.before && !shared.owners.iter().any(|owner| changed.contains(owner)) {
            continue;
        }
        let Some((first, others)) = shared.owners.split_first() else { continue };
        let severity = if shared.before { Severity::Notice } else { Severity::Caution };
        let others = names(others.iter().map(|owner| &owner.name));
        let message = format!(
            "{} is also managed by {others}: they overwrite each other on every sync, and pruning by one deletes it",
            quoted(&shared.id),
        );
        let mut finding = Finding::of_application(severity, Rule::SharedObject, first, message);
        finding.object = Some(shared.id.clone());
        findings.push(finding);
    }
    for application in &comparison.applications {
        let mut moves: BTreeMap<&ApplicationKey, Vec<&ObjectId>> = BTreeMap::new();
        for object in &application.objects {
            if let ObjectChange::MovedFrom(from) = &object.change {
                moves.entry(from).or_default().push(&object.id);
            }
        }
        for (from, ids) in moves {
            let (verb, fate) = match ids.len() {
                1 => ("moves", "it is deleted and recreated"),
                _ => ("move", "they are deleted and recreated"),
            };
            let message = format!(
                "{} ({}) {verb} here from {}: if that Application is synced with pruning first, {fate}",
                count(ids.len(), "object"),
                names(&ids),
                quoted(&from.name),
            );
            findings.push(Finding::of_application(
                Severity::Caution,
                Rule::ObjectMoved,
                &application.key,
                message,
            ));
        }
        for id in application.repeated.iter().filter(|_| changed.contains(&application.key)) {
            let message = format!("{} is rendered more than once; Argo CD uses the last one", quoted(id));
            let mut finding =
                Finding::of_application(Severity::Notice, Rule::RepeatedObject, &application.key, message);
            finding.object = Some(id.clone());
            findings.push(finding);
        }
    }
}
