//! The ordered set of resources.

use std::cell::OnceCell;

use oarlock_kubernetes::ObjectId;
use oarlock_plugin::{Failure, Result};

use super::Resource;
use super::index::{Index, identities};

/// Resources in the order they were added, no two with the same current id.
///
/// Look-ups by id go through an index that is built when it is first needed, follows what happens
/// to single resources, and is forgotten when all may have changed.
#[derive(Clone, Debug, Default)]
pub struct ResMap {
    resources: Vec<Resource>,
    index: OnceCell<Index>,
}

impl ResMap {
    /// Adds a resource.
    ///
    /// # Errors
    /// If one with the same current id is there already.
    pub fn append(&mut self, resource: Resource) -> Result<()> {
        let identities = identities(&resource);
        let first = identities.last().and_then(|id| self.positions_by_normalized_id(id).next());
        if let Some(first) = first {
            let mut failure = Failure::new(format!("`{}` is there already", resource.current_id()))
                .hint("give one of them another name or namespace, or name its file only once");
            if let Some(origin) = &self.resources[first].origin {
                failure = failure.note(format!("the first one is at `{origin}`"));
            }
            return Err(match resource.origin {
                Some(origin) => failure.at(origin),
                None => failure,
            });
        }
        if let Some(index) = self.index.get_mut() {
            index.add(self.resources.len(), identities);
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

    /// How many resources there are whose current id means the given one, of those for which
    /// `counts` says so.
    pub(crate) fn count_by_current_id(&self, id: &ObjectId, counts: impl Fn(usize) -> bool) -> usize {
        self.positions_by_normalized_id(&id.clone().normalized()).filter(|position| counts(*position)).count()
    }

    /// Positions of the resources whose current or any previous id means the given one.
    pub fn positions_by_any_id(&self, id: &ObjectId) -> &[usize] {
        self.index().by_id(&id.clone().normalized())
    }

    /// Positions of the resources that have a name or had it.
    pub(crate) fn positions_by_name(&self, name: &str) -> &[usize] {
        self.index().by_name(name)
    }

    /// Changes one resource.
    pub(crate) fn change<T>(&mut self, position: usize, change: impl FnOnce(&mut Resource) -> T) -> T {
        let resource = &mut self.resources[position];
        let before = self.index.get().map(|_| identities(resource));
        let result = change(resource);
        if let (Some(before), Some(index)) = (before, self.index.get_mut()) {
            let after = identities(resource);
            if after != before {
                index.remove(position, &before);
                index.add(position, after);
            }
        }
        result
    }

    /// Puts a resource in the place of another.
    pub(crate) fn replace(&mut self, position: usize, resource: Resource) {
        self.change(position, |former| *former = resource);
    }

    /// The resources whose current or any previous id means the given one.
    pub fn matching_any_id(&self, id: &ObjectId) -> impl Iterator<Item = &Resource> {
        self.positions_by_any_id(id).iter().map(|position| &self.resources[*position])
    }

    fn positions_by_normalized_id<'a>(&'a self, id: &'a ObjectId) -> impl Iterator<Item = usize> + 'a {
        let positions = self.index().by_id(id).iter().copied();
        positions.filter(move |position| self.resources[*position].current_id().normalized() == *id)
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(&self.resources))
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
