//! Keys that a mapping has twice.

use std::collections::HashMap;

use crate::node::Entry;
use crate::reader::Duplicates;
use crate::{ParseError, Span, Text};

/// A key that a mapping has twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// The key.
    pub key: Text,
    /// Where it stands first.
    pub first: Span,
    /// Where it stands again.
    pub second: Span,
}

impl Repeated {
    /// What is wrong, both places with it.
    pub fn message(&self) -> String {
        let Self { key, first, second } = self;
        format!(
            "the key `{key}` is set twice: in line {}, column {} and again in line {}, column {}",
            first.line, first.column, second.line, second.column
        )
    }

    /// The error that it is to those who take none.
    pub(crate) fn into_error(self) -> ParseError {
        ParseError::new(self.message(), self.second).hint("remove one of the two, or merge them")
    }
}

/// Mappings up to this size are searched key by key, which needs no memory.
const SMALL: usize = 16;

/// The entries of a mapping, each key once. Keys that are there twice are an error, or are noted
/// and have the value of the last one. They are the same if they are spelled the same, whatever
/// their types, as to go-yaml.
pub(crate) fn unique(
    entries: Vec<Entry>,
    rule: Duplicates,
    noted: &mut Vec<Repeated>,
) -> Result<Vec<Entry>, ParseError> {
    let twice: Vec<Repeated> = repeated(entries.iter()).collect();
    if twice.is_empty() { Ok(entries) } else { without_repeated(entries, twice, rule, noted) }
}

/// As [`unique`], where those that count as repeated are known.
pub(crate) fn without_repeated(
    entries: Vec<Entry>,
    twice: Vec<Repeated>,
    rule: Duplicates,
    noted: &mut Vec<Repeated>,
) -> Result<Vec<Entry>, ParseError> {
    let mut twice = twice.into_iter();
    if rule == Duplicates::Rejected
        && let Some(first) = twice.next()
    {
        return Err(first.into_error());
    }
    noted.extend(twice);
    Ok(keep_last(entries))
}

/// The entries that are spelled as an earlier one, each with the one before it.
pub(crate) fn repeated<'e>(
    entries: impl ExactSizeIterator<Item = &'e Entry> + Clone,
) -> impl Iterator<Item = Repeated> {
    let mut seen: HashMap<&str, Span> = HashMap::new();
    let small = entries.len() <= SMALL;
    let all = entries.clone();
    entries.enumerate().filter_map(move |(index, entry)| {
        let (key, second) = (&entry.key.text, entry.key.span);
        let first = if small {
            all.clone().take(index).filter(|earlier| earlier.key.text == *key).last().map(|it| it.key.span)
        } else {
            seen.insert(key.as_str(), second)
        };
        first.map(|first| Repeated { key: key.clone(), first, second })
    })
}

/// The entries with the value of each key's last one, at the place of its first.
fn keep_last(entries: Vec<Entry>) -> Vec<Entry> {
    if repeated(entries.iter()).next().is_none() {
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
