//! What Argo CD says of clusters, kept for renders that it does not ask for.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use oarlock_engine::pipeline::{Cluster, Facts};
use oarlock_plugin::Application;

/// So many clusters are remembered, those heard of last.
const CLUSTERS: usize = 100;

/// So many Applications are remembered, of all clusters together.
const APPLICATIONS: usize = 20_000;

/// What all clusters serve takes so many bytes at most. Those heard of first are forgotten.
const FACTS_BYTES: usize = 16 << 20;

/// No name that Kubernetes takes is longer, in bytes: a namespace, an underscore, and a name.
const NAME_BYTES: usize = 63 + 1 + 253;

/// The clusters, the one heard of last at the end.
#[derive(Default)]
pub(super) struct Clusters(Mutex<Vec<Cluster>>);

impl Clusters {
    /// Remembers what Argo CD says of an Application's cluster.
    pub(super) fn remember(&self, application: &Application) {
        let Some(name) = &application.name else { return };
        if name.len() > NAME_BYTES {
            return;
        }
        let mut clusters = self.lock();
        let is_same = |cluster: &Cluster| {
            cluster.facts.kube_version == application.kube_version
                && cluster.facts.api_versions == application.api_versions
        };
        match clusters.iter().rposition(is_same) {
            Some(index) if clusters[index].applications.contains(name) => return,
            Some(index) => {
                let cluster = clusters.remove(index);
                clusters.push(cluster);
            }
            None => {
                let Some(facts) = Facts::of(application) else { return };
                clusters.push(Cluster { facts, applications: BTreeSet::new() });
                while clusters.iter().map(|cluster| size(&cluster.facts)).sum::<usize>() > FACTS_BYTES {
                    clusters.remove(0);
                }
            }
        }
        // An Application is of one cluster: after an upgrade it is of the new one.
        for cluster in clusters.iter_mut() {
            cluster.applications.remove(name);
        }
        let known: usize = clusters.iter().map(|cluster| cluster.applications.len()).sum();
        if let Some(cluster) = clusters.last_mut()
            && known < APPLICATIONS
        {
            cluster.applications.insert(name.clone());
        }
        clusters.retain(|cluster| !cluster.applications.is_empty());
        let surplus = clusters.len().saturating_sub(CLUSTERS);
        clusters.drain(..surplus);
    }

    /// All of them as JSON.
    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(&*self.lock()).unwrap_or_default() + "\n"
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Cluster>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How much memory what a cluster serves takes, roughly.
fn size(facts: &Facts) -> usize {
    let version = facts.kube_version.as_ref().map_or(0, String::len);
    version + facts.api_versions.iter().map(|version| version.len() + size_of::<String>()).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_cluster(name: &str, version: &str) -> Application {
        Application {
            name: Some(name.to_owned()),
            kube_version: Some(version.to_owned()),
            api_versions: vec!["v1".to_owned()],
            ..Application::default()
        }
    }

    fn known(clusters: &Clusters) -> Vec<(String, Vec<String>)> {
        let clusters: Vec<Cluster> = serde_json::from_str(&clusters.to_json()).unwrap();
        let one = |cluster: Cluster| {
            (cluster.facts.kube_version.unwrap(), cluster.applications.into_iter().collect())
        };
        clusters.into_iter().map(one).collect()
    }

    #[test]
    fn an_application_is_of_the_cluster_that_was_told_last() {
        let clusters = Clusters::default();
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        for (name, version) in [("a", "1.33.0"), ("b", "1.33.0"), ("c", "1.34.0")] {
            clusters.remember(&of_cluster(name, version));
        }
        let expected = [("1.33.0".to_owned(), names(&["a", "b"])), ("1.34.0".to_owned(), names(&["c"]))];
        assert_eq!(known(&clusters), expected);
        clusters.remember(&of_cluster("a", "1.34.0"));
        clusters.remember(&of_cluster("b", "1.34.0"));
        assert_eq!(known(&clusters), [("1.34.0".to_owned(), names(&["a", "b", "c"]))]);
        // Of renders that Argo CD tells nothing of there is nothing to keep.
        clusters.remember(&Application { name: Some("d".to_owned()), ..Application::default() });
        clusters.remember(&Application { kube_version: Some("1.0.0".to_owned()), ..Application::default() });
        assert_eq!(known(&clusters).len(), 1);
    }

    #[test]
    fn there_is_an_end_to_what_is_kept() {
        let clusters = Clusters::default();
        for number in 0..2 * CLUSTERS {
            clusters.remember(&of_cluster(&number.to_string(), &format!("1.{number}.0")));
        }
        let known = known(&clusters);
        assert_eq!((known.len(), known[CLUSTERS - 1].0.as_str()), (CLUSTERS, "1.199.0"));
        for number in 0..8 {
            let api_versions = vec!["x".repeat(FACTS_BYTES / 4)];
            let of_cluster = of_cluster(&format!("large-{number}"), &format!("2.{number}.0"));
            clusters.remember(&Application { api_versions, ..of_cluster });
        }
        assert!(clusters.to_json().len() < FACTS_BYTES);
        clusters.remember(&of_cluster(&"x".repeat(1_000), "3.0.0"));
        assert!(!clusters.to_json().contains("3.0.0"));
    }
}
