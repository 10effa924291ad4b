//! What pods need before they can start.

use oarlock_plugin::Manifest;
use serde_json::Value;

use crate::resource_ref::{LocatedRef, ResourceRef};

/// The pod that a manifest is or makes: its metadata and specification. Found by shape and not by
/// kind, so that Rollouts and the like count too.
pub(crate) fn template(manifest: &Manifest) -> Option<&Value> {
    let candidates =
        [manifest.at(&["spec", "template"]), manifest.at(&["spec", "jobTemplate", "spec", "template"])];
    candidates.into_iter().flatten().find(|template| template["spec"]["containers"].is_array())
}

/// The specification of the pod that a manifest is or makes.
pub(crate) fn spec(manifest: &Manifest) -> Option<&Value> {
    match manifest.kind() {
        "Pod" => manifest.at(&["spec"]),
        _ => template(manifest)?.get("spec"),
    }
}

/// The name of the service account that a pod runs as; empty for the one that every namespace has.
pub(crate) fn account(pod: &Value) -> &str {
    let name = |key: &str| pod.get(key).and_then(Value::as_str).filter(|name| !name.is_empty());
    name("serviceAccountName")
        .or_else(|| name("serviceAccount"))
        .filter(|name| *name != "default")
        .unwrap_or_default()
}

/// All that a pod needs. What it marks as optional it can do without.
pub(crate) fn needs<'a>(pod: &'a Value, namespace: &'a str) -> Vec<LocatedRef<'a>> {
    let mut refs = vec![
        ResourceRef::object("", "ServiceAccount", account(pod)).in_namespace(namespace),
        ResourceRef::Permissions { account: account(pod) }.in_namespace(namespace),
        ResourceRef::object("scheduling.k8s.io", "PriorityClass", text(pod, "priorityClassName"))
            .cluster_wide(),
        ResourceRef::object("node.k8s.io", "RuntimeClass", text(pod, "runtimeClassName")).cluster_wide(),
    ];
    let secrets = |refs: &mut Vec<LocatedRef<'a>>, name| {
        refs.push(ResourceRef::secret(name).in_namespace(namespace));
    };
    for reference in items(pod, "imagePullSecrets") {
        secrets(&mut refs, text(reference, "name"));
    }
    for containers in ["initContainers", "containers", "ephemeralContainers"] {
        for container in items(pod, containers) {
            for source in items(container, "envFrom") {
                references(source, ["secretRef", "configMapRef"], "name", namespace, &mut refs);
            }
            for source in items(container, "env").filter_map(|variable| variable.get("valueFrom")) {
                references(source, ["secretKeyRef", "configMapKeyRef"], "name", namespace, &mut refs);
            }
        }
    }
    for volume in items(pod, "volumes") {
        references(volume, ["secret", ""], "secretName", namespace, &mut refs);
        references(volume, ["", "configMap"], "name", namespace, &mut refs);
        for source in volume.get("projected").into_iter().flat_map(|projected| items(projected, "sources")) {
            references(source, ["secret", "configMap"], "name", namespace, &mut refs);
        }
        let claim = volume.get("persistentVolumeClaim").map_or("", |claim| text(claim, "claimName"));
        refs.push(ResourceRef::object("", "PersistentVolumeClaim", claim).in_namespace(namespace));
    }
    refs
}

/// The Secret and the ConfigMap that the two fields refer to.
fn references<'a>(
    source: &'a Value,
    [secret, config_map]: [&str; 2],
    name: &str,
    namespace: &'a str,
    refs: &mut Vec<LocatedRef<'a>>,
) {
    for (field, kind) in [(secret, "Secret"), (config_map, "ConfigMap")] {
        let reference = source.get(field).filter(|reference| reference["optional"] != true);
        if let Some(reference) = reference {
            refs.push(ResourceRef::object("", kind, text(reference, name)).in_namespace(namespace));
        }
    }
}

/// The elements of a list; none where there is no list.
pub(crate) fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// A field's text; empty where there is none.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
