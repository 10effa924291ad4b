//! Name references, from the outside.

use super::super::affix::{apply_prefix, apply_suffix};
use super::super::config::TransformerConfig;
use super::super::namespace::{self, NamespaceArgs};
use super::super::testing::{assert_resources, read, resources};
use super::*;

fn renamed(yaml: &str) -> ResMap {
    let mut map = resources(yaml);
    apply_prefix(&mut map, "x-", &TransformerConfig::builtin().name_prefix).unwrap();
    map
}

fn fixed(yaml: &str) -> ResMap {
    let mut map = renamed(yaml);
    fix(&mut map, TransformerConfig::builtin()).unwrap();
    map
}

#[test]
fn names_of_several_kinds_are_followed() {
    let map = fixed(
        "
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}}
---
{apiVersion: v1, kind: Secret, metadata: {name: settings}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      serviceAccountName: other
      volumes: [{configMap: {name: settings}}, {secret: {secretName: unknown}}]
      containers: [{envFrom: [{secretRef: {name: settings}}, {configMapRef: {name: null}}]}]
---
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: a}, spec: {scaleTargetRef: {kind: Deployment, name: web}}}
",
    );
    assert_resources(
        &map,
        "
{apiVersion: v1, kind: ConfigMap, metadata: {name: x-settings}}
---
{apiVersion: v1, kind: Secret, metadata: {name: x-settings}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: x-web}
spec:
  template:
    spec:
      serviceAccountName: other
      volumes: [{configMap: {name: x-settings}}, {secret: {secretName: unknown}}]
      containers: [{envFrom: [{secretRef: {name: x-settings}}, {configMapRef: {name: null}}]}]
---
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: x-a}, spec: {scaleTargetRef: {kind: Deployment, name: x-web}}}
",
    );
    let referrers: Vec<_> = map.iter().map(|resource| resource.referenced_by.len()).collect();
    assert_eq!(referrers, [1, 1, 1, 0]);
}

#[test]
fn only_the_own_namespace_is_looked_at() {
    let map = fixed(
        "
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: a}}
---
{apiVersion: v1, kind: Pod, metadata: {name: here, namespace: a}, spec: {volumes: [{configMap: {name: settings}}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: there, namespace: b}, spec: {volumes: [{configMap: {name: settings}}]}}
",
    );
    let names: Vec<_> = map
        .iter()
        .filter_map(|resource| {
            let volumes = resource.object.at(&["spec", "volumes"])?.as_sequence()?;
            volumes[0].at(&["configMap", "name"])?.as_str()
        })
        .collect();
    assert_eq!(names, ["x-settings", "settings"]);
}

#[test]
fn bindings_follow_roles_and_accounts_across_namespaces() {
    let yaml = "
{apiVersion: v1, kind: ServiceAccount, metadata: {name: bot, namespace: a}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: bot, namespace: b}, rules: [{resources: [configmaps], resourceNames: [bot, other]}]}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: bot}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: bind, namespace: b}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: bot}
subjects: [{kind: ServiceAccount, name: bot, namespace: a}, {kind: User, name: someone}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: bind}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: bot}
subjects: [{kind: ServiceAccount, name: bot, namespace: a}]
";
    let map = fixed(yaml);
    for resource in map.iter().filter(|resource| resource.kind().ends_with("Binding")) {
        assert_eq!(resource.object.at(&["roleRef", "name"]).and_then(Node::as_str), Some("x-bot"));
        let subjects = resource.object.get("subjects").and_then(Node::as_sequence).unwrap();
        assert_eq!(subjects[0].get("name").and_then(Node::as_str), Some("x-bot"), "{}", resource.kind());
    }
}

#[test]
fn subjects_follow_into_another_namespace() {
    let mut map = resources(
        "
{apiVersion: v1, kind: ServiceAccount, metadata: {name: bot, namespace: old}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: bind}
subjects: [{kind: ServiceAccount, name: bot, namespace: old}, {kind: ServiceAccount, name: bot, namespace: else}]
",
    );
    let mut args: NamespaceArgs = read("{namespace: new}");
    args.field_specs = TransformerConfig::builtin().namespace.clone();
    namespace::apply(&mut map, &args).unwrap();
    fix(&mut map, TransformerConfig::builtin()).unwrap();
    let binding = map.iter().nth(1).unwrap();
    let subjects = binding.object.get("subjects").and_then(Node::as_sequence).unwrap();
    let namespaces: Vec<_> =
        subjects.iter().map(|subject| subject.get("namespace").unwrap().as_str().unwrap()).collect();
    assert_eq!(namespaces, ["new", "else"]);
}

#[test]
fn affixes_tell_candidates_apart() {
    let config = TransformerConfig::builtin();
    let build = |suffix: &str| {
        let mut map = resources(
            "
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {volumes: [{configMap: {name: settings}}]}}
",
        );
        apply_suffix(&mut map, suffix, &config.name_suffix).unwrap();
        map
    };
    let mut both = build("-a");
    both.append_all(build("-b")).unwrap();
    fix(&mut both, config).unwrap();
    for (resource, expected) in both.iter().skip(1).step_by(2).zip(["settings-a", "settings-b"]) {
        let volumes = resource.object.at(&["spec", "volumes"]).and_then(Node::as_sequence).unwrap();
        assert_eq!(volumes[0].at(&["configMap", "name"]).and_then(Node::as_str), Some(expected));
    }
}

#[test]
fn what_cannot_be_told_apart_is_an_error() {
    let mut map = resources(
        "
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {volumes: [{configMap: {name: settings}}]}}
",
    );
    let mut other = resources("{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}}");
    for (map, prefix) in [(&mut map, "a-"), (&mut other, "b-")] {
        apply_prefix(map, prefix, &TransformerConfig::builtin().name_prefix).unwrap();
        map.iter_mut().for_each(|resource| resource.prefixes.clear());
    }
    map.append_all(other).unwrap();
    let failure = fix(&mut map, TransformerConfig::builtin()).unwrap_err();
    assert_eq!(
        failure.message,
        "`settings` could mean each of `v1 ConfigMap a-settings`, `v1 ConfigMap b-settings`"
    );
}

#[test]
fn a_reference_without_a_name_is_an_error() {
    let config: TransformerConfig =
        read("nameReference: [{kind: ConfigMap, fieldSpecs: [{kind: Pod, path: spec/ref}]}]");
    let mut map = renamed("{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {ref: {label: a}}}");
    let failure = fix(&mut map, &config).unwrap_err();
    assert_eq!(failure.message, "there is no `name` in what should name a resource");
}

#[test]
fn each_namespace_has_its_own_resource_of_a_name() {
    let documents = (0..2_000).map(|number| {
        let config_map = format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: settings, namespace: n{number}}}}}"
        );
        let pod = format!("{{apiVersion: v1, kind: Pod, metadata: {{name: web, namespace: n{number}}}");
        format!("---\n{config_map}\n---\n{pod}, spec: {{volumes: [{{configMap: {{name: settings}}}}]}}}}\n")
    });
    let yaml: String = documents.collect();
    let map = fixed(&yaml);
    assert!(map.iter().step_by(2).all(|resource| resource.referenced_by.len() == 1));
}
