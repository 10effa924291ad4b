//! Where each node, key and document stands in the text: byte ranges beside the tree.

use std::ops::Range;

use super::events::{Event, EventKind, Events, Indicators};
use super::text::{self, Piece};
use crate::limits::Limits;
use crate::reader::{Documents, Reader};
use crate::scan::Style;
use crate::{ParseError, Text};

/// The byte ranges of a text's documents, keys and values, which [`Node`](crate::Node)s do not
/// carry: a side table for those who change the text or underline a part of it.
#[derive(Clone, Debug)]
pub struct Layout {
    documents: Vec<DocumentLayout>,
}

/// Where a document stands.
#[derive(Clone, Debug)]
pub struct DocumentLayout {
    /// The bytes between two separators.
    pub range: Range<usize>,
    /// Its content.
    pub root: Element,
}

/// Where a node stands, and how it is written.
#[derive(Clone, Debug)]
pub struct Element {
    /// Its bytes, with anchor and tag. A value that is left out has an empty range behind its `:`
    /// or `-`. A block ends before the line break of its last line.
    pub range: Range<usize>,
    /// Where its content starts, behind anchor and tag.
    pub content: usize,
    /// Whether it has an anchor, so that aliases may repeat it.
    pub is_anchored: bool,
    /// How it is written.
    pub shape: Shape,
}

/// How a node is written.
#[derive(Clone, Debug)]
pub enum Shape {
    /// `*name`.
    Alias,
    /// A single value in any style; its first byte tells which.
    Scalar,
    /// A list.
    Sequence {
        /// Whether it stands in brackets.
        flow: bool,
        /// Its items.
        items: Vec<ItemLayout>,
    },
    /// A mapping.
    Mapping {
        /// Its notation.
        notation: Notation,
        /// Its entries, as they are written: duplicates and merge keys among them.
        entries: Vec<EntryLayout>,
    },
}

/// How a mapping is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// A line for each key.
    Block,
    /// In braces.
    Flow,
    /// `[key: value]`: an entry that is the item of a list in brackets.
    Pair,
}

/// Where an item of a list stands.
#[derive(Clone, Debug)]
pub struct ItemLayout {
    /// Its first byte: the `-` of a block list.
    pub start: usize,
    /// The item.
    pub value: Element,
}

/// Where an entry of a mapping stands.
#[derive(Clone, Debug)]
pub struct EntryLayout {
    /// Its first byte: that of the key, or of a `?` before it.
    pub start: usize,
    /// The key as it is spelled, escapes undone; none where it is no scalar.
    pub key: Option<Text>,
    /// The bytes of the key.
    pub key_range: Range<usize>,
    /// Where its `:` stands.
    pub colon: Option<usize>,
    /// Whether it is a merge key, `<<`.
    pub is_merge: bool,
    /// The value.
    pub value: Element,
}

impl Layout {
    /// Finds where everything stands, for a text that [`parse`](crate::parse) reads by the same
    /// rules. Its documents are those of `parse`, in the same order.
    ///
    /// # Errors
    /// If the text is not YAML.
    pub fn new(text: &str, reader: Reader, limits: Limits) -> Result<Self, ParseError> {
        let rules = reader.rules();
        let pieces = match rules.documents {
            Documents::First => vec![Piece::whole(text)],
            Documents::Single | Documents::KustomizeStream => text::split_as_kustomize(text)?,
            Documents::KubernetesStream => match text::split_as_kubernetes(text) {
                (_, Some(error)) => return Err(error),
                (pieces, None) => pieces,
            },
        };
        let leave_rest = rules.leaves_rest();
        let mut documents = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let marked = &text[piece.range.clone()];
            let content = text::strip_mark(marked);
            let base = piece.range.start + marked.len() - content.len();
            let mut events = Events::new(content, piece.line, limits.depth);
            events.leave_rest = leave_rest;
            if let Some(root) = (Builder { events, text: content, base, open: Vec::new() }).build()? {
                documents.push(DocumentLayout { range: piece.range, root });
            }
        }
        Ok(Self { documents })
    }

    /// The documents, in order.
    pub fn documents(&self) -> &[DocumentLayout] {
        &self.documents
    }
}

impl Element {
    /// The entry of a key, where there is one as it is spelled; the first where there are several.
    pub fn entry(&self, key: &str) -> Option<&EntryLayout> {
        let Shape::Mapping { entries, .. } = &self.shape else { return None };
        entries.iter().find(|entry| !entry.is_merge && entry.key.as_deref() == Some(key))
    }

    /// The item at an index.
    pub fn item(&self, index: usize) -> Option<&ItemLayout> {
        let Shape::Sequence { items, .. } = &self.shape else { return None };
        items.get(index)
    }
}

impl EntryLayout {
    /// The byte behind the entry.
    pub fn end(&self) -> usize {
        let colon = self.colon.map_or(0, |colon| colon + 1);
        self.value.range.end.max(self.key_range.end).max(colon)
    }
}

impl ItemLayout {
    /// The byte behind the item.
    pub fn end(&self) -> usize {
        self.value.range.end.max(self.start)
    }
}

/// A collection that is not complete.
struct Open {
    element: Element,
    /// Where it starts within the collection around it.
    start: usize,
    /// The key that waits for its value.
    key: Option<PendingKey>,
    /// The `:` before it, where it is the value of a key.
    colon: Option<usize>,
    is_block: bool,
}

struct PendingKey {
    start: usize,
    text: Option<Text>,
    range: Range<usize>,
    is_merge: bool,
}

/// A complete node on its way into its collection.
struct Complete {
    element: Element,
    /// Where it starts, with its `-`.
    start: usize,
    /// The `:` before it, where it is the value of a key.
    colon: Option<usize>,
    /// The text of a scalar, and whether it is a merge key.
    text: Option<(Text, bool)>,
}

struct Builder<'a> {
    events: Events<'a>,
    text: &'a str,
    /// Where the piece starts in the text.
    base: usize,
    open: Vec<Open>,
}

impl<'a> Builder<'a> {
    fn build(mut self) -> Result<Option<Element>, ParseError> {
        let mut root = None;
        let Some(mut event) = self.events.start()? else { return Ok(None) };
        while !matches!(event.kind, EventKind::DocumentEnd) {
            let indicators = self.events.take_indicators();
            if let Some(complete) = self.event(&event, indicators) {
                root = self.place(complete).or(root);
            }
            event = self.events.next()?;
        }
        Ok(root)
    }

    fn event(&mut self, event: &Event<'a>, indicators: Indicators) -> Option<Complete> {
        let start = event.mark.offset.min(event.content);
        let is_left_out = event.content == event.end && event.anchor.is_none() && event.tag.is_none();
        let start = self.base + if is_left_out { event.content } else { start };
        let byte = self.text.as_bytes().get(event.content).copied();
        let colon = indicators.colon.map(|colon| self.base + colon);
        let element = |shape| Element {
            range: start..self.base + event.end,
            content: self.base + event.content,
            is_anchored: event.anchor.is_some(),
            shape,
        };
        // An item of a block list starts with its dash.
        let outer = match self.open.last() {
            Some(Open { is_block: true, element: Element { shape: Shape::Sequence { .. }, .. }, .. }) => {
                self.base + indicators.dash
            }
            Some(Open { element: Element { shape: Shape::Mapping { .. }, .. }, .. }) => {
                indicators.key.map_or(start, |key| self.base + key)
            }
            _ => start,
        };
        match &event.kind {
            EventKind::Alias(_) => {
                Some(Complete { element: element(Shape::Alias), start: outer, colon, text: None })
            }
            EventKind::Scalar { value, style } => {
                let is_merge = value == "<<"
                    && match event.tag.as_deref() {
                        None | Some("!") => *style == Style::Plain,
                        Some(tag) => super::tag::is_merge(tag),
                    };
                let text = Some((Text::new(value), is_merge));
                Some(Complete { element: element(Shape::Scalar), start: outer, colon, text })
            }
            EventKind::SequenceStart => {
                let flow = byte == Some(b'[');
                let element = element(Shape::Sequence { flow, items: Vec::new() });
                self.open.push(Open { element, start: outer, key: None, colon, is_block: !flow });
                None
            }
            EventKind::MappingStart => {
                let in_flow_list = matches!(
                    self.open.last(),
                    Some(Open { element: Element { shape: Shape::Sequence { flow: true, .. }, .. }, .. })
                );
                // A pair starts at its key, without a token of its own.
                let has_brace = byte == Some(b'{') && event.end > event.content;
                let notation = match (has_brace, in_flow_list) {
                    (true, _) => Notation::Flow,
                    (false, true) => Notation::Pair,
                    (false, false) => Notation::Block,
                };
                let element = element(Shape::Mapping { notation, entries: Vec::new() });
                let is_block = notation == Notation::Block;
                self.open.push(Open { element, start: outer, key: None, colon, is_block });
                None
            }
            EventKind::End => {
                let Open { mut element, start, colon, is_block, .. } = self.open.pop()?;
                let last = match &element.shape {
                    Shape::Sequence { items, .. } => items.last().map(ItemLayout::end),
                    Shape::Mapping { entries, .. } => entries.last().map(EntryLayout::end),
                    _ => None,
                };
                let is_pair = matches!(element.shape, Shape::Mapping { notation: Notation::Pair, .. });
                element.range.end = match last {
                    Some(last) if is_block || is_pair => last,
                    _ => self.base + event.end,
                };
                Some(Complete { element, start, colon, text: None })
            }
            EventKind::DocumentEnd => None,
        }
    }

    /// Puts a complete node where it belongs. The root belongs nowhere and comes back.
    fn place(&mut self, complete: Complete) -> Option<Element> {
        let Complete { element, start, colon, text } = complete;
        let Some(open) = self.open.last_mut() else { return Some(element) };
        match &mut open.element.shape {
            Shape::Sequence { items, .. } => items.push(ItemLayout { start, value: element }),
            Shape::Mapping { entries, .. } => match open.key.take() {
                None => {
                    let (text, is_merge) = text.map_or((None, false), |(text, merge)| (Some(text), merge));
                    open.key = Some(PendingKey { start, text, range: element.range, is_merge });
                }
                Some(key) => entries.push(EntryLayout {
                    start: key.start,
                    key: key.text,
                    key_range: key.range,
                    colon,
                    is_merge: key.is_merge,
                    value: element,
                }),
            },
            Shape::Alias | Shape::Scalar => {}
        }
        None
    }
}
