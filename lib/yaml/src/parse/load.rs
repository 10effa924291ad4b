//! Events to a tree: anchors, merge keys, duplicate keys, limits.

use std::collections::HashMap;
use std::ops::Range;

use super::document::Document;
use super::events::{Event, EventKind, Events};
use super::loaded::{Loaded, not_a_key};
use super::{merge, scalar, v2};
use crate::duplicates::{self, Repeated};
use crate::limits::Limits;
use crate::reader::{Decoder, Rules};
use crate::scan::Mark;
use crate::{Entry, Key, Node, ParseError, Scalar, ScalarKind, Text, Value};

/// A collection that is not complete.
struct Open<'a> {
    mark: Mark,
    anchor: Option<&'a str>,
    /// How many nodes there were when it began.
    nodes_before: usize,
    /// How many levels of collections it holds so far, itself among them.
    height: usize,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping(OpenMapping),
}

/// A mapping that is not complete.
struct OpenMapping {
    entries: Vec<Entry>,
    /// Which of the entries a merge key brought in, as go-yaml v2 places them among the others.
    spliced: Vec<Range<usize>>,
    key: Slot,
    merged: Option<Node>,
}

impl OpenMapping {
    const NEW: Self = Self { entries: Vec::new(), spliced: Vec::new(), key: Slot::Key, merged: None };

    /// The keys that are written twice; one that a merge key brings in is not written.
    fn repeated(&self) -> Vec<Repeated> {
        let is_spliced = |index: usize| {
            let next = self.spliced.partition_point(|range| range.end <= index);
            self.spliced.get(next).is_some_and(|range| range.contains(&index))
        };
        let own = self.entries.iter().enumerate().filter(|(index, _)| !is_spliced(*index));
        let own: Vec<&Entry> = own.map(|(_, entry)| entry).collect();
        duplicates::repeated(own.iter().copied()).collect()
    }
}

/// What a mapping waits for.
enum Slot {
    Key,
    Value(Key),
    Merge,
}

/// What an anchor names.
enum Anchored {
    /// A collection that is not complete: an alias of it would be endless.
    Open,
    /// A node, how many nodes it is, and how many levels of collections.
    Node { node: Node, size: usize, height: usize },
}

/// Builds the tree of one document.
pub(super) struct Loader<'a, 'n> {
    events: Events<'a>,
    limits: Limits,
    rules: Rules,
    /// Whether this is how `sigs.k8s.io/yaml` reads, over go-yaml v2.
    v2: bool,
    /// The keys so far that a mapping has twice.
    repeated: Vec<Repeated>,
    /// What go-yaml v2 minds only when it has parsed the whole document.
    undecodable: Option<ParseError>,
    /// Whether something was seen that JSON cannot hold. A later key may take its place.
    odd: bool,
    /// How many more nodes the stream may have.
    nodes_left: &'n mut usize,
    open: Vec<Open<'a>>,
    anchors: HashMap<&'a str, Anchored>,
}

impl<'a, 'n> Loader<'a, 'n> {
    /// A loader of a text that starts in a line, counted from 0.
    pub(super) fn new(
        text: &'a str,
        line: u32,
        rules: Rules,
        limits: Limits,
        nodes_left: &'n mut usize,
    ) -> Self {
        let mut events = Events::new(text, line, limits.depth);
        let v2 = rules.decoder == Decoder::SigsYaml;
        events.leave_rest = rules.leaves_rest();
        let (open, anchors, repeated) = (Vec::new(), HashMap::new(), Vec::new());
        let (undecodable, odd) = (None, false);
        Self { events, limits, rules, v2, repeated, undecodable, odd, nodes_left, open, anchors }
    }

    /// The document, if there is one.
    pub(super) fn load(mut self) -> Result<Option<Document>, ParseError> {
        let mut root = None;
        let Some(mut event) = self.events.start()? else { return Ok(None) };
        loop {
            if let Some(loaded) = self.event(event)? {
                match self.place(loaded)? {
                    None => {}
                    Some(node) => root = Some(node),
                }
            }
            event = self.events.next()?;
            if matches!(event.kind, EventKind::DocumentEnd) {
                if let Some(error) = self.undecodable {
                    return Err(error);
                }
                if self.odd
                    && let Some(error) = root.as_ref().and_then(v2::not_json)
                {
                    return Err(error);
                }
                let comments = self.events.take_comments();
                let repeated = self.repeated;
                return Ok(root.map(|root| Document { root, comments, repeated }));
            }
        }
    }

    /// Takes an event; a node where one is complete.
    fn event(&mut self, event: Event<'a>) -> Result<Option<Loaded>, ParseError> {
        match event.kind {
            EventKind::Alias(name) => match self.alias(name, event.mark) {
                // go-yaml finds out when it decodes.
                Err(error) if self.v2 && matches!(self.anchors.get(name), Some(Anchored::Open)) => {
                    self.undecodable.get_or_insert(error);
                    Ok(Some(Loaded { node: Node::null(), merge: false, height: 0 }))
                }
                alias => alias.map(Some),
            },
            EventKind::Scalar { value, style } => {
                self.count(1, event.mark)?;
                let flow = self.events.in_flow();
                let loaded = scalar::decode(value, style, self.rules, flow, event.tag.as_deref(), event.mark);
                let loaded = if self.v2 {
                    self.odd |= loaded.as_ref().is_ok_and(|loaded| v2::is_odd(&loaded.node));
                    loaded.unwrap_or_else(|error| {
                        self.undecodable.get_or_insert(error);
                        Loaded { node: Node::null(), merge: false, height: 0 }
                    })
                } else {
                    loaded?
                };
                if let Some(anchor) = event.anchor {
                    self.anchors
                        .insert(anchor, Anchored::Node { node: loaded.node.clone(), size: 1, height: 0 });
                }
                Ok(Some(loaded))
            }
            EventKind::SequenceStart => self.begin(&event, Content::Sequence(Vec::new())).map(|()| None),
            EventKind::MappingStart => self.begin(&event, Content::Mapping(OpenMapping::NEW)).map(|()| None),
            EventKind::End => self.end().map(Some),
            EventKind::DocumentEnd => Ok(None),
        }
    }

    /// Whether the next node is a key.
    fn wants_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open { content: Content::Mapping(OpenMapping { key: Slot::Key, .. }), .. })
        )
    }

    fn begin(&mut self, event: &Event<'a>, content: Content) -> Result<(), ParseError> {
        self.count(1, event.mark)?;
        if self.open.len() >= self.limits.depth {
            return Err(ParseError::too_deep(self.limits.depth, event.mark.span()));
        }
        if self.wants_key() && !self.v2 {
            return Err(not_a_key(event.mark.span()));
        }
        if let Some(anchor) = event.anchor {
            self.anchors.insert(anchor, Anchored::Open);
        }
        let nodes_before = *self.nodes_left + 1;
        self.open.push(Open { mark: event.mark, anchor: event.anchor, nodes_before, height: 1, content });
        Ok(())
    }

    fn end(&mut self) -> Result<Loaded, ParseError> {
        let open = self.open.pop().expect("an end follows a beginning");
        let value = match open.content {
            Content::Sequence(items) => Value::Sequence(items),
            Content::Mapping(mapping) => {
                let (rule, noted) = (self.rules.duplicates, &mut self.repeated);
                let mut entries = if mapping.spliced.is_empty() {
                    duplicates::unique(mapping.entries, rule, noted)?
                } else {
                    let twice = mapping.repeated();
                    duplicates::without_repeated(mapping.entries, twice, rule, noted)?
                };
                let merged = mapping.merged;
                // kyaml clears the merge key by its name, and with it a quoted `"<<"` that merges
                // nothing.
                if self.rules.rewritten {
                    entries.retain(|entry| entry.key.text != "<<");
                }
                Value::Mapping(match merged {
                    None => entries.into_iter().collect(),
                    Some(merged) => merge::expand(entries, merged)?,
                })
            }
        };
        let node = Node { value, span: open.mark.span() };
        if let Some(anchor) = open.anchor {
            let size = open.nodes_before - *self.nodes_left;
            self.count(size, open.mark)?;
            self.anchors.insert(anchor, Anchored::Node { node: node.clone(), size, height: open.height });
        }
        Ok(Loaded { node, merge: false, height: open.height })
    }

    /// Puts a complete node where it belongs. The root belongs nowhere and comes back.
    fn place(&mut self, loaded: Loaded) -> Result<Option<Node>, ParseError> {
        let Loaded { mut node, merge, height } = loaded;
        let is_key = self.wants_key();
        if let Value::Scalar(Scalar { kind: kind @ ScalarKind::Null, text, quoted }) = &mut node.value
            && text.is_empty()
            && self.rules.rewritten
        {
            // kustomize writes every object as YAML and reads it back before it prints. An empty
            // key comes back as text; so does a value left out of a flow collection, which is
            // marked for that, see `Node::is_left_out`.
            if is_key {
                *kind = ScalarKind::String;
            } else {
                *quoted = self.events.in_flow();
            }
        }
        let Some(open) = self.open.last_mut() else { return Ok(Some(node)) };
        open.height = open.height.max(height + 1);
        match &mut open.content {
            Content::Sequence(items) => items.push(node),
            Content::Mapping(OpenMapping { entries, spliced, key, merged }) => {
                match std::mem::replace(key, Slot::Key) {
                    Slot::Key if merge => {
                        if merged.is_some() && !self.v2 {
                            return Err(ParseError::new("a second `<<` in one mapping", node.span)
                                .hint("let one `<<` be followed by a list of aliases: `<<: [*a, *b]`"));
                        }
                        *key = Slot::Merge;
                    }
                    Slot::Key => {
                        let span = node.span;
                        let scalar = match node.value {
                            Value::Scalar(scalar) => scalar,
                            _ if self.v2 => {
                                self.undecodable.get_or_insert_with(|| v2::complex_key(&node));
                                Scalar { kind: ScalarKind::String, text: Text::new(""), quoted: true }
                            }
                            _ => return Err(not_a_key(open.mark.span())),
                        };
                        let new = Key { text: scalar.text, kind: scalar.kind, span };
                        *key = Slot::Value(if self.v2 { v2::key(new) } else { new });
                    }
                    Slot::Value(key) => {
                        self.odd |= self.v2 && key.kind != ScalarKind::String;
                        entries.push(Entry { key, value: node });
                    }
                    Slot::Merge if self.v2 => {
                        let before = entries.len();
                        if let Err(error) = v2::merge(entries, node) {
                            self.undecodable.get_or_insert(error);
                        }
                        spliced.push(before..entries.len());
                    }
                    Slot::Merge => *merged = Some(node),
                }
            }
        }
        Ok(None)
    }

    fn alias(&mut self, name: &str, mark: Mark) -> Result<Loaded, ParseError> {
        let (size, height) = match self.anchors.get(name) {
            Some(Anchored::Node { size, height, .. }) => (*size, *height),
            Some(Anchored::Open) => {
                return Err(ParseError::new("this alias stands within the value that it names", mark.span())
                    .upstream(format!("anchor '{name}' value contains itself"), 0));
            }
            None => {
                // The name is not shown: a password that begins with `*` is read as an alias, too.
                return Err(ParseError::new("no anchor of this name stands before this alias", mark.span())
                    .hint("put text that starts with `*` in quotes")
                    .upstream(format!("unknown anchor '{name}' referenced"), 0));
            }
        };
        // Before anything is copied.
        self.count(size, mark)?;
        if self.open.len() + height > self.limits.depth {
            return Err(ParseError::too_deep(self.limits.depth, mark.span()));
        }
        let mut node = match self.anchors.get(name) {
            Some(Anchored::Node { node, .. }) => node.clone(),
            _ => Node::null(),
        };
        node.span = mark.span();
        Ok(Loaded { node, merge: false, height })
    }

    fn count(&mut self, nodes: usize, mark: Mark) -> Result<(), ParseError> {
        match self.nodes_left.checked_sub(nodes) {
            Some(left) => *self.nodes_left = left,
            None => return Err(ParseError::too_many(self.limits.nodes, mark.span())),
        }
        Ok(())
    }
}
