//! Trees to typed values by serde, with the place of what does not fit.

mod collections;
mod convert;
mod deserializer;

use serde::de::{DeserializeOwned, Expected, Unexpected};

use self::deserializer::NodeDeserializer;
use crate::{Node, Span};

/// Why a tree does not fit a type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DeserializeError {
    /// What does not fit.
    pub message: String,
    /// The innermost node that does not fit.
    pub span: Span,
    /// Whether that is a key, which has the place of the mapping that it is the first of.
    pub is_key: bool,
}

impl DeserializeError {
    /// Says where it is. A place that is known already stays: it lies further within.
    fn at(mut self, span: Span) -> Self {
        if self.span == Span::default() {
            self.span = span;
        }
        self
    }

    /// Says that it is the key at a place.
    fn at_key(mut self, span: Span) -> Self {
        self.is_key = self.span == Span::default();
        self.at(span)
    }
}

impl serde::de::Error for DeserializeError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), span: Span::default(), is_key: false }
    }

    /// Without the value, which may be a secret. The place shows it where it may be shown.
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Str(_) | Unexpected::Char(_) => "string",
            Unexpected::Bytes(_) => "byte array",
            Unexpected::Signed(_) | Unexpected::Unsigned(_) => "integer",
            Unexpected::Float(_) => "floating point number",
            other => return Self::custom(format_args!("invalid type: {other}, expected {expected}")),
        };
        Self::custom(format_args!("invalid type: {found}, expected {expected}"))
    }
}

/// Reads a typed value from a tree, as `sigs.k8s.io/yaml` fills Go's types: where text is wanted, numbers and truth values are
/// taken by their decimal or lower-case spelling; and `null` is the empty value of any type. What is a truth value, the
/// [`Reader`](crate::Reader) of the tree decided.
///
/// # Errors
/// If the tree does not fit the type. The span is that of the innermost node that does not fit, or of the key that is not known.
pub fn from_node<T: DeserializeOwned>(node: &Node) -> Result<T, DeserializeError> {
    T::deserialize(NodeDeserializer(node))
}
