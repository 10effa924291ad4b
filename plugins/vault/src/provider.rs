//! What Secrets the render provides: Secrets themselves, the operator's objects, and what other
//! operators are known to make.

use std::collections::HashMap;

use oarlock_plugin::Manifest;
use serde_json::Value;

use crate::crd::{self, Destination, SecretTransformationSpec, TransformationRef};
use crate::scope::Scope;

/// What provides a Secret.
#[derive(Clone, Debug)]
pub(crate) struct Provider<'m> {
    pub(crate) manifest: &'m Manifest,
    pub(crate) keys: Keys,
}

/// What is known of a Secret's keys.
#[derive(Clone, Debug)]
pub(crate) enum Keys {
    /// Nothing.
    Unknown,
    /// Exactly these.
    Exactly(Vec<String>),
    /// What passes the filters of a destination.
    Filtered(Box<Filter>),
}

/// The filters of a destination, those of SecretTransformations included.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    templates: Vec<String>,
    includes: Vec<regex_lite::Regex>,
    excludes: Vec<regex_lite::Regex>,
    raw: bool,
    /// A SecretTransformation is not in the render, or a filter does not parse.
    open: bool,
}

/// Providers by namespace and name of the Secret.
#[derive(Debug, Default)]
pub(crate) struct Providers<'m> {
    known: HashMap<(String, String), Vec<Provider<'m>>>,
    /// Secrets that appear in every namespace.
    everywhere: Vec<(String, Provider<'m>)>,
}

impl Keys {
    /// The keys of a destination, as far as itself says; shared transformations leave it open.
    pub(crate) fn of_destination(destination: &Destination) -> Self {
        Self::Filtered(Box::new(Filter::new(destination, |_| None)))
    }

    /// Whether the Secret can have the key.
    pub(crate) fn may_have(&self, key: &str) -> bool {
        match self {
            Self::Unknown => true,
            Self::Exactly(keys) => keys.iter().any(|known| known == key),
            Self::Filtered(filter) => filter.may_have(key),
        }
    }
}

impl Filter {
    /// The filter of a destination; `shared` looks up the transformations that it refers to.
    fn new(
        destination: &Destination,
        shared: impl Fn(&TransformationRef) -> Option<SecretTransformationSpec>,
    ) -> Self {
        let Some(transformation) = &destination.transformation else {
            return Self { raw: true, ..Self::default() };
        };
        let mut filter = Self { raw: transformation.exclude_raw != Some(true), ..Self::default() };
        filter
            .templates
            .extend(transformation.templates.iter().flat_map(|templates| templates.keys().cloned()));
        filter.add(transformation.includes.as_deref(), transformation.excludes.as_deref());
        for reference in transformation.transformation_refs.iter().flatten() {
            match shared(reference) {
                // Which of its templates count, and under which key, depends on more fields: all of
                // them may.
                Some(shared)
                    if shared.includes.is_none() && shared.excludes.is_none() && reference.takes_all() =>
                {
                    filter
                        .templates
                        .extend(shared.templates.iter().flat_map(|templates| templates.keys().cloned()));
                }
                _ => filter.open = true,
            }
        }
        filter
    }

    fn add(&mut self, includes: Option<&[String]>, excludes: Option<&[String]>) {
        for (patterns, regexes) in [(includes, &mut self.includes), (excludes, &mut self.excludes)] {
            for pattern in patterns.unwrap_or_default() {
                match regex_lite::Regex::new(pattern) {
                    Ok(regex) => regexes.push(regex),
                    Err(_) => self.open = true,
                }
            }
        }
    }

    /// Templates always come; `_raw` unless it is excluded; keys of Vault as far as the filters let
    /// them. Excludes are applied first.
    fn may_have(&self, key: &str) -> bool {
        let passes = !self.excludes.iter().any(|regex| regex.is_match(key))
            && (self.includes.is_empty() || self.includes.iter().any(|regex| regex.is_match(key)));
        self.open
            || self.templates.iter().any(|template| template == key)
            || if key == "_raw" { self.raw } else { passes }
    }
}

impl<'m> Providers<'m> {
    /// Everything that provides Secrets in the render.
    pub(crate) fn collect(manifests: &'m [Manifest], scope: &Scope<'_>) -> Self {
        let mut providers = Self::default();
        for manifest in manifests {
            let namespace = scope.namespace(manifest);
            for (name, keys) in secrets_of(manifest, namespace, manifests, scope) {
                let provider = Provider { manifest, keys };
                if manifest.kind() == "ClusterExternalSecret" {
                    providers.everywhere.push((name, provider));
                } else {
                    providers.known.entry((namespace.to_owned(), name)).or_default().push(provider);
                }
            }
        }
        providers
    }

    /// What provides a Secret.
    pub(crate) fn of(&self, namespace: &str, name: &str) -> impl Iterator<Item = &Provider<'m>> {
        let known = self.known.get(&(namespace.to_owned(), name.to_owned()));
        let everywhere = self.everywhere.iter().filter(move |(everywhere, _)| everywhere == name);
        known.into_iter().flatten().chain(everywhere.map(|(_, provider)| provider))
    }
}

/// The Secrets that a manifest brings about.
fn secrets_of(
    manifest: &Manifest,
    namespace: &str,
    all: &[Manifest],
    scope: &Scope<'_>,
) -> Vec<(String, Keys)> {
    let kind = manifest.kind();
    match manifest.group() {
        "" if kind == "Secret" => vec![(manifest.name().to_owned(), keys_of_secret(manifest))],
        crd::GROUP => {
            let Some(destination) = manifest.at(&["spec", "destination"]) else { return Vec::new() };
            let Some(name) = destination.get("name").and_then(Value::as_str) else { return Vec::new() };
            let typed = <Destination as serde::Deserialize>::deserialize(destination).ok();
            let keys = match typed.filter(|_| kind == "VaultStaticSecret") {
                Some(destination) => Keys::Filtered(Box::new(Filter::new(&destination, |reference| {
                    let namespace = reference.namespace.as_deref().unwrap_or(namespace);
                    let shared = all.iter().find(|manifest| {
                        manifest.kind() == "SecretTransformation"
                            && manifest.name() == reference.name
                            && scope.namespace(manifest) == namespace
                    });
                    shared.and_then(crd::spec_of)
                }))),
                None => Keys::Unknown,
            };
            vec![(name.to_owned(), keys)]
        }
        group => {
            names_by_other_operators(group, manifest).into_iter().map(|name| (name, Keys::Unknown)).collect()
        }
    }
}

fn keys_of_secret(manifest: &Manifest) -> Keys {
    if manifest.at(&["type"]).and_then(Value::as_str) == Some("kubernetes.io/service-account-token") {
        return Keys::Unknown;
    }
    let maps = ["data", "stringData"].into_iter().filter_map(|field| manifest.at(&[field])?.as_object());
    let keys: Vec<String> = maps.flat_map(|map| map.keys().cloned()).collect();
    // An empty one is a shell that something in the cluster fills.
    if keys.is_empty() { Keys::Unknown } else { Keys::Exactly(keys) }
}

/// Names of the Secrets that operators other than Vault's make for an object, by what their
/// documentation says.
fn names_by_other_operators(group: &str, manifest: &Manifest) -> Vec<String> {
    let at = |path: &[&str]| manifest.at(path).and_then(Value::as_str).map(str::to_owned);
    let name = || manifest.name().to_owned();
    let suffixed = |suffixes: &[&str]| suffixes.iter().map(|suffix| format!("{}{suffix}", name())).collect();
    let each = |list: &[&str], field: &str| -> Vec<String> {
        let items = manifest.at(list).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(|item| item.get(field)?.as_str().map(str::to_owned)).collect()
    };
    match (group, manifest.kind()) {
        ("external-secrets.io", "ExternalSecret") => {
            vec![at(&["spec", "target", "name"]).unwrap_or_else(name)]
        }
        ("external-secrets.io", "ClusterExternalSecret") => {
            let target = at(&["spec", "externalSecretSpec", "target", "name"]);
            vec![target.or_else(|| at(&["spec", "externalSecretName"])).unwrap_or_else(name)]
        }
        ("bitnami.com", "SealedSecret")
        | ("onepassword.com", "OnePasswordItem")
        | ("ricoberger.de", "VaultSecret")
        | ("kafka.strimzi.io", "KafkaUser") => vec![name()],
        ("cert-manager.io", "Certificate") | ("k8s.bitwarden.com", "BitwardenSecret") => {
            at(&["spec", "secretName"]).into_iter().collect()
        }
        ("cert-manager.io", "Issuer") => {
            at(&["spec", "acme", "privateKeySecretRef", "name"]).into_iter().collect()
        }
        // cert-manager makes a Certificate for an annotated Ingress.
        ("networking.k8s.io", "Ingress")
            if manifest
                .annotations()
                .any(|(key, _)| key.starts_with("cert-manager.io/") || key == "kubernetes.io/tls-acme") =>
        {
            each(&["spec", "tls"], "secretName")
        }
        ("secrets-store.csi.x-k8s.io", "SecretProviderClass") => {
            each(&["spec", "secretObjects"], "secretName")
        }
        ("isindir.github.com", "SopsSecret") => each(&["spec", "secretTemplates"], "name"),
        ("secrets.infisical.com", "InfisicalSecret") => {
            at(&["spec", "managedSecretReference", "secretName"]).into_iter().collect()
        }
        ("rabbitmq.com", "RabbitmqCluster") => suffixed(&["-default-user", "-erlang-cookie"]),
        ("rabbitmq.com", "User") => suffixed(&["-user-credentials"]),
        ("postgresql.cnpg.io", "Cluster") => {
            suffixed(&["-app", "-ca", "-replication", "-server", "-superuser"])
        }
        ("kafka.strimzi.io", "Kafka") => {
            suffixed(&["-clients-ca", "-clients-ca-cert", "-cluster-ca", "-cluster-ca-cert"])
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(object: &Value) -> Vec<String> {
        let manifest = Manifest::from_value(object).unwrap();
        names_by_other_operators(manifest.group(), &manifest)
    }

    #[test]
    fn other_operators_make_secrets() {
        for (api, kind, spec, expected) in [
            ("external-secrets.io/v1", "ExternalSecret", json!({}), &["x"][..]),
            ("external-secrets.io/v1", "ExternalSecret", json!({"target": {"name": "t"}}), &["t"]),
            ("bitnami.com/v1alpha1", "SealedSecret", json!({}), &["x"]),
            ("cert-manager.io/v1", "Certificate", json!({"secretName": "t"}), &["t"]),
            ("rabbitmq.com/v1beta1", "RabbitmqCluster", json!({}), &["x-default-user", "x-erlang-cookie"]),
            ("networking.k8s.io/v1", "Ingress", json!({"tls": [{"secretName": "t"}]}), &[]),
            ("apps/v1", "Deployment", json!({}), &[]),
        ] {
            let object = json!({"apiVersion": api, "kind": kind, "metadata": {"name": "x"}, "spec": spec});
            assert_eq!(names(&object), expected, "{object}");
        }
    }

    #[test]
    fn filters_let_keys_through() {
        for (transformation, key, expected) in [
            (json!(null), "any", true),
            (json!(null), "_raw", true),
            (json!({"excludeRaw": true}), "_raw", false),
            (json!({"includes": ["^a$"]}), "a", true),
            (json!({"includes": ["^a$"]}), "ab", false),
            (json!({"excludes": ["^a"]}), "ab", false),
            (json!({"excludes": [".*"], "templates": {"t": {"text": "x"}}}), "t", true),
            (json!({"excludes": [".*"], "templates": {"t": {"text": "x"}}}), "u", false),
            (json!({"excludes": [".*"], "transformationRefs": [{"name": "gone"}]}), "u", true),
            (json!({"includes": ["("]}), "u", true),
        ] {
            let destination = json!({"name": "x", "transformation": transformation});
            let destination: Destination = serde_json::from_value(destination).unwrap();
            let filter = Filter::new(&destination, |_| None);
            assert_eq!(filter.may_have(key), expected, "{transformation} {key}");
        }
    }
}
