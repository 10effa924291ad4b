//! What pods may do to their node, and how many there are.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Finding, Rule, Severity, names, quoted};
use crate::change::{ApplicationDiff, ObjectChange, ObjectDiff, ObjectId};

/// Looks at workloads.
pub(super) fn check(application: &ApplicationDiff<'_>, object: &ObjectDiff<'_>, findings: &mut Vec<Finding>) {
    let Some(after) = object.after.as_deref() else { return };
    let before = object.before.as_deref().unwrap_or(&Value::Null);
    let name = quoted(&object.id);
    let mut push = |severity, rule, path: &str, message| {
        findings.push(Finding::of_object(severity, rule, application, object, message).at(path));
    };
    if let Some((path, spec)) = pod_spec(after) {
        let had = pod_spec(before).map(|(_, spec)| powers(spec)).unwrap_or_default();
        let gained = powers(spec);
        let privileged: Vec<&String> = gained.privileged.difference(&had.privileged).collect();
        if !privileged.is_empty() {
            let message = format!(
                "container {} of {name} runs privileged, with full control over its node",
                names(privileged)
            );
            push(Severity::Blocking, Rule::Privileged, path, message);
        }
        let access: Vec<&String> = gained.access.difference(&had.access).collect();
        if !access.is_empty() {
            let message = format!("{name} gains access to its node through {}", names(access));
            push(Severity::Caution, Rule::HostAccess, path, message);
        }
    }
    if object.change == ObjectChange::Added {
        return;
    }
    let is_scaled = is_scaled(&object.id);
    let replicas = |object: &Value| object.pointer("/spec/replicas").map_or(Some(1), Value::as_i64);
    if is_scaled && replicas(after) == Some(0) && replicas(before) != Some(0) {
        push(
            Severity::Caution,
            Rule::ScaledToZero,
            "spec.replicas",
            format!("{name} is scaled to zero replicas"),
        );
    }
    let suspended = |object: &Value| object.pointer("/spec/suspend") == Some(&Value::Bool(true));
    if object.id.group == "batch" && suspended(after) && !suspended(before) {
        push(Severity::Notice, Rule::Suspended, "spec.suspend", format!("{name} is suspended"));
    }
    let exposed = |object: &Value| {
        let kind = object.pointer("/spec/type").and_then(Value::as_str);
        kind.filter(|kind| matches!(*kind, "LoadBalancer" | "NodePort")).map(str::to_owned)
    };
    if let (true, Some(kind)) = (object.id.is("", "Service"), exposed(after))
        && exposed(before).is_none()
    {
        let message = format!("{name} becomes {} and is reachable from outside the cluster", quoted(&kind));
        push(Severity::Notice, Rule::ServiceExposed, "spec.type", message);
    }
}

fn is_scaled(id: &ObjectId) -> bool {
    matches!(
        (id.group.as_str(), id.kind.as_str()),
        ("apps", "Deployment" | "StatefulSet" | "ReplicaSet") | ("argoproj.io", "Rollout")
    )
}

/// The pod that a workload of any kind makes, and its place.
fn pod_spec(object: &Value) -> Option<(&'static str, &Value)> {
    const PLACES: [(&str, &str); 3] = [
        ("spec.template.spec", "/spec/template/spec"),
        ("spec.jobTemplate.spec.template.spec", "/spec/jobTemplate/spec/template/spec"),
        ("spec", "/spec"),
    ];
    let places = PLACES.iter().filter_map(|(path, pointer)| Some((*path, object.pointer(pointer)?)));
    places.into_iter().find(|(_, spec)| spec.get("containers").is_some_and(Value::is_array))
}

/// What a pod may do beyond its containers.
#[derive(Default)]
struct Powers {
    /// Containers that are privileged.
    privileged: BTreeSet<String>,
    /// Other ways to the node.
    access: BTreeSet<String>,
}

fn powers(spec: &Value) -> Powers {
    /// Capabilities of the kernel that give power over the node.
    const CAPABILITIES: [&str; 8] =
        ["ALL", "BPF", "DAC_READ_SEARCH", "NET_ADMIN", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO"];
    let mut powers = Powers::default();
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        if spec.get(field) == Some(&Value::Bool(true)) {
            powers.access.insert(field.to_owned());
        }
    }
    let list = |field: &str| spec.get(field).and_then(Value::as_array).into_iter().flatten();
    for volume in list("volumes") {
        if let Some(path) = volume.pointer("/hostPath/path").and_then(Value::as_str) {
            powers.access.insert(format!("hostPath {path}"));
        }
    }
    for container in list("initContainers").chain(list("containers")).chain(list("ephemeralContainers")) {
        let name = container.get("name").and_then(Value::as_str).unwrap_or_default();
        if container.pointer("/securityContext/privileged") == Some(&Value::Bool(true)) {
            powers.privileged.insert(name.to_owned());
        }
        let added = container.pointer("/securityContext/capabilities/add").and_then(Value::as_array);
        for capability in added.into_iter().flatten().filter_map(Value::as_str) {
            let capability = capability.strip_prefix("CAP_").unwrap_or(capability);
            if CAPABILITIES.contains(&capability) {
                powers.access.insert(format!("capability {capability}"));
            }
        }
    }
    powers
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::super::tests::{changed, findings, object};
    use super::*;

    fn pod(spec: Value) -> Value {
        let mut spec = spec;
        if spec.get("containers").is_none() {
            spec["containers"] = json!([{"name": "a"}]);
        }
        object("apps/v1 Deployment", json!({"spec": {"template": {"spec": spec}}}))
    }

    #[rstest]
    #[case(json!({"hostNetwork": true}), Rule::HostAccess, "`hostNetwork`")]
    #[case(json!({"volumes": [{"name": "v", "hostPath": {"path": "/var/run"}}]}), Rule::HostAccess, "`hostPath /var/run`")]
    #[case(json!({"containers": [{"name": "a", "securityContext": {"capabilities": {"add": ["CAP_SYS_ADMIN"]}}}]}), Rule::HostAccess, "`capability SYS_ADMIN`")]
    #[case(json!({"initContainers": [{"name": "i", "securityContext": {"privileged": true}}]}), Rule::Privileged, "container `i` of")]
    fn power_is_told_when_it_is_gained(#[case] spec: Value, #[case] rule: Rule, #[case] text: &str) {
        for found in [changed(pod(json!({})), pod(spec.clone())), findings(vec![], vec![pod(spec.clone())])] {
            assert_eq!(found.iter().map(|finding| finding.rule).collect::<Vec<_>>(), [rule]);
            assert!(found[0].message.contains(text), "{}", found[0].message);
        }
        let mut other = spec.clone();
        other["dnsPolicy"] = json!("None");
        assert_eq!(changed(pod(spec.clone()), pod(other)), vec![]);
        assert_eq!(changed(pod(spec), pod(json!({}))), vec![]);
    }

    #[rstest]
    #[case("apps/v1 Deployment", json!({"spec": {"replicas": 2}}), json!({"spec": {"replicas": 0}}), Some(Rule::ScaledToZero))]
    #[case("apps/v1 Deployment", json!({"spec": {}}), json!({"spec": {"replicas": 0}}), Some(Rule::ScaledToZero))]
    #[case("apps/v1 Deployment", json!({"spec": {"replicas": 0}}), json!({"spec": {"replicas": 0, "paused": true}}), None)]
    #[case("example.com/v1 Thing", json!({"spec": {"replicas": 2}}), json!({"spec": {"replicas": 0}}), None)]
    #[case("batch/v1 CronJob", json!({"spec": {}}), json!({"spec": {"suspend": true}}), Some(Rule::Suspended))]
    #[case("v1 Service", json!({"spec": {}}), json!({"spec": {"type": "LoadBalancer"}}), Some(Rule::ServiceExposed))]
    #[case("v1 Service", json!({"spec": {"type": "NodePort"}}), json!({"spec": {"type": "LoadBalancer"}}), None)]
    fn scale_and_reach(
        #[case] kind: &str,
        #[case] before: Value,
        #[case] after: Value,
        #[case] expected: Option<Rule>,
    ) {
        let found = changed(object(kind, before), object(kind, after));
        assert_eq!(found.first().map(|finding| finding.rule), expected);
    }
}
