//! Which manifest needs which.

use std::collections::{HashMap, HashSet};

use oarlock_plugin::Manifest;

use crate::needs::needs;
use crate::provides::provides;
use crate::thing::{Thing, agree};

/// One manifest needs another.
#[derive(Clone, Debug)]
pub(crate) struct Edge<'a> {
    /// The one that needs.
    pub(crate) consumer: usize,
    /// The one that is needed.
    pub(crate) provider: usize,
    /// What it is needed for.
    pub(crate) thing: Thing<'a>,
}

/// All needs within one set of manifests, one edge for each pair. What lies outside is not looked for: it may be in the cluster
/// already.
pub(crate) fn edges(manifests: &[Manifest]) -> Vec<Edge<'_>> {
    let mut providers: HashMap<Thing<'_>, Vec<(usize, &str)>> = HashMap::new();
    for (index, manifest) in manifests.iter().enumerate() {
        for located in provides(manifest) {
            providers.entry(located.thing).or_default().push((index, located.namespace));
        }
    }
    let mut edges = Vec::new();
    for (consumer, manifest) in manifests.iter().enumerate() {
        let mut seen = HashSet::from([consumer]);
        for need in needs(manifest) {
            for &(provider, namespace) in providers.get(&need.thing).into_iter().flatten() {
                if agree(namespace, need.namespace) && seen.insert(provider) {
                    edges.push(Edge { consumer, provider, thing: need.thing.clone() });
                }
            }
        }
    }
    edges
}
