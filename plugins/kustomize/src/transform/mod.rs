//! The transformers: what kustomization fields and built-in transformer configurations do to the
//! resources.
//!
//! Each module has the typed arguments of one transformer and a function that applies it to a
//! [`ResMap`](crate::resource::ResMap). Which fields they change is a matter of
//! [`field specifications`](field_spec::FieldSpec), which a
//! [`TransformerConfig`](config::TransformerConfig) holds.

pub(crate) mod affix;
pub(crate) mod annotations;
pub(crate) mod config;
pub(crate) mod crds;
pub(crate) mod field_spec;
pub(crate) mod images;
pub(crate) mod labels;
mod lookup;
pub(crate) mod name_reference;
pub(crate) mod namespace;
mod path;
pub(crate) mod replacements;
pub(crate) mod replicas;
mod scalar;
#[cfg(test)]
mod testing;
pub(crate) mod value_add;
pub(crate) mod variables;

use oarlock_plugin::{Failure, Origin, Result, TreePath};
use oarlock_yaml::{Limits, Node, Reader, Span, parse_one};
use serde::de::DeserializeOwned;

use crate::mismatch::mismatch;
use crate::resource::Resource;

/// Reads a file that arguments name; returns where it is, too.
pub(crate) type ReadFile<'a> = &'a dyn Fn(&str) -> Result<(TreePath, Vec<u8>)>;

/// Says of a failure which resource's it is.
fn locate(resource: &Resource, failure: Failure) -> Failure {
    match &resource.origin {
        Some(origin) => failure.at(origin.clone()),
        None => failure,
    }
}

/// The content of a file that arguments name; `null` where it is empty.
fn read_node(path: &str, read: ReadFile<'_>) -> Result<(TreePath, Node)> {
    let (file, text) = read(path)?;
    match parse_one(&text, Reader::KustomizeField, Limits::default()) {
        Ok(node) => Ok((file, node.unwrap_or_else(Node::null))),
        Err(error) => Err(Failure::new(error.message).at(origin(&file, error.span))),
    }
}

/// A typed value from a node of a file.
fn typed<T: DeserializeOwned>(file: &TreePath, node: &Node) -> Result<T> {
    oarlock_yaml::from_node(node).map_err(|error| mismatch(&error).at(origin(file, error.span)))
}

fn origin(file: &TreePath, span: Span) -> Origin {
    Origin::at(file.to_string(), span.line, span.column)
}
