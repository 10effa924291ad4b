//! The merge itself, with its directives.

mod list;

use serde_json::{Map as JsonMap, Value as Json};

use crate::error::{ErrorKind, ExpandError, Result};
use crate::schema::{ListMerge, Struct, Type};

const PATCH: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_FROM_LIST: &str = "$deleteFromPrimitiveList";
const SET_ELEMENT_ORDER: &str = "$setElementOrder";

type Object = JsonMap<String, Json>;

fn failure(message: impl Into<String>) -> ExpandError {
    ExpandError::new(ErrorKind::Patch, message)
}

/// Merges a patch into an object of a type.
pub(super) fn merge(mut original: Object, mut patch: Object, of: &'static Struct) -> Result<Object> {
    if let Some(directive) = patch.remove(PATCH) {
        return match directive.as_str() {
            Some("replace") => Ok(patch),
            Some("delete") => Ok(Object::new()),
            _ => Err(failure(format!("`{PATCH}: {directive}` is none of `replace` and `delete`"))),
        };
    }
    retain_keys(&mut original, &mut patch)?;
    set_element_order(&mut original, &mut patch, of)?;
    for (key, mut value) in patch {
        let deletes_from = prefixed(&key, DELETE_FROM_LIST)?.map(ToOwned::to_owned);
        let key = deletes_from.clone().unwrap_or(key);
        if value.is_null() {
            original.remove(&key);
            continue;
        }
        let existing = original.remove(&key);
        let merged = match (existing, value) {
            (Some(Json::Object(existing)), Json::Object(value)) => {
                let within = field(of, &key)?;
                Some(Json::Object(merge(existing, value, struct_of(within, &key)?)?))
            }
            (Some(Json::Array(existing)), Json::Array(value)) => {
                let within = field(of, &key)?;
                Some(Json::Array(list::merge(existing, value, &within, deletes_from.is_some())?))
            }
            // What is to be taken out of a list that is not there.
            (existing, _) if deletes_from.is_some() => existing,
            (_, taken) => {
                value = taken;
                discard_nulls(&mut value);
                without_directives(value)
            }
        };
        if let Some(merged) = merged {
            original.insert(key, merged);
        }
    }
    Ok(original)
}

/// What is known of a field: its type, and how its list is merged.
#[derive(Clone, Copy)]
struct Within {
    of: Type,
    merge: ListMerge,
}

fn field(of: &'static Struct, key: &str) -> Result<Within> {
    let Some(field) = of.field_in_any_case(key) else {
        return Err(failure(format!(
            "`{key}` cannot be merged: unable to find the field in `{}`. Only new keys and scalars can be patched there",
            of.name
        )));
    };
    Ok(Within { of: field.of, merge: field.merge })
}

/// JSON within a typed object: a type without fields, so that nothing in it can be merged.
static RAW: Struct = Struct { name: "RawExtension", fields: &[], is_open: true };

fn struct_of(within: Within, key: &str) -> Result<&'static Struct> {
    match within.of {
        Type::Struct(of) => Ok(of),
        // Maps hold scalars, so that nothing below them is merged.
        Type::Json | Type::Opaque | Type::TextMap | Type::BoolMap | Type::Values => Ok(&RAW),
        _ => Err(failure(format!("`{key}` is not an object"))),
    }
}

/// The rest of a key that is a directive of a list: `$deleteFromPrimitiveList/finalizers`.
fn prefixed<'k>(key: &'k str, prefix: &str) -> Result<Option<&'k str>> {
    let Some(rest) = key.strip_prefix(prefix) else { return Ok(None) };
    match rest.strip_prefix('/') {
        Some(name) => Ok(Some(name)),
        None => Err(failure(format!("`{key}` names no list; it should be `{prefix}/FIELD`"))),
    }
}

/// `$retainKeys`: the fields that it does not list go.
fn retain_keys(original: &mut Object, patch: &mut Object) -> Result<()> {
    let Some(keys) = patch.remove(RETAIN_KEYS) else { return Ok(()) };
    let Json::Array(keys) = keys else { return Err(failure(format!("`{RETAIN_KEYS}` is not a list"))) };
    let is_kept = |key: &str| keys.iter().any(|kept| kept.as_str() == Some(key));
    for (key, value) in patch.iter() {
        let is_directive = key.starts_with(DELETE_FROM_LIST) || key.starts_with(SET_ELEMENT_ORDER);
        if !value.is_null() && !is_directive && !is_kept(key) {
            return Err(failure(format!("`{key}` is in the patch, but not in its `{RETAIN_KEYS}`")));
        }
    }
    original.retain(|key, _| is_kept(key));
    Ok(())
}

/// `$setElementOrder/LIST`: merges the patch's list and puts the items into the given order.
fn set_element_order(original: &mut Object, patch: &mut Object, of: &'static Struct) -> Result<()> {
    let directives: Vec<String> =
        patch.keys().filter(|key| key.starts_with(SET_ELEMENT_ORDER)).cloned().collect();
    for key in directives {
        let Some(order) = patch.remove(&key) else { continue };
        let Json::Array(order) = order else { return Err(failure(format!("`{key}` is not a list"))) };
        let Some(name) = prefixed(&key, SET_ELEMENT_ORDER)? else { continue };
        let as_list = |value: Option<&Json>| match value {
            None => Ok(None),
            Some(Json::Array(items)) => Ok(Some(items.clone())),
            Some(_) => Err(failure(format!("`{name}` is not a list, which `{key}` wants it to be"))),
        };
        let (existing, patched) = (as_list(original.get(name))?, as_list(patch.get(name))?);
        let within = field(of, name)?;
        if let Some(ordered) = list::set_order(existing, patched, &order, &within)? {
            original.insert(name.to_owned(), Json::Array(ordered));
            patch.remove(name);
        }
    }
    Ok(())
}

/// Takes null fields out of what is new.
fn discard_nulls(value: &mut Json) {
    match value {
        Json::Object(object) => {
            object.retain(|_, value| !value.is_null());
            object.values_mut().for_each(discard_nulls);
        }
        Json::Array(items) => items.iter_mut().for_each(discard_nulls),
        _ => {}
    }
}

/// What is new, without the objects that hold a directive.
fn without_directives(value: Json) -> Option<Json> {
    Some(match value {
        Json::Object(object) if object.contains_key(PATCH) => return None,
        Json::Object(object) => Json::Object(
            object.into_iter().filter_map(|(key, value)| Some((key, without_directives(value)?))).collect(),
        ),
        Json::Array(items) => Json::Array(items.into_iter().filter_map(without_directives).collect()),
        other => other,
    })
}
