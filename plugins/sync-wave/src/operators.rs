//! Recognises operators: workloads that serve custom resources, and that others therefore wait for.

use std::collections::HashSet;

use oarlock_plugin::Manifest;
use serde_json::Value;

use crate::needs::service;
use crate::pod::{self, items, text};
use crate::provides::accounts;
use crate::resource_ref::agree;

/// Which of the manifests are operators, or Services in front of one.
///
/// An operator is a Deployment, StatefulSet or DaemonSet which
/// - bears a mark: the label `control-plane: controller-manager`, which Kubebuilder and the
///   Operator SDK write, or a name or `app.kubernetes.io/name` that ends in `-operator` or
///   `-controller-manager`, or is that of an operator known here;
/// - or may watch custom resources whose definitions are rendered beside it;
/// - or answers a webhook or an aggregated API that is rendered beside it.
pub(crate) fn recognise(manifests: &[Manifest]) -> Vec<bool> {
    let controllers = controller_accounts(manifests);
    let called = called_services(manifests);
    let is_operator = |manifest: &Manifest| {
        is_workload(manifest)
            && (is_marked(manifest)
                || runs_as_any(manifest, &controllers)
                || called.iter().any(|service| selects(service, manifest)))
    };
    let operators: Vec<bool> = manifests.iter().map(is_operator).collect();
    let in_front = |manifest: &Manifest| {
        let behind = |(other, operator): (&Manifest, &bool)| *operator && selects(manifest, other);
        is_service(manifest) && manifests.iter().zip(&operators).any(behind)
    };
    manifests.iter().zip(&operators).map(|(manifest, operator)| *operator || in_front(manifest)).collect()
}

/// Operators whose names do not say that they are one.
const KNOWN: [&str; 4] = ["cert-manager", "cert-manager-cainjector", "cert-manager-webhook", "cainjector"];

fn is_marked(manifest: &Manifest) -> bool {
    let says_so = |name: &str| {
        name.ends_with("-operator") || name.ends_with("-controller-manager") || KNOWN.contains(&name)
    };
    manifest.label("control-plane") == Some("controller-manager")
        || says_so(manifest.name())
        || manifest.label("app.kubernetes.io/name").is_some_and(says_so)
}

fn is_workload(manifest: &Manifest) -> bool {
    manifest.group() == "apps" && matches!(manifest.kind(), "Deployment" | "StatefulSet" | "DaemonSet")
}

fn is_service(manifest: &Manifest) -> bool {
    manifest.group().is_empty() && manifest.kind() == "Service"
}

/// The service accounts, with their namespaces, that may watch custom resources defined in the set.
fn controller_accounts(manifests: &[Manifest]) -> Vec<(&str, &str)> {
    let of_kind = |kinds: &'static [&str]| {
        manifests.iter().filter(move |manifest| {
            manifest.group() == "rbac.authorization.k8s.io" && kinds.contains(&manifest.kind())
        })
    };
    let definitions = manifests.iter().filter(|manifest| manifest.kind() == "CustomResourceDefinition");
    let groups: HashSet<&str> =
        definitions.filter_map(|definition| definition.at(&["spec", "group"])?.as_str()).collect();
    if groups.is_empty() {
        return Vec::new();
    }
    let watches = |role: &&Manifest| {
        let rules = role.object().get("rules").and_then(Value::as_array);
        rules.into_iter().flatten().any(|rule| {
            let has = |key, fits: &dyn Fn(&str) -> bool| items(rule, key).filter_map(Value::as_str).any(fits);
            has("verbs", &|verb| verb == "watch" || verb == "*")
                && has("apiGroups", &|group| groups.contains(group))
        })
    };
    let roles: HashSet<(&str, &str)> =
        of_kind(&["Role", "ClusterRole"]).filter(watches).map(|role| (role.kind(), role.name())).collect();
    of_kind(&["RoleBinding", "ClusterRoleBinding"])
        .filter(|binding| {
            let role = binding.object().get("roleRef").unwrap_or(&Value::Null);
            roles.contains(&(text(role, "kind"), text(role, "name")))
        })
        .flat_map(accounts)
        .collect()
}

fn runs_as_any(workload: &Manifest, accounts: &[(&str, &str)]) -> bool {
    let account = pod::spec(workload).map(pod::account).unwrap_or_default();
    accounts.iter().any(|(name, namespace)| *name == account && agree(namespace, workload.namespace()))
}

/// The Services that the API server calls: for admission, for conversion, for aggregated APIs.
fn called_services(manifests: &[Manifest]) -> Vec<&Manifest> {
    let mut called = Vec::new();
    for manifest in manifests {
        match manifest.kind() {
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => {
                let webhooks = manifest.object().get("webhooks").and_then(Value::as_array);
                called.extend(
                    webhooks.into_iter().flatten().map(|hook| service(&hook["clientConfig"]["service"])),
                );
            }
            "CustomResourceDefinition" => {
                let path = ["spec", "conversion", "webhook", "clientConfig", "service"];
                called.extend(manifest.at(&path).map(service));
            }
            "APIService" => called.extend(manifest.at(&["spec", "service"]).map(service)),
            _ => {}
        }
    }
    let is_called = |candidate: &&Manifest| {
        let own = service(candidate.object().get("metadata").unwrap_or(&Value::Null));
        is_service(candidate)
            && called.iter().any(|call| call.resource == own.resource && agree(call.namespace, own.namespace))
    };
    manifests.iter().filter(is_called).collect()
}

/// Whether a Service sends its traffic to the pods of a workload.
fn selects(service: &Manifest, workload: &Manifest) -> bool {
    let selector = service.at(&["spec", "selector"]).and_then(Value::as_object);
    let labels = pod::template(workload).map_or(&Value::Null, |template| &template["metadata"]["labels"]);
    agree(service.namespace(), workload.namespace())
        && selector.is_some_and(|selector| {
            !selector.is_empty() && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
        })
}
