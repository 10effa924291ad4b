//! The clusters that an Argo CD knows: a file in the repository, since no cluster is asked.

use std::collections::BTreeMap;

use oarlock_applicationset::Cluster as RegisteredCluster;
use oarlock_engine::Budget;
use oarlock_engine::application::Destination;
use oarlock_engine::pipeline::Facts;
use oarlock_plugin::{Failure, Origin};
use oarlock_yaml::{Reader, from_node, parse, to_json};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The cluster in which Argo CD runs, as Applications name it.
pub const LOCAL_SERVER: &str = "https://kubernetes.default.svc";

/// Its name.
pub const LOCAL_NAME: &str = "in-cluster";

/// A file of clusters: those that Argo CD has registered. Cluster Secrets of Argo CD are read, too;
/// their credentials are not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields, expecting = "a mapping")]
pub struct ClustersFile {
    /// The clusters, in the order in which generators give them.
    pub clusters: Vec<Cluster>,
}

/// A cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Cluster {
    /// Its name in Argo CD.
    pub name: String,
    /// The URL of its API server.
    pub server: String,
    /// The project that it belongs to, if it belongs to one.
    pub project: Option<String>,
    /// The labels of its Secret.
    pub labels: Option<BTreeMap<String, String>>,
    /// The annotations of its Secret.
    pub annotations: Option<BTreeMap<String, String>>,
    /// Its version of Kubernetes, as `1.34.0`.
    pub kube_version: Option<String>,
    /// The API versions that it serves, as `apps/v1` and `apps/v1/Deployment`.
    pub api_versions: Vec<String>,
}

/// The clusters that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clusters {
    clusters: Vec<Cluster>,
    /// Whether they are all that there are.
    are_all: bool,
}

/// Where an Application deploys to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The name of the cluster; of one that has none here, the host of its API server.
    pub cluster: String,
    /// The URL of its API server, where it is known.
    pub server: Option<String>,
    /// What it serves, where it is known.
    pub facts: Option<Facts>,
}

impl Clusters {
    /// Reads a file. `namespace` is that of Argo CD: Secrets in others do not count.
    ///
    /// # Errors
    /// If it is no YAML, or an entry is no cluster.
    pub fn parse(name: &str, text: &[u8], namespace: &str) -> Result<Self, Failure> {
        let at = |span: oarlock_yaml::Span| Origin::at(name, span.line, span.column);
        let mut budget = Budget::for_objects();
        let documents = parse(text, Reader::ArgoCd, budget.begin(name, text)?)
            .map_err(|error| Failure::new(error.message).at(at(error.span)))?;
        let (mut clusters, mut secrets) = (Vec::new(), BTreeMap::new());
        for document in &documents {
            let node = &document.root;
            budget.charge(name, node)?;
            if node.is_null() {
                continue;
            }
            if node.get("kind").is_none() {
                let file: ClustersFile = from_node(node).map_err(|error| {
                    Failure::new(error.to_string())
                        .at(at(error.span))
                        .hint("`oarlock schema clusters` prints what the file may say")
                })?;
                if let Some(nameless) = file.clusters.iter().find(|cluster| cluster.server.is_empty()) {
                    let failure = Failure::new(format!("the cluster `{}` has no `server`", nameless.name));
                    return Err(failure.at(at(node.span)));
                }
                clusters.extend(file.clusters);
                continue;
            }
            let failed = |message: String| Failure::new(message).at(at(node.span));
            let json = to_json(node).map_err(|error| failed(error.to_string()))?;
            let json = serde_json::from_str(&json).map_err(|error| failed(error.to_string()))?;
            if let Some((secret, found)) = RegisteredCluster::from_secret(&json, namespace).map_err(failed)? {
                secrets.insert(secret, Cluster::from(found));
            }
        }
        clusters.extend(secrets.into_values());
        Ok(Self { clusters, are_all: true })
    }

    /// The clusters as ApplicationSets see them.
    pub fn registered(&self) -> Vec<RegisteredCluster> {
        self.clusters.iter().map(Cluster::registered).collect()
    }

    /// The cluster of a destination.
    ///
    /// # Errors
    /// If the destination names none or two, or one that is not among the clusters.
    pub fn target(&self, destination: &Destination) -> Result<Target, Failure> {
        let text = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
        let (name, server) = match (text(&destination.name), text(&destination.server)) {
            (Some(name), Some(server)) => {
                let message = format!("the destination has both `name: {name}` and `server: {server}`");
                return Err(Failure::new(message).hint("keep one of both"));
            }
            (None, None) => {
                let failure = Failure::new("the destination has neither `name` nor `server`");
                return Err(failure.hint("name the cluster"));
            }
            found => found,
        };
        let same = |server: &str, other: &str| server.trim_end_matches('/') == other.trim_end_matches('/');
        let known = self.clusters.iter().find(|cluster| {
            name.as_ref().is_some_and(|name| *name == cluster.name)
                || server.as_ref().is_some_and(|server| same(server, &cluster.server))
        });
        if let Some(cluster) = known {
            let name = if cluster.name.is_empty() { host(&cluster.server) } else { cluster.name.clone() };
            return Ok(Target {
                cluster: name,
                server: Some(cluster.server.clone()),
                facts: cluster.facts(),
            });
        }
        match (name, server) {
            (Some(name), _) if name == LOCAL_NAME => Ok(Target::local()),
            (_, Some(server)) if same(&server, LOCAL_SERVER) => Ok(Target::local()),
            (Some(name), _) if self.are_all => Err(self.unknown(&name)),
            (_, Some(server)) if self.are_all => Err(self.unknown(&server)),
            (Some(name), _) => Ok(Target { cluster: name, server: None, facts: None }),
            (_, server) => {
                let cluster = server.as_deref().map(host).unwrap_or_default();
                Ok(Target { cluster, server, facts: None })
            }
        }
    }

    fn unknown(&self, cluster: &str) -> Failure {
        let names = self.clusters.iter().map(|cluster| cluster.name.as_str());
        let failure = Failure::new(format!("there is no cluster `{cluster}`"));
        match oarlock_plugin::nearest(cluster, names) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint("add it to the file of clusters"),
        }
    }
}

impl Target {
    /// The cluster in which Argo CD runs.
    pub fn local() -> Self {
        Self { cluster: LOCAL_NAME.to_owned(), server: Some(LOCAL_SERVER.to_owned()), facts: None }
    }
}

impl Cluster {
    fn facts(&self) -> Option<Facts> {
        let facts =
            Facts { kube_version: self.kube_version.clone(), api_versions: self.api_versions.clone() };
        (facts != Facts::default()).then_some(facts)
    }

    fn registered(&self) -> RegisteredCluster {
        RegisteredCluster {
            name: self.name.clone(),
            server: self.server.clone(),
            project: self.project.clone(),
            labels: self.labels.clone().unwrap_or_default(),
            annotations: self.annotations.clone().unwrap_or_default(),
            kube_version: self.kube_version.clone(),
            api_versions: self.api_versions.clone(),
        }
    }
}

impl From<RegisteredCluster> for Cluster {
    fn from(cluster: RegisteredCluster) -> Self {
        let RegisteredCluster { name, server, project, labels, annotations, kube_version, api_versions } =
            cluster;
        let (labels, annotations) = (Some(labels), Some(annotations));
        Self { name, server, project, labels, annotations, kube_version, api_versions }
    }
}

/// The host of a URL, with its port.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "clusters:\n- {name: dev, server: https://dev.example:6443, kubeVersion: 1.34.0, labels: {env: dev}}\n- {name: prod, server: https://prod.example}\n";

    fn target(clusters: &Clusters, name: &str, server: &str) -> Result<String, String> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let destination = Destination { name: some(name), server: some(server), namespace: None };
        clusters.target(&destination).map(|target| target.cluster).map_err(|failure| failure.message)
    }

    #[test]
    fn destinations_lead_to_clusters() {
        let clusters = Clusters::parse("clusters.yaml", FILE.as_bytes(), "argocd").unwrap();
        for (name, server, expected) in [
            ("dev", "", Ok("dev")),
            ("", "https://dev.example:6443/", Ok("dev")),
            ("in-cluster", "", Ok("in-cluster")),
            ("", LOCAL_SERVER, Ok("in-cluster")),
            ("test", "", Err("there is no cluster `test`")),
            ("", "https://test.example", Err("there is no cluster `https://test.example`")),
            ("", "", Err("the destination has neither `name` nor `server`")),
            ("dev", "https://x", Err("the destination has both `name: dev` and `server: https://x`")),
        ] {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(target(&clusters, name, server), expected, "{name} {server}");
        }
        // Without a file any cluster may be there.
        let unknown = Clusters::default();
        assert_eq!(target(&unknown, "test", ""), Ok("test".to_owned()));
        assert_eq!(target(&unknown, "", "https://test.example:6443/x"), Ok("test.example:6443".to_owned()));
    }

    #[test]
    fn a_cluster_says_what_it_serves() {
        let clusters = Clusters::parse("clusters.yaml", FILE.as_bytes(), "argocd").unwrap();
        let destination = Destination { name: Some("dev".to_owned()), ..Destination::default() };
        let facts = clusters.target(&destination).unwrap().facts.unwrap();
        assert_eq!(facts.kube_version.as_deref(), Some("1.34.0"));
        assert_eq!(clusters.registered()[0].labels["env"], "dev");
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        for (text, expected) in [
            ("clusters:\n- {name: a, servre: b}\n", "c.yaml:2:13: "),
            ("clusters:\n- {name: a}\n", "c.yaml:1:1: the cluster `a` has no `server`"),
            ("clusters: [", "c.yaml:"),
        ] {
            let failure = Clusters::parse("c.yaml", text.as_bytes(), "argocd").unwrap_err().to_string();
            assert!(failure.starts_with(expected), "{failure}");
        }
    }

    #[test]
    fn secrets_are_read_without_their_credentials() {
        let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: c\n  labels: {argocd.argoproj.io/secret-type: cluster, env: dev}\nstringData: {name: dev, server: https://dev.example, config: '{\"bearerToken\": \"secret\"}'}\n";
        let clusters = Clusters::parse("c.yaml", secret.as_bytes(), "argocd").unwrap();
        assert!(!format!("{clusters:?}").contains("bearerToken"));
        assert_eq!(target(&clusters, "dev", ""), Ok("dev".to_owned()));
    }
}
