//! The ordered set of resources.

use oarlock_plugin::Result;

use super::{ResId, Resource};

/// Resources in the order they were added, no two with the same current id.
#[derive(Clone, Debug, Default)]
pub struct ResMap {
    resources: Vec<Resource>,
}

impl ResMap {
    /// Adds a resource.
    ///
    /// # Errors
    /// If one with the same current id is there already.
    pub fn append(&mut self, _resource: Resource) -> Result<()> {
        todo!()
    }

    /// The resources in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Resource> {
        self.resources.iter()
    }

    /// The resources in order, to be changed.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Resource> {
        self.resources.iter_mut()
    }

    /// The resources as a list, for transformers that add, drop or reorder.
    pub fn as_mut_vec(&mut self) -> &mut Vec<Resource> {
        &mut self.resources
    }

    /// The resources whose current or any previous id is the given one.
    pub fn matching_any_id<'a>(&'a self, _id: &'a ResId) -> impl Iterator<Item = &'a Resource> {
        self.resources.iter().filter(|_| todo!())
    }
}
