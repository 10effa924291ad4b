//! Bytes to trees.

use crate::{Node, Span};

/// One document of a stream.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its content; `null` for an empty document.
    pub root: Node,
}

/// Bounds on what is read, so that no input can take unbounded time or memory.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How deep collections may nest.
    pub depth: usize,
    /// How many nodes a stream may have, those that aliases repeat among them.
    pub nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 1_000, nodes: 10_000_000 }
    }
}

/// Why a text is no YAML that the Kubernetes tools accept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// What is wrong.
    pub message: String,
    /// Where it is wrong.
    pub span: Span,
    /// How to mend it, where that is known.
    pub hint: Option<String>,
}

/// Reads a stream of documents.
///
/// # Errors
/// If the text is not YAML, has a duplicate key, or is over a limit.
pub fn parse(_text: &[u8], _limits: Limits) -> Result<Vec<Document>, ParseError> {
    todo!()
}

/// Reads a text that must hold at most one document; `None` if it holds none.
///
/// # Errors
/// As [`parse`], and if there is a second document.
pub fn parse_one(_text: &[u8], _limits: Limits) -> Result<Option<Node>, ParseError> {
    todo!()
}
