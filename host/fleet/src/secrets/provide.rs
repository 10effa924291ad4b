//! Which Secrets an object provides, itself or by an operator.

use serde_json::Value;

use super::SecretName;

/// What an object provides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Provided {
    /// A Secret in a namespace.
    Secret {
        /// Which.
        secret: SecretName,
        /// Where in Vault it comes from, if it does.
        vault: Option<VaultPath>,
    },
    /// A Secret of this name in namespaces that a selector picks.
    InAnyNamespace(String),
}

/// A place in Vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct VaultPath {
    pub(super) mount: String,
    pub(super) path: String,
    /// The keys, as far as they are named; none means all.
    pub(super) keys: Vec<String>,
}

/// The Secrets that an object provides.
pub(super) fn provided(object: &Value) -> Vec<Provided> {
    let text =
        |pointer: &str| object.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let Some(name) = text("/metadata/name") else { return Vec::new() };
    let namespace = text("/metadata/namespace").unwrap_or_default();
    let group =
        text("/apiVersion").and_then(|version| version.rsplit_once('/')).map_or("", |(group, _)| group);
    let named = |name: &str| Provided::Secret {
        secret: SecretName { namespace: namespace.to_owned(), name: name.to_owned() },
        vault: None,
    };
    let target = |pointer: &str| vec![named(text(pointer).unwrap_or(name))];
    match (group, text("/kind").unwrap_or_default()) {
        ("", "Secret") | ("onepassword.com", "OnePasswordItem") | ("kafka.strimzi.io", "KafkaUser") => {
            vec![named(name)]
        }
        ("secrets.hashicorp.com", "VaultStaticSecret" | "VaultDynamicSecret" | "VaultPKISecret") => {
            vault(object, namespace).into_iter().collect()
        }
        ("external-secrets.io", "ExternalSecret") => target("/spec/target/name"),
        ("external-secrets.io", "ClusterExternalSecret") => {
            let inner = text("/spec/externalSecretSpec/target/name").or(text("/spec/externalSecretName"));
            vec![Provided::InAnyNamespace(inner.unwrap_or(name).to_owned())]
        }
        ("bitnami.com", "SealedSecret") => target("/spec/template/metadata/name"),
        ("isindir.github.com", "SopsSecret") => {
            let templates = object.pointer("/spec/secretTemplates").and_then(Value::as_array);
            let secrets =
                templates.into_iter().flatten().filter_map(|it| it.get("name").and_then(Value::as_str));
            secrets.map(named).collect()
        }
        ("rabbitmq.com", "RabbitmqCluster") => vec![named(&format!("{name}-default-user"))],
        ("rabbitmq.com", "User") => vec![named(&format!("{name}-user-credentials"))],
        ("postgresql.cnpg.io", "Cluster") => ["app", "superuser", "ca", "server", "replication"]
            .map(|suffix| named(&format!("{name}-{suffix}")))
            .to_vec(),
        ("kafka.strimzi.io", "Kafka") => {
            ["cluster-ca-cert", "clients-ca-cert"].map(|suffix| named(&format!("{name}-{suffix}"))).to_vec()
        }
        ("networking.k8s.io", "Ingress") => by_annotation(object).into_iter().map(named).collect(),
        // Most operators name the Secret that they write in one of a few fields.
        _ if group.contains('.') => {
            const FIELDS: [&str; 6] = [
                "/spec/writeConnectionSecretToRef/name",
                "/spec/writeConnectionSecretRef/name",
                "/spec/secretTemplate/metadata/name",
                "/spec/secretName",
                "/spec/managedSecret/name",
                "/spec/managedSecretReference/secretName",
            ];
            FIELDS.iter().filter_map(|pointer| text(pointer)).map(named).collect()
        }
        _ => Vec::new(),
    }
}

/// The certificates that cert-manager makes for an Ingress.
fn by_annotation(ingress: &Value) -> Vec<&str> {
    let annotations = ingress.pointer("/metadata/annotations").and_then(Value::as_object);
    let is_managed = annotations.is_some_and(|annotations| {
        annotations.keys().any(|key| key.starts_with("cert-manager.io/") || key == "kubernetes.io/tls-acme")
    });
    let tls = ingress.pointer("/spec/tls").and_then(Value::as_array).into_iter().flatten();
    tls.filter(|_| is_managed).filter_map(|entry| entry.get("secretName").and_then(Value::as_str)).collect()
}

fn vault(object: &Value, namespace: &str) -> Option<Provided> {
    let spec = object.get("spec")?;
    let text = |pointer: &str| spec.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    // Without `create` the operator fills a Secret that somebody else has to create.
    if spec.pointer("/destination/create") != Some(&Value::Bool(true)) {
        return None;
    }
    let path = match text("/path") {
        "" if !text("/role").is_empty() => format!("issue/{}", text("/role")),
        path => path.to_owned(),
    };
    let transformation = spec.pointer("/destination/transformation");
    let templates = transformation.and_then(|it| it.get("templates")).and_then(Value::as_object);
    let includes = transformation.and_then(|it| it.get("includes")).and_then(Value::as_array);
    let includes = includes.into_iter().flatten().filter_map(Value::as_str);
    let plain = |pattern: &str| pattern.trim_start_matches('^').trim_end_matches('$').to_owned();
    let mut keys: Vec<String> =
        includes.map(plain).chain(templates.into_iter().flatten().map(|(key, _)| key.clone())).collect();
    keys.sort();
    keys.dedup();
    let secret = SecretName { namespace: namespace.to_owned(), name: text("/destination/name").to_owned() };
    Some(Provided::Secret { secret, vault: Some(VaultPath { mount: text("/mount").to_owned(), path, keys }) })
}

/// Whether an object lets a program create Secrets.
pub(super) fn creates_secrets(object: &Value) -> bool {
    let kind = object.get("kind").and_then(Value::as_str);
    if !matches!(kind, Some("Role" | "ClusterRole")) {
        return false;
    }
    let rules = object.get("rules").and_then(Value::as_array).into_iter().flatten();
    let has = |rule: &Value, list: &str, words: &[&str]| {
        let values = rule.get(list).and_then(Value::as_array).into_iter().flatten();
        values.filter_map(Value::as_str).any(|value| words.contains(&value))
    };
    rules.into_iter().any(|rule| {
        has(rule, "apiGroups", &["", "*"])
            && has(rule, "resources", &["secrets", "*"])
            && has(rule, "verbs", &["create", "*"])
    })
}
