//! One resource that can be referred to.

use oarlock_kubernetes::{Gvk, ObjectId};
use oarlock_yaml::Text;

use crate::resource::Resource;

/// A resource that had another identity before.
pub(super) struct Candidate {
    /// Where the resource is.
    pub(super) position: usize,
    /// The current identity.
    pub(super) id: ObjectId,
    /// The current name.
    pub(super) name: Text,
    /// The current namespace as it is written.
    pub(super) namespace: Text,
    /// The current namespace as it counts; `None` for cluster-scoped ones.
    pub(super) effective_namespace: Option<Text>,
    /// The namespace that it had at first, likewise.
    pub(super) original_namespace: Option<Text>,
    pub(super) previous: Vec<ObjectId>,
    pub(super) prefixes: Vec<Text>,
    pub(super) suffixes: Vec<Text>,
}

impl Candidate {
    pub(super) fn of(position: usize, resource: &Resource) -> Self {
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
pub(super) fn effective_namespace(id: &ObjectId) -> Option<Text> {
    (!id.is_cluster_scoped()).then(|| id.effective_namespace().into())
}
