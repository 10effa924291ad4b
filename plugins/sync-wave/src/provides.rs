//! What a manifest is, and what its controller makes of it.

use std::borrow::Cow;

use oarlock_plugin::Manifest;
use serde_json::Value;

use crate::thing::{Located, Thing};

/// All that is there once the manifest is applied.
pub(crate) fn provides(manifest: &Manifest) -> Vec<Located<'_>> {
    let (group, kind, name) = (manifest.group(), manifest.kind(), manifest.name());
    let namespace = manifest.namespace();
    let text = |path: &[&str]| manifest.at(path).and_then(Value::as_str).unwrap_or_default();
    let mut things = vec![Thing::object(group, kind, name).in_namespace(namespace)];
    match (group, kind) {
        ("apiextensions.k8s.io", "CustomResourceDefinition") => things.push(
            Thing::Definition { group: text(&["spec", "group"]), kind: text(&["spec", "names", "kind"]) }
                .cluster_wide(),
        ),
        ("secrets.hashicorp.com", kind) if kind.starts_with("Vault") && kind.ends_with("Secret") => {
            things.push(Thing::secret(text(&["spec", "destination", "name"])).in_namespace(namespace));
        }
        ("external-secrets.io", "ExternalSecret") => {
            let target = Some(text(&["spec", "target", "name"])).filter(|target| !target.is_empty());
            things.push(Thing::secret(target.unwrap_or(name)).in_namespace(namespace));
        }
        ("bitnami.com", "SealedSecret") => things.push(Thing::secret(name).in_namespace(namespace)),
        ("cert-manager.io", "Certificate") => {
            things.push(Thing::secret(text(&["spec", "secretName"])).in_namespace(namespace));
        }
        ("rabbitmq.com", "RabbitmqCluster") => {
            let user = Cow::Owned(format!("{name}-default-user"));
            things.push(Thing::secret(user).in_namespace(namespace));
        }
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            things.extend(
                accounts(manifest)
                    .map(|(account, namespace)| Thing::Permissions { account }.in_namespace(namespace)),
            );
        }
        _ => {}
    }
    things.retain(|located| located.thing.is_named());
    things
}

/// The service accounts that a binding names, each with its namespace.
pub(crate) fn accounts(binding: &Manifest) -> impl Iterator<Item = (&str, &str)> {
    let subjects = binding.object().get("subjects").and_then(Value::as_array).into_iter().flatten();
    subjects.filter(|subject| subject["kind"] == "ServiceAccount").map(|subject| {
        let text = |key: &str| subject.get(key).and_then(Value::as_str).unwrap_or_default();
        (text("name"), text("namespace"))
    })
}
