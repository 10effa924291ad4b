//! Keys that a mapping has twice.

use std::collections::HashMap;

use crate::node::Entry;
use crate::{ParseError, Span};

/// Mappings up to this size are searched key by key, which needs no memory.
const SMALL: usize = 16;

/// Refuses a key that is spelled as an earlier one, whatever their types, as go-yaml does.
pub(crate) fn check_duplicates(entries: &[Entry]) -> Result<(), ParseError> {
    if entries.len() <= SMALL {
        for (index, entry) in entries.iter().enumerate() {
            if let Some(first) = entries[..index].iter().find(|earlier| earlier.key.text == entry.key.text) {
                return Err(duplicate(&entry.key.text, first.key.span, entry.key.span));
            }
        }
        return Ok(());
    }
    let mut seen = HashMap::with_capacity(entries.len());
    for entry in entries {
        if let Some(first) = seen.insert(entry.key.text.as_str(), entry.key.span) {
            return Err(duplicate(&entry.key.text, first, entry.key.span));
        }
    }
    Ok(())
}

fn duplicate(key: &str, first: Span, second: Span) -> ParseError {
    let message = format!(
        "the key `{key}` is set twice: in line {}, column {} and again in line {}, column {}",
        first.line, first.column, second.line, second.column
    );
    ParseError::new(message, second).hint("remove one of the two, or merge them")
}
