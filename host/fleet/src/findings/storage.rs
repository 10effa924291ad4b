//! Volumes, custom resources and namespaces: what is kept, served, enforced.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Finding, Rule, Severity, names, quoted};
use crate::change::{ApplicationDiff, ObjectChange, ObjectDiff};

/// Looks at objects that hold data, or others.
pub(super) fn check(application: &ApplicationDiff<'_>, object: &ObjectDiff<'_>, findings: &mut Vec<Finding>) {
    let (Some(before), Some(after)) = (object.before.as_deref(), object.after.as_deref()) else { return };
    if object.change == ObjectChange::Added {
        return;
    }
    let name = quoted(&object.id);
    let mut push = |severity, rule, path: &str, message| {
        findings.push(Finding::of_object(severity, rule, application, object, message).at(path));
    };
    let pair = |pointer: &str| {
        let text =
            |object: &Value| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        (text(before), text(after))
    };
    match (object.id.group.as_str(), object.id.kind.as_str()) {
        ("", "PersistentVolumeClaim") => {
            let (from, to) = pair("/spec/resources/requests/storage");
            if let (Some(old), Some(new)) = (quantity(&from), quantity(&to))
                && new < old
            {
                let message = format!(
                    "{name} shrinks from {} to {}: the API server rejects that, and the sync fails",
                    quoted(&from),
                    quoted(&to)
                );
                push(Severity::Blocking, Rule::VolumeShrunk, "spec.resources.requests.storage", message);
            }
        }
        ("", "PersistentVolume") => {
            if let (from, "Delete") = as_str(&pair("/spec/persistentVolumeReclaimPolicy"))
                && from != "Delete"
            {
                let message = format!("{name} will be deleted together with its claim");
                push(Severity::Caution, Rule::ReclaimPolicy, "spec.persistentVolumeReclaimPolicy", message);
            }
        }
        ("apps", "StatefulSet") => {
            for when in ["whenDeleted", "whenScaled"] {
                let policy = pair(&format!("/spec/persistentVolumeClaimRetentionPolicy/{when}"));
                if let (from, "Delete") = as_str(&policy)
                    && from != "Delete"
                {
                    let path = format!("spec.persistentVolumeClaimRetentionPolicy.{when}");
                    let act = if when == "whenDeleted" { "deleting" } else { "scaling down" };
                    let message = format!("{act} {name} will also delete its volume claims");
                    push(Severity::Caution, Rule::ReclaimPolicy, &path, message);
                }
            }
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            let gone: Vec<String> = served(before).difference(&served(after)).cloned().collect();
            if !gone.is_empty() {
                let message = format!(
                    "{name} no longer serves {}: clients and manifests that use it fail",
                    names(gone)
                );
                push(Severity::Caution, Rule::CrdVersionRemoved, "spec.versions", message);
            }
        }
        ("", "Namespace") => {
            const LABEL: &str = "pod-security.kubernetes.io/enforce";
            let level = |object: &Value| {
                let label = object.pointer("/metadata/labels").and_then(|labels| labels.get(LABEL));
                label.and_then(Value::as_str).unwrap_or("privileged").to_owned()
            };
            let rank = |level: &str| {
                ["privileged", "baseline", "restricted"].iter().position(|other| *other == level)
            };
            let (from, to) = (level(before), level(after));
            if rank(&to) < rank(&from) {
                let message = format!(
                    "{name} enforces Pod Security Standard {} instead of {}",
                    quoted(&to),
                    quoted(&from)
                );
                push(Severity::Caution, Rule::PodSecurityLowered, "metadata.labels", message);
            }
        }
        _ => {}
    }
}

fn as_str(pair: &(String, String)) -> (&str, &str) {
    (&pair.0, &pair.1)
}

/// The versions that a CustomResourceDefinition serves.
fn served(definition: &Value) -> BTreeSet<String> {
    let versions = definition.pointer("/spec/versions").and_then(Value::as_array).into_iter().flatten();
    let served = versions.filter(|version| version.get("served") != Some(&Value::Bool(false)));
    served.filter_map(|version| version.get("name")?.as_str()).map(str::to_owned).collect()
}

/// The amount of a quantity, near enough to compare two: `1.5Gi`, `2e9`, `500M`.
fn quantity(text: &str) -> Option<f64> {
    const SUFFIXES: [(&str, f64); 13] = [
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
        ("Pi", 1_125_899_906_842_624.0),
        ("Ei", 1_152_921_504_606_846_976.0),
        ("m", 1e-3),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("P", 1e15),
        ("E", 1e18),
    ];
    let found = SUFFIXES.iter().find_map(|(suffix, factor)| Some((text.strip_suffix(suffix)?, factor)));
    let (number, factor) = found.unwrap_or((text, &1.0));
    number.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::super::tests::{changed, object};
    use super::*;

    fn claim(storage: &str) -> Value {
        object("v1 PersistentVolumeClaim", json!({"spec": {"resources": {"requests": {"storage": storage}}}}))
    }

    fn namespace(level: Option<&str>) -> Value {
        let labels = level.map_or(json!({}), |level| json!({"pod-security.kubernetes.io/enforce": level}));
        object("v1 Namespace", json!({"metadata": {"labels": labels}}))
    }

    fn definition(versions: Value) -> Value {
        let mut definition = json!({});
        definition["spec"]["versions"] = versions;
        object("apiextensions.k8s.io/v1 CustomResourceDefinition", definition)
    }

    #[rstest]
    #[case::less(claim("10Gi"), claim("9Gi"), Some(Rule::VolumeShrunk))]
    #[case::another_unit(claim("1Gi"), claim("1G"), Some(Rule::VolumeShrunk))]
    #[case::more(claim("1.5Gi"), claim("2Gi"), None)]
    #[case::the_same(claim("1024Mi"), claim("1Gi"), None)]
    #[case::lower(namespace(Some("restricted")), namespace(Some("baseline")), Some(Rule::PodSecurityLowered))]
    #[case::dropped(namespace(Some("baseline")), namespace(None), Some(Rule::PodSecurityLowered))]
    #[case::higher(namespace(None), namespace(Some("baseline")), None)]
    #[case::unserved(definition(json!([{"name": "v1"}, {"name": "v1beta1"}])),
        definition(json!([{"name": "v1"}, {"name": "v1beta1", "served": false}])), Some(Rule::CrdVersionRemoved))]
    #[case::served(definition(json!([{"name": "v1beta1"}])), definition(json!([{"name": "v1beta1"}, {"name": "v1"}])), None)]
    #[case::retention(
        object("apps/v1 StatefulSet", json!({"spec": {}})),
        object("apps/v1 StatefulSet", json!({"spec": {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}}})),
        Some(Rule::ReclaimPolicy))]
    fn what_is_kept(#[case] before: Value, #[case] after: Value, #[case] expected: Option<Rule>) {
        assert_eq!(changed(before, after).first().map(|finding| finding.rule), expected);
    }
}
