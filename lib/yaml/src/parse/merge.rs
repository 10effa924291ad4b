//! Merge keys: `<<: *base`.

use crate::{Entry, Mapping, Node, ParseError, Value};

/// The entries of a mapping with those that its merge key brings in: what the mapping says itself
/// wins, then the first of several merged mappings. Keys that were there keep their place, new ones
/// follow in the order in which kustomize visits them: last mapping first.
pub(super) fn expand(mut own: Vec<Entry>, merged: Node) -> Result<Mapping, ParseError> {
    let mut sources = Vec::new();
    let span = merged.span;
    match merged.value {
        Value::Mapping(mapping) => sources.push(mapping),
        Value::Sequence(items) => {
            for item in items {
                match item.value {
                    Value::Mapping(mapping) => sources.push(mapping),
                    _ => return Err(not_a_mapping(item.span)),
                }
            }
        }
        Value::Scalar(_) => return Err(not_a_mapping(span)),
    }
    let owned = own.len();
    for source in sources.into_iter().rev() {
        for entry in source {
            match own.iter().position(|known| known.key.text == entry.key.text) {
                Some(index) if index < owned => {}
                Some(index) => own[index].value = entry.value,
                None => own.push(entry),
            }
        }
    }
    Ok(own.into_iter().collect())
}

pub(super) fn not_a_mapping(span: crate::Span) -> ParseError {
    ParseError::new("`<<` merges a mapping or a list of mappings, and this is neither", span)
        .hint("let `<<` be followed by an alias of a mapping, such as `*defaults`")
        .upstream("map merge requires map or sequence of maps as the value", 0)
}
