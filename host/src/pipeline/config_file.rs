//! Configuration files: text to a tree to a type, every fault with its place and a way out.

use oarlock_plugin::{Failure, Origin, meant_field};
use oarlock_yaml::{Limits, Node, Span, Value, from_node};
use serde::de::DeserializeOwned;

/// The document of a configuration file; `None` where it says nothing.
pub(super) fn parse(path: &str, text: &[u8]) -> Result<Option<Node>, Failure> {
    let node = oarlock_yaml::parse_one(text, Limits::default()).map_err(|error| {
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
        let field = if error.is_key { None } else { field_of(node, error.span) };
        let failure = match field {
            Some((name, span)) => Failure::new(format!("`{name}`: {}", error.message)).at(place(path, span)),
            None => Failure::new(error.message.clone()).at(place(path, error.span)),
        };
        match meant_field(&error.message) {
            Some(meant) => failure.hint(format!("did you mean `{meant}`?")),
            None => failure.hint(format!("`oarlock schema {which}` prints what the file may say")),
        }
    })
}

/// The name of the field whose value is at a place, as `plugins.vault.config`, and where its key stands. A mapping is at the
/// place of its first key, so the outermost value there is the one that is wrong.
fn field_of(node: &Node, at: Span) -> Option<(String, Span)> {
    match &node.value {
        Value::Mapping(mapping) => mapping.iter().find_map(|entry| {
            let key = &entry.key;
            if entry.value.span == at {
                return Some((key.text.to_string(), key.span));
            }
            let (below, span) = field_of(&entry.value, at)?;
            let dot = if below.starts_with('[') { "" } else { "." };
            Some((format!("{}{dot}{below}", key.text), span))
        }),
        Value::Sequence(items) => items.iter().enumerate().find_map(|(index, item)| {
            if item.span == at {
                return Some((format!("[{index}]"), item.span));
            }
            let (below, span) = field_of(item, at)?;
            let dot = if below.starts_with('[') { "" } else { "." };
            Some((format!("[{index}]{dot}{below}"), span))
        }),
        Value::Scalar(_) => None,
    }
}

/// A place in a file.
pub(super) fn place(path: &str, span: Span) -> Origin {
    Origin::at(path, span.line, span.column)
}
