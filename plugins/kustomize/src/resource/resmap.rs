//! The ordered set of resources.

use std::cell::OnceCell;
use std::collections::HashMap;

use oarlock_plugin::{Failure, Result};

use oarlock_yaml::Text;

use super::{ResId, Resource};

/// Resources in the order they were added, no two with the same current id.
///
/// Look-ups by id go through an index that is built when it is first needed and forgotten when resources may have changed.
#[derive(Clone, Debug, Default)]
pub struct ResMap {
    resources: Vec<Resource>,
    index: OnceCell<Index>,
}

/// Positions by [normalized](ResId::normalized) id.
#[derive(Clone, Debug, Default)]
struct Index {
    current: HashMap<ResId, Vec<usize>>,
    any: HashMap<ResId, Vec<usize>>,
    /// By the names of all ids.
    names: HashMap<Text, Vec<usize>>,
}

impl Index {
    fn add(&mut self, position: usize, resource: &Resource) {
        let id = resource.current_id().normalized();
        for name in resource.previous.iter().map(|id| &id.name).chain([&id.name]) {
            let positions = self.names.entry(name.clone()).or_default();
            if positions.last() != Some(&position) {
                positions.push(position);
            }
        }
        for previous in resource.previous_ids() {
            let positions = self.any.entry(previous.normalized()).or_default();
            if positions.last() != Some(&position) {
                positions.push(position);
            }
        }
        let positions = self.any.entry(id.clone()).or_default();
        if positions.last() != Some(&position) {
            positions.push(position);
        }
        self.current.entry(id).or_default().push(position);
    }
}

impl ResMap {
    /// Adds a resource.
    ///
    /// # Errors
    /// If one with the same current id is there already.
    pub fn append(&mut self, resource: Resource) -> Result<()> {
        let id = resource.current_id().normalized();
        if let Some(first) = self.index().current.get(&id).and_then(|positions| positions.first()) {
            let mut failure = Failure::new(format!("`{}` is there already", resource.current_id()))
                .hint("give one of them another name or namespace, or name its file only once");
            if let Some(origin) = &self.resources[*first].origin {
                failure = failure.note(format!("the first one is at `{origin}`"));
            }
            return Err(match resource.origin {
                Some(origin) => failure.at(origin),
                None => failure,
            });
        }
        self.index();
        if let Some(index) = self.index.get_mut() {
            index.add(self.resources.len(), &resource);
        }
        self.resources.push(resource);
        Ok(())
    }

    /// Adds resources in order.
    ///
    /// # Errors
    /// If one has the current id of another.
    pub fn append_all(&mut self, resources: impl IntoIterator<Item = Resource>) -> Result<()> {
        resources.into_iter().try_for_each(|resource| self.append(resource))
    }

    /// How many resources there are.
    pub fn len(&self) -> usize {
        self.resources.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// The resources in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Resource> {
        self.resources.iter()
    }

    /// The resources in order, to be changed.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Resource> {
        self.index.take();
        self.resources.iter_mut()
    }

    /// The resources in order.
    pub fn as_slice(&self) -> &[Resource] {
        &self.resources
    }

    /// The resources as a list, for transformers that add, drop or reorder.
    pub fn as_mut_vec(&mut self) -> &mut Vec<Resource> {
        self.index.take();
        &mut self.resources
    }

    /// The resources as a list.
    pub fn into_vec(self) -> Vec<Resource> {
        self.resources
    }

    /// Positions of the resources whose current id means the given one.
    pub fn positions_by_current_id(&self, id: &ResId) -> &[usize] {
        self.index().current.get(&id.clone().normalized()).map_or(&[], Vec::as_slice)
    }

    /// Positions of the resources whose current or any previous id means the given one.
    pub fn positions_by_any_id(&self, id: &ResId) -> &[usize] {
        self.index().any.get(&id.clone().normalized()).map_or(&[], Vec::as_slice)
    }

    /// Positions of the resources that have a name or had it.
    pub(crate) fn positions_by_name(&self, name: &str) -> &[usize] {
        self.index().names.get(name).map_or(&[], Vec::as_slice)
    }

    /// Changes one resource. The index stays if the identity does.
    pub(crate) fn change<T>(&mut self, position: usize, change: impl FnOnce(&mut Resource) -> T) -> T {
        let resource = &mut self.resources[position];
        let (id, former) = (resource.current_id(), resource.previous.len());
        let result = change(resource);
        // To remember an id that the resource still has adds nothing to the index.
        if resource.previous.len() < former || resource.current_id() != id {
            self.index.take();
        }
        result
    }

    /// The resources whose current or any previous id means the given one.
    pub fn matching_any_id(&self, id: &ResId) -> impl Iterator<Item = &Resource> {
        self.positions_by_any_id(id).iter().map(|position| &self.resources[*position])
    }

    /// One resource, to be changed. Its id must stay, or the index would lie: use [`as_mut_vec`](Self::as_mut_vec) for all else.
    pub(crate) fn replace(&mut self, position: usize, resource: Resource) {
        self.index.take();
        self.resources[position] = resource;
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let mut index = Index::default();
            for (position, resource) in self.resources.iter().enumerate() {
                index.add(position, resource);
            }
            index
        })
    }
}

impl IntoIterator for ResMap {
    type Item = Resource;
    type IntoIter = std::vec::IntoIter<Resource>;

    fn into_iter(self) -> Self::IntoIter {
        self.resources.into_iter()
    }
}

impl<'a> IntoIterator for &'a mut ResMap {
    type Item = &'a mut Resource;
    type IntoIter = std::slice::IterMut<'a, Resource>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<'a> IntoIterator for &'a ResMap {
    type Item = &'a Resource;
    type IntoIter = std::slice::Iter<'a, Resource>;

    fn into_iter(self) -> Self::IntoIter {
        self.resources.iter()
    }
}
