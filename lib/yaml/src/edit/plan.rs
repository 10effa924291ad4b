//! Which bytes an edit changes: scalars replaced, children of collections inserted and removed.

use std::ops::Range;

use super::lines::Lines;
use super::locate::{Hop, Target};
use super::render::{self, Style, Surroundings};
use super::{Ambiguity, EditError, Path};
use crate::parse::{Element, Notation, Shape};
use crate::{Node, Text, Value};

/// Bytes that are replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The bytes of the original text.
    pub range: Range<usize>,
    /// What takes their place.
    pub text: String,
}

impl Change {
    pub(super) fn new(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { range, text: text.into() }
    }
}

/// A child of a collection, without the difference between items and entries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Child {
    pub(super) start: usize,
    pub(super) end: usize,
}

pub(super) fn children(collection: &Element) -> Vec<Child> {
    match &collection.shape {
        Shape::Sequence { items, .. } => {
            items.iter().map(|item| Child { start: item.start, end: item.end() }).collect()
        }
        Shape::Mapping { entries, .. } => {
            entries.iter().map(|entry| Child { start: entry.start, end: entry.end() }).collect()
        }
        Shape::Alias | Shape::Scalar => Vec::new(),
    }
}

pub(super) fn is_flow(collection: &Element) -> bool {
    match &collection.shape {
        Shape::Sequence { flow, .. } => *flow,
        Shape::Mapping { notation, .. } => *notation != Notation::Block,
        Shape::Alias | Shape::Scalar => false,
    }
}

/// Plans the changes of a document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planner<'t> {
    pub(super) lines: Lines<'t>,
    /// How much deeper than its key a list stands in this document.
    pub(super) list_indent: usize,
}

impl Planner<'_> {
    fn surroundings(self, target: &Target<'_>) -> Surroundings {
        let flow = target.hops.iter().any(|hop| is_flow(hop.collection));
        let column = match target.hops.last() {
            Some(hop) => children(hop.collection).first().map_or(0, |first| self.lines.column(first.start)),
            None => 0,
        };
        Surroundings {
            flow,
            column,
            list_indent: self.list_indent,
            comment: None,
            newline: self.lines.newline,
        }
    }

    /// Replaces a scalar.
    pub(super) fn set(self, target: &Target<'_>, path: &Path, value: &Node) -> Result<Change, EditError> {
        let text = self.lines.text;
        let (Shape::Scalar, Value::Scalar(scalar)) = (&target.element.shape, &value.value) else {
            return Err(target.wrong_kind(text, path, "scalar"));
        };
        let range = target.element.content..target.element.range.end;
        let at = Surroundings { comment: self.lines.comment_after(range.end), ..self.surroundings(target) };
        let written = render::scalar(scalar, Style::of(&text[range.clone()]), at);
        if !range.is_empty() {
            return Ok(Change::new(range, written));
        }
        // Left out: there is room behind an indicator only.
        match indicator(&target.hops) {
            None if !target.hops.is_empty() => Err(ambiguous(target, text, path, Ambiguity::Notation)),
            _ => Ok(Change::new(range, format!(" {written}"))),
        }
    }

    /// Inserts a child into a collection; an entry where there is a key.
    pub(super) fn insert(
        self,
        target: &Target<'_>,
        path: &Path,
        index: usize,
        key: Option<&Text>,
        value: &Node,
    ) -> Result<Change, EditError> {
        let text = self.lines.text;
        let element = target.element;
        if matches!(element.shape, Shape::Mapping { notation: Notation::Pair, .. }) {
            return Err(ambiguous(target, text, path, Ambiguity::Notation));
        }
        let children = children(element);
        let flow = is_flow(element);
        let column = children.first().map_or(0, |first| self.lines.column(first.start));
        let at = Surroundings {
            flow,
            column,
            list_indent: self.list_indent,
            // Another edit may remove the child that stands before it.
            comment: children.get(index).and_then(|next| self.lines.comment_after(next.end)),
            newline: self.lines.newline,
        };
        let written = match key {
            Some(key) => render::entry(key, value, at),
            None => render::item(value, at),
        };
        let newline = self.lines.newline;
        if flow {
            return Ok(match (children.get(index), children.last()) {
                (Some(next), _) => Change::new(next.start..next.start, format!("{written}, ")),
                (None, Some(last)) => Change::new(last.end..last.end, format!(", {written}")),
                (None, None) => Change::new(element.content + 1..element.content + 1, written),
            });
        }
        let indent = " ".repeat(column);
        let (offset, written) = match (children.get(index), children.last()) {
            (Some(next), _) if self.lines.is_first(next.start) => {
                (self.lines.start(next.start), format!("{indent}{written}{newline}"))
            }
            // The first one stands behind the `-` of the item that this is.
            (Some(next), _) => (next.start, format!("{written}{newline}{indent}")),
            (None, Some(last)) => {
                let offset = self.lines.behind_block(last.end, column);
                if text[..offset].ends_with('\n') {
                    (offset, format!("{indent}{written}{newline}"))
                } else {
                    (offset, format!("{newline}{indent}{written}"))
                }
            }
            (None, None) => return Err(ambiguous(target, text, path, Ambiguity::Notation)),
        };
        Ok(Change::new(offset..offset, written))
    }

    /// Removes children of a collection, given in order. `is_emptied` says that none is left or put
    /// in their place.
    pub(super) fn remove(
        self,
        target: &Target<'_>,
        path: &Path,
        removed: &[usize],
        is_emptied: bool,
    ) -> Result<Vec<Change>, EditError> {
        let text = self.lines.text;
        let element = target.element;
        if matches!(element.shape, Shape::Mapping { notation: Notation::Pair, .. }) {
            return Err(ambiguous(target, text, path, Ambiguity::Notation));
        }
        let children = children(element);
        let mut changes = Vec::new();
        for run in removed.chunk_by(|a, b| a + 1 == *b) {
            let (Some(from), Some(to)) = (run.first(), run.last()) else { continue };
            if is_flow(element) {
                changes.push(Change::new(flow_run(element, &children, *from, *to), ""));
            } else {
                self.block_run(target, path, &children, *from..=*to, is_emptied, &mut changes)?;
            }
        }
        Ok(changes)
    }

    fn block_run(
        self,
        target: &Target<'_>,
        path: &Path,
        children: &[Child],
        run: std::ops::RangeInclusive<usize>,
        is_emptied: bool,
        changes: &mut Vec<Change>,
    ) -> Result<(), EditError> {
        let (text, lines) = (self.lines.text, self.lines);
        let (first, last) = (children[*run.start()], children[*run.end()]);
        let column = lines.column(first.start);
        if lines.is_first(first.start) {
            let range = lines.start(first.start)..lines.behind_block(last.end, column);
            let change = self.emptied(target, path, is_emptied, range)?;
            changes.extend(change);
            return Ok(());
        }
        // It stands behind the `-` of the item that the collection is.
        changes.push(match children.get(run.end() + 1) {
            None if is_emptied => Change::new(first.start..last.end, empty(target.element)),
            // What is added would have no line to stand on.
            None => return Err(ambiguous(target, text, path, Ambiguity::Notation)),
            Some(next) if text[last.end..next.start].trim().is_empty() => {
                Change::new(first.start..next.start, "")
            }
            Some(_) => Change::new(first.start..lines.end(last.end), ""),
        });
        Ok(())
    }

    /// The change that removes whole lines, and what stands for a collection that is empty then.
    fn emptied(
        self,
        target: &Target<'_>,
        path: &Path,
        is_emptied: bool,
        range: Range<usize>,
    ) -> Result<Vec<Change>, EditError> {
        if !is_emptied {
            return Ok(vec![Change::new(range, "")]);
        }
        match self.mark_empty(target, path)? {
            Some(mark) => Ok(vec![mark, Change::new(range, "")]),
            None => Ok(vec![Change::new(range, format!("{}{}", empty(target.element), self.lines.newline))]),
        }
    }

    /// Writes `[]` or `{}` behind the indicator of a collection; none where that is the document.
    pub(super) fn mark_empty(self, target: &Target<'_>, path: &Path) -> Result<Option<Change>, EditError> {
        if target.element.content != target.element.range.start {
            return Err(ambiguous(target, self.lines.text, path, Ambiguity::Tagged));
        }
        let Some(indicator) = indicator(&target.hops) else { return Ok(None) };
        Ok(Some(Change::new(indicator..indicator, format!(" {}", empty(target.element)))))
    }
}

fn flow_run(element: &Element, children: &[Child], from: usize, to: usize) -> Range<usize> {
    match (children.get(to + 1), from.checked_sub(1)) {
        (Some(next), _) => children[from].start..next.start,
        (None, Some(before)) => children[before].end..children[to].end,
        (None, None) => element.content + 1..element.range.end - 1,
    }
}

fn empty(element: &Element) -> &'static str {
    if matches!(element.shape, Shape::Sequence { .. }) { "[]" } else { "{}" }
}

/// Behind the `:` or `-` that a node follows.
pub(super) fn indicator(hops: &[Hop<'_>]) -> Option<usize> {
    let hop = hops.last()?;
    match &hop.collection.shape {
        Shape::Mapping { entries, .. } => entries[hop.index].colon.map(|colon| colon + 1),
        Shape::Sequence { flow: false, items } => Some(items[hop.index].start + 1),
        _ => None,
    }
}

pub(super) fn ambiguous(target: &Target<'_>, text: &str, path: &Path, reason: Ambiguity) -> EditError {
    EditError::Ambiguous { path: path.clone(), span: target.span(text), reason }
}

/// How much deeper than its key the first list of a document stands that is a block.
pub(super) fn list_indent(lines: Lines<'_>, element: &Element) -> Option<usize> {
    match &element.shape {
        Shape::Sequence { items, .. } => items.iter().find_map(|item| list_indent(lines, &item.value)),
        Shape::Mapping { entries, .. } => entries.iter().find_map(|entry| {
            if let Shape::Sequence { flow: false, items } = &entry.value.shape
                && let Some(first) = items.first()
                && lines.is_first(first.start)
            {
                return lines
                    .column(first.start)
                    .checked_sub(lines.column(entry.start))
                    .filter(|it| *it <= 8);
            }
            list_indent(lines, &entry.value)
        }),
        Shape::Alias | Shape::Scalar => None,
    }
}
