//! Keys that a mapping has twice.

use std::collections::HashMap;

use crate::node::Entry;
use crate::{ParseError, Span};

/// What is done about keys that a mapping has twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Duplicates {
    /// They are an error.
    Refused,
    /// The last one counts.
    LastWins,
}

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

/// The entries with the value of each key's last one, at the place of its first.
pub(super) fn keep_last(entries: Vec<Entry>) -> Vec<Entry> {
    if check_duplicates(&entries).is_ok() {
        return entries;
    }
    let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
    let mut positions = HashMap::with_capacity(entries.len());
    for entry in entries {
        if let Some(position) = positions.get(&entry.key.text) {
            kept[*position] = entry;
        } else {
            positions.insert(entry.key.text.clone(), kept.len());
            kept.push(entry);
        }
    }
    kept
}

fn duplicate(key: &str, first: Span, second: Span) -> ParseError {
    let message = format!(
        "the key `{key}` is set twice: in line {}, column {} and again in line {}, column {}",
        first.line, first.column, second.line, second.column
    );
    ParseError::new(message, second).hint("remove one of the two, or merge them")
}
