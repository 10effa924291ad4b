//! The ordered tree: what YAML becomes when it is read, and what is written.

use smol_str::SmolStr;

use crate::kind::ScalarKind;
use crate::resolve::{self, resolve_plain};

/// Text of scalars and keys: short ones lie in place, clones are cheap.
pub type Text = SmolStr;

/// A place in the file that a node was read from, line and column from 1. A node that a program
/// made has the default: 0 and 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// A value and its place. Two nodes are equal if their values are; places do not count.
#[derive(Clone, Debug)]
pub struct Node {
    /// What the node is.
    pub value: Value,
    /// Where it was read.
    pub span: Span,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values, in order.
    Mapping(Mapping),
}

/// A single value: its type and its spelling in the source.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// The type.
    pub kind: ScalarKind,
    /// The spelling: `0x10` stays `0x10`. Escapes and folds of quoted and block scalars are undone.
    pub text: Text,
    /// Whether the source wrote it quoted or as a block. kustomize keeps the style of a value that
    /// a patch changes, so that a number put in the place of a quoted string becomes a string; and
    /// JSON patches read plain `yes` and `off` as truth values. Also set for a value that is [left
    /// out](Node::is_left_out).
    pub quoted: bool,
}

/// A key of a mapping.
#[derive(Clone, Debug)]
pub struct Key {
    /// The spelling.
    pub text: Text,
    /// The type; nearly always [`ScalarKind::String`].
    pub kind: ScalarKind,
    /// Where it was read.
    pub span: Span,
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// The value.
    pub value: Node,
}

/// Keys and values, in order. Keys are unique as far as they came through
/// [`insert`](Mapping::insert) or the parser.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    entries: Vec<Entry>,
}

impl Node {
    /// A node that a program made.
    pub fn new(value: Value) -> Self {
        Self { value, span: Span::default() }
    }

    /// Text.
    pub fn string(text: impl Into<Text>) -> Self {
        Self::scalar(ScalarKind::String, text)
    }

    /// A scalar as if written plain, without quotes: its type is that of its spelling.
    pub fn plain(text: impl Into<Text>) -> Self {
        let text = text.into();
        Self::scalar(resolve_plain(&text), text)
    }

    /// A scalar of a given type.
    pub fn scalar(kind: ScalarKind, text: impl Into<Text>) -> Self {
        Self::new(Value::Scalar(Scalar { kind, text: text.into(), quoted: false }))
    }

    /// A truth value.
    pub fn bool(value: bool) -> Self {
        Self::scalar(ScalarKind::Bool, if value { "true" } else { "false" })
    }

    /// A whole number.
    pub fn int(value: i64) -> Self {
        Self::scalar(ScalarKind::Int, value.to_string())
    }

    /// `null`.
    pub fn null() -> Self {
        Self::scalar(ScalarKind::Null, "null")
    }

    /// A mapping without entries.
    pub fn empty_mapping() -> Self {
        Self::new(Value::Mapping(Mapping::default()))
    }

    /// A list without elements.
    pub fn empty_sequence() -> Self {
        Self::new(Value::Sequence(Vec::new()))
    }

    /// Sets the place.
    #[must_use]
    pub fn with_span(mut self, span: Span) -> Self {
        self.span = span;
        self
    }

    /// Whether the node is `null`.
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(Scalar { kind: ScalarKind::Null, .. }))
    }

    /// Whether this is a value that was left out of a flow collection, as in `{name: }`. It is
    /// `null`, yet kustomize prints `""`: on its way to the output it writes the object as YAML,
    /// where it quotes what is empty, and reads it back. What is left out elsewhere, as after
    /// `name:` at the end of a line, has an empty spelling too but stays `null`.
    pub fn is_left_out(&self) -> bool {
        self.as_scalar().is_some_and(Scalar::is_left_out)
    }

    /// The scalar, if it is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        if let Value::Scalar(scalar) = &self.value { Some(scalar) } else { None }
    }

    /// The scalar, if it is one, to be changed.
    pub fn as_scalar_mut(&mut self) -> Option<&mut Scalar> {
        if let Value::Scalar(scalar) = &mut self.value { Some(scalar) } else { None }
    }

    /// The spelling of a scalar of any type, `null` too.
    pub fn scalar_text(&self) -> Option<&str> {
        self.as_scalar().map(|scalar| scalar.text.as_str())
    }

    /// The text of a scalar that is a string.
    pub fn as_str(&self) -> Option<&str> {
        self.as_scalar().filter(|scalar| scalar.kind == ScalarKind::String).map(|scalar| scalar.text.as_str())
    }

    /// The truth value of a scalar that is one.
    pub fn as_bool(&self) -> Option<bool> {
        let scalar = self.as_scalar().filter(|scalar| scalar.kind == ScalarKind::Bool)?;
        Some(scalar.text.eq_ignore_ascii_case("true"))
    }

    /// The mapping, if it is one.
    pub fn as_mapping(&self) -> Option<&Mapping> {
        if let Value::Mapping(mapping) = &self.value { Some(mapping) } else { None }
    }

    /// The mapping, if it is one, to be changed.
    pub fn as_mapping_mut(&mut self) -> Option<&mut Mapping> {
        if let Value::Mapping(mapping) = &mut self.value { Some(mapping) } else { None }
    }

    /// The list, if it is one.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        if let Value::Sequence(sequence) = &self.value { Some(sequence) } else { None }
    }

    /// The list, if it is one, to be changed.
    pub fn as_sequence_mut(&mut self) -> Option<&mut Vec<Node>> {
        if let Value::Sequence(sequence) = &mut self.value { Some(sequence) } else { None }
    }

    /// The value of a key, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_mapping()?.get(key)
    }

    /// The value of a key, to be changed, if this is a mapping that has it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.as_mapping_mut()?.get_mut(key)
    }

    /// The value that keys lead to, mapping by mapping.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The value that keys lead to, mapping by mapping, to be changed.
    pub fn at_mut(&mut self, path: &[&str]) -> Option<&mut Node> {
        path.iter().try_fold(self, |node, key| node.get_mut(key))
    }

    /// What the node is, in a word, for messages.
    pub fn kind_name(&self) -> &'static str {
        match &self.value {
            Value::Mapping(_) => "mapping",
            Value::Sequence(_) => "list",
            Value::Scalar(scalar) => scalar.kind.name(),
        }
    }
}

impl Scalar {
    /// The text that `sigs.k8s.io/yaml` makes of a scalar read in the [Helm
    /// dialect](crate::Dialect::Helm) where the Kubernetes tools want text: numbers and truth
    /// values are spelled out, floats as if they had single precision.
    pub fn coerced_text(&self) -> Text {
        if self.kind == ScalarKind::Float { resolve::short_float(&self.text) } else { self.text.clone() }
    }

    /// See [`Node::is_left_out`].
    pub(crate) fn is_left_out(&self) -> bool {
        self.kind == ScalarKind::Null && self.text.is_empty() && self.quoted
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl PartialEq for Scalar {
    /// Spelling counts for everything but `null`, which is one value however it is spelled. Quotes
    /// do not count.
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && (self.kind == ScalarKind::Null || self.text == other.text)
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.text == other.text
    }
}

impl PartialEq for Mapping {
    /// Order counts.
    fn eq(&self, other: &Self) -> bool {
        self.entries.len() == other.entries.len()
            && self.entries.iter().zip(&other.entries).all(|(a, b)| a.key == b.key && a.value == b.value)
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self { text: text.into(), kind: ScalarKind::String, span: Span::default() }
    }
}

impl From<Text> for Key {
    fn from(text: Text) -> Self {
        Self { text, kind: ScalarKind::String, span: Span::default() }
    }
}

impl Key {
    /// A key as if written plain, without quotes: its type is that of its spelling. So kustomize
    /// writes the keys that it makes, and what reads as a number or a truth value is then no text.
    pub fn plain(text: impl Into<Text>) -> Self {
        let text = text.into();
        let kind = resolve_plain(&text);
        Self { text, kind, span: Span::default() }
    }

    /// Takes the quotes off.
    pub fn unquote(&mut self) {
        if self.kind == ScalarKind::String {
            self.kind = resolve_plain(&self.text);
        }
    }
}

impl Mapping {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key.text == key)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|entry| entry.key.text == key).map(|entry| &mut entry.value)
    }

    /// The value of a key; made by `make` and put last where there is none.
    pub fn get_or_insert_with(&mut self, key: impl Into<Key>, make: impl FnOnce() -> Node) -> &mut Node {
        let key = key.into();
        let index = self.entries.iter().position(|entry| entry.key.text == key.text).unwrap_or_else(|| {
            self.entries.push(Entry { key, value: make() });
            self.entries.len() - 1
        });
        &mut self.entries[index].value
    }

    /// Whether there is such a key.
    pub fn contains_key(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// Sets the value of a key, in place if it is there, last if not. Returns the former value.
    pub fn insert(&mut self, key: impl Into<Key>, value: Node) -> Option<Node> {
        let key = key.into();
        if let Some(place) = self.get_mut(&key.text) {
            return Some(std::mem::replace(place, value));
        }
        self.entries.push(Entry { key, value });
        None
    }

    /// Adds an entry last without looking whether its key is there already: for builders that know.
    pub fn push(&mut self, key: impl Into<Key>, value: Node) {
        self.entries.push(Entry { key: key.into(), value });
    }

    /// Removes a key; the others keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let index = self.entries.iter().position(|entry| entry.key.text == key)?;
        Some(self.entries.remove(index).value)
    }

    /// Keeps the entries for which `keep` says so.
    pub fn retain(&mut self, keep: impl FnMut(&Entry) -> bool) {
        self.entries.retain(keep);
    }

    /// The entries, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.entries.iter()
    }

    /// The entries, in order, to be changed.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Entry> {
        self.entries.iter_mut()
    }

    /// The entries as a list, to be reordered.
    pub fn entries_mut(&mut self) -> &mut Vec<Entry> {
        &mut self.entries
    }
}

impl FromIterator<Entry> for Mapping {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Self { entries: entries.into_iter().collect() }
    }
}

impl IntoIterator for Mapping {
    type Item = Entry;
    type IntoIter = std::vec::IntoIter<Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'a> IntoIterator for &'a Mapping {
    type Item = &'a Entry;
    type IntoIter = std::slice::Iter<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter()
    }
}

impl<'a> IntoIterator for &'a mut Mapping {
    type Item = &'a mut Entry;
    type IntoIter = std::slice::IterMut<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter_mut()
    }
}
