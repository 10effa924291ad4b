//! `merge` and `mergeOverwrite`: what `mergo` does with two maps.
//!
//! Maps within maps are merged, everything else is taken as a whole. Without overwriting, a key of
//! the first map gives way only when its value is empty. What is taken over is shared, not copied.

use oarlock_go_template::{Context, Error, Map, Value};

use super::defaults::is_empty;

/// How deep maps are merged; only one that holds itself goes there.
const MAX_DEPTH: usize = 500;

/// Merges a map into another.
pub(super) fn merge(cx: &mut Context<'_>, into: &mut Map, from: &Map, overwrite: bool) -> Result<(), Error> {
    if into.is_nil() && !from.is_nil() {
        *into = Map::with_type(into.map_type());
    }
    deep(cx, into, from, overwrite, 0)
}

fn deep(cx: &mut Context<'_>, into: &Map, from: &Map, overwrite: bool, depth: usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(Error::new("value nests too deep to be merged, or holds itself"));
    }
    if into.is_same(from) {
        return Ok(());
    }
    for (key, value) in from.snapshot() {
        cx.spend(1)?;
        let existing = into.get(&key);
        match (&value, &existing) {
            (Value::Nil, _) => {
                if overwrite {
                    into.insert(key, Value::Nil);
                }
                continue;
            }
            (Value::Map(value), Some(Value::Map(existing))) => {
                deep(cx, existing, value, overwrite, depth + 1)?;
                if !existing.is_empty() {
                    continue;
                }
            }
            (Value::List(_) | Value::Bytes(_), Some(existing)) if !is_empty(existing) => {
                if overwrite {
                    into.insert(key, value);
                }
                continue;
            }
            _ => {}
        }
        if overwrite || existing.as_ref().is_none_or(is_empty) {
            into.insert(key, value);
        }
    }
    Ok(())
}
