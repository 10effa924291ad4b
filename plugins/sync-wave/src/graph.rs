//! Which manifest needs which.

use std::collections::{HashMap, HashSet};

use oarlock_plugin::Manifest;

use crate::needs::needs;
use crate::provides::provides;
use crate::resource_ref::{ResourceRef, agree};

/// One manifest needs another.
#[derive(Clone, Debug)]
pub(crate) struct Edge<'a> {
    /// The one that needs.
    pub(crate) consumer: usize,
    /// The one that is needed.
    pub(crate) provider: usize,
    /// What it is needed for.
    pub(crate) resource: ResourceRef<'a>,
}

/// All needs within one set of manifests, one edge for each pair. What lies outside is not looked
/// for: it may be in the cluster already.
pub(crate) fn edges(manifests: &[Manifest]) -> Vec<Edge<'_>> {
    let mut providers: HashMap<ResourceRef<'_>, Vec<(usize, &str)>> = HashMap::new();
    for (index, manifest) in manifests.iter().enumerate() {
        for located in provides(manifest) {
            providers.entry(located.resource).or_default().push((index, located.namespace));
        }
    }
    let mut edges = Vec::new();
    for (consumer, manifest) in manifests.iter().enumerate() {
        let mut seen = HashSet::from([consumer]);
        for need in needs(manifest) {
            for &(provider, namespace) in providers.get(&need.resource).into_iter().flatten() {
                if agree(namespace, need.namespace) && seen.insert(provider) {
                    edges.push(Edge { consumer, provider, resource: need.resource.clone() });
                }
            }
        }
    }
    edges
}
