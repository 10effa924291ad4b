//! Paths that can lead to many fields, and make what is absent (kustomize's `PathMatcher`).

use std::borrow::Cow;

use oarlock_go::Release;
use oarlock_go::regexp::{Regexp, quote_meta};
use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Dialect, Node, Value, emit};

use super::super::lookup::element;
use super::super::path::{index, list_selector, split_dots};
use super::super::scalar::wrong_kind;

/// A field path of a target.
pub(super) struct TargetPath {
    text: String,
    parts: Vec<Part>,
}

enum Part {
    Key(String),
    Index(usize),
    Every,
    /// Elements whose key has a matching value; with an empty key, scalars that match themselves.
    Matching {
        key: String,
        value: String,
        pattern: Pattern,
    },
}

/// Values of list selectors are regular expressions that need to match only a part, as kustomize
/// has it.
enum Pattern {
    Text(String),
    Regex(Regexp),
}

impl Pattern {
    fn new(text: &str) -> Result<Self> {
        if quote_meta(text.as_bytes()) == text.as_bytes() {
            return Ok(Self::Text(text.to_owned()));
        }
        Regexp::new(text, Release::default()).map(Self::Regex).map_err(|error| {
            Failure::new(format!("`{text}` is not a regular expression"))
                .hint("values of list selectors are regular expressions: put a backslash before their signs")
                .note(error)
        })
    }

    fn matches(&self, node: &Node) -> bool {
        let text = match &node.value {
            Value::Scalar(scalar) => Cow::Borrowed(scalar.text.as_str()),
            _ => emit(node, Dialect::Kustomize).unwrap_or_default().into(),
        };
        match self {
            Self::Text(part) => text.contains(part.as_str()),
            Self::Regex(regex) => regex.is_match(text.trim()),
        }
    }
}

impl TargetPath {
    /// Takes a path apart.
    ///
    /// # Errors
    /// If a list selector cannot be read.
    pub(super) fn parse(text: &str) -> Result<Self> {
        Self::of_parts(text, split_dots(text))
    }

    /// The path of some parts of one that was taken apart.
    ///
    /// # Errors
    /// If a list selector cannot be read.
    pub(super) fn of_parts(text: &str, parts: Vec<String>) -> Result<Self> {
        let part = |part: String| {
            if let Some(index) = index(&part).and_then(|index| usize::try_from(index).ok()) {
                return Ok(Part::Index(index));
            }
            match list_selector(&part) {
                Some(selector) => {
                    let (key, value) = selector?;
                    let pattern = Pattern::new(value)?;
                    Ok(Part::Matching { key: key.to_owned(), value: value.to_owned(), pattern })
                }
                None if part == "*" => Ok(Part::Every),
                None => Ok(Part::Key(part)),
            }
        };
        let parts = parts.into_iter().map(part).collect::<Result<_>>();
        let parts = parts.map_err(|failure| failure.note(format!("in the field path `{text}`")))?;
        Ok(Self { text: text.to_owned(), parts })
    }

    /// The path as it was written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Calls `set` for each field that the path leads to and says how many there were. Where a
    /// value to be created is given, what is absent is made, with a field of the value's kind at
    /// the end.
    ///
    /// # Errors
    /// If a part does not fit what is there, or `set` fails.
    pub(super) fn visit(
        &self,
        object: &mut Node,
        create: Option<&Node>,
        set: &mut dyn FnMut(&mut Node) -> Result<()>,
    ) -> Result<usize> {
        Visit { create, set }.walk(object, &self.parts)
    }
}

struct Visit<'a> {
    create: Option<&'a Node>,
    set: &'a mut dyn FnMut(&mut Node) -> Result<()>,
}

impl Visit<'_> {
    fn walk(&mut self, node: &mut Node, parts: &[Part]) -> Result<usize> {
        let Some((part, rest)) = parts.split_first() else {
            (self.set)(node)?;
            return Ok(1);
        };
        match part {
            Part::Key(key) => self.key(node, key, rest),
            Part::Index(index) => self.index(node, *index, rest),
            Part::Every => {
                let mut count = 0;
                if !node.is_null() {
                    for element in elements(node)? {
                        count += self.walk(element, rest)?;
                    }
                }
                Ok(count)
            }
            Part::Matching { key, value, pattern } => self.matching(node, (key, value, pattern), rest),
        }
    }

    fn key(&mut self, node: &mut Node, key: &str, rest: &[Part]) -> Result<usize> {
        if node.is_null() {
            return self.below_null(rest);
        }
        let create = self.create;
        let Some(mapping) = node.as_mapping_mut() else { return Err(wrong_kind("mapping", node)) };
        if key.is_empty() {
            return Err(
                Failure::new("the path has an empty part").hint("take the double or last dot out of it")
            );
        }
        let field = match create {
            Some(value) => mapping.get_or_insert_with(key, || make_for(rest, value)),
            None => match mapping.get_mut(key) {
                Some(field) => field,
                None => return Ok(0),
            },
        };
        self.walk(field, rest)
    }

    fn index(&mut self, node: &mut Node, index: usize, rest: &[Part]) -> Result<usize> {
        let too_large = |length| {
            Failure::new(format!("there is no element {index}: the list has {length}, counted from 0"))
        };
        if node.is_null() {
            return if index == 0 && self.create.is_some() {
                self.below_null(rest)
            } else {
                Err(too_large(0))
            };
        }
        let list = elements(node)?;
        if let Some(value) = self.create.filter(|_| list.len() == index) {
            list.push(make_for(rest, value));
        }
        let length = list.len();
        let element = list.get_mut(index).ok_or_else(|| too_large(length))?;
        self.walk(element, rest)
    }

    fn matching(
        &mut self,
        node: &mut Node,
        (key, value, pattern): (&str, &str, &Pattern),
        rest: &[Part],
    ) -> Result<usize> {
        if node.is_null() {
            return self.below_null(rest);
        }
        let list = elements(node)?;
        let is_match = |node: &Node| match key {
            "" => pattern.matches(node),
            key => node.get(key).is_some_and(|found| pattern.matches(found)),
        };
        // What follows the selector of a scalar counts for nothing.
        let rest = if key.is_empty() { &[] } else { rest };
        let mut count = 0;
        for found in list.iter_mut().filter(|found| is_match(found)) {
            count += self.walk(found, rest)?;
        }
        if count > 0 || self.create.is_none() {
            return Ok(count);
        }
        let mut made = element(key, value);
        if !is_match(&made) {
            return Err(Failure::new(format!(
                "no element matches `[{key}={value}]`, nor would one that is made of it"
            ))
            .hint("give the value itself rather than a regular expression, so that an element can be made"));
        }
        let count = self.walk(&mut made, rest)?;
        list.push(made);
        Ok(count)
    }

    /// kustomize creates below a null too, but prints the null.
    fn below_null(&mut self, rest: &[Part]) -> Result<usize> {
        let Some(value) = self.create else { return Ok(0) };
        let mut lost = make_for(rest, value);
        self.walk(&mut lost, rest)
    }
}

fn elements(node: &mut Node) -> Result<&mut Vec<Node>> {
    let failure = wrong_kind("list", node);
    node.as_sequence_mut().ok_or(failure)
}

/// What is made where the rest of a path is to lead to a field of the value's kind.
fn make_for(rest: &[Part], value: &Node) -> Node {
    match (rest.first(), &value.value) {
        (Some(Part::Index(_) | Part::Matching { .. }), _) | (None, Value::Sequence(_)) => {
            Node::empty_sequence()
        }
        (Some(Part::Key(_) | Part::Every), _) | (None, Value::Mapping(_)) => Node::empty_mapping(),
        (None, Value::Scalar(_)) => Node::plain(""),
    }
}
