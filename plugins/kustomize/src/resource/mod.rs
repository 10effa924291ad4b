//! What is accumulated and transformed: resources, their identity, and the ordered set of them.

mod finish;
mod index;
mod inherit;
mod memory;
mod provenance;
mod read;
mod resmap;
mod selector;

pub(crate) use finish::finish;
pub(crate) use provenance::{Maker, Provenance, Step};
pub(crate) use read::{check, read};
pub use resmap::ResMap;
pub(crate) use selector::{CompiledSelector, Selector};

use oarlock_kubernetes::{Gvk, ObjectId};
use oarlock_plugin::Origin;
use oarlock_yaml::{Node, Text};

use crate::schema::Notes;

/// One Kubernetes object on its way through the build, with what the build has to remember of it.
///
/// kustomize keeps this memory in `internal.config.kubernetes.io/*` annotations of the object; here
/// it is typed and apart from it.
#[expect(clippy::struct_excessive_bools, reason = "four independent permissions and findings")]
#[derive(Clone, Debug)]
pub struct Resource {
    /// The object.
    pub object: Node,
    /// Where it was written down.
    pub origin: Option<Origin>,
    /// The identities it had before each change of its name, namespace or kind, oldest first. Read
    /// them by [`previous_ids`](Self::previous_ids).
    pub previous: Vec<ObjectId>,
    /// Name prefixes added so far, in the order they were added.
    pub prefixes: Vec<Text>,
    /// Name suffixes added so far, in the order they were added.
    pub suffixes: Vec<Text>,
    /// How a generator made it, if one did.
    pub generated: Option<Generated>,
    /// Identities of the resources that refer to it.
    pub referenced_by: Vec<ObjectId>,
    /// Names of the `vars` that take their value from it.
    pub variables: Vec<Text>,
    /// A patch may change the name of this resource (`options: {allowNameChange: true}`).
    pub allow_name_change: bool,
    /// A patch may change the kind of this resource (`options: {allowKindChange: true}`).
    pub allow_kind_change: bool,
    /// A chart made it for a namespace, which `namespace` leaves alone.
    pub(crate) keeps_namespace: bool,
    /// Where kustomize says that it comes from, kept only where `buildMetadata` asks for
    /// annotations.
    pub(crate) provenance: Option<Box<Provenance>>,
    /// Schemas in comments beside its fields.
    pub(crate) notes: Notes,
    /// An OpenAPI document of the user's says that its kind has no namespaces.
    pub(crate) made_cluster_scoped: bool,
}

/// What the build remembers of a generated ConfigMap or Secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generated {
    /// What to do about a resource of the same id.
    pub behavior: Behavior,
    /// Whether a hash of the content is added to the name at the end.
    pub needs_hash: bool,
}

/// What a generated resource does about one that is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behavior {
    /// There must be none.
    #[default]
    Create,
    /// It takes the place of the one that must be there.
    Replace,
    /// Its data are added to the one that must be there.
    Merge,
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
            variables: Vec::new(),
            allow_name_change: false,
            allow_kind_change: false,
            keeps_namespace: false,
            provenance: None,
            notes: Notes::default(),
            made_cluster_scoped: false,
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

    /// `kind`, empty where it is absent.
    pub fn kind(&self) -> &str {
        self.object.get("kind").and_then(Node::scalar_text).unwrap_or("")
    }

    /// Group, version and kind.
    pub fn gvk(&self) -> Gvk {
        let api_version = self.object.get("apiVersion").and_then(Node::scalar_text).unwrap_or("");
        Gvk::from_api_version(api_version, self.kind())
    }

    /// The identity the resource has now.
    pub fn current_id(&self) -> ObjectId {
        let (name, namespace) = (self.name().into(), self.namespace().into());
        let mut id = ObjectId { gvk: self.gvk(), name, namespace };
        if self.made_cluster_scoped {
            id.make_cluster_scoped();
        }
        id
    }

    /// Whether it is known to have no namespace.
    pub fn is_cluster_scoped(&self) -> bool {
        self.made_cluster_scoped || self.gvk().is_cluster_scoped()
    }

    /// The identity it was read with.
    pub fn original_id(&self) -> ObjectId {
        self.previous_ids().next().unwrap_or_else(|| self.current_id())
    }

    /// The identities before each change, oldest first, without the current one. Only kind, name
    /// and namespace are remembered: group and version are those of now (kustomize's `PrevIds`).
    pub fn previous_ids(&self) -> impl Iterator<Item = ObjectId> {
        let now = if self.previous.is_empty() { Gvk::default() } else { self.gvk() };
        self.previous.iter().map(move |id| {
            let gvk = Gvk { kind: id.gvk.kind.clone(), ..now.clone() };
            ObjectId { gvk, name: id.name.clone(), namespace: id.namespace.clone() }
        })
    }

    /// Remembers the identity before a change of it: kustomize's `StorePreviousId`.
    pub fn remember_id(&mut self) {
        let id = self.current_id().normalized();
        self.previous.push(id);
    }

    /// Whether kustomize would have annotations of its own on the object by now. They make
    /// `metadata.annotations` exist, which a JSON patch can tell.
    pub fn has_build_annotations(&self) -> bool {
        !self.previous.is_empty()
            || !self.prefixes.is_empty()
            || !self.suffixes.is_empty()
            || self.generated.is_some()
            || !self.referenced_by.is_empty()
            || self.allow_name_change
            || self.allow_kind_change
            || self.keeps_namespace
            || self.provenance.is_some()
    }

    /// Forgets what kustomize keeps in annotations: what happens when a patch replaces all
    /// annotations.
    pub fn forget_build_annotations(&mut self) {
        let object = std::mem::replace(&mut self.object, Node::null());
        let variables = std::mem::take(&mut self.variables);
        let (notes, made_cluster_scoped) = (std::mem::take(&mut self.notes), self.made_cluster_scoped);
        *self = Self { variables, notes, made_cluster_scoped, ..Self::new(object, self.origin.take()) };
    }
}
