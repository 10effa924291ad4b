//! Renders and findings → the report.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::data::{
    ApplicationDetails, ApplicationState, FLEET_REPORT_FORMAT_VERSION, FleetReport, ObjectCounts,
    ReportApplication, ReportChange, ReportEnvironment, ReportFailure, ReportFinding, ReportParent,
    ReportSeverity, ReportSource,
};
use super::secrets;
use super::texts::Objects;
use crate::change::{
    Application, ApplicationChange, ApplicationDiff, ApplicationKey, ObjectDiff, ObjectId, Options, Parent,
    RenderResult, Secrets, Side, by_identity, compare_sides,
};
use crate::comment::{count, headline, remainder, verdict};
use crate::findings::argocd::annotation;
use crate::findings::{ChangeKind, Commit, FailedSide, Finding, Severity, review};
use crate::lint::{self, LintFinding, LintInput, LintReport};

/// What a report is about.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The repository of the fleet, as people call it.
    pub fleet: String,
    /// The release of Argo CD that it is rendered like.
    pub profile: String,
    /// What is shown; of a change, the side after it.
    pub head: Commit,
    /// The environments.
    pub environments: Vec<ReportEnvironment>,
}

/// The report of a fleet as it is: what was gathered to be looked at, and what was found.
pub fn of_fleet(about: About, input: &LintInput, found: &LintReport) -> FleetReport {
    let mut values = Secrets::default();
    let mut applications = Vec::new();
    for environment in &input.environments {
        for application in &environment.side.applications {
            let mut objects = Objects::default();
            for (id, object) in by_identity(application.objects()).0 {
                objects.add(id, object, &mut values);
            }
            let state = match &application.outcome {
                RenderResult::Rendered(_) => ApplicationState::Unchanged,
                RenderResult::Failed(_) => ApplicationState::Failed,
                RenderResult::External(_) => ApplicationState::External,
            };
            applications.push(report(application, &environment.name, state, objects));
        }
    }
    sort(&mut applications);
    for environment in &input.environments {
        secrets::add(&mut applications, &environment.name, &environment.side);
    }
    let places = Places::of(&applications);
    let findings: Vec<ReportFinding> =
        found.findings.iter().map(|finding| of_lint(finding, &places)).collect();
    let (verdict, headline) = (words(&applications, &findings), size(&applications));
    FleetReport {
        format_version: FLEET_REPORT_FORMAT_VERSION,
        fleet: about.fleet,
        profile: about.profile,
        head: about.head,
        change: None,
        verdict,
        headline,
        environments: about.environments,
        findings,
        applications,
    }
}

/// The report of a change: the sides before and after it, and the environment of each Application.
/// `about` is that of the side after.
pub fn of_change(
    mut about: About,
    base: Commit,
    (before, after): (&Side, Side),
    environments: &BTreeMap<ApplicationKey, String>,
    options: &Options,
) -> FleetReport {
    let comparison = compare_sides(before, &after, options);
    let review = review(&comparison, base, about.head.clone());
    let routine: BTreeSet<&ApplicationKey> =
        review.applications.iter().filter(|it| it.routine).map(|it| &it.application).collect();
    let sides: HashMap<&ApplicationKey, FailedSide> =
        review.failures.iter().map(|failure| (&failure.application, failure.side)).collect();
    let mut values = comparison.secrets.clone();
    let mut applications = Vec::new();
    for diff in &comparison.applications {
        let Some(latest) = diff.latest() else { continue };
        let Some(environment) = environments.get(&diff.key) else {
            // An environment as a whole.
            if let (_, Some(failure)) = diff.failures() {
                let is_it = |it: &&mut ReportEnvironment| format!("environment {}", it.name) == diff.key.name;
                if let Some(it) = about.environments.iter_mut().find(is_it) {
                    it.problems.push(failure.message.clone());
                }
            }
            continue;
        };
        let objects = objects_of(diff, &mut values);
        let mut application = report(latest, environment, state_of(diff.change), objects);
        application.routine = routine.contains(&diff.key);
        if let Some(side) = sides.get(&diff.key) {
            let failure = match diff.failures() {
                (_, Some(failure)) | (Some(failure), None) => Some(failure),
                (None, None) => None,
            };
            application.failure = failure.map(|failure| ReportFailure {
                message: failure.message.clone(),
                origin: failure.origin.clone(),
                side: Some(*side),
            });
        }
        if diff.change == ApplicationChange::External {
            let mut reasons = [diff.after, diff.before].into_iter().flatten();
            application.external = reasons.find_map(external);
        }
        applications.push(application);
    }
    sort(&mut applications);
    let places = Places::of(&applications);
    let findings = review.findings.iter().map(|finding| of_change_finding(finding, &places)).collect();
    let mut report = FleetReport {
        format_version: FLEET_REPORT_FORMAT_VERSION,
        fleet: about.fleet,
        profile: about.profile,
        head: about.head,
        verdict: verdict(&review),
        headline: format!("{}; {}", headline(&review.counts), remainder(&review.counts)),
        environments: about.environments,
        findings,
        applications,
        change: Some(ReportChange {
            base: review.base,
            verdict: review.verdict,
            counts: review.counts,
            images: review.images,
            charts: review.charts,
        }),
    };
    drop(comparison);
    for (name, side) in secrets::by_environment(after, |key| environments.get(key).cloned()) {
        secrets::add(&mut report.applications, &name, &side);
    }
    report
}

fn state_of(change: ApplicationChange) -> ApplicationState {
    match change {
        ApplicationChange::Unchanged => ApplicationState::Unchanged,
        ApplicationChange::Changed => ApplicationState::Changed,
        ApplicationChange::Added => ApplicationState::Added,
        ApplicationChange::Removed => ApplicationState::Removed,
        ApplicationChange::Failed => ApplicationState::Failed,
        ApplicationChange::External => ApplicationState::External,
    }
}

/// The objects of an Application after a change, and those that are gone.
fn objects_of(diff: &ApplicationDiff<'_>, values: &mut Secrets) -> Objects {
    let mut objects = Objects::default();
    let mut differ: HashMap<&ObjectId, &ObjectDiff<'_>> =
        diff.objects.iter().map(|object| (&object.id, object)).collect();
    for (id, object) in by_identity(diff.after.map_or(&[][..], Application::objects)).0 {
        match differ.remove(&id) {
            Some(diff) => objects.add_difference(diff, values),
            None => objects.add(id, object, values),
        }
    }
    let mut gone: Vec<&ObjectDiff<'_>> = differ.into_values().collect();
    gone.sort_by(|one, other| one.id.cmp(&other.id));
    for diff in gone {
        objects.add_difference(diff, values);
    }
    objects
}

fn report(
    application: &Application,
    environment: &str,
    state: ApplicationState,
    objects: Objects,
) -> ReportApplication {
    let manifest = &application.manifest;
    let text = |pointer: &str| {
        let text = manifest.pointer(pointer).and_then(Value::as_str);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let (objects, texts, steps) = objects.finish();
    let mut counts = ObjectCounts::default();
    for object in &objects {
        match object.change {
            Some(ChangeKind::Added) => counts.added += 1,
            Some(ChangeKind::Changed | ChangeKind::Renamed | ChangeKind::MovedFrom) => counts.changed += 1,
            Some(ChangeKind::Removed | ChangeKind::MovedTo) => counts.removed += 1,
            None => {}
        }
    }
    let failure = match &application.outcome {
        RenderResult::Failed(failure) => Some(ReportFailure {
            message: failure.message.clone(),
            origin: failure.origin.clone(),
            side: None,
        }),
        RenderResult::Rendered(_) | RenderResult::External(_) => None,
    };
    ReportApplication {
        environment: environment.to_owned(),
        application: application.key.clone(),
        namespace: text("/spec/destination/namespace"),
        project: text("/spec/project"),
        parent: application.parent.as_ref().map(|parent| match parent {
            Parent::ApplicationSet { name, .. } => {
                ReportParent { kind: "ApplicationSet".to_owned(), name: name.clone() }
            }
            Parent::Application(key) => {
                ReportParent { kind: "Application".to_owned(), name: key.name.clone() }
            }
        }),
        wave: annotation(manifest, "argocd.argoproj.io/sync-wave")
            .and_then(|wave| wave.parse().ok())
            .unwrap_or_default(),
        file: application.file.clone(),
        sources: sources(manifest),
        state,
        routine: false,
        counts,
        failure,
        external: external(application),
        objects,
        steps,
        secret_count: 0,
        missing_count: 0,
        details: Some(ApplicationDetails { texts, ..ApplicationDetails::default() }),
    }
}

fn external(application: &Application) -> Option<String> {
    match &application.outcome {
        RenderResult::External(reason) => Some(reason.clone()),
        RenderResult::Rendered(_) | RenderResult::Failed(_) => application.incomplete.clone(),
    }
}

fn sources(manifest: &Value) -> Vec<ReportSource> {
    let several = manifest.pointer("/spec/sources").and_then(Value::as_array).into_iter().flatten();
    let one = manifest.pointer("/spec/source");
    let source = |source: &Value| {
        let text = |key: &str| {
            let text = source.get(key).and_then(Value::as_str);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        ReportSource {
            repo_url: text("repoURL").unwrap_or_default(),
            path: text("path").or_else(|| text("chart")),
            target_revision: text("targetRevision"),
        }
    };
    let mut sources: Vec<ReportSource> = several.map(source).collect();
    if sources.is_empty() {
        sources.extend(one.map(source));
    }
    sources
}

fn sort(applications: &mut [ReportApplication]) {
    applications.sort_by(|one, other| {
        (&one.environment, &one.application).cmp(&(&other.environment, &other.application))
    });
}

/// Where Applications are in the report.
struct Places<'a> {
    by_environment: HashMap<(&'a str, &'a ApplicationKey), usize>,
    by_key: HashMap<&'a ApplicationKey, usize>,
}

impl<'a> Places<'a> {
    fn of(applications: &'a [ReportApplication]) -> Self {
        let numbered = || applications.iter().enumerate();
        Self {
            by_environment: numbered()
                .map(|(index, it)| ((it.environment.as_str(), &it.application), index))
                .collect(),
            by_key: numbered().map(|(index, it)| (&it.application, index)).collect(),
        }
    }
}

fn of_lint(finding: &LintFinding, places: &Places<'_>) -> ReportFinding {
    let place = || {
        let key = finding.application.as_ref()?;
        places.by_environment.get(&(finding.environment.as_deref()?, key)).copied()
    };
    ReportFinding {
        severity: match finding.severity {
            lint::Severity::Error => ReportSeverity::Error,
            lint::Severity::Warning => ReportSeverity::Warning,
            lint::Severity::Notice => ReportSeverity::Notice,
        },
        rule: finding.rule.id().to_owned(),
        application: place(),
        object: finding.object.clone(),
        path: None,
        origin: finding.origin.clone(),
        message: finding.message.clone(),
        hint: finding.hint.clone(),
    }
}

fn of_change_finding(finding: &Finding, places: &Places<'_>) -> ReportFinding {
    ReportFinding {
        severity: match finding.severity {
            Severity::Blocking => ReportSeverity::Blocking,
            Severity::Caution => ReportSeverity::Caution,
            Severity::Notice => ReportSeverity::Notice,
        },
        rule: finding.rule.id().to_owned(),
        application: places.by_key.get(&finding.application).copied(),
        object: finding.object.clone(),
        path: finding.path.clone(),
        origin: finding.origin.clone(),
        message: finding.message.clone(),
        hint: None,
    }
}

/// A fleet in words.
fn words(applications: &[ReportApplication], findings: &[ReportFinding]) -> String {
    let of_state = |state| applications.iter().filter(|it| it.state == state).count();
    let (failed, external) = (of_state(ApplicationState::Failed), of_state(ApplicationState::External));
    // Applications that fail are counted already.
    let is_further = |finding: &&ReportFinding| finding.rule != lint::LintRule::RenderFailed.id();
    let findings: Vec<&ReportFinding> = findings.iter().filter(is_further).collect();
    let number = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let (errors, warnings) = (number(ReportSeverity::Error), number(ReportSeverity::Warning));
    let mut parts = Vec::new();
    if failed > 0 {
        parts.push(format!("{} failed to render", count(failed, "Application")));
    }
    if errors > 0 {
        parts.push(count(errors, "error"));
    }
    if warnings > 0 {
        parts.push(count(warnings, "warning"));
    }
    if external > 0 {
        parts.push(format!("{} not rendered", count(external, "Application")));
    }
    match (failed + errors, parts.is_empty()) {
        (0, true) => "No findings".to_owned(),
        (0, false) => format!("No errors: {}", parts.join(", ")),
        _ => format!("Needs attention: {}", parts.join(", ")),
    }
}

/// The size of a fleet.
fn size(applications: &[ReportApplication]) -> String {
    let environments: BTreeSet<&str> = applications.iter().map(|it| it.environment.as_str()).collect();
    let clusters: BTreeSet<(&str, &str)> =
        applications.iter().map(|it| (it.environment.as_str(), it.application.cluster.as_str())).collect();
    let objects = applications.iter().map(|it| it.objects.len()).sum();
    format!(
        "{} in {} on {}, {}",
        count(applications.len(), "Application"),
        count(environments.len(), "environment"),
        count(clusters.len(), "cluster"),
        count(objects, "object"),
    )
}
