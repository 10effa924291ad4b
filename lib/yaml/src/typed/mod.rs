//! Trees to typed values by serde, with the place of what does not fit.

mod convert;
mod deserializer;
mod error;

use serde::de::DeserializeOwned;

use self::deserializer::{Context, NodeDeserializer};
pub use self::error::{DeserializeError, Found, Mismatch, Wanted};
use crate::Node;

/// How many errors of one tree are reported. Each costs one more pass over the tree.
const MAX_ERRORS: usize = 20;

/// Reads a typed value from a tree, as `sigs.k8s.io/yaml` fills Go's types: where text is wanted,
/// numbers and truth values are taken by their decimal or lower-case spelling; and `null` is the
/// empty value of any type. What is a truth value, the [`Reader`](crate::Reader) of the tree
/// decided.
///
/// # Errors
/// If the tree does not fit the type. The span is that of the innermost node that does not fit, or
/// of the key that is not known.
pub fn from_node<T: DeserializeOwned>(node: &Node) -> Result<T, DeserializeError> {
    let context = Context::default();
    T::deserialize(NodeDeserializer::new(node, &context)).map_err(|fault| fault.error)
}

/// As [`from_node`], and reports several mistakes at once: two misspelt fields are two errors.
///
/// An entry or list item that does not fit is left out, and the rest is read again. So an error
/// that only follows from an earlier one, such as a required field that is missing because its
/// value did not fit, is not reported.
///
/// ```
/// use oarlock_yaml::{Limits, Reader, from_node_all, parse_one};
///
/// #[derive(Debug, serde::Deserialize)]
/// #[serde(default, deny_unknown_fields)]
/// # #[derive(Default)]
/// struct Image {
///     name: String,
///     replicas: u32,
/// }
///
/// let node = parse_one(b"nam: web\nreplicas: two", Reader::Oarlock, Limits::default()).unwrap().unwrap();
/// let errors = from_node_all::<Image>(&node).unwrap_err();
/// let shown: Vec<String> = errors.iter().map(|error| format!("{}: {error}", error.span.line)).collect();
/// assert_eq!(
///     shown,
///     ["1: unknown field `nam`, expected `name` or `replicas`", "2: invalid type: string, expected u32"]
/// );
/// ```
///
/// # Errors
/// If the tree does not fit the type: at least one error and at most 20, in the order of the text.
pub fn from_node_all<T: DeserializeOwned>(node: &Node) -> Result<T, Vec<DeserializeError>> {
    let mut context = Context::default();
    let mut errors = Vec::new();
    loop {
        let fault = match T::deserialize(NodeDeserializer::new(node, &context)) {
            Ok(value) if errors.is_empty() => return Ok(value),
            Ok(_) => break,
            Err(fault) => fault,
        };
        if !fault.follows {
            errors.push(fault.error);
        }
        let again = match fault.holder {
            Some(holder) => context.leave_out(holder) < MAX_ERRORS,
            None => false,
        };
        if !again {
            break;
        }
    }
    errors.sort_by_key(|error| (error.span.line, error.span.column));
    Err(errors)
}
