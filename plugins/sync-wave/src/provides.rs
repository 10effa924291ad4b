//! What a manifest is, and what its controller makes of it.

use std::borrow::Cow;

use oarlock_plugin::Manifest;
use serde_json::Value;

use crate::resource_ref::{LocatedRef, ResourceRef};

/// All that is there once the manifest is applied.
pub(crate) fn provides(manifest: &Manifest) -> Vec<LocatedRef<'_>> {
    let (group, kind, name) = (manifest.group(), manifest.kind(), manifest.name());
    let namespace = manifest.namespace();
    let text = |path: &[&str]| manifest.at(path).and_then(Value::as_str).unwrap_or_default();
    let mut refs = vec![ResourceRef::object(group, kind, name).in_namespace(namespace)];
    match (group, kind) {
        ("apiextensions.k8s.io", "CustomResourceDefinition") => refs.push(
            ResourceRef::Definition {
                group: text(&["spec", "group"]),
                kind: text(&["spec", "names", "kind"]),
            }
            .cluster_wide(),
        ),
        ("secrets.hashicorp.com", kind) if kind.starts_with("Vault") && kind.ends_with("Secret") => {
            refs.push(ResourceRef::secret(text(&["spec", "destination", "name"])).in_namespace(namespace));
        }
        ("external-secrets.io", "ExternalSecret") => {
            let target = Some(text(&["spec", "target", "name"])).filter(|target| !target.is_empty());
            refs.push(ResourceRef::secret(target.unwrap_or(name)).in_namespace(namespace));
        }
        ("bitnami.com", "SealedSecret") => refs.push(ResourceRef::secret(name).in_namespace(namespace)),
        ("cert-manager.io", "Certificate") => {
            refs.push(ResourceRef::secret(text(&["spec", "secretName"])).in_namespace(namespace));
        }
        ("rabbitmq.com", "RabbitmqCluster") => {
            let user = Cow::Owned(format!("{name}-default-user"));
            refs.push(ResourceRef::secret(user).in_namespace(namespace));
        }
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            refs.extend(
                accounts(manifest)
                    .map(|(account, namespace)| ResourceRef::Permissions { account }.in_namespace(namespace)),
            );
        }
        _ => {}
    }
    refs.retain(|located| located.resource.is_named());
    refs
}

/// The service accounts that a binding names, each with its namespace.
pub(crate) fn accounts(binding: &Manifest) -> impl Iterator<Item = (&str, &str)> {
    let subjects = binding.object().get("subjects").and_then(Value::as_array).into_iter().flatten();
    subjects.filter(|subject| subject["kind"] == "ServiceAccount").map(|subject| {
        let text = |key: &str| subject.get(key).and_then(Value::as_str).unwrap_or_default();
        (text("name"), text("namespace"))
    })
}
