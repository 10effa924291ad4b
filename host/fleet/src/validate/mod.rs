//! Objects held against the types of Kubernetes, and against those of CustomResourceDefinitions.
//!
//! [`gather`] renders a fleet and takes its objects, [`documents`] reads those of a file, and
//! [`rendered`] takes those of one render. [`validate`] checks them. The findings have the forms
//! that those of `lint` have.

mod check;
mod documents;
mod gather;
mod listing;
mod rule;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use oarlock_engine::source::Source;
use oarlock_kubernetes_schema::Release;
use oarlock_yaml::Node;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::change::{ApplicationKey, ObjectId, Origin};
use crate::lint::{Baseline, Known, Severity};

pub use check::validate;
pub use documents::documents;
pub use gather::{gather, rendered};
pub use oarlock_kubernetes_schema::{Release as KubernetesRelease, UnknownRelease};
pub use rule::ValidateRule;

/// The version of the JSON form. It rises when a reader of the form before would be misled.
pub const VALIDATE_FORMAT_VERSION: u32 = 1;

/// What is checked.
#[derive(Default)]
pub struct ValidateInput {
    /// Objects that belong together.
    pub groups: Vec<ObjectGroup>,
    /// CustomResourceDefinitions beside those among the objects.
    pub definitions: Vec<Value>,
    /// What could not be rendered, and so is not checked: names of Applications.
    pub not_rendered: Vec<ApplicationKey>,
    /// Why, where it is not that a source is not at hand.
    pub failures: Vec<(ApplicationKey, oarlock_plugin::Failure)>,
}

/// Objects of one render or file.
#[derive(Default)]
pub struct ObjectGroup {
    /// The environment, if it is of one.
    pub environment: Option<String>,
    /// The Application, if it is of one, and its manifest, which may silence rules.
    pub application: Option<(ApplicationKey, Value)>,
    /// The cluster; empty where that is not known.
    pub cluster: String,
    /// Its version of Kubernetes, where that is known.
    pub kube_version: Option<String>,
    /// Where lines of fields are looked up.
    pub text: Text,
    /// The objects.
    pub objects: Vec<Written>,
}

/// Where lines of fields are looked up.
#[derive(Default)]
pub enum Text {
    /// Nowhere.
    #[default]
    None,
    /// In the files of a tree, at the place of the object.
    Tree(Arc<dyn Source>),
    /// In documents of a file.
    Documents(Vec<Node>),
}

/// An object where it was written down.
pub struct Written {
    /// The object.
    pub object: Value,
    /// Where it starts, if that is known.
    pub origin: Option<oarlock_plugin::Origin>,
    /// The number of its document, in [`Text::Documents`].
    pub document: usize,
    /// Where it is in the document: in a `List`, `items` and its number.
    pub within: Vec<String>,
    /// Keys that its document has twice: the line, and the key.
    pub repeated: Vec<(u32, String)>,
}

/// How it is checked.
#[derive(Clone, Debug, Default)]
pub struct ValidateOptions {
    /// The version of Kubernetes of all objects; else each is checked for that of its cluster.
    pub release: Option<Release>,
    /// The version of clusters of which none is known, as `1.34.2`.
    pub kube_version: Option<String>,
    /// Rules that are left out.
    pub skip: Vec<ValidateRule>,
    /// Findings that are left out.
    pub baseline: Option<Baseline>,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ValidateFinding {
    /// The rule.
    pub rule: ValidateRule,
    /// How grave it is.
    pub severity: Severity,
    /// The environment; absent for what belongs to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The Application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<ApplicationKey>,
    /// The object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectId>,
    /// The field, as `spec.containers[0].image`; absent where it is about the whole object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Where it was written down: the line of the field where the object stands in a file as it is,
    /// else that of the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// What is wrong, in one sentence. Names stand in backticks.
    pub message: String,
    /// How to fix it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What stays the same as long as the finding does, whatever line it moves to.
    pub fingerprint: String,
}

/// All findings of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ValidateReport {
    /// The version of this form. Readers refuse versions that they do not know.
    pub format_version: u32,
    /// The version of Kubernetes whose types were taken, by cluster. Objects of no known cluster
    /// have an empty name.
    pub kubernetes: BTreeMap<String, String>,
    /// What to know of these versions.
    pub notes: Vec<String>,
    /// How many objects were checked.
    pub checked: usize,
    /// Kinds without a schema: their objects were not checked.
    pub without_schema: Vec<KindCount>,
    /// Custom kinds whose objects were checked but for rules in CEL (`x-kubernetes-validations`).
    pub not_evaluated: Vec<RuleCount>,
    /// Applications that could not be rendered, so that nothing of them was checked.
    pub not_rendered: Vec<ApplicationKey>,
    /// How many findings annotations silence.
    pub silenced: usize,
    /// How many findings the baseline has.
    pub known: usize,
    /// How many entries of the baseline are no longer found.
    pub resolved: usize,
    /// The findings, the gravest first.
    pub findings: Vec<ValidateFinding>,
}

/// How many objects of a kind there are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KindCount {
    /// The version of its API.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// How many objects.
    pub objects: usize,
}

/// How many rules in CEL a custom kind has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleCount {
    /// The version of its API.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// How many rules its schema has.
    pub rules: usize,
    /// How many objects of it there are.
    pub objects: usize,
}

impl ValidateReport {
    /// The findings as a baseline has them.
    pub fn as_known(&self) -> impl Iterator<Item = Known> {
        self.findings.iter().map(|finding| {
            let ValidateFinding { fingerprint, rule, application, message, .. } = finding;
            Known::new(fingerprint, rule.id(), application.as_ref(), message)
        })
    }

    /// Whether there is a finding of this severity or a graver one.
    pub fn has(&self, severity: Severity) -> bool {
        self.findings.iter().any(|finding| finding.severity <= severity)
    }
}
