//! Types ready to check values against: those of Kubernetes and of custom kinds alike.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::scalar::Scalar;

/// The number of a node among those of its [`Nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Id(usize);

/// Nodes, which refer to each other by number, since types may contain themselves.
#[derive(Debug, Default)]
pub(crate) struct Nodes(Vec<Node>);

/// What is asked of a value.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) shape: Shape,
    pub(crate) null: Null,
    /// The values that are allowed, if not all of the type are.
    pub(crate) allowed: Option<Vec<Value>>,
}

/// What a `null` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Null {
    /// Types of Kubernetes: as if the field was absent. As an item or the value of a map it becomes
    /// an empty value.
    Absent,
    /// Custom kinds, `nullable`: a value like others.
    Allowed,
    /// Custom kinds with a default: the default takes its place.
    Defaulted,
    /// Custom kinds: refused.
    Refused,
}

#[derive(Debug)]
pub(crate) enum Shape {
    /// Any value.
    Any,
    /// An object with fields.
    Object(Object),
    /// An object of which each value is of one type.
    Map(Id),
    List(List),
    Scalar(Scalar),
    /// One of these, by the JSON type of the value.
    Either(Vec<Id>),
    /// Kubernetes' `ObjectMeta`, in custom kinds.
    Metadata,
}

#[derive(Debug, Default)]
pub(crate) struct Object {
    pub(crate) fields: BTreeMap<Box<str>, Field>,
    pub(crate) others: Others,
    /// Fields that other versions of Kubernetes have: which.
    pub(crate) elsewhere: BTreeMap<Box<str>, Box<str>>,
}

/// Fields without a type of their own.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Others {
    /// They are faults.
    #[default]
    Unknown,
    /// They are kept as they are.
    Any,
    /// They are of this type.
    Each(Id),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) node: Id,
    pub(crate) is_required: bool,
}

#[derive(Debug)]
pub(crate) struct List {
    pub(crate) items: Id,
    pub(crate) identity: Identity,
}

/// What two items of a list must not have in common.
#[derive(Debug, Default)]
pub(crate) enum Identity {
    #[default]
    None,
    /// Their value.
    Value,
    /// The values of these fields, each with its default.
    Keys(Vec<(Box<str>, Option<Value>)>),
}

impl Nodes {
    pub(crate) fn get(&self, id: Id) -> &Node {
        &self.0[id.0]
    }

    pub(crate) fn add(&mut self, node: Node) -> Id {
        self.0.push(node);
        Id(self.0.len() - 1)
    }

    pub(crate) fn replace(&mut self, id: Id, node: Node) {
        self.0[id.0] = node;
    }
}

impl Node {
    /// A node of Kubernetes' own types.
    pub(crate) fn built_in(shape: Shape) -> Self {
        Self { shape, null: Null::Absent, allowed: None }
    }
}
