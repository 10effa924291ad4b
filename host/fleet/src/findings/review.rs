//! A comparison → a report of it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::report::{
    ApplicationReport, ChangeKind, Commit, Counts, EditKind, ExternalReport, FORMAT_VERSION, FailedSide,
    FailureReport, FieldReport, ObjectReport, Review, Verdict,
};
use super::{Finding, Severity, find, versions};
use crate::change::{
    Application, ApplicationChange, ApplicationDiff, ApplicationKey, Comparison, Edit, Field, ObjectChange,
    ObjectDiff, RenderResult,
};

/// Everything that is to be said about a comparison.
pub fn review(comparison: &Comparison<'_>, base: Commit, head: Commit) -> Review {
    let findings = find(comparison);
    let attention: BTreeSet<&ApplicationKey> = findings
        .iter()
        .filter(|finding| finding.severity < Severity::Notice)
        .map(|finding| &finding.application)
        .collect();
    let applications: Vec<ApplicationReport> = comparison
        .applications
        .iter()
        .filter(|application| is_shown(application.change))
        .map(|application| report(application, !attention.contains(&application.key)))
        .collect();
    let failures: Vec<FailureReport> = comparison.applications.iter().filter_map(failure).collect();
    let external: Vec<ExternalReport> = comparison.applications.iter().filter_map(external).collect();
    let counts = counts(comparison, &applications, failures.len(), external.len());
    Review {
        format_version: FORMAT_VERSION,
        base,
        head,
        verdict: verdict(&findings, &failures, &applications, &external),
        counts,
        findings,
        failures,
        external,
        images: versions::images(comparison),
        charts: versions::charts(comparison),
        applications,
    }
}

fn is_shown(change: ApplicationChange) -> bool {
    matches!(change, ApplicationChange::Changed | ApplicationChange::Added | ApplicationChange::Removed)
}

fn verdict(
    findings: &[Finding],
    failures: &[FailureReport],
    applications: &[ApplicationReport],
    external: &[ExternalReport],
) -> Verdict {
    let is_unknown = external.iter().any(|external| external.changed);
    let gravest = findings.iter().map(|finding| finding.severity).min();
    match gravest {
        _ if failures.iter().any(|failure| failure.side != FailedSide::Base) => Verdict::Failed,
        Some(Severity::Blocking) => Verdict::Blocking,
        Some(Severity::Caution) => Verdict::Caution,
        _ if applications.is_empty() && failures.is_empty() && !is_unknown => Verdict::Same,
        _ if !applications.is_empty()
            && !is_unknown
            && applications.iter().all(|application| application.routine) =>
        {
            Verdict::Routine
        }
        _ => Verdict::Changed,
    }
}

fn counts(
    comparison: &Comparison<'_>,
    applications: &[ApplicationReport],
    failed: usize,
    external: usize,
) -> Counts {
    let mut counts = Counts { failed, external, applications: applications.len(), ..Counts::default() };
    for object in applications.iter().flat_map(|application| &application.objects) {
        match object.change {
            ChangeKind::Added => counts.added += 1,
            ChangeKind::Removed => counts.removed += 1,
            ChangeKind::Changed if object.fields.is_empty() => counts.noise += 1,
            ChangeKind::Changed | ChangeKind::Renamed | ChangeKind::MovedFrom => counts.changed += 1,
            // It is counted where it went.
            ChangeKind::MovedTo => {}
        }
    }
    let clusters = applications.iter().map(|application| &application.application.cluster);
    counts.clusters = clusters.collect::<BTreeSet<_>>().len();
    counts.ignored = comparison.applications.iter().map(|application| application.ignored).sum();
    counts.unchanged = comparison.applications.len() - applications.len() - failed - external;
    counts
}

fn failure(application: &ApplicationDiff<'_>) -> Option<FailureReport> {
    if application.change != ApplicationChange::Failed {
        return None;
    }
    let (before, after) = application.failures();
    let side = match (before, after) {
        (_, None) => FailedSide::Base,
        (None, Some(_)) => FailedSide::Head,
        (Some(_), Some(_)) => FailedSide::Both,
    };
    let failure = after.or(before)?.clone();
    Some(FailureReport { application: application.key.clone(), side, failure })
}

fn external(application: &ApplicationDiff<'_>) -> Option<ExternalReport> {
    if application.change != ApplicationChange::External {
        return None;
    }
    let reason = |side: Option<&Application>| match &side?.outcome {
        RenderResult::External(reason) => Some(reason.clone()),
        RenderResult::Rendered(_) | RenderResult::Failed(_) => None,
    };
    let (before, after) = (reason(application.before), reason(application.after));
    let changed = before != after;
    let reason = after.or(before)?;
    Some(ExternalReport { application: application.key.clone(), reason, changed })
}

fn report(application: &ApplicationDiff<'_>, calm: bool) -> ApplicationReport {
    let is_routine = |object: &ObjectDiff<'_>| {
        object.change == ObjectChange::Changed
            && object.fields.iter().all(|field| field.noise.is_some() || versions::is_image(field))
    };
    let change = match application.change {
        ApplicationChange::Added => ChangeKind::Added,
        ApplicationChange::Removed => ChangeKind::Removed,
        _ => ChangeKind::Changed,
    };
    ApplicationReport {
        application: application.key.clone(),
        file: application.latest().and_then(|application| application.file.clone()),
        change,
        routine: calm && change == ChangeKind::Changed && application.objects.iter().all(is_routine),
        unchanged: application.unchanged,
        ignored: application.ignored,
        objects: application.objects.iter().map(object).collect(),
    }
}

fn object(object: &ObjectDiff<'_>) -> ObjectReport {
    let (change, renamed_from, other) = match &object.change {
        ObjectChange::Added => (ChangeKind::Added, None, None),
        ObjectChange::Removed => (ChangeKind::Removed, None, None),
        ObjectChange::Changed => (ChangeKind::Changed, None, None),
        ObjectChange::Renamed { from } => (ChangeKind::Renamed, Some(from.clone()), None),
        ObjectChange::MovedFrom(other) => (ChangeKind::MovedFrom, None, Some(other.clone())),
        ObjectChange::MovedTo(other) => (ChangeKind::MovedTo, None, Some(other.clone())),
    };
    let (noise, fields): (Vec<_>, Vec<_>) =
        object.fields.iter().map(field).partition(|field| field.noise.is_some());
    ObjectReport {
        object: object.id.clone(),
        change,
        renamed_from,
        other,
        origin: object.source.origin.clone(),
        fields,
        noise,
        manifest: object.whole.clone(),
    }
}

fn field(field: &Field) -> FieldReport {
    let list = |steps: &[crate::change::Step]| {
        let names = steps.iter().map(|step| step.to_string().trim_matches(['[', ']']).to_owned());
        Some(Value::from(names.collect::<Vec<_>>()))
    };
    let (edit, before, after) = match &field.change.edit {
        Edit::Added { value, .. } => (EditKind::Added, None, Some(value.clone())),
        Edit::Removed { value } => (EditKind::Removed, Some(value.clone()), None),
        Edit::Changed { before, after } => (EditKind::Changed, Some(before.clone()), Some(after.clone())),
        Edit::Reordered { before, after } => (EditKind::Reordered, list(before), list(after)),
    };
    FieldReport { path: field.change.path.to_string(), edit, before, after, noise: field.noise }
}
