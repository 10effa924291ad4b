//! Immutable fields: those for which the API server rejects an update.

use serde_json::Value;

use super::{Finding, Rule, Severity, argocd, quoted};
use crate::change::{ApplicationDiff, Edit, Field, FieldChange, ObjectChange, ObjectDiff, ObjectId};

/// How fields of a kind may change.
enum Fields {
    /// These may not.
    Fixed(&'static [&'static str]),
    /// Of `spec`, only these may.
    SpecBut(&'static [&'static str]),
}

/// Kinds and their fields, after the validation of updates in Kubernetes 1.35.
const KINDS: &[(&str, &str, Fields)] = &[
    ("apps", "Deployment", Fields::Fixed(&["spec.selector"])),
    ("apps", "DaemonSet", Fields::Fixed(&["spec.selector"])),
    ("apps", "ReplicaSet", Fields::Fixed(&["spec.selector"])),
    (
        "apps",
        "StatefulSet",
        Fields::SpecBut(&[
            "spec.replicas",
            "spec.ordinals",
            "spec.template",
            "spec.updateStrategy",
            "spec.revisionHistoryLimit",
            "spec.persistentVolumeClaimRetentionPolicy",
            "spec.minReadySeconds",
        ]),
    ),
    (
        "batch",
        "Job",
        Fields::Fixed(&[
            "spec.selector",
            "spec.template",
            "spec.completionMode",
            "spec.manualSelector",
            "spec.podFailurePolicy",
            "spec.successPolicy",
            "spec.backoffLimitPerIndex",
            "spec.managedBy",
        ]),
    ),
    ("", "PersistentVolumeClaim", Fields::SpecBut(&["spec.resources", "spec.volumeAttributesClassName"])),
    (
        "",
        "PersistentVolume",
        Fields::SpecBut(&[
            "spec.capacity",
            "spec.accessModes",
            "spec.claimRef",
            "spec.mountOptions",
            "spec.nodeAffinity",
            "spec.persistentVolumeReclaimPolicy",
            "spec.storageClassName",
            "spec.volumeAttributesClassName",
        ]),
    ),
    (
        "storage.k8s.io",
        "StorageClass",
        Fields::Fixed(&["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"]),
    ),
    ("rbac.authorization.k8s.io", "RoleBinding", Fields::Fixed(&["roleRef"])),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", Fields::Fixed(&["roleRef"])),
    (
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        Fields::Fixed(&["spec.group", "spec.scope", "spec.names.kind"]),
    ),
    ("networking.k8s.io", "IngressClass", Fields::Fixed(&["spec.controller"])),
    ("scheduling.k8s.io", "PriorityClass", Fields::Fixed(&["value", "preemptionPolicy"])),
    ("node.k8s.io", "RuntimeClass", Fields::Fixed(&["handler"])),
    ("discovery.k8s.io", "EndpointSlice", Fields::Fixed(&["addressType"])),
    ("", "Secret", Fields::Fixed(&["type"])),
];

/// Looks for changes that make the sync fail.
pub(super) fn check(application: &ApplicationDiff<'_>, object: &ObjectDiff<'_>, findings: &mut Vec<Finding>) {
    let is_same_object = matches!(object.change, ObjectChange::Changed | ObjectChange::MovedFrom(_));
    let (true, Some(before), Some(after)) = (is_same_object, &object.before, &object.after) else { return };
    // A hook of the last sync is deleted before it is created again.
    if argocd::hook_phases(after).is_some() && argocd::is_recreated(after) {
        return;
    }
    let mut fields = object.fields.iter().filter(|field| is_refused(&object.id, before, &field.change));
    let Some(Field { change, .. }) = fields.next() else { return };
    let more = match fields.count() {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    // `Force=true` stands on the object, in the repository or in the cluster.
    let is_forced = [before, after].into_iter().any(|object| argocd::option(object, "Force") == Some("true"));
    let field = quoted(&change.path);
    let name = quoted(&object.id);
    let (severity, message) = if is_forced {
        (
            Severity::Caution,
            format!(
                "{field}{more} of {name} is immutable; with `Force=true` Argo CD deletes and recreates the object"
            ),
        )
    } else {
        (
            Severity::Blocking,
            format!("{field}{more} of {name} is immutable: the sync fails until the object is deleted"),
        )
    };
    findings.push(
        Finding::of_object(severity, Rule::ImmutableField, application, object, message).at(&change.path),
    );
}

fn is_refused(id: &ObjectId, before: &Value, change: &FieldChange) -> bool {
    let is_under = |path: &str| change.path.starts_with(&path.split('.').collect::<Vec<_>>());
    let by_table =
        KINDS.iter().find(|(group, kind, _)| id.is(group, kind)).is_some_and(|(_, _, fields)| match fields {
            Fields::Fixed(paths) => paths.iter().any(|path| is_under(path)),
            Fields::SpecBut(paths) => is_under("spec") && !paths.iter().any(|path| is_under(path)),
        });
    let is_sealed = before.get("immutable") == Some(&Value::Bool(true));
    by_table
        || (id.is("", "Service") && is_refused_of_service(before, change))
        || ((id.is("", "ConfigMap") || id.is("", "Secret"))
            && is_sealed
            && ["data", "binaryData", "stringData", "immutable"].into_iter().any(is_under))
}

/// What a Service is given once stays: left out it is kept, and another value is refused.
fn is_refused_of_service(before: &Value, change: &FieldChange) -> bool {
    const GIVEN: [&str; 4] = ["clusterIP", "clusterIPs", "loadBalancerClass", "healthCheckNodePort"];
    let is_external = before.pointer("/spec/type").and_then(Value::as_str) == Some("ExternalName");
    change.path.starts_with(&["spec"])
        && change.path.fields().nth(1).is_some_and(|field| GIVEN.contains(&field))
        && !matches!(change.edit, Edit::Removed { .. })
        && !is_external
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::super::tests::{changed, object};
    use super::*;

    #[rstest]
    #[case::selector("apps/v1 Deployment", json!({"spec": {"selector": {"a": "1"}}}), json!({"spec": {"selector": {"a": "2"}}}), Some("spec.selector.a"))]
    #[case::template("apps/v1 Deployment", json!({"spec": {"template": 1}}), json!({"spec": {"template": 2}}), None)]
    #[case::service_name("apps/v1 StatefulSet", json!({"spec": {"serviceName": "a"}}), json!({"spec": {"serviceName": "b"}}), Some("spec.serviceName"))]
    #[case::claim_templates("apps/v1 StatefulSet",
        json!({"spec": {"volumeClaimTemplates": [{"metadata": {"name": "d"}, "spec": 1}]}}),
        json!({"spec": {"volumeClaimTemplates": [{"metadata": {"name": "d"}, "spec": 2}]}}),
        Some("spec.volumeClaimTemplates[0].spec"))]
    #[case::replicas("apps/v1 StatefulSet", json!({"spec": {"replicas": 1}}), json!({"spec": {"replicas": 2}}), None)]
    #[case::labels("apps/v1 StatefulSet", json!({"metadata": {"labels": {"a": "1"}}}), json!({}), None)]
    #[case::job("batch/v1 Job", json!({"spec": {"template": 1}}), json!({"spec": {"template": 2}}), Some("spec.template"))]
    #[case::hook("batch/v1 Job",
        json!({"metadata": {"annotations": {"argocd.argoproj.io/hook": "PreSync"}}, "spec": {"template": 1}}),
        json!({"metadata": {"annotations": {"argocd.argoproj.io/hook": "PreSync"}}, "spec": {"template": 2}}), None)]
    #[case::cluster_ip("v1 Service", json!({"spec": {"clusterIP": "None"}}), json!({"spec": {"clusterIP": "10.0.0.1"}}), Some("spec.clusterIP"))]
    #[case::cluster_ip_left_out("v1 Service", json!({"spec": {"clusterIP": "None"}}), json!({"spec": {}}), None)]
    #[case::claim("v1 PersistentVolumeClaim", json!({"spec": {"storageClassName": "a"}}), json!({"spec": {"storageClassName": "b"}}), Some("spec.storageClassName"))]
    #[case::claim_size("v1 PersistentVolumeClaim", json!({"spec": {"resources": 1}}), json!({"spec": {"resources": 2}}), None)]
    #[case::sealed("v1 ConfigMap", json!({"immutable": true, "data": {"a": "1"}}), json!({"immutable": true, "data": {"a": "2"}}), Some("data.a"))]
    #[case::unsealed("v1 ConfigMap", json!({"data": {"a": "1"}}), json!({"data": {"a": "2"}, "immutable": true}), None)]
    #[case::role("rbac.authorization.k8s.io/v1 RoleBinding", json!({"roleRef": {"name": "a"}}), json!({"roleRef": {"name": "b"}}), Some("roleRef.name"))]
    #[case::another_group("example.com/v1 Job", json!({"spec": {"template": 1}}), json!({"spec": {"template": 2}}), None)]
    fn changes_that_are_refused(
        #[case] kind: &str,
        #[case] before: Value,
        #[case] after: Value,
        #[case] path: Option<&str>,
    ) {
        let findings = changed(object(kind, before), object(kind, after));
        let found = findings.iter().find(|finding| finding.rule == Rule::ImmutableField);
        assert_eq!(found.map(|finding| finding.path.as_deref().unwrap()), path);
        assert!(found.is_none_or(|finding| finding.severity == Severity::Blocking));
    }

    #[test]
    fn forced_objects_are_recreated() {
        let job = |template: i32| {
            let force = json!({"argocd.argoproj.io/sync-options": "Replace=true,Force=true"});
            object(
                "batch/v1 Job",
                json!({"metadata": {"annotations": force}, "spec": {"template": template}}),
            )
        };
        let findings = changed(job(1), job(2));
        assert_eq!(findings[0].severity, Severity::Caution);
        assert!(findings[0].message.contains("deletes and recreates"), "{}", findings[0].message);
    }
}
