//! What is accumulated and transformed: resources, their identity, and the ordered set of them.

mod id;
mod resmap;

pub use id::{Gvk, ResId};
pub use resmap::ResMap;

use oarlock_plugin::Origin;
use oarlock_yaml::{Node, Text};

use crate::generate::GeneratorOptions;

/// One Kubernetes object on its way through the build, with what the build has to remember of it.
///
/// kustomize keeps this memory in `internal.config.kubernetes.io/*` annotations of the object; here it is typed and apart from it.
#[derive(Clone, Debug)]
pub struct Resource {
    /// The object.
    pub object: Node,
    /// Where it was written down.
    pub origin: Option<Origin>,
    /// The identities it had before each change of its name, namespace or kind, oldest first.
    pub previous: Vec<ResId>,
    /// Name prefixes added so far, in the order they were added.
    pub prefixes: Vec<Text>,
    /// Name suffixes added so far, in the order they were added.
    pub suffixes: Vec<Text>,
    /// How a generator made it, if one did.
    pub generated: Option<GeneratorOptions>,
    /// Identities of the resources that refer to it.
    pub referenced_by: Vec<ResId>,
    /// A patch may change the name of this resource (`options: {allowNameChange: true}`).
    pub allow_name_change: bool,
    /// A patch may change the kind of this resource (`options: {allowKindChange: true}`).
    pub allow_kind_change: bool,
}

impl Resource {
    /// A resource as it was read.
    pub fn new(object: Node, origin: Option<Origin>) -> Self {
        Self {
            object,
            origin,
            previous: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            generated: None,
            referenced_by: Vec::new(),
            allow_name_change: false,
            allow_kind_change: false,
        }
    }

    /// `metadata.name`, empty where it is absent.
    pub fn name(&self) -> &str {
        self.object.at(&["metadata", "name"]).and_then(Node::scalar_text).unwrap_or("")
    }

    /// `metadata.namespace`, empty where it is absent.
    pub fn namespace(&self) -> &str {
        self.object.at(&["metadata", "namespace"]).and_then(Node::scalar_text).unwrap_or("")
    }

    /// Group, version and kind.
    pub fn gvk(&self) -> Gvk {
        let text = |key| self.object.get(key).and_then(Node::scalar_text).unwrap_or("");
        Gvk::from_api_version(text("apiVersion"), text("kind"))
    }

    /// The identity the resource has now.
    pub fn current_id(&self) -> ResId {
        ResId { gvk: self.gvk(), name: self.name().into(), namespace: self.namespace().into() }
    }

    /// The identity it was read with.
    pub fn original_id(&self) -> ResId {
        self.previous.first().cloned().unwrap_or_else(|| self.current_id())
    }

    /// The identity before the last change, if there was one: kustomize's `PrevIds`, newest last, without the current one.
    pub fn remember_id(&mut self) {
        let id = self.current_id();
        self.previous.push(id);
    }
}
