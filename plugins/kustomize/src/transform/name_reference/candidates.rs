//! What can be referred to: the resources whose identity changed, found by a name that they had.

use std::collections::{HashMap, HashSet};

use oarlock_yaml::Text;
use rustc_hash::FxBuildHasher;

use super::candidate::Candidate;
use super::referrer::Referrer;
use crate::resource::ResMap;

/// All candidates.
pub(super) struct Candidates {
    all: Vec<Candidate>,
    by_name: Map<Text, ByKind>,
    /// For each namespace that resources had at first, the namespaces they are in now; of all
    /// resources, not only of candidates.
    moves: Map<Text, HashSet<Option<Text>>>,
}

type Map<K, V> = HashMap<K, V, FxBuildHasher>;

/// Candidates of one former name by former kind, then by current effective namespace, then by
/// [`Affixes`]: what one base is made into by a thousand overlays has one name, too.
type ByKind = Map<Text, Map<Option<Text>, ByAffixes>>;

/// Indices into `all`.
type ByAffixes = Map<Affixes, Vec<usize>>;

/// The last prefix and the last suffix.
type Affixes = (Option<Text>, Option<Text>);

impl Candidates {
    /// Indexes the resources.
    pub(super) fn of(resources: &ResMap) -> Self {
        let mut candidates = Self { all: Vec::new(), by_name: Map::default(), moves: Map::default() };
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
        let affixes = (candidate.prefixes.last().cloned(), candidate.suffixes.last().cloned());
        // Any of the names goes with any of the kinds.
        for id in &candidate.previous {
            let kinds = self.by_name.entry(id.name.clone()).or_default();
            for other in &candidate.previous {
                let namespaces = kinds.entry(other.gvk.kind.clone()).or_default();
                let groups = namespaces.entry(candidate.effective_namespace.clone()).or_default();
                let indices = groups.entry(affixes.clone()).or_default();
                if indices.last() != Some(&index) {
                    indices.push(index);
                }
            }
        }
        self.all.push(candidate);
    }

    /// The candidates that had a name and a kind, and that the referrer can see; in no order, and
    /// some perhaps twice.
    pub(super) fn named<'a>(
        &'a self,
        name: &str,
        kind: &'a str,
        referrer: &'a Referrer,
    ) -> impl Iterator<Item = &'a Candidate> {
        self.visible(name, kind, referrer)
            .flat_map(|groups| groups.values())
            .flatten()
            .map(|index| &self.all[*index])
    }

    /// Those of [`named`](Self::named) whose last affixes are the same as the referrer's, as far as
    /// both have any; in order.
    pub(super) fn named_alike(&self, name: &str, kind: &str, referrer: &Referrer) -> Vec<&Candidate> {
        let (prefix, suffix) = referrer.last_affixes();
        let mut indices: Vec<usize> = Vec::new();
        for groups in self.visible(name, kind, referrer) {
            if prefix.is_some() && suffix.is_some() {
                for affixes in [(prefix, suffix), (prefix, None), (None, suffix), (None, None)] {
                    let affixes = (affixes.0.cloned(), affixes.1.cloned());
                    indices.extend(groups.get(&affixes).into_iter().flatten());
                }
            } else {
                let is_alike = |mine: Option<&Text>, theirs: &Option<Text>| {
                    mine.is_none() || theirs.is_none() || mine == theirs.as_ref()
                };
                let alike = groups
                    .iter()
                    .filter(|(theirs, _)| is_alike(prefix, &theirs.0) && is_alike(suffix, &theirs.1));
                indices.extend(alike.flat_map(|(_, indices)| indices));
            }
        }
        indices.sort_unstable();
        indices.dedup();
        indices.into_iter().map(|index| &self.all[index]).collect()
    }

    fn visible<'a>(
        &'a self,
        name: &str,
        kind: &'a str,
        referrer: &'a Referrer,
    ) -> impl Iterator<Item = &'a ByAffixes> {
        let kinds = self.by_name.get(name).into_iter();
        let namespaces = kinds.flat_map(move |kinds| {
            let one = (!kind.is_empty()).then(|| kinds.get(kind)).flatten();
            let all = kind.is_empty().then(|| kinds.values());
            one.into_iter().chain(all.into_iter().flatten())
        });
        namespaces.flat_map(|namespaces| {
            let visible = referrer.visible_namespaces();
            let some = visible.into_iter().flatten().filter_map(|namespace| namespaces.get(namespace));
            let all = visible.is_none().then(|| namespaces.values());
            some.chain(all.into_iter().flatten())
        })
    }

    /// How a namespace that is written beside a name is meant: as the one that the resource was in
    /// at first; or as the one that it is in now, if there is nothing at all that was in it.
    pub(super) fn is_in<'a>(
        &self,
        namespace: &'a str,
        referrer: &Referrer,
    ) -> impl Fn(&Candidate) -> bool + use<'a> {
        let had_resources =
            self.moves.get(namespace).is_some_and(|now| match referrer.visible_namespaces() {
                None => true,
                Some(visible) => visible.iter().any(|namespace| now.contains(namespace)),
            });
        move |candidate| {
            let its =
                if had_resources { &candidate.original_namespace } else { &candidate.effective_namespace };
            its.as_deref() == Some(namespace)
        }
    }
}
