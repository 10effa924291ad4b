//! From a path to a place in text and tree.

use super::{Ambiguity, EditError, Path, Step};
use crate::parse::{Element, EntryLayout, Shape, place};
use crate::{Node, Span, Text, Value};

/// A node of the text, and the way to it.
#[derive(Clone, Debug)]
pub(super) struct Target<'e> {
    pub(super) element: &'e Element,
    pub(super) node: &'e Node,
    /// The collections on the way, and which of their children is on it.
    pub(super) hops: Vec<Hop<'e>>,
}

/// A collection on the way to a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hop<'e> {
    pub(super) collection: &'e Element,
    pub(super) index: usize,
}

/// A step of the way that is the same for every reader: where in its collection, and the key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Concrete {
    /// Twice the index, and one more, so that there is a number for what goes between two children.
    pub(super) position: usize,
    pub(super) key: Option<Text>,
}

impl Concrete {
    pub(super) fn child(index: usize, key: Option<Text>) -> Self {
        Self { position: 2 * index + 1, key }
    }

    pub(super) fn before(index: usize, key: Option<Text>) -> Self {
        Self { position: 2 * index, key }
    }

    pub(super) fn index(&self) -> usize {
        self.position / 2
    }
}

impl<'e> Target<'e> {
    /// The steps of the way.
    pub(super) fn concrete(&self) -> Vec<Concrete> {
        let step = |hop: &Hop<'e>| match &hop.collection.shape {
            Shape::Mapping { entries, .. } => Concrete::child(hop.index, entries[hop.index].key.clone()),
            _ => Concrete::child(hop.index, None),
        };
        self.hops.iter().map(step).collect()
    }

    pub(super) fn span(&self, text: &str) -> Span {
        place(text, self.element.range.start.min(text.len()))
    }

    /// What is needed of the node, or why not.
    pub(super) fn wrong_kind(&self, text: &str, path: &Path, expected: &'static str) -> EditError {
        let found = self.node.kind_name();
        EditError::WrongKind { path: path.clone(), span: self.span(text), expected, found }
    }

    /// Refuses a node that has anchors within.
    pub(super) fn check_no_anchor_within(&self, text: &str, path: &Path) -> Result<(), EditError> {
        match anchor_within(self.element) {
            None => Ok(()),
            Some(offset) => Err(EditError::Anchored { path: path.clone(), span: place(text, offset) }),
        }
    }
}

fn anchor_within(element: &Element) -> Option<usize> {
    if element.is_anchored {
        return Some(element.range.start);
    }
    match &element.shape {
        Shape::Sequence { items, .. } => items.iter().find_map(|item| anchor_within(&item.value)),
        Shape::Mapping { entries, .. } => entries.iter().find_map(|entry| anchor_within(&entry.value)),
        Shape::Alias | Shape::Scalar => None,
    }
}

/// Follows a path, and refuses ways through aliases, anchors and merge keys.
pub(super) fn locate<'e>(
    text: &str,
    element: &'e Element,
    node: &'e Node,
    path: &Path,
) -> Result<Target<'e>, EditError> {
    let mut target = Target { element, node, hops: Vec::new() };
    let mut so_far = Path::root();
    check(text, &target, &so_far)?;
    for step in path.steps() {
        let next = so_far.clone().step(step.clone());
        let (index, element, node) = match step {
            Step::Key(key) => {
                let Shape::Mapping { entries, .. } = &target.element.shape else {
                    return Err(target.wrong_kind(text, &so_far, "mapping"));
                };
                entry(text, &target, entries, key, &next)?
            }
            step => {
                let Shape::Sequence { items, .. } = &target.element.shape else {
                    return Err(target.wrong_kind(text, &so_far, "list"));
                };
                let nodes = target.node.as_sequence().unwrap_or_default();
                let mut found = nodes.iter().enumerate().filter(|(at, node)| matches(step, *at, node));
                let missing = || EditError::NotFound { path: next.clone(), span: target.span(text) };
                let (index, node) = found.next().ok_or_else(missing)?;
                let item = items.get(index).ok_or_else(missing)?;
                if let Some((other, _)) = found.next() {
                    let span = place(text, items.get(other).map_or(item.start, |item| item.start));
                    let reason = Ambiguity::SeveralItems;
                    return Err(EditError::Ambiguous { path: next, span, reason });
                }
                (index, &item.value, node)
            }
        };
        target.hops.push(Hop { collection: target.element, index });
        (target.element, target.node, so_far) = (element, node, next);
        check(text, &target, &so_far)?;
    }
    Ok(target)
}

/// Whether an item of a list is the one that a step means.
pub(super) fn matches(step: &Step, index: usize, item: &Node) -> bool {
    match step {
        Step::Key(_) => false,
        Step::Index(at) => *at == index,
        Step::Item { field, value } => item.get(field).and_then(Node::scalar_text) == Some(value.as_str()),
        Step::Value(value) => item.scalar_text() == Some(value.as_str()),
    }
}

fn entry<'e>(
    text: &str,
    target: &Target<'e>,
    entries: &'e [EntryLayout],
    key: &str,
    path: &Path,
) -> Result<(usize, &'e Element, &'e Node), EditError> {
    let is_it = |entry: &&EntryLayout| !entry.is_merge && entry.key.as_deref() == Some(key);
    let missing = || EditError::NotFound { path: path.clone(), span: target.span(text) };
    let node = target.node.get(key);
    let Some((index, entry)) = entries.iter().enumerate().find(|(_, entry)| is_it(entry)) else {
        return Err(match node {
            Some(_) => EditError::Merged { path: path.clone(), span: target.span(text) },
            None => missing(),
        });
    };
    if let Some(other) = entries[index + 1..].iter().find(is_it) {
        let span = place(text, other.start);
        return Err(EditError::Ambiguous { path: path.clone(), span, reason: Ambiguity::KeyTwice });
    }
    Ok((index, &entry.value, node.ok_or_else(missing)?))
}

fn check(text: &str, target: &Target<'_>, path: &Path) -> Result<(), EditError> {
    let span = || target.span(text);
    if matches!(target.element.shape, Shape::Alias) {
        return Err(EditError::Alias { path: path.clone(), span: span() });
    }
    if target.element.is_anchored {
        return Err(EditError::Anchored { path: path.clone(), span: span() });
    }
    // The tree has aliases and merge keys expanded, so that it is where the two could part.
    let same = match &target.element.shape {
        Shape::Sequence { items, .. } => target.node.as_sequence().is_some_and(|it| it.len() == items.len()),
        Shape::Mapping { .. } => matches!(target.node.value, Value::Mapping(_)),
        Shape::Scalar | Shape::Alias => matches!(target.node.value, Value::Scalar(_)),
    };
    if same { Ok(()) } else { Err(EditError::Unsafe { path: path.clone(), span: span() }) }
}
