//! The kustomization file: its fields, how it is found, read and checked.

mod fields;
mod legacy;
mod names;
mod read;
mod texts;

pub(crate) use fields::{Fields, HelmChart, HelmGlobals};
pub(crate) use names::tidy;
pub(crate) use read::{FILE_NAMES, find};

use std::rc::Rc;

use oarlock_plugin::{Origin, TreePath};
use oarlock_yaml::{Node, Span};

/// What a kustomization file declares to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Resources with customisations of their own.
    Kustomization,
    /// Customisations for the resources of the kustomization that includes it.
    Component,
}

/// A kustomization file that has been read, with deprecated fields moved to those that replace
/// them.
#[derive(Clone, Debug)]
pub(crate) struct Kustomization {
    /// The file.
    pub file: TreePath,
    /// What it declares to be.
    pub kind: Kind,
    /// The paths of `resources` and, after them, of `bases`.
    pub resources: Vec<Located>,
    /// The paths of `components`.
    pub components: Vec<Located>,
    /// The entries of `generators`: paths, or objects written in place.
    pub generators: Vec<Located>,
    /// The entries of `transformers`: paths, or objects written in place.
    pub transformers: Vec<Located>,
    /// The entries of `validators`: paths, or objects written in place.
    pub validators: Vec<Located>,
    /// The paths of `crds`.
    pub crds: Vec<Located>,
    /// The paths of `configurations`.
    pub configurations: Vec<Located>,
    /// All other fields.
    pub fields: Fields,
    /// The file's content, for places.
    node: Rc<Node>,
}

/// An entry of a list and its place.
#[derive(Clone, Debug)]
pub(crate) struct Located {
    /// The entry.
    pub text: String,
    /// Where it stands.
    pub origin: Origin,
}

impl Kustomization {
    /// The name of the file without its directory.
    pub(crate) fn file_name(&self) -> &str {
        self.file.file_name().unwrap_or_default()
    }

    /// The place of a field, or the file where it is absent.
    pub(crate) fn origin_of(&self, field: &str) -> Origin {
        origin(&self.file, self.node.get(field).map_or_else(Span::default, |value| value.span))
    }

    /// The value of a field, as it is written.
    pub(crate) fn node_of(&self, field: &str) -> Option<&Node> {
        self.node.get(field)
    }

    /// Takes the places of the entries of a list whose order has changed for unknown.
    pub(crate) fn forget_places(&mut self, field: &str) {
        if let Some(mapping) = Rc::make_mut(&mut self.node).as_mapping_mut() {
            mapping.remove(field);
        }
    }

    /// The place of an entry of a list, or that of the list.
    pub(crate) fn origin_of_entry(&self, field: &str, index: usize) -> Origin {
        match self.node.get(field).and_then(Node::as_sequence).and_then(|entries| entries.get(index)) {
            Some(entry) => origin(&self.file, entry.span),
            None => self.origin_of(field),
        }
    }
}

/// A place in a file.
pub(crate) fn origin(file: &TreePath, span: Span) -> Origin {
    Origin::at(file.as_str(), span.line, span.column)
}
