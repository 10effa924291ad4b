//! What a manifest needs before it can do its work.

use oarlock_plugin::Manifest;
use serde_json::Value;

use crate::pod::{self, items, text};
use crate::resource_ref::{LocatedRef, ResourceRef};

const VAULT: &str = "secrets.hashicorp.com";
const ESO: &str = "external-secrets.io";
const RABBITMQ: &str = "rabbitmq.com";

/// All that must be there before the manifest is applied, as far as the manifest alone shows.
pub(crate) fn needs(manifest: &Manifest) -> Vec<LocatedRef<'_>> {
    let (group, kind, namespace) = (manifest.group(), manifest.kind(), manifest.namespace());
    let mut refs = vec![
        ResourceRef::object("", "Namespace", namespace).cluster_wide(),
        ResourceRef::Definition { group, kind }.cluster_wide(),
    ];
    if let Some(pod) = pod::spec(manifest) {
        refs.extend(pod::needs(pod, namespace));
    }
    // Every lookup in `null` gives `null`, so that absent fields need no care.
    let spec = manifest.object().get("spec").unwrap_or(&Value::Null);
    match (group, kind) {
        ("apps", "StatefulSet") => {
            refs.push(ResourceRef::object("", "Service", text(spec, "serviceName")).in_namespace(namespace));
        }
        ("", "PersistentVolumeClaim") => {
            let class = text(spec, "storageClassName");
            refs.push(ResourceRef::object("storage.k8s.io", "StorageClass", class).cluster_wide());
        }
        ("networking.k8s.io", "Ingress") => {
            let class = text(spec, "ingressClassName");
            refs.push(ResourceRef::object("networking.k8s.io", "IngressClass", class).cluster_wide());
        }
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            let role = manifest.object().get("roleRef").unwrap_or(&Value::Null);
            refs.push(
                ResourceRef::object(group, text(role, "kind"), text(role, "name")).in_namespace(namespace),
            );
        }
        ("admissionregistration.k8s.io", _) => {
            let webhooks = manifest.object().get("webhooks").and_then(Value::as_array);
            refs.extend(webhooks.into_iter().flatten().map(|hook| service(&hook["clientConfig"]["service"])));
        }
        ("apiregistration.k8s.io", "APIService") => refs.push(service(&spec["service"])),
        ("argoproj.io", "Application") => {
            let project = text(spec, "project");
            refs.push(ResourceRef::object(group, "AppProject", project).in_namespace(namespace));
        }
        (VAULT, _) => vault(spec, namespace, &mut refs),
        (ESO, "ExternalSecret") => {
            let store = &spec["secretStoreRef"];
            let kind = some_or(text(store, "kind"), "SecretStore");
            refs.push(ResourceRef::object(ESO, kind, text(store, "name")).in_namespace(namespace));
        }
        ("cert-manager.io", "Certificate") => {
            let issuer = &spec["issuerRef"];
            let group = some_or(text(issuer, "group"), group);
            let kind = some_or(text(issuer, "kind"), "Issuer");
            refs.push(ResourceRef::object(group, kind, text(issuer, "name")).in_namespace(namespace));
        }
        (RABBITMQ, "RabbitmqCluster") => {
            refs.push(ResourceRef::secret(text(&spec["tls"], "secretName")).in_namespace(namespace));
        }
        (RABBITMQ, _) => {
            let cluster = &spec["rabbitmqClusterReference"];
            let place = some_or(text(cluster, "namespace"), namespace);
            refs.push(
                ResourceRef::object(RABBITMQ, "RabbitmqCluster", text(cluster, "name")).in_namespace(place),
            );
            let credentials = text(&spec["importCredentialsSecret"], "name");
            refs.push(ResourceRef::secret(credentials).in_namespace(namespace));
        }
        _ => {}
    }
    refs.retain(|located| located.resource.is_named());
    refs
}

/// The chain of the Vault Secrets Operator: secret, authentication, connection.
fn vault<'a>(spec: &'a Value, namespace: &'a str, refs: &mut Vec<LocatedRef<'a>>) {
    let mut refer = |kind, reference: &'a str| {
        let (namespace, name) = reference.split_once('/').unwrap_or((namespace, reference));
        refs.push(ResourceRef::object(VAULT, kind, name).in_namespace(namespace));
    };
    refer("VaultAuth", text(spec, "vaultAuthRef"));
    refer("VaultConnection", text(spec, "vaultConnectionRef"));
    let global = &spec["vaultAuthGlobalRef"];
    let place = some_or(text(global, "namespace"), namespace);
    refs.push(ResourceRef::object(VAULT, "VaultAuthGlobal", text(global, "name")).in_namespace(place));
    for reference in items(&spec["destination"]["transformation"], "transformationRefs") {
        let place = some_or(text(reference, "namespace"), namespace);
        let name = text(reference, "name");
        refs.push(ResourceRef::object(VAULT, "SecretTransformation", name).in_namespace(place));
    }
    refs.push(ResourceRef::secret(text(spec, "caCertSecretRef")).in_namespace(namespace));
    for method in ["kubernetes", "jwt", "appRole", "aws", "gcp"].iter().filter_map(|method| spec.get(*method))
    {
        refs.push(ResourceRef::secret(text(method, "secretRef")).in_namespace(namespace));
        for account in ["serviceAccount", "irsaServiceAccount", "workloadIdentityServiceAccount"] {
            let account = text(method, account);
            refs.push(ResourceRef::object("", "ServiceAccount", account).in_namespace(namespace));
        }
    }
}

/// The Service that a webhook or an aggregated API calls.
pub(crate) fn service(reference: &Value) -> LocatedRef<'_> {
    ResourceRef::object("", "Service", text(reference, "name")).in_namespace(text(reference, "namespace"))
}

fn some_or<'a>(text: &'a str, default: &'a str) -> &'a str {
    if text.is_empty() { default } else { text }
}
