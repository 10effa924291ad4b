//! Where resources are, by identity and by name.

use std::collections::HashMap;
use std::hash::Hash;

use oarlock_kubernetes::ObjectId;
use oarlock_yaml::Text;
use rustc_hash::FxBuildHasher;

use super::Resource;

/// Positions in a list of resources, in order, by every identity that each has or had.
///
/// It follows single changes, so that a build of thousands of generators or patches does not make
/// it anew for each of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    ids: Positions<ObjectId>,
    names: Positions<Text>,
}

/// The hash need not withstand an attacker: a sandbox has no randomness for one that does, and its
/// deadline bounds the harm.
type Positions<K> = HashMap<K, Vec<usize>, FxBuildHasher>;

/// The [normalized](ObjectId::normalized) identities that a resource has and had, the current one
/// last.
pub(super) fn identities(resource: &Resource) -> Vec<ObjectId> {
    resource.previous_ids().chain([resource.current_id()]).map(ObjectId::normalized).collect()
}

impl Index {
    /// The index of a list.
    pub(super) fn of(resources: &[Resource]) -> Self {
        let mut index = Self::default();
        index.ids.reserve(resources.len());
        index.names.reserve(resources.len());
        for (position, resource) in resources.iter().enumerate() {
            index.add(position, identities(resource));
        }
        index
    }

    /// Adds a resource by its [`identities`].
    pub(super) fn add(&mut self, position: usize, identities: Vec<ObjectId>) {
        for id in identities {
            add(&mut self.names, id.name.clone(), position);
            add(&mut self.ids, id, position);
        }
    }

    /// Forgets a resource, by the [`identities`] that it was added with.
    pub(super) fn remove(&mut self, position: usize, identities: &[ObjectId]) {
        for id in identities {
            remove(&mut self.names, &id.name, position);
            remove(&mut self.ids, id, position);
        }
    }

    /// Where the resources are that have a normalized id or had it.
    pub(super) fn by_id(&self, id: &ObjectId) -> &[usize] {
        self.ids.get(id).map_or(&[], Vec::as_slice)
    }

    /// Where the resources are that have a name or had it.
    pub(super) fn by_name(&self, name: &str) -> &[usize] {
        self.names.get(name).map_or(&[], Vec::as_slice)
    }
}

fn add<K: Eq + Hash>(positions: &mut Positions<K>, key: K, position: usize) {
    let positions = positions.entry(key).or_default();
    match positions.last() {
        // Resources are nearly always added in order.
        Some(last) if *last >= position => {
            if let Err(place) = positions.binary_search(&position) {
                positions.insert(place, position);
            }
        }
        _ => positions.push(position),
    }
}

fn remove<K: Eq + Hash>(positions: &mut Positions<K>, key: &K, position: usize) {
    if let Some(found) = positions.get_mut(key)
        && let Ok(place) = found.binary_search(&position)
    {
        found.remove(place);
    }
}
