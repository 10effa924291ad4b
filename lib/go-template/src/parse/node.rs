//! The parsed template: nodes with their place in the text.

use std::sync::Arc;

use smol_str::SmolStr;

use super::names::FunctionId;
use crate::value::Str;

/// Place and identity of a node. Errors name the node that was looked at last; it is found again by
/// its number.
///
/// What is within a pipeline counts from where the pipeline begins, see [`Placed`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct At {
    /// Byte offset in the text.
    pub(crate) position: u32,
    /// Number of the node in its tree.
    pub(crate) id: u32,
}

impl At {
    /// This place, which counts from another, in the text.
    pub(crate) fn from(self, base: Self) -> Self {
        Self { position: base.position + self.position, id: base.id + self.id }
    }

    /// This place in the text, counted from another; none if it comes before that.
    pub(crate) fn since(self, base: Self) -> Option<Self> {
        Some(Self { position: self.position.checked_sub(base.position)?, id: self.id.checked_sub(base.id)? })
    }
}

/// A parsed template: one file, or one `define` in it. Cheap to share.
#[derive(Debug)]
pub struct Tree {
    pub(crate) name: SmolStr,
    /// Name of the file that it stands in, for messages.
    pub(crate) parse_name: SmolStr,
    pub(crate) text: Arc<String>,
    pub(crate) root: Vec<Node>,
}

/// What a template consists of.
#[derive(Debug)]
pub(crate) enum Node {
    Text { at: At, start: usize, end: usize },
    Action { at: At, pipe: Placed },
    If(Branch),
    With(Branch),
    Range(Branch),
    Template { at: At, name: SmolStr, pipe: Option<Placed> },
    Break { at: At },
    Continue { at: At },
}

/// `if`, `with` and `range`.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) at: At,
    pub(crate) pipe: Placed,
    pub(crate) list: Vec<Node>,
    pub(crate) otherwise: Option<Vec<Node>>,
}

/// The pipeline of an action. Actions with the same text share it.
#[derive(Debug)]
pub(crate) struct Placed {
    /// Where it begins, and how many nodes came before.
    pub(crate) base: At,
    pub(crate) pipe: Arc<Pipe>,
}

/// Commands, each fed with what the one before gave; and the variables that take the result.
#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) at: At,
    /// `=` rather than `:=`.
    pub(crate) assign: bool,
    pub(crate) variables: Vec<SmolStr>,
    pub(crate) commands: Vec<Command>,
}

#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) at: At,
    /// At least one.
    pub(crate) arguments: Vec<Operand>,
}

/// An argument of a command.
#[derive(Debug)]
pub(crate) enum Operand {
    Dot(At),
    Nil(At),
    Bool(At, bool),
    Number(At, Box<Number>),
    String { at: At, written: Literal, text: Str },
    Field { at: At, fields: Vec<SmolStr> },
    Variable { at: At, name: SmolStr, fields: Vec<SmolStr> },
    Chain { at: At, operand: Box<Operand>, fields: Vec<SmolStr> },
    Identifier { at: At, name: SmolStr, function: FunctionId },
    Pipe(Box<Pipe>),
}

/// How a string is written, for messages.
#[derive(Debug)]
pub(crate) enum Literal {
    /// Between two of these, as it is.
    Between(char),
    /// With escapes, or carriage returns that do not count.
    As(SmolStr),
}

/// A constant: every reading that its text allows. Which one counts depends on where it is used.
#[derive(Clone, Debug, Default)]
pub(crate) struct Number {
    pub(crate) text: SmolStr,
    pub(crate) int: Option<i64>,
    pub(crate) uint: Option<u64>,
    pub(crate) float: Option<f64>,
    pub(crate) complex: Option<(f64, f64)>,
}

impl Operand {
    pub(crate) fn at(&self) -> At {
        match self {
            Self::Dot(at)
            | Self::Nil(at)
            | Self::Bool(at, _)
            | Self::Number(at, _)
            | Self::String { at, .. }
            | Self::Field { at, .. }
            | Self::Variable { at, .. }
            | Self::Chain { at, .. }
            | Self::Identifier { at, .. } => *at,
            Self::Pipe(pipe) => pipe.at,
        }
    }

    /// Whether it can't take the result of the command before.
    pub(crate) fn is_constant(&self) -> bool {
        matches!(self, Self::Bool(..) | Self::Dot(_) | Self::Nil(_) | Self::Number(..) | Self::String { .. })
    }
}

impl Tree {
    /// The template's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the file that it was parsed from.
    pub fn file(&self) -> &str {
        &self.parse_name
    }

    /// Whether there is nothing in it but space and comments.
    pub fn is_empty(&self) -> bool {
        self.root.iter().all(|node| match node {
            Node::Text { start, end, .. } => self.text[*start..*end].trim().is_empty(),
            _ => false,
        })
    }
}
