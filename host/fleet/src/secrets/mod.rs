//! Secrets of a fleet: where they come from, who reads them, which nobody provides.
//!
//! [`secrets`] looks at rendered objects alone. What an operator creates is known by its object:
//! nothing asks Vault or a cluster.

mod provide;
mod reads;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::change::{ApplicationKey, ObjectId, Origin, Side};

use self::provide::{Provided, creates_secrets, provided};
pub(crate) use self::reads::pod;
use self::reads::{Keys, Read, reads};

/// The version of the JSON form. It rises when a reader of the form before would be misled.
pub const SECRETS_FORMAT_VERSION: u32 = 1;

/// The Secrets of a fleet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretsReport {
    /// The version of this form. Readers refuse versions that they do not know.
    pub format_version: u32,
    /// The environments.
    pub environments: Vec<EnvironmentSecrets>,
}

/// The Secrets of an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnvironmentSecrets {
    /// Its name.
    pub name: String,
    /// What is read from Vault, by cluster, mount and path.
    pub vault: Vec<VaultSecret>,
    /// Secrets that workloads read and nothing in the fleet provides.
    pub missing: Vec<MissingSecret>,
    /// Applications that could not be looked at, since they did not render.
    pub not_rendered: Vec<ApplicationKey>,
}

/// Something that is read from Vault.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VaultSecret {
    /// The cluster that reads it.
    pub cluster: String,
    /// The mount in Vault.
    pub mount: String,
    /// The path below the mount.
    pub path: String,
    /// The keys that get into the Secret, as far as the object names them; none means all.
    pub keys: Vec<String>,
    /// The Secret that is made of it.
    pub destination: SecretName,
    /// The object that says so.
    pub object: ObjectId,
    /// The Application that it belongs to.
    pub application: ApplicationKey,
    /// Where it was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The workloads that read the Secret.
    pub consumers: Vec<Consumer>,
}

/// A Secret that is read and that nothing provides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MissingSecret {
    /// The cluster.
    pub cluster: String,
    /// The Secret.
    pub secret: SecretName,
    /// Who reads it.
    pub consumers: Vec<Consumer>,
}

/// Which Secret it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretName {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl std::fmt::Display for SecretName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.namespace.is_empty() {
            f.write_str(&self.name)
        } else {
            write!(f, "{}/{}", self.namespace, self.name)
        }
    }
}

/// A workload that reads a Secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Consumer {
    /// The Application.
    pub application: ApplicationKey,
    /// The workload.
    pub object: ObjectId,
    /// The keys that it reads; none means all.
    pub keys: Vec<String>,
    /// Where the workload was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// The Secrets of environments, each with its name and what it renders to.
pub fn secrets<'s>(environments: impl IntoIterator<Item = (&'s str, &'s Side)>) -> SecretsReport {
    let environments = environments.into_iter().map(|(name, side)| environment(name, side)).collect();
    SecretsReport { format_version: SECRETS_FORMAT_VERSION, environments }
}

/// A Secret of a cluster.
type Place = (String, SecretName);

fn environment(name: &str, side: &Side) -> EnvironmentSecrets {
    let mut vault = Vec::new();
    let mut provided_by: BTreeSet<Place> = BTreeSet::new();
    let mut anywhere: BTreeSet<(String, String)> = BTreeSet::new();
    let mut wanted: BTreeMap<Place, Vec<(Consumer, bool)>> = BTreeMap::new();
    let mut not_rendered = Vec::new();
    for application in &side.applications {
        let cluster = &application.key.cluster;
        if !application.is_whole() {
            not_rendered.push(application.key.clone());
        }
        // A program that may create Secrets most likely does.
        let makes_own = application.objects().iter().any(|object| creates_secrets(&object.manifest));
        for object in application.objects() {
            for one in provided(&object.manifest) {
                match one {
                    Provided::Secret { secret, vault: None } => {
                        provided_by.insert((cluster.clone(), secret));
                    }
                    Provided::Secret { secret, vault: Some(source) } => {
                        provided_by.insert((cluster.clone(), secret.clone()));
                        vault.push(VaultSecret {
                            cluster: cluster.clone(),
                            mount: source.mount,
                            path: source.path,
                            keys: source.keys,
                            destination: secret,
                            object: ObjectId::of(&object.manifest),
                            application: application.key.clone(),
                            origin: object.origin.clone(),
                            consumers: Vec::new(),
                        });
                    }
                    Provided::InAnyNamespace(name) => {
                        anywhere.insert((cluster.clone(), name));
                    }
                }
            }
            for Read { secret, keys, optional } in reads(&object.manifest) {
                let consumer = Consumer {
                    application: application.key.clone(),
                    object: ObjectId::of(&object.manifest),
                    keys: match keys {
                        Keys::All => Vec::new(),
                        Keys::Some(keys) => keys.into_iter().collect(),
                    },
                    origin: object.origin.clone(),
                };
                wanted.entry((cluster.clone(), secret)).or_default().push((consumer, optional || makes_own));
            }
        }
    }
    for source in &mut vault {
        let place = (source.cluster.clone(), source.destination.clone());
        let consumers = wanted.get(&place).into_iter().flatten();
        source.consumers = consumers.map(|(consumer, _)| consumer.clone()).collect();
    }
    vault.sort();
    let missing = wanted.into_iter().filter_map(|((cluster, secret), consumers)| {
        let is_provided = provided_by.contains(&(cluster.clone(), secret.clone()))
            || anywhere.contains(&(cluster.clone(), secret.name.clone()));
        let required: Vec<Consumer> =
            consumers.into_iter().filter(|(_, optional)| !optional).map(|(consumer, _)| consumer).collect();
        (!is_provided && !required.is_empty()).then_some(MissingSecret {
            cluster,
            secret,
            consumers: required,
        })
    });
    EnvironmentSecrets { name: name.to_owned(), missing: missing.collect(), vault, not_rendered }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::change::{Application, Object, RenderResult};

    fn side(objects: &[Value]) -> Side {
        let objects = objects.iter().map(|manifest| Object { manifest: manifest.clone(), origin: None });
        Side {
            applications: vec![Application {
                key: ApplicationKey { cluster: "c".into(), name: "a".into() },
                manifest: Value::Null,
                parent: None,
                file: None,
                outcome: RenderResult::Rendered(objects.collect()),
                incomplete: None,
            }],
        }
    }

    #[allow(clippy::needless_pass_by_value)] // `json!` makes it in each call
    fn deployment(spec: Value) -> Value {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "n"},
               "spec": {"template": {"spec": spec}}})
    }

    fn reader(name: &str) -> Value {
        deployment(json!({"containers": [{"name": "web", "env": [
            {"name": "A", "valueFrom": {"secretKeyRef": {"name": name, "key": "password"}}}]}]}))
    }

    fn missing(objects: &[Value]) -> Vec<String> {
        let report = secrets([("prod", &side(objects))]);
        report.environments[0].missing.iter().map(|missing| missing.secret.to_string()).collect()
    }

    #[test]
    fn a_path_in_vault_is_listed_with_those_who_read_it() {
        let vault = json!({
            "apiVersion": "secrets.hashicorp.com/v1beta1", "kind": "VaultStaticSecret",
            "metadata": {"name": "db", "namespace": "n"},
            "spec": {"mount": "team", "path": "prod/db", "type": "kv-v2", "destination": {"name": "db", "create": true,
                "transformation": {"excludeRaw": true, "includes": ["^password$"]}}},
        });
        let report = secrets([("prod", &side(&[vault, reader("db")]))]);
        let [found] = report.environments[0].vault.as_slice() else { panic!("{report:?}") };
        assert_eq!((found.mount.as_str(), found.path.as_str()), ("team", "prod/db"));
        assert_eq!(found.keys, ["password"]);
        assert_eq!(found.destination.to_string(), "n/db");
        assert_eq!(found.consumers[0].object.to_string(), "Deployment n/web");
        assert_eq!(found.consumers[0].keys, ["password"]);
        assert!(report.environments[0].missing.is_empty());
    }

    #[test]
    fn all_that_pods_read_is_found() {
        let pod = json!({
            "imagePullSecrets": [{"name": "pull"}],
            "initContainers": [{"name": "i", "envFrom": [{"secretRef": {"name": "all"}}]}],
            "containers": [{"name": "c"}],
            "volumes": [
                {"name": "v", "secret": {"secretName": "files", "items": [{"key": "a", "path": "b"}]}},
                {"name": "p", "projected": {"sources": [{"secret": {"name": "projected"}}]}},
                {"name": "o", "secret": {"secretName": "optional", "optional": true}},
            ],
        });
        assert_eq!(missing(&[deployment(pod)]), ["n/all", "n/files", "n/projected", "n/pull"]);
    }

    #[test]
    fn what_operators_create_is_provided() {
        let object = |version: &str, kind: &str, name: &str, spec: Value| json!({"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "n"}, "spec": spec});
        for (provider, is_provided) in [
            (object("v1", "Secret", "db", json!({})), true),
            (object("v1", "ConfigMap", "db", json!({})), false),
            (object("external-secrets.io/v1", "ExternalSecret", "db", json!({})), true),
            (
                object("external-secrets.io/v1", "ExternalSecret", "x", json!({"target": {"name": "db"}})),
                true,
            ),
            (
                object(
                    "external-secrets.io/v1",
                    "ClusterExternalSecret",
                    "x",
                    json!({"externalSecretName": "db"}),
                ),
                true,
            ),
            (object("bitnami.com/v1alpha1", "SealedSecret", "db", json!({})), true),
            (object("cert-manager.io/v1", "Certificate", "x", json!({"secretName": "db"})), true),
            (
                object(
                    "database.example.org/v1",
                    "Instance",
                    "x",
                    json!({"writeConnectionSecretToRef": {"name": "db"}}),
                ),
                true,
            ),
            (
                object(
                    "secrets.hashicorp.com/v1beta1",
                    "VaultDynamicSecret",
                    "x",
                    json!({"destination": {"name": "db"}}),
                ),
                false,
            ),
        ] {
            let found = missing(&[provider.clone(), reader("db")]);
            assert_eq!(found.is_empty(), is_provided, "{provider}");
        }
        let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "r"},
            "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "create"]}]});
        assert!(missing(&[role, reader("db")]).is_empty(), "a program in it creates Secrets");
    }
}
