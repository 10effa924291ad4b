//! The report as data: what programs read, and what the page is made from.

use schemars::JsonSchema;
use serde::Serialize;

use crate::change::{ApplicationKey, ObjectId, Origin};
use crate::findings::{ChangeKind, ChartReport, Commit, Counts, FailedSide, ImageReport, SyncPhase, Verdict};
use crate::secrets::{MissingSecret, VaultSecret};

/// The version of the JSON form. It rises when a reader of the form before would be misled.
pub const FLEET_REPORT_FORMAT_VERSION: u32 = 1;

/// A fleet, or a change of one, with everything that the page shows. Values of Secrets are
/// concealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FleetReport {
    /// The version of this form. Readers refuse versions that they do not know.
    pub format_version: u32,
    /// The repository of the fleet, as people call it.
    pub fleet: String,
    /// The release of Argo CD that the fleet is rendered like.
    pub profile: String,
    /// What is shown; of a change, the side after it.
    pub head: Commit,
    /// The change that is shown; absent for a fleet as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<ReportChange>,
    /// The whole in words.
    pub verdict: String,
    /// The whole in numbers, in words.
    pub headline: String,
    /// The environments, by name.
    pub environments: Vec<ReportEnvironment>,
    /// What calls for attention, the gravest first.
    pub findings: Vec<ReportFinding>,
    /// The Applications, by environment, cluster and name.
    pub applications: Vec<ReportApplication>,
}

/// A change in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportChange {
    /// The side before.
    pub base: Commit,
    /// The whole in one word.
    pub verdict: Verdict,
    /// The whole in numbers.
    pub counts: Counts,
    /// Images that came, went or changed.
    pub images: Vec<ImageReport>,
    /// Charts whose version changed.
    pub charts: Vec<ChartReport>,
}

/// An environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportEnvironment {
    /// Its name.
    pub name: String,
    /// The file or directory of its root.
    pub root: String,
    /// What is wrong with it beside renders that fail.
    pub problems: Vec<String>,
}

/// How much a finding matters. `error`, `warning` and `notice` are those of `oarlock lint`;
/// `blocking`, `caution` and `notice` those of `oarlock diff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ReportSeverity {
    /// The sync fails, data is lost, or someone gains control of a cluster or node.
    Blocking,
    /// Argo CD or the API server refuses it, or objects overwrite each other.
    Error,
    /// It needs review before it is merged.
    Caution,
    /// It works by chance, or will not for long.
    Warning,
    /// For information.
    Notice,
}

/// Something that calls for attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportFinding {
    /// How much it matters.
    pub severity: ReportSeverity,
    /// The name of the rule.
    pub rule: String,
    /// The Application, by its number in the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<usize>,
    /// The object, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectId>,
    /// The field, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Where it was written down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// What it is, in one sentence. Names stand in backticks.
    pub message: String,
    /// How to fix it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// What is with an Application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ApplicationState {
    /// It renders, and to the same as before if this is a change.
    Unchanged,
    /// Some of its objects differ.
    Changed,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It does not render.
    Failed,
    /// It was not rendered, since its source is not at hand.
    External,
}

/// An Application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportApplication {
    /// The environment.
    pub environment: String,
    /// Which it is.
    pub application: ApplicationKey,
    /// The namespace that it deploys to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// What makes it; absent where it is applied by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<ReportParent>,
    /// Its sync wave within what makes it.
    pub wave: i64,
    /// The file that it, or the ApplicationSet that makes it, is written in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its sources, in order.
    pub sources: Vec<ReportSource>,
    /// What is with it.
    pub state: ApplicationState,
    /// Whether only images and labels of charts changed.
    pub routine: bool,
    /// How many of its objects were added, changed and removed.
    pub counts: ObjectCounts,
    /// Why it does not render.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<ReportFailure>,
    /// Why it was not rendered, or not in full: a source is not at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<String>,
    /// Its objects by kind, namespace and name, those that were removed too.
    pub objects: Vec<ReportObject>,
    /// The steps of its sync, from first to last. Argo CD begins one when all before it are
    /// healthy.
    pub steps: Vec<ReportStep>,
    /// The number of Secrets that it reads from Vault or consumes.
    pub secret_count: usize,
    /// The number of Secrets that its workloads read and nothing in the fleet provides.
    pub missing_count: usize,
    /// What is read when the Application is opened; absent in the index of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<ApplicationDetails>,
}

/// What makes an Application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportParent {
    /// `Application` or `ApplicationSet`.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// A source of an Application, as it names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportSource {
    /// The URL of its repository.
    #[serde(rename = "repoURL")]
    pub repo_url: String,
    /// The directory or chart in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The revision, or the version of the chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_revision: Option<String>,
}

/// Objects in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectCounts {
    /// Objects that were added.
    pub added: usize,
    /// Objects that changed, were renamed or moved here.
    pub changed: usize,
    /// Objects that were removed or moved away.
    pub removed: usize,
}

/// Why an Application does not render.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportFailure {
    /// What is wrong.
    pub message: String,
    /// Where, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Of a change, which side fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<FailedSide>,
}

/// An object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportObject {
    /// Which it is.
    pub object: ObjectId,
    /// The version of its API with the group.
    pub api_version: String,
    /// Where it was written down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Its sync wave.
    pub wave: i64,
    /// Whether it is a hook.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hook: bool,
    /// What happened to it; absent if nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<ChangeKind>,
    /// Whether only noise changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub noise: bool,
    /// Its name before, if it was renamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// The Application that it moved from or to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<ApplicationKey>,
    /// The fields that differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
}

/// What is applied together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportStep {
    /// The phase of the sync.
    pub phase: SyncPhase,
    /// The wave in it.
    pub wave: i64,
    /// The objects by their number in the Application, in the order in which they are applied.
    pub objects: Vec<usize>,
}

/// What is read of an Application when it is opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationDetails {
    /// The text of each object, in the order of the objects.
    pub texts: Vec<ObjectText>,
    /// What it reads from Vault, and what others read there for its workloads.
    pub secrets: Vec<VaultSecret>,
    /// Secrets that its workloads read and nothing in the fleet provides.
    pub missing: Vec<MissingSecret>,
}

/// An object as YAML, its keys sorted. Values of Secrets are concealed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectText {
    /// The object before the change, if that is another text, without what `ignoreDifferences`
    /// names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The object; absent if it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Runs of equal lines of both texts: the line before and the line after at which each begins,
    /// from 0, and how many lines it has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub equal: Vec<[usize; 3]>,
}
