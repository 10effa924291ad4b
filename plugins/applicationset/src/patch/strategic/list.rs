//! Lists: replaced, merged as sets of scalars, or merged by a key.

use serde_json::Value as Json;

use super::{PATCH, RAW, Within, failure, struct_of, without_directives};
use crate::error::{ErrorKind, ExpandError, Result};
use crate::schema::{ListMerge, Struct, Type};

/// Merges a list into another by the field's rule. `deletes`: the items are taken out instead.
pub(super) fn merge(
    original: Vec<Json>,
    patch: Vec<Json>,
    within: &Within,
    deletes: bool,
) -> Result<Vec<Json>> {
    if within.merge == ListMerge::Replace && !deletes {
        return match within.of {
            Type::List(_) => Ok(patch),
            // JSON: as for objects, nothing in it can be merged.
            _ => Err(failure("a list within JSON cannot be merged")),
        };
    }
    if original.is_empty() && patch.is_empty() {
        return Ok(original);
    }
    let items = || original.iter().chain(&patch);
    let is_object = original.first().or_else(|| patch.first()).is_some_and(Json::is_object);
    if items().any(Json::is_array) || items().any(|item| item.is_object() != is_object) {
        return Err(failure("the items of a list that is merged are of different types"));
    }
    if !is_object {
        if deletes {
            return Ok(original.into_iter().filter(|item| !patch.contains(item)).collect());
        }
        let mut merged: Vec<Json> = Vec::new();
        for item in original.iter().chain(&patch) {
            if !merged.contains(item) {
                merged.push(item.clone());
            }
        }
        return Ok(in_order(merged, &patch, &original, |item| Some(item.clone())));
    }
    let ListMerge::Key(key) = within.merge else {
        return Err(failure("a list of objects without a merge key cannot be merged"));
    };
    let of = item_struct(within)?;
    let (original, patch) = special_items(original, patch, key)?;
    let mut merged = original.clone();
    for item in &patch {
        let value = key_of(item, key)?;
        let place = merged.iter().position(|existing| existing.get(key) == Some(&value));
        match (place, item) {
            (Some(place), Json::Object(item)) => {
                let existing = merged[place].as_object().cloned().unwrap_or_default();
                merged[place] = Json::Object(super::merge(existing, item.clone(), of)?);
            }
            _ => merged.push(item.clone()),
        }
    }
    for item in &merged {
        key_of(item, key)?;
    }
    Ok(in_order(merged, &patch, &original, |item| item.get(key).cloned()))
}

/// The list under a `$setElementOrder`; none where there is nothing to order.
///
/// # Errors
/// As [`merge`]; if the order does not agree with the patch; and where Go's code panics.
pub(super) fn set_order(
    original: Option<Vec<Json>>,
    patch: Option<Vec<Json>>,
    order: &[Json],
    within: &Within,
) -> Result<Option<Vec<Json>>> {
    if !matches!(within.of, Type::List(_)) {
        return Err(failure("`$setElementOrder` names what is not a list"));
    }
    let key = match within.merge {
        ListMerge::Key(key) => Some(key),
        _ => None,
    };
    let identity = |item: &Json| match key {
        Some(key) => item.get(key).cloned(),
        None => Some(item.clone()),
    };
    check_order(patch.as_deref().unwrap_or_default(), order, identity)?;
    let (merged, before) = match (original, patch) {
        (None, None) => return Ok(None),
        (Some(original), None) => (original.clone(), original),
        (None, Some(patch)) => (patch.into_iter().filter_map(without_directives).collect(), Vec::new()),
        (Some(original), Some(patch)) => (merge(original.clone(), patch, within, false)?, original),
    };
    if key.is_none() && order.iter().chain(&merged).any(|item| item.is_object() || item.is_array()) {
        return Err(ExpandError::new(
            ErrorKind::ControllerPanic,
            "`$setElementOrder` is given for a list of objects without a merge key",
        ));
    }
    if let Some(key) = key {
        for item in &merged {
            key_of(item, key)?;
        }
    }
    Ok(Some(in_order(merged, order, &before, identity)))
}

/// The items of the patch must stand in the order as they do in the patch.
fn check_order(patch: &[Json], order: &[Json], identity: impl Fn(&Json) -> Option<Json>) -> Result<()> {
    if patch.is_empty() || order.is_empty() {
        return Ok(());
    }
    let mut rest = order.iter();
    for item in patch.iter().filter(|item| item.get(PATCH).is_none()) {
        let wanted = identity(item);
        if !rest.any(|other| identity(other) == wanted) {
            return Err(failure("the order of the patch's list is not that of `$setElementOrder`"));
        }
    }
    Ok(())
}

fn item_struct(within: &Within) -> Result<&'static Struct> {
    match within.of {
        Type::List(item) => struct_of(Within { of: item.of, merge: ListMerge::Replace }, "item"),
        _ => Ok(&RAW),
    }
}

fn key_of(item: &Json, key: &str) -> Result<Json> {
    item.get(key).cloned().ok_or_else(|| failure(format!("an item of the list has no `{key}`")))
}

/// Carries out `$patch` in items: some are deleted, or the patch's list takes the place of the
/// other.
fn special_items(mut original: Vec<Json>, patch: Vec<Json>, key: &str) -> Result<(Vec<Json>, Vec<Json>)> {
    let mut ordinary = Vec::new();
    let mut replaces = false;
    for item in patch {
        match item.get(PATCH) {
            None => ordinary.push(item),
            Some(directive) => match directive.as_str() {
                Some("delete") => {
                    let value = key_of(&item, key)?;
                    original.retain(|existing| existing.get(key) != Some(&value));
                }
                Some("replace") => replaces = true,
                _ => return Err(failure(format!("`{PATCH}: {directive}` is not allowed in a list"))),
            },
        }
    }
    Ok(if replaces { (ordinary, Vec::new()) } else { (original, ordinary) })
}

/// The merged items: those of the patch in its order, and between them the others, as the original
/// has them: an item of the original that stands before one of the patch's stays before it.
fn in_order(
    merged: Vec<Json>,
    patch: &[Json],
    original: &[Json],
    identity: impl Fn(&Json) -> Option<Json>,
) -> Vec<Json> {
    let place = |list: &[Json], item: &Json| {
        let wanted = identity(item);
        list.iter().position(|other| identity(other) == wanted)
    };
    let (mut patched, others): (Vec<Json>, Vec<Json>) =
        merged.into_iter().partition(|item| place(patch, item).is_some());
    patched.sort_by_key(|item| place(patch, item));
    let (mut patched, mut others) = (patched.into_iter().peekable(), others.into_iter().peekable());
    let mut out = Vec::new();
    loop {
        match (patched.peek(), others.peek()) {
            (None, None) => return out,
            (Some(_), None) => out.extend(patched.next()),
            (None, Some(_)) => out.extend(others.next()),
            (Some(one), Some(other)) => {
                let is_before = match (place(original, other), place(original, one)) {
                    (Some(other), Some(one)) => other < one,
                    _ => false,
                };
                out.extend(if is_before { others.next() } else { patched.next() });
            }
        }
    }
}
