//! YAML exactly as the Kubernetes tools read and write it.
//!
//! One codec, shared by plugins and host: bytes become a [`Node`] tree that keeps the order of keys, the spelling of scalars and their
//! place in the file, by the rules of a named [`Reader`]; a tree becomes text in a named [`Dialect`], or JSON. Start at [`parse`] and
//! [`emit`].

mod dialect;
mod emit;
mod json;
mod node;
mod parse;
mod reader;
mod resolve;
mod scan;
mod typed;

pub use dialect::Dialect;
pub use emit::{EmitError, emit};
pub use json::{from_json, to_json};
pub use node::{Entry, Key, Mapping, Node, Scalar, ScalarKind, Span, Text, Value};
pub use parse::{
    Comment, Document, DocumentStream, Limits, ParseError, Repeated, documents, parse, parse_one,
};
pub use reader::{Decoder, Documents, Duplicates, Reader, Rules};
pub use resolve::{is_plain_text, resolve_plain};
pub use typed::{DeserializeError, from_node};
