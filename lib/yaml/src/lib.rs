//! YAML exactly as the Kubernetes tools read and write it.
//!
//! One codec, shared by plugins and host: bytes become a [`Node`] tree that keeps the order of
//! keys, the spelling of scalars and their place in the file, by the rules of a named [`Reader`]; a
//! tree becomes text in a named [`Dialect`], or JSON. Start at [`parse`] and [`emit`].
//!
//! The codec is written by hand because the bytes demand it. kustomize, Helm and Argo CD read YAML
//! with two versions of a Go port of libyaml, which differ from the YAML specification, from each
//! other and from every Rust crate in what they accept, what a scalar means and how text is folded
//! and quoted, and users see each difference in their manifests. A general YAML crate would have to
//! be corrected in its scanner, its schema and its emitter at once, and none of them keeps the
//! places that errors and edits need.

mod analyze;
mod dialect;
mod duplicates;
pub mod edit;
mod emit;
mod error;
mod json;
mod kind;
mod limits;
mod node;
mod parse;
mod reader;
mod resolve;
mod scan;
mod typed;

pub use dialect::Dialect;
pub use duplicates::Repeated;
pub use emit::{emit, emit_to};
pub use error::{EmitError, ParseError};
pub use json::{from_json, to_json, to_json_of_about};
pub use kind::ScalarKind;
pub use limits::Limits;
pub use node::{Entry, Key, Mapping, Node, Scalar, Span, Text, Value};
pub use parse::{
    Document, DocumentLayout, DocumentStream, Element, EntryLayout, ItemLayout, Layout, Notation, Shape,
    documents, parse, parse_one,
};
pub use reader::{Decoder, Documents, Duplicates, Reader, Rules};
pub use resolve::{is_plain_text, resolve_plain};
pub use scan::Comment;
pub use typed::{DeserializeError, Found, Mismatch, Wanted, from_node, from_node_all};
