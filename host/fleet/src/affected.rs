//! The Applications whose render differs, as JSON: `oarlock affected --output json`.
//!
//! [`AFFECTED_FORMAT_VERSION`] is raised when a field changes its meaning or goes away; new fields
//! do not raise it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::change::{ApplicationKey, RenderResult};
use crate::diff::{Differences, Pair, Pairing};
use crate::directories::Progress;
use crate::environment::Filter;
use crate::findings::Commit;

/// The version of the form.
pub const AFFECTED_FORMAT_VERSION: u32 = 1;

/// The Applications whose render differs between two states of a fleet.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AffectedReport {
    /// The version of this form: 1.
    pub format_version: u32,
    /// The state before.
    pub base: Commit,
    /// The state after.
    pub head: Commit,
    /// The Applications that render to something else, sorted by cluster and name.
    pub applications: Vec<AffectedApplication>,
    /// The number of Applications that render to the same.
    pub unaffected: usize,
    /// What is wrong with environments as a whole, so that Applications of them may be missing.
    pub problems: Vec<EnvironmentProblem>,
}

/// An Application that renders to something else.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AffectedApplication {
    /// Which it is.
    #[serde(flatten)]
    pub key: ApplicationKey,
    /// The environment that it is in.
    pub environment: String,
    /// What happened to it.
    pub change: AffectedChange,
    /// Whether the Application itself says something else.
    pub definition: bool,
    /// The files and directories that its render read and that are not the same.
    pub paths: Vec<String>,
    /// The file in which it, or the ApplicationSet that makes it, is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// What happened to an Application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AffectedChange {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Its render is not the same.
    Changed,
    /// It is on one side alone, because something that would make it fails on the other.
    Unknown,
}

/// What is wrong with an environment as a whole.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentProblem {
    /// The environment.
    pub environment: String,
    /// On which side: before the change, or after it.
    pub side: ProblemSide,
    /// What is wrong.
    pub message: String,
}

/// A side of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ProblemSide {
    /// Before the change.
    Base,
    /// After the change.
    Head,
}

impl AffectedReport {
    /// Finds out which Applications render to something else.
    pub fn new(
        pairing: &Pairing<'_>,
        filter: &Filter,
        (base, head): (Commit, Commit),
        progress: &dyn Progress,
    ) -> Self {
        let (affected, wanted) = pairing.affected(filter, progress);
        let unaffected = wanted - affected.len();
        let applications = affected.into_iter().map(|(pair, found)| one(pairing, pair, found)).collect();
        let mut problems = Vec::new();
        for [before, after] in pairing.problems() {
            for (side, entry) in [(ProblemSide::Base, before), (ProblemSide::Head, after)] {
                let Some(entry) = entry else { continue };
                if let RenderResult::Failed(failure) = entry.outcome {
                    let environment = entry.key.name;
                    problems.push(EnvironmentProblem { environment, side, message: failure.message });
                }
            }
        }
        Self { format_version: AFFECTED_FORMAT_VERSION, base, head, applications, unaffected, problems }
    }
}

fn one(pairing: &Pairing<'_>, pair: &Pair, found: Differences) -> AffectedApplication {
    let change = match pair.is_there() {
        (true, true) => AffectedChange::Changed,
        _ if pairing.is_unknown(pair) => AffectedChange::Unknown,
        (false, _) => AffectedChange::Added,
        (true, false) => AffectedChange::Removed,
    };
    let origin = pairing.latest(pair).and_then(|application| application.definition.origin.as_ref());
    AffectedApplication {
        key: pair.key.clone(),
        environment: pair.environment.clone(),
        change,
        definition: found.definition,
        paths: found.paths.into_iter().collect(),
        file: origin.map(|origin| origin.path.clone()),
    }
}
