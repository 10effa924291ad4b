//! Trees to and from JSON text.

use crate::{EmitError, Node, ParseError};

/// Writes a tree as compact JSON, keys in their order, scalars by their type: what Go's `encoding/json` makes of what go-yaml read.
///
/// # Errors
/// If a number is not finite.
pub fn to_json(_node: &Node) -> Result<String, EmitError> {
    todo!()
}

/// Reads JSON, keys in their order. Faster than reading it as YAML.
///
/// # Errors
/// If the text is not JSON.
pub fn from_json(_text: &str) -> Result<Node, ParseError> {
    todo!()
}
