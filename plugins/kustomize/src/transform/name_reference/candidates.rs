//! What can be referred to: the resources whose identity changed, found by a name that they had.

use std::collections::{HashMap, HashSet};

use oarlock_yaml::Text;

use super::referrer::Referrer;
use crate::resource::{Gvk, ResId, ResMap, Resource};

/// A resource that had another identity before.
pub(super) struct Candidate {
    /// Where the resource is.
    pub(super) position: usize,
    /// The current identity.
    pub(super) id: ResId,
    /// The current name.
    pub(super) name: Text,
    /// The current namespace as it is written.
    pub(super) namespace: Text,
    /// The current namespace as it counts; `None` for cluster-scoped ones.
    pub(super) effective_namespace: Option<Text>,
    /// The namespace that it had at first, likewise.
    original_namespace: Option<Text>,
    previous: Vec<ResId>,
    pub(super) prefixes: Vec<Text>,
    pub(super) suffixes: Vec<Text>,
}

impl Candidate {
    fn of(position: usize, resource: &Resource) -> Self {
        let id = resource.current_id();
        Self {
            position,
            name: id.name.clone(),
            namespace: id.namespace.clone(),
            effective_namespace: effective_namespace(&id),
            original_namespace: effective_namespace(&resource.original_id()),
            previous: resource.previous_ids().collect(),
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
            id,
        }
    }

    /// Whether it was of a kind before.
    pub(super) fn was(&self, gvk: &Gvk) -> bool {
        self.previous.iter().any(|id| id.gvk.is_selected_by(gvk))
    }
}

/// The namespace of an id as it counts; `None` for a cluster-scoped one.
pub(super) fn effective_namespace(id: &ResId) -> Option<Text> {
    (!id.is_cluster_scoped()).then(|| id.effective_namespace().into())
}

/// All candidates.
pub(super) struct Candidates {
    all: Vec<Candidate>,
    /// Indices into `all` by former name and current effective namespace.
    by_name: HashMap<Text, HashMap<Option<Text>, Vec<usize>>>,
    /// For each namespace that resources had at first, the namespaces they are in now; of all resources, not only of candidates.
    moves: HashMap<Text, HashSet<Option<Text>>>,
}

impl Candidates {
    /// Indexes the resources.
    pub(super) fn of(resources: &ResMap) -> Self {
        let mut candidates = Self { all: Vec::new(), by_name: HashMap::new(), moves: HashMap::new() };
        for (position, resource) in resources.iter().enumerate() {
            let candidate = Candidate::of(position, resource);
            if let Some(original) = &candidate.original_namespace {
                let now = candidates.moves.entry(original.clone()).or_default();
                if !now.contains(&candidate.effective_namespace) {
                    now.insert(candidate.effective_namespace.clone());
                }
            }
            if !candidate.previous.is_empty() {
                candidates.add(candidate);
            }
        }
        candidates
    }

    fn add(&mut self, candidate: Candidate) {
        let index = self.all.len();
        for id in &candidate.previous {
            let by_namespace = self.by_name.entry(id.name.clone()).or_default();
            let indices = by_namespace.entry(candidate.effective_namespace.clone()).or_default();
            if indices.last() != Some(&index) {
                indices.push(index);
            }
        }
        self.all.push(candidate);
    }

    /// The candidates that had a name and that the referrer can see, in order.
    pub(super) fn named(&self, name: &str, referrer: &Referrer) -> impl Iterator<Item = &Candidate> {
        let by_namespace = self.by_name.get(name);
        let mut indices = Vec::new();
        match (by_namespace, referrer.visible_namespaces()) {
            (None, _) => {}
            (Some(by_namespace), None) => indices.extend(by_namespace.values().flatten().copied()),
            (Some(by_namespace), Some(visible)) => {
                indices.extend(
                    visible.iter().filter_map(|namespace| by_namespace.get(namespace)).flatten().copied(),
                );
            }
        }
        indices.sort_unstable();
        indices.into_iter().map(|index| &self.all[index])
    }

    /// Those [`named`](Self::named) that were in a namespace at first; or that are in it now, if there is nothing at all that was.
    pub(super) fn named_in(&self, name: &str, namespace: &str, referrer: &Referrer) -> Vec<&Candidate> {
        let had_resources =
            self.moves.get(namespace).is_some_and(|now| match referrer.visible_namespaces() {
                None => true,
                Some(visible) => visible.iter().any(|namespace| now.contains(namespace)),
            });
        let found = self.named(name, referrer);
        if had_resources {
            found.filter(|it| it.original_namespace.as_deref() == Some(namespace)).collect()
        } else {
            found.filter(|it| it.effective_namespace.as_deref() == Some(namespace)).collect()
        }
    }
}
