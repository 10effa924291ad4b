//! `clusters`: the registered clusters, and the one that Argo CD runs in.

use std::collections::BTreeMap;

use oarlock_go_template::{List, MAP_LIST, Map, Str, Value};
use oarlock_kubernetes::Values;
use serde_json::Value as Json;

use super::{Generation, Object, object};
use crate::cluster::{Cluster, IN_CLUSTER, IN_CLUSTER_SERVER};
use crate::error::Result;
use crate::params::Params;
use crate::selector::selector;
use crate::template::sanitize;

impl Generation<'_, '_> {
    pub(super) fn clusters(&mut self, own: &Object) -> Result<Vec<Params>> {
        let selector = selector(object(own, "selector"), Values::OfLabels)?;

        // Of two Secrets of one name the later counts. Argo CD has the clusters in random order;
        // these are sorted by name.
        let mut selected: BTreeMap<&str, (&Cluster, BTreeMap<String, String>)> = BTreeMap::new();
        for cluster in self.inputs.clusters {
            let labels = cluster.all_labels();
            if selector.matches(|key| labels.get(key).map(String::as_str)) {
                selected.insert(&cluster.name, (cluster, labels));
            }
        }
        let knows_local = selected.values().any(|(cluster, _)| cluster.server == IN_CLUSTER_SERVER);
        let values = object(own, "values");
        let mut sets = Vec::with_capacity(selected.len() + 1);
        for (cluster, labels) in selected.into_values() {
            let set = self.cluster(cluster, labels);
            self.append_values(values, &set)?;
            sets.push(set);
        }
        if selector.is_empty() && !knows_local {
            let set: Map = [
                ("name", IN_CLUSTER),
                ("nameNormalized", IN_CLUSTER),
                ("server", IN_CLUSTER_SERVER),
                ("project", ""),
            ]
            .into_iter()
            .collect();
            self.append_values(values, &set)?;
            sets.push(set);
        }
        if own.get("flatList") == Some(&Json::Bool(true)) {
            let list = List::with_type(&MAP_LIST, sets.into_iter().map(Value::Map).collect());
            sets = vec![[("clusters", list)].into_iter().collect()];
        }
        Ok(sets)
    }

    fn cluster(&self, cluster: &Cluster, labels: BTreeMap<String, String>) -> Params {
        let set: Map = [
            ("name", cluster.name.clone()),
            ("nameNormalized", sanitize(&cluster.name)),
            ("server", cluster.server.clone()),
            ("project", cluster.project.clone().unwrap_or_default()),
        ]
        .into_iter()
        .collect();
        if self.engine.is_go() {
            let metadata = Map::new();
            if !cluster.annotations.is_empty() {
                metadata.insert("annotations", strings(cluster.annotations.clone()));
            }
            metadata.insert("labels", strings(labels));
            set.insert("metadata", metadata);
        } else {
            for (key, value) in &cluster.annotations {
                set.insert(format!("metadata.annotations.{key}"), value.as_str());
            }
            for (key, value) in labels {
                set.insert(format!("metadata.labels.{key}"), value);
            }
        }
        set
    }
}

/// A `map[string]string`.
fn strings(entries: BTreeMap<String, String>) -> Map {
    Map::of_strings(entries.into_iter().map(|(key, value)| (Str::from(key), Str::from(value))))
}
