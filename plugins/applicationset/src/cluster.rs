//! The clusters that are registered: from a list, or from the Secrets in which Argo CD keeps them.
//! Their credentials are never read.

use std::collections::BTreeMap;

use oarlock_go::encoding::decode_base64;
use oarlock_plugin::schemars::{self, JsonSchema};
use oarlock_yaml::{Limits, Reader, parse};
use serde::{Deserialize, Serialize};
use serde_json::{Map as JsonMap, Value as Json};

use crate::json::from_node;

/// The name of the cluster that Argo CD runs in.
pub(crate) const IN_CLUSTER: &str = "in-cluster";
/// The URL of that cluster.
pub(crate) const IN_CLUSTER_SERVER: &str = "https://kubernetes.default.svc";

const SECRET_TYPE: &str = "argocd.argoproj.io/secret-type";
const CLUSTER: &str = "cluster";

/// A registered cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Cluster {
    /// Its name in Argo CD.
    #[serde(default)]
    pub name: String,
    /// The URL of its API server.
    pub server: String,
    /// The project that it belongs to, if it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The labels of its Secret. `argocd.argoproj.io/secret-type: cluster` is always there.
    #[serde(default, deserialize_with = "or_default")]
    pub labels: BTreeMap<String, String>,
    /// The annotations of its Secret.
    #[serde(default, deserialize_with = "or_default")]
    pub annotations: BTreeMap<String, String>,
    /// The version of Kubernetes that it runs. No parameter of ApplicationSets: charts see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kube_version: Option<String>,
    /// The API versions that it serves, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub api_versions: Vec<String>,
}

fn or_default<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Why a text holds no clusters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ClusterError {
    /// What is wrong.
    pub message: String,
    /// The line of the document that is wrong, from 1; 0 where it is not known.
    pub line: u32,
}

impl Cluster {
    /// The clusters of a file: `clusters: [{name, server, project, labels, annotations}]`, or
    /// Secrets as documents. Documents that are no Secret of a cluster are passed over. The order
    /// is that of the list, or that of the Secrets' names. `namespace` is that of Argo CD: Secrets
    /// in others do not count.
    ///
    /// # Errors
    /// If the text is not YAML, or an entry is no cluster.
    pub fn from_yaml(text: &[u8], namespace: &str) -> Result<Vec<Self>, ClusterError> {
        let documents = parse(text, Reader::ArgoCd, Limits::default())
            .map_err(|error| ClusterError { message: error.go_yaml(), line: error.span.line })?;
        let (mut clusters, mut secrets) = (Vec::new(), BTreeMap::new());
        for document in documents {
            let line = document.root.span.line;
            let failure = |message: String| ClusterError { message, line };
            let json = from_node(&document.root).map_err(|error| failure(error.message))?;
            if json.get("kind").is_none() {
                let Some(list) = json.get("clusters") else {
                    if json.is_null() {
                        continue;
                    }
                    return Err(failure("expected `clusters:` or Secrets of clusters".to_owned()));
                };
                let list = Vec::<Self>::deserialize(list)
                    .map_err(|error| failure(format!("`clusters`: {error}")))?;
                clusters.extend(list);
            } else if let Some((name, cluster)) = Self::from_secret(&json, namespace).map_err(failure)? {
                secrets.insert(name, cluster);
            }
        }
        clusters.extend(secrets.into_values());
        Ok(clusters)
    }

    /// The cluster of a Secret, by the Secret's name; none where the object is another one.
    /// `data.config`, which holds the credentials, is not looked at.
    ///
    /// # Errors
    /// If the Secret holds a name or server that is not base64 of a text.
    pub fn from_secret(secret: &Json, namespace: &str) -> Result<Option<(String, Self)>, String> {
        let texts = |object: Option<&Json>| -> BTreeMap<String, String> {
            let entries = object.and_then(Json::as_object).into_iter().flatten();
            entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
        };
        let metadata = secret.get("metadata").and_then(Json::as_object).cloned().unwrap_or_default();
        let labels = texts(metadata.get("labels"));
        let of = metadata.get("namespace").and_then(Json::as_str).unwrap_or(namespace);
        let is_cluster = secret.get("kind").and_then(Json::as_str) == Some("Secret")
            && labels.get(SECRET_TYPE).is_some_and(|of| of == CLUSTER)
            && of == namespace;
        if !is_cluster {
            return Ok(None);
        }
        let name = metadata.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
        let field =
            |field: &str| secret_field(secret, field).map_err(|why| format!("Secret `{name}`: {why}"));
        let cluster = Self {
            name: field("name")?.unwrap_or_default(),
            server: field("server")?.unwrap_or_default(),
            project: field("project")?,
            annotations: texts(metadata.get("annotations")),
            labels,
            ..Self::default()
        };
        Ok(Some((name, cluster)))
    }

    /// Labels, with the one that every Secret of a cluster has.
    pub(crate) fn all_labels(&self) -> BTreeMap<String, String> {
        let mut labels = self.labels.clone();
        labels.insert(SECRET_TYPE.to_owned(), CLUSTER.to_owned());
        labels
    }
}

/// A field of a Secret: as text in `stringData`, else as base64 in `data`.
fn secret_field(secret: &Json, field: &str) -> Result<Option<String>, String> {
    let entry =
        |map: &str| secret.get(map).and_then(Json::as_object).and_then(|map: &JsonMap<_, _>| map.get(field));
    if let Some(text) = entry("stringData").and_then(Json::as_str) {
        return Ok(Some(text.to_owned()));
    }
    let Some(encoded) = entry("data").and_then(Json::as_str) else { return Ok(None) };
    let bytes = decode_base64(encoded.as_bytes()).map_err(|_| format!("`data.{field}` is not base64"))?;
    String::from_utf8(bytes).map(Some).map_err(|_| format!("`data.{field}` is not text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_keeps_its_order() {
        let text = b"clusters:\n- {name: b, server: https://b, labels: {env: dev}}\n- {name: a, server: https://a, project: p, labels: null}";
        let clusters = Cluster::from_yaml(text, "argocd").unwrap();
        assert_eq!(clusters.iter().map(|cluster| cluster.name.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(clusters[1].project.as_deref(), Some("p"));
        assert_eq!(clusters[0].all_labels()[SECRET_TYPE], "cluster");
    }

    #[test]
    fn secrets_are_sorted_and_their_credentials_left_alone() {
        let secret = |name: &str, rest: &str| {
            format!(
                "apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: argocd, labels: {{{SECRET_TYPE}: cluster}}}}\n{rest}"
            )
        };
        let text = [
            secret("z", "stringData: {name: one, server: https://one, config: secret}"),
            secret("y", "data: {name: dHdv, server: aHR0cHM6Ly90d28=, config: '!!! not base64'}"),
            "kind: ConfigMap".to_owned(),
        ]
        .join("\n---\n");
        let clusters = Cluster::from_yaml(text.as_bytes(), "argocd").unwrap();
        let names: Vec<_> = clusters.iter().map(|cluster| (&*cluster.name, &*cluster.server)).collect();
        assert_eq!(names, [("two", "https://two"), ("one", "https://one")]);
        assert!(!format!("{clusters:?}").contains("secret,"));
        assert!(Cluster::from_yaml(text.as_bytes(), "elsewhere").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_cluster_is_an_error() {
        for text in
            ["clusters: [{name: a}]", "clusters: [{server: a, kubeconfig: b}]", "names: []", "a: [", "- a"]
        {
            assert!(Cluster::from_yaml(text.as_bytes(), "argocd").is_err(), "{text}");
        }
        let bad = format!(
            "kind: Secret\nmetadata: {{name: x, labels: {{{SECRET_TYPE}: cluster}}}}\ndata: {{name: '%'}}"
        );
        let error = Cluster::from_yaml(bad.as_bytes(), "argocd").unwrap_err();
        assert_eq!(error.message, "Secret `x`: `data.name` is not base64");
    }
}
