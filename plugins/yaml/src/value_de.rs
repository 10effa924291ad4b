//! Trees to typed values by serde, with the place of what does not fit.

use serde::de::DeserializeOwned;

use crate::{Node, Span};

/// Why a tree does not fit a type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DeserializeError {
    /// What does not fit.
    pub message: String,
    /// The innermost node that does not fit.
    pub span: Span,
}

/// Reads a typed value from a tree.
///
/// # Errors
/// If the tree does not fit the type.
pub fn from_node<T: DeserializeOwned>(_node: &Node) -> Result<T, DeserializeError> {
    todo!()
}
