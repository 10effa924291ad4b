//! The differences as data: what programs read, and what every other output is made from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Finding, Severity};
use crate::change::{ApplicationKey, Failure, Noise, ObjectId, Origin};

/// The version of the JSON form. It rises when a reader of the form before would be misled.
pub const FORMAT_VERSION: u32 = 1;

/// A change to a fleet, ready to be shown. Values of Secrets are concealed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Review {
    /// The version of this form. Readers refuse versions that they do not know.
    pub format_version: u32,
    /// The side before.
    pub base: Commit,
    /// The side after.
    pub head: Commit,
    /// The whole in one word.
    pub verdict: Verdict,
    /// The whole in numbers.
    pub counts: Counts,
    /// What matters, the gravest first.
    pub findings: Vec<Finding>,
    /// Applications that could not be compared, since a side failed.
    pub failures: Vec<FailureReport>,
    /// Applications that could not be compared, since a side was not rendered.
    pub external: Vec<ExternalReport>,
    /// Images that came, went or changed.
    pub images: Vec<ImageReport>,
    /// Charts whose version changed.
    pub charts: Vec<ChartReport>,
    /// The Applications that changed, by cluster and name.
    pub applications: Vec<ApplicationReport>,
}

impl Review {
    /// The severity of the gravest finding, if there are findings.
    pub fn gravest(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).min()
    }
}

/// One side of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Commit {
    /// What it is called: a commit, `work tree`, a profile.
    pub name: String,
    /// The branch or reference, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// A change in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Nothing changed in what is rendered.
    Same,
    /// Only images and labels of charts changed, by no major version.
    Routine,
    /// Something changed, and nothing in it calls for attention.
    Changed,
    /// It needs review.
    Caution,
    /// Something would fail or be lost.
    Blocking,
    /// Something could not be compared.
    Failed,
}

/// A change in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Counts {
    /// Objects that were added.
    pub added: usize,
    /// Objects that changed, were renamed or moved to another Application, beyond noise.
    pub changed: usize,
    /// Objects that were removed.
    pub removed: usize,
    /// Objects in which nothing but noise changed.
    pub noise: usize,
    /// Objects of which `ignoreDifferences` left something out.
    pub ignored: usize,
    /// Applications that changed.
    pub applications: usize,
    /// Clusters with Applications that changed.
    pub clusters: usize,
    /// Applications that are the same.
    pub unchanged: usize,
    /// Applications that could not be compared, since a side failed.
    pub failed: usize,
    /// Applications that could not be compared, since a side was not rendered.
    pub external: usize,
}

/// An Application that could not be compared, since a side failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FailureReport {
    /// The Application.
    pub application: ApplicationKey,
    /// Which side failed.
    pub side: FailedSide,
    /// Why: after the change if that side failed, or else before it.
    pub failure: Failure,
}

/// Which side of a comparison failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FailedSide {
    /// The change breaks it.
    Head,
    /// It failed before the change, too.
    Both,
    /// It failed before the change, which fixes it.
    Base,
}

/// An Application that could not be compared, since a side was not rendered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExternalReport {
    /// The Application.
    pub application: ApplicationKey,
    /// Why it was not rendered.
    pub reason: String,
    /// Whether it was rendered on the other side, is not there on it, or lacks something else on
    /// it: what it renders to changes then, most likely.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub changed: bool,
}

/// An image that came, went or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImageReport {
    /// The image without tag and digest.
    pub name: String,
    /// Tag and digest before; the whole image if the name changed; absent if it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Tag and digest after; the whole image if the name changed; absent if it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// In how many Applications.
    pub applications: usize,
}

/// A chart whose version changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChartReport {
    /// The chart.
    pub name: String,
    /// The version before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The version after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// In how many Applications.
    pub applications: usize,
}

/// An Application that changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplicationReport {
    /// The Application.
    pub application: ApplicationKey,
    /// The file or directory that a reader looks at first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What happened to it: `added`, `removed` or `changed`.
    pub change: ChangeKind,
    /// Whether only images and labels of charts changed.
    pub routine: bool,
    /// The number of its objects that are the same.
    pub unchanged: usize,
    /// The number of its objects of which `ignoreDifferences` left something out.
    pub ignored: usize,
    /// Its objects that differ, by kind, namespace and name.
    pub objects: Vec<ObjectReport>,
}

/// What happened to an object or an Application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Some of it differs.
    Changed,
    /// It has another hash at the end of its name.
    Renamed,
    /// Another Application had it before.
    MovedFrom,
    /// Another Application has it now.
    MovedTo,
}

/// An object that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ObjectReport {
    /// The object.
    pub object: ObjectId,
    /// What happened to it.
    pub change: ChangeKind,
    /// Its name before, if it was renamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// The Application that it moved from or to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<ApplicationKey>,
    /// Where it was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The fields that differ; none for an object that was added or removed.
    pub fields: Vec<FieldReport>,
    /// Fields whose difference is noise.
    pub noise: Vec<FieldReport>,
    /// The whole object if it was added or removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Value>,
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldReport {
    /// Where it is: `spec.template.spec.containers[web].image`.
    pub path: String,
    /// What happened to it.
    pub edit: EditKind,
    /// What it held before. Of a list in another order, the elements in their order before.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub before: Option<Value>,
    /// What it holds after. Of a list in another order, the elements in their order after.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub after: Option<Value>,
    /// Why it is noise, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<Noise>,
}

/// What happened to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EditKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It holds another value.
    Changed,
    /// The elements of a list stand in another order.
    Reordered,
}

/// A value that is there, `null` too.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
