//! Configuration files: text to a tree to a type, every fault with its place and a way out.

use oarlock_plugin::{Failure, Origin, meant_field};
use oarlock_yaml::{Limits, Node, Reader, Span, from_node};
use serde::de::DeserializeOwned;

/// The document of a configuration file; `None` where it says nothing.
pub(super) fn parse(path: &str, text: &[u8]) -> Result<Option<Node>, Failure> {
    let node = oarlock_yaml::parse_one(text, Reader::Oarlock, Limits::default()).map_err(|error| {
        let failure = Failure::new(error.message).at(place(path, error.span));
        match error.hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })?;
    Ok(node.filter(|node| !node.is_null()))
}

/// A file's document as a type; `which` is its name for `oarlock schema`.
pub(super) fn typed<T: DeserializeOwned>(path: &str, node: &Node, which: &str) -> Result<T, Failure> {
    from_node(node).map_err(|error| {
        let failure = Failure::new(error.message.clone()).at(place(path, error.span));
        match meant_field(&error.message) {
            Some(meant) => failure.hint(format!("did you mean `{meant}`?")),
            None => failure.hint(format!("`oarlock schema {which}` prints what the file may say")),
        }
    })
}

/// A place in a file.
pub(super) fn place(path: &str, span: Span) -> Origin {
    Origin::at(path, span.line, span.column)
}
