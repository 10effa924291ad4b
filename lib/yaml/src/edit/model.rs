//! The same edits on the tree, to prove that the text means what it should.

use std::collections::HashMap;

use super::locate::Concrete;
use crate::{Mapping, Node, Text, Value, to_json};

/// What an edit does to the tree.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    Replace(Node),
    Insert { key: Option<Text>, value: Node },
    Remove,
}

/// An edit of a tree.
#[derive(Clone, Debug)]
pub(super) struct ModelEdit {
    pub(super) document: usize,
    pub(super) at: Vec<Concrete>,
    /// Where in the text, which orders what goes to one place.
    pub(super) offset: usize,
    pub(super) operation: Operation,
}

/// Applies edits, all of which count in the tree as it was. They come in the order of their places.
pub(super) fn apply(documents: &mut [Node], edits: Vec<ModelEdit>) -> Option<()> {
    // From the back, so that no index moves before it is used.
    for edit in edits.into_iter().rev() {
        let mut node = documents.get_mut(edit.document)?;
        let Some((last, way)) = edit.at.split_last() else {
            let Operation::Replace(value) = edit.operation else { return None };
            *node = value;
            continue;
        };
        for step in way {
            node = child(node, step)?;
        }
        match edit.operation {
            Operation::Replace(value) => *child(node, last)? = value,
            Operation::Remove => match &mut node.value {
                Value::Sequence(items) => drop(items.remove(last.index())),
                Value::Mapping(mapping) => drop(mapping.remove(last.key.as_deref()?)?),
                Value::Scalar(_) => return None,
            },
            // A list whose items are all commented out.
            Operation::Insert { key: None, value } if node.is_null() => {
                node.value = Value::Sequence(vec![value]);
            }
            Operation::Insert { key, value } => match (&mut node.value, key) {
                (Value::Sequence(items), None) => items.insert(last.index(), value),
                (Value::Mapping(mapping), Some(key)) => drop(mapping.insert(key, value)),
                _ => return None,
            },
        }
    }
    Some(())
}

fn child<'n>(node: &'n mut Node, step: &Concrete) -> Option<&'n mut Node> {
    match &mut node.value {
        Value::Sequence(items) => items.get_mut(step.index()),
        Value::Mapping(mapping) => mapping.get_mut(step.key.as_deref()?),
        Value::Scalar(_) => None,
    }
}

/// Whether two trees mean the same: the order of keys and the spelling of numbers do not count.
pub(super) fn same(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::Scalar(left), Value::Scalar(right)) => {
            left == right || matches!((to_json(a), to_json(b)), (Ok(a), Ok(b)) if a == b)
        }
        (Value::Sequence(a), Value::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Mapping(a), Value::Mapping(b)) => a.len() == b.len() && same_entries(a, b),
        _ => false,
    }
}

fn same_entries(a: &Mapping, b: &Mapping) -> bool {
    if a.iter().zip(b).all(|(a, b)| a.key == b.key) {
        return a.iter().zip(b).all(|(a, b)| same(&a.value, &b.value));
    }
    let others: HashMap<&str, &Node> =
        b.iter().map(|entry| (entry.key.text.as_str(), &entry.value)).collect();
    a.iter().all(|entry| others.get(entry.key.text.as_str()).is_some_and(|other| same(&entry.value, other)))
}
