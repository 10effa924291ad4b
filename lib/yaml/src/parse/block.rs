//! Text to a tree at once, for what nearly all manifests consist of: block collections with keys
//! of one line. It takes a third of the time of the way by tokens and events.
//!
//! Whatever else a text has, a mistake or a tag, makes [`read`] give up; [`Loader`] then reads it
//! from the start and says what is wrong. So rules about what is refused are in one place, and
//! those about scalars, keys and duplicates are shared. What both read is the same, places
//! included: tests compare them.
//!
//! [`Loader`]: super::load::Loader

use std::borrow::Cow;

use super::document::Document;
use super::{scalar, v2};
use crate::duplicates::{Repeated, unique};
use crate::limits::Limits;
use crate::reader::{Decoder, Rules};
use crate::scan::{Line, Mark, Scanner, Style, Word};
use crate::{Entry, Key, Mapping, Node, Scalar, ScalarKind, Value};

/// The first document of a text that starts in a line, counted from 0; none if it has to be read by
/// way of events.
pub(super) fn read(
    text: &str,
    line: u32,
    rules: Rules,
    limits: Limits,
    nodes_left: &mut usize,
) -> Option<Document> {
    let mut blocks = Blocks {
        scanner: Scanner::new(text, line, limits.depth),
        rules,
        depth: limits.depth,
        nodes_left: *nodes_left,
        open: Vec::new(),
        entries: Vec::new(),
        items: Vec::new(),
        repeated: Vec::new(),
        root: None,
    };
    blocks.document()?;
    *nodes_left = blocks.nodes_left;
    let (comments, repeated) = (blocks.scanner.take_comments(), blocks.repeated);
    blocks.root.map(|root| Document { root, comments, repeated })
}

/// What is read so far.
struct Blocks<'a> {
    scanner: Scanner<'a>,
    rules: Rules,
    depth: usize,
    nodes_left: usize,
    /// The collections that are not complete, the innermost last.
    open: Vec<Open>,
    /// Entries and items of them. A collection takes its own from the end when it is complete.
    entries: Vec<Entry>,
    items: Vec<Node>,
    repeated: Vec<Repeated>,
    root: Option<Node>,
}

/// A collection that is not complete.
struct Open {
    /// The column of its keys or dashes.
    column: usize,
    mark: Mark,
    content: Content,
}

enum Content {
    Mapping {
        /// Where its entries begin among all.
        from: usize,
        /// A key that waits for its value, and where its `:` is.
        key: Option<(Key, Mark)>,
    },
    Sequence {
        /// Where its items begin among all.
        from: usize,
        /// A dash that waits for its item.
        dash: Option<Mark>,
    },
}

impl Open {
    fn is_sequence(&self) -> bool {
        matches!(self.content, Content::Sequence { .. })
    }

    /// Whether it waits for a value.
    fn waits(&self) -> bool {
        match &self.content {
            Content::Mapping { key, .. } => key.is_some(),
            Content::Sequence { dash, .. } => dash.is_some(),
        }
    }
}

impl Blocks<'_> {
    fn document(&mut self) -> Option<()> {
        let mut line = self.scanner.next_line()?;
        if matches!(line, Line::End) {
            self.scanner.skip_document_start()?;
            line = self.scanner.next_line()?;
        }
        while let Line::Column(column) = line {
            self.line(column)?;
            line = self.scanner.next_line()?;
        }
        while !self.open.is_empty() {
            self.close()?;
        }
        self.root.is_some().then_some(())
    }

    /// A line that starts in a column.
    fn line(&mut self, column: usize) -> Option<()> {
        while self.open.last().is_some_and(|open| open.column > column) {
            self.close()?;
        }
        let starts_item = self.scanner.is_at_dash();
        // A list whose dashes stand below its key, not deeper, ends with the next key.
        if !starts_item && self.open.last().is_some_and(|open| open.column == column && open.is_sequence()) {
            self.close()?;
            let parent = self.open.last()?;
            if parent.column != column || parent.is_sequence() {
                return None;
            }
        }
        match self.open.last() {
            None if self.root.is_none() => self.node(),
            Some(open) if open.column < column && open.waits() => self.node(),
            Some(open) if open.column == column && open.is_sequence() => self.item(),
            Some(open) if open.column == column && !starts_item => self.entry(),
            // A dash below a key that waits.
            Some(open) if open.column == column && open.waits() => self.node(),
            _ => None,
        }
    }

    /// The column of the innermost collection; -1 outside of all.
    fn indent(&self) -> isize {
        self.open.last().map_or(-1, |open| isize::try_from(open.column).unwrap_or(isize::MAX))
    }

    /// A further item of the innermost list.
    fn item(&mut self) -> Option<()> {
        self.leave_empty()?;
        let mark = self.scanner.line_mark();
        let Word::Dash = self.scanner.line_start(self.indent())? else { return None };
        self.dash(mark)
    }

    /// A dash, which has been read, and what follows it.
    fn dash(&mut self, mark: Mark) -> Option<()> {
        let Content::Sequence { dash, .. } = &mut self.open.last_mut()?.content else { return None };
        *dash = Some(mark);
        if self.scanner.rest_is_empty()? { Some(()) } else { self.node() }
    }

    /// A further entry of the innermost mapping.
    fn entry(&mut self) -> Option<()> {
        self.leave_empty()?;
        let mark = self.scanner.line_mark();
        let Word::Key(text, style) = self.scanner.line_start(self.indent())? else { return None };
        self.key(text, style, mark)
    }

    /// A key, which has been read, and what follows it on its line.
    fn key(&mut self, text: &str, style: Style, mark: Mark) -> Option<()> {
        let mut colon = self.scanner.line_mark();
        colon.offset -= 1;
        colon.column -= 1;
        let new = self.key_of(text, style, mark)?;
        let Content::Mapping { key, .. } = &mut self.open.last_mut()?.content else { return None };
        *key = Some((new, colon));
        if self.scanner.rest_is_empty()? {
            return Some(());
        }
        let mark = self.scanner.line_mark();
        let word = self.scanner.line_value(self.indent())?;
        self.value(word, mark)
    }

    fn key_of(&mut self, text: &str, style: Style, mark: Mark) -> Option<Key> {
        let node = self.scalar(Cow::Borrowed(text), style, false, mark)?;
        let span = node.span;
        let Value::Scalar(Scalar { kind, text, .. }) = node.value else { return None };
        let key = Key { text, kind, span };
        if self.rules.decoder != Decoder::SigsYaml {
            return Some(key);
        }
        let key = v2::key(key);
        // JSON may not be able to hold it.
        (key.kind == ScalarKind::String).then_some(key)
    }

    /// A value where collections may begin.
    fn node(&mut self) -> Option<()> {
        let mark = self.scanner.line_mark();
        match self.scanner.line_start(self.indent())? {
            Word::Dash => {
                let from = self.items.len();
                self.begin(mark, Content::Sequence { from, dash: None })?;
                self.dash(mark)
            }
            Word::Key(text, style) => {
                let from = self.entries.len();
                self.begin(mark, Content::Mapping { from, key: None })?;
                self.key(text, style, mark)
            }
            word => self.value(word, mark),
        }
    }

    fn begin(&mut self, mark: Mark, content: Content) -> Option<()> {
        self.count()?;
        let column = usize::try_from(mark.column).ok()?;
        self.open.push(Open { column, mark, content });
        (self.open.len() <= self.depth).then_some(())
    }

    /// A value without anything in it.
    fn value(&mut self, word: Word<'_>, mark: Mark) -> Option<()> {
        let node = match word {
            Word::Scalar(value, style) => self.scalar(value, style, false, mark)?,
            Word::List(items) => {
                let items =
                    items.into_iter().map(|(value, style, mark)| self.scalar(value, style, true, mark));
                let items = items.collect::<Option<_>>()?;
                self.collection(Value::Sequence(items), mark)?
            }
            Word::NoEntries => self.collection(Value::Mapping(Mapping::default()), mark)?,
            Word::Dash | Word::Key(..) => return None,
        };
        self.place(node)
    }

    /// A collection that is written on one line.
    fn collection(&mut self, value: Value, mark: Mark) -> Option<Node> {
        self.count()?;
        (self.open.len() < self.depth).then(|| Node { value, span: mark.span() })
    }

    fn scalar(&mut self, value: Cow<'_, str>, style: Style, flow: bool, mark: Mark) -> Option<Node> {
        self.count()?;
        let loaded = scalar::decode(value, style, self.rules, flow, None, mark).ok()?;
        let is_odd = loaded.merge || self.rules.decoder == Decoder::SigsYaml && v2::is_odd(&loaded.node);
        // kustomize drops `<<` even in quotes.
        let is_odd = is_odd || loaded.node.scalar_text() == Some("<<");
        (!is_odd).then_some(loaded.node)
    }

    fn count(&mut self) -> Option<()> {
        self.nodes_left = self.nodes_left.checked_sub(1)?;
        Some(())
    }

    /// Puts a complete value where one is waited for.
    fn place(&mut self, node: Node) -> Option<()> {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::Mapping { key, .. }) => {
                let (key, _) = key.take()?;
                self.entries.push(Entry { key, value: node });
            }
            Some(Content::Sequence { dash, .. }) => {
                dash.take()?;
                self.items.push(node);
            }
        }
        Some(())
    }

    /// Where a value is waited for there is none.
    fn leave_empty(&mut self) -> Option<()> {
        let mark = match &self.open.last()?.content {
            Content::Mapping { key: Some((_, mark)), .. } | Content::Sequence { dash: Some(mark), .. } => {
                *mark
            }
            _ => return Some(()),
        };
        let node = self.scalar(Cow::Borrowed(""), Style::Plain, false, mark)?;
        self.place(node)
    }

    /// Completes the innermost collection.
    fn close(&mut self) -> Option<()> {
        self.leave_empty()?;
        let Open { mark, content, .. } = self.open.pop()?;
        let value = match content {
            Content::Sequence { from, .. } => Value::Sequence(self.items.drain(from..).collect()),
            Content::Mapping { from, .. } => {
                let entries = self.entries.drain(from..).collect();
                let entries = unique(entries, self.rules.duplicates, &mut self.repeated).ok()?;
                Value::Mapping(entries.into_iter().collect())
            }
        };
        self.place(Node { value, span: mark.span() })
    }
}

#[cfg(test)]
mod tests;
