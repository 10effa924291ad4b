//! What matters in a change, by what Argo CD would do with it.
//!
//! [`review`] takes a [`Comparison`] and gives a [`Review`]: the
//! differences as data, the findings, the images and charts, and a verdict. Every output is made
//! from a review, and its JSON form is the one that programs read.

mod applications;
pub(crate) mod argocd;
mod immutable;
mod order;
mod ownership;
mod pods;
mod rbac;
mod removal;
mod report;
mod review;
mod rule;
mod storage;
mod versions;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::change::{ApplicationDiff, ApplicationKey, Comparison, ObjectDiff, ObjectId, Origin};

pub use argocd::SyncPhase;
pub use report::{
    ApplicationReport, ChangeKind, ChartReport, Commit, Counts, EditKind, ExternalReport, FORMAT_VERSION,
    FailedSide, FailureReport, FieldReport, ImageReport, ObjectReport, Review, Verdict,
};
pub use review::review;
pub use rule::Rule;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// The sync fails, data is lost, or someone gains control of a cluster or node.
    Blocking,
    /// It needs review before it is merged.
    Caution,
    /// For information.
    Notice,
}

/// Something that matters in a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What it is about.
    pub rule: Rule,
    /// The Application.
    pub application: ApplicationKey,
    /// The object, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectId>,
    /// The field, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Where the object was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// What happens, in one sentence. Names stand in backticks.
    pub message: String,
}

impl Finding {
    fn of_application(severity: Severity, rule: Rule, application: &ApplicationKey, message: String) -> Self {
        let application = application.clone();
        Self { severity, rule, application, object: None, path: None, origin: None, message }
    }

    fn of_object(
        severity: Severity,
        rule: Rule,
        application: &ApplicationDiff<'_>,
        object: &ObjectDiff<'_>,
        message: String,
    ) -> Self {
        Self {
            object: Some(object.id.clone()),
            origin: object.source.origin.clone(),
            ..Self::of_application(severity, rule, &application.key, message)
        }
    }

    fn at(mut self, path: &(impl ToString + ?Sized)) -> Self {
        self.path = Some(path.to_string());
        self
    }
}

/// All findings of a comparison, the gravest first.
pub fn find(comparison: &Comparison<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    applications::check(comparison, &mut findings);
    ownership::check(comparison, &mut findings);
    versions::check(comparison, &mut findings);
    for application in &comparison.applications {
        removal::check(application, &mut findings);
        order::check(application, &mut findings);
        for object in &application.objects {
            immutable::check(application, object, &mut findings);
            rbac::check(application, object, &mut findings);
            pods::check(application, object, &mut findings);
            storage::check(application, object, &mut findings);
        }
    }
    findings.sort_by(|one, other| {
        let key = |finding: &Finding| (finding.severity, finding.rule);
        key(one).cmp(&key(other)).then_with(|| {
            (&one.application, &one.object, &one.path).cmp(&(&other.application, &other.object, &other.path))
        })
    });
    findings
}

/// A name in a message. A backtick in it would end it early.
fn quoted(name: &(impl ToString + ?Sized)) -> String {
    format!("`{}`", name.to_string().replace('`', "'"))
}

/// `1 object`, `2 objects`.
fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Some names and how many more there are.
fn names<T: ToString>(all: impl IntoIterator<Item = T>) -> String {
    const SHOWN: usize = 3;
    let all: Vec<String> = all.into_iter().map(|name| quoted(&name)).collect();
    let shown = all[..all.len().min(SHOWN)].join(", ");
    match all.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::change::{Application, Object, Options, RenderResult, Side, compare_sides};

    /// An object of a kind, given as `apiVersion Kind`, named `x` unless its fields say else.
    pub(super) fn object(kind: &str, fields: Value) -> Value {
        let (api_version, kind) = kind.split_once(' ').unwrap();
        let mut object = fields;
        object["apiVersion"] = json!(api_version);
        object["kind"] = json!(kind);
        if object.pointer("/metadata/name").is_none() {
            object["metadata"]["name"] = json!("x");
        }
        object
    }

    /// One Application that syncs and prunes by itself, with these objects.
    pub(super) fn side(objects: Vec<Value>) -> Side {
        Side {
            applications: vec![Application {
                key: ApplicationKey { cluster: "c".into(), name: "a".into() },
                manifest: json!({"spec": {"syncPolicy": {"automated": {"prune": true}}}}),
                parent: None,
                file: None,
                outcome: RenderResult::Rendered(
                    objects.into_iter().map(|manifest| Object { manifest, origin: None }).collect(),
                ),
                incomplete: None,
            }],
        }
    }

    /// The findings where these objects become those.
    pub(super) fn findings(before: Vec<Value>, after: Vec<Value>) -> Vec<Finding> {
        // An object beside them, so that no side is empty.
        let beside = || object("v1 ConfigMap", json!({"metadata": {"name": "beside"}}));
        let sides = [before, after].map(|mut objects| {
            objects.push(beside());
            side(objects)
        });
        find(&compare_sides(&sides[0], &sides[1], &Options::default()))
    }

    /// The findings where one object changes.
    pub(super) fn changed(before: Value, after: Value) -> Vec<Finding> {
        findings(vec![before], vec![after])
    }
}
