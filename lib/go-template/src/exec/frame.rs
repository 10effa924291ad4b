//! One template being executed: its variables, and the node that errors name.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Limit, Position};
use crate::parse::node::At;
use crate::parse::{Tree, text_of};
use crate::value::Value;
use oarlock_go::strconv::quote;

/// The result of evaluating something, as Go's reflection sees it.
///
/// A value may sit in an `interface {}`, as items of maps and lists do: errors then name that type.
/// A nil in an interface is not the same as no value at all: a field of the former is an error, a
/// field of the latter is no value again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evaluated {
    pub(crate) value: Value,
    pub(crate) interface: bool,
}

impl Evaluated {
    /// No value.
    pub(super) const NONE: Self = Self { value: Value::Nil, interface: false };

    /// A value of its own type; a nil is no value.
    pub(crate) fn concrete(value: Value) -> Self {
        Self { value, interface: false }
    }

    /// Whether there is no value, not even a nil.
    pub(super) fn is_none(&self) -> bool {
        matches!(self.value, Value::Nil) && !self.interface
    }

    /// The name of its static type.
    pub(super) fn type_name(&self) -> &'static str {
        if self.interface { "interface {}" } else { self.value.type_name() }
    }
}

/// State of one template's execution. What it includes has frames of its own: no variables are
/// inherited.
pub(super) struct Frame<'t> {
    pub(super) tree: &'t Arc<Tree>,
    /// The node that was looked at last, in the text.
    at: At,
    /// Where the pipeline begins that is being evaluated.
    base: At,
    variables: Vec<(&'t str, Evaluated)>,
}

impl<'t> Frame<'t> {
    pub(super) fn new(tree: &'t Arc<Tree>, dot: Evaluated) -> Self {
        Self { tree, at: At::default(), base: At::default(), variables: vec![("$", dot)] }
    }

    /// Looks at a node that is not part of a pipeline.
    pub(super) fn look(&mut self, at: At) {
        self.at = at;
    }

    /// Looks at a part of the pipeline.
    pub(super) fn look_within(&mut self, at: At) {
        self.at = self.place_of(at);
    }

    /// Goes into a pipeline that begins here.
    pub(super) fn enter(&mut self, base: At) {
        self.base = base;
    }

    /// The place in the text of a part of the pipeline.
    pub(super) fn place_of(&self, at: At) -> At {
        at.from(self.base)
    }

    pub(super) fn push(&mut self, name: &'t str, value: Evaluated) {
        self.variables.push((name, value));
    }

    /// How many variables there are, for [`Frame::pop`].
    pub(super) fn mark(&self) -> usize {
        self.variables.len()
    }

    pub(super) fn pop(&mut self, mark: usize) {
        self.variables.truncate(mark);
    }

    pub(super) fn get(&self, name: &str) -> Result<&Evaluated, Error> {
        match self.variables.iter().rev().find(|(other, _)| *other == name) {
            Some((_, value)) => Ok(value),
            None => Err(self.error(format!("undefined variable: {name}"))),
        }
    }

    pub(super) fn set(&mut self, name: &str, value: Evaluated) -> Result<(), Error> {
        match self.variables.iter_mut().rev().find(|(other, _)| *other == name) {
            Some((_, old)) => *old = value,
            None => return Err(self.error(format!("undefined variable: {name}"))),
        }
        Ok(())
    }

    /// Overwrites the variable so many places from the top.
    pub(super) fn set_top(&mut self, place: usize, value: Evaluated) {
        let count = self.variables.len();
        if let Some((_, old)) = count.checked_sub(place).and_then(|index| self.variables.get_mut(index)) {
            *old = value;
        }
    }

    /// An error at the node that was looked at last.
    pub(super) fn error(&self, message: impl AsRef<str>) -> Error {
        self.describe(ErrorKind::Exec, message.as_ref())
    }

    /// A limit that was reached at the node that was looked at last.
    pub(super) fn limit(&self, limit: Limit, message: impl AsRef<str>) -> Error {
        self.describe(ErrorKind::Limit(limit), message.as_ref())
    }

    /// The error of a function, wrapped.
    pub(super) fn wrap(&self, prefix: &str, cause: Error) -> Error {
        let kind = match cause.kind() {
            ErrorKind::Limit(limit) => ErrorKind::Limit(limit),
            _ => ErrorKind::Exec,
        };
        // A cause may be a chain of a thousand inclusions, each of which holds the text of all
        // below it.
        self.describe(kind, &format!("{prefix}{}", cause.message())).caused_by(Some(cause))
    }

    fn describe(&self, kind: ErrorKind, message: &str) -> Error {
        let place = position(self.tree, self.at);
        let Position { template, line, column } = &place;
        let name = quote(self.tree.name.as_bytes());
        let context = text_of(&self.tree.root, self.at).unwrap_or_default();
        let message =
            format!("template: {template}:{line}:{column}: executing {name} at <{context}>: {message}");
        Error::with_kind(kind, message).at(place)
    }
}

/// Line and column of a node.
pub(super) fn position(tree: &Tree, at: At) -> Position {
    let before = tree.text.get(..at.position as usize).unwrap_or(&tree.text);
    let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count();
    let column = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1);
    Position { template: tree.parse_name.to_string(), line, column }
}
