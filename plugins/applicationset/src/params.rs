//! Parameter sets: how they are combined, flattened and printed.
//!
//! A set is a map of Go values, shared as Go shares maps: what two sets have in common is changed
//! for both. The engines differ in shape: for Go templates a set is nested, for fasttemplate it has
//! one level and dotted keys.

use oarlock_go_template::{ANY_LIST, ANY_MAP, Map, STRING_MAP, Str, Value, fmt};

use crate::error::{ErrorKind, ExpandError, Result};

/// One set of parameters.
pub(crate) type Params = Map;

/// A set that Go's code leaves nil: it reads as empty, and writing to it is a panic.
pub(crate) fn nil() -> Params {
    Map::nil(&ANY_MAP)
}

/// Merges a set over another as `mergo.Merge` with overriding does: maps within maps are merged,
/// everything else is taken whole, empty values too. What is taken over is shared.
///
/// # Errors
/// Where Go's code panics: a general map is merged over a map of strings.
pub(crate) fn merge_over(into: &Params, from: &Params) -> Result<()> {
    merge_deep(into, from, 0)
}

/// How deep parameters may nest. Only a set that a template has put into itself goes there.
const MAX_DEPTH: usize = 600;

fn check_depth(depth: usize) -> Result<()> {
    if depth <= MAX_DEPTH {
        return Ok(());
    }
    Err(ExpandError::new(ErrorKind::ControllerPanic, "a set of parameters holds itself"))
}

fn merge_deep(into: &Params, from: &Params, depth: usize) -> Result<()> {
    check_depth(depth)?;
    if into.is_same(from) {
        return Ok(());
    }
    let holds_strings = std::ptr::eq(into.map_type(), &raw const STRING_MAP);
    let brings_strings = std::ptr::eq(from.map_type(), &raw const STRING_MAP);
    for (key, value) in from.snapshot() {
        if let (Some(Value::Map(existing)), Value::Map(value)) = (into.get(&key), &value)
            && !existing.is_nil()
        {
            merge_deep(&existing, value, depth + 1)?;
            if !existing.is_empty() {
                continue;
            }
        }
        if holds_strings && !brings_strings {
            let key = key.to_text();
            return Err(ExpandError::new(
                ErrorKind::ControllerPanic,
                format!("the parameter `{key}` cannot be merged into a map of strings"),
            ));
        }
        put(into, key, value)?;
    }
    Ok(())
}

/// Sets a key.
///
/// # Errors
/// Where Go's code panics: the set is nil.
pub(crate) fn put(into: &Params, key: Str, value: Value) -> Result<()> {
    if into.insert(key, value) {
        return Ok(());
    }
    Err(ExpandError::new(ErrorKind::ControllerPanic, "parameters cannot be merged into an empty element"))
}

/// The union of two sets whose values are text, for fasttemplate.
///
/// # Errors
/// If both have a key with different values.
pub(crate) fn combine(one: &Params, other: &Params) -> Result<Params> {
    let union = Map::new();
    for (key, value) in one.entries().iter() {
        union.insert(key.clone(), print(value)?);
    }
    for (key, value) in other.entries().iter() {
        let value = print(value)?;
        match union.get(key) {
            Some(Value::String(current)) if current != value => {
                return Err(ExpandError::new(
                    ErrorKind::Generator,
                    format!(
                        "both generators give the parameter `{key}`, one as `{current}`, one as `{value}`"
                    ),
                ));
            }
            _ => union.insert(key.clone(), value),
        };
    }
    Ok(union)
}

/// A value as `%v` prints it.
///
/// # Errors
/// If the text is too long.
pub(crate) fn print(value: &Value) -> Result<Str> {
    if let Value::String(text) = value {
        return Ok(text.clone());
    }
    fmt::sprint(std::slice::from_ref(value))
        .map_err(|error| ExpandError::new(ErrorKind::Limit, error.message().to_owned()))
}

/// Whether maps of strings are gone into as well.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum StringMaps {
    /// Each entry has a key of its own.
    Flattened,
    /// The map is one value.
    Whole,
}

/// Every value that is no map and no list, by its dotted key: `flatten.Flatten` in its dot style.
/// Empty maps and lists have no key.
///
/// # Errors
/// If the set holds itself.
pub(crate) fn flatten(params: &Params, string_maps: StringMaps) -> Result<Vec<(Str, Value)>> {
    let mut flat = Vec::new();
    for (key, value) in params.entries().iter() {
        flatten_value(key.clone(), value, string_maps, 0, &mut flat)?;
    }
    Ok(flat)
}

fn flatten_value(
    key: Str,
    value: &Value,
    string_maps: StringMaps,
    depth: usize,
    flat: &mut Vec<(Str, Value)>,
) -> Result<()> {
    check_depth(depth)?;
    match value {
        Value::Map(map) if std::ptr::eq(map.map_type(), &raw const ANY_MAP) => {
            for (name, value) in map.entries().iter() {
                flatten_value(dotted(&key, name.as_bytes()), value, string_maps, depth + 1, flat)?;
            }
        }
        Value::Map(map) if string_maps == StringMaps::Flattened => {
            for (name, value) in map.entries().iter() {
                flat.push((dotted(&key, name.as_bytes()), value.clone()));
            }
        }
        Value::List(list) if std::ptr::eq(list.list_type(), &raw const ANY_LIST) => {
            for (index, value) in list.iter().enumerate() {
                // Maps within lists are not normalised: those of strings stay whole.
                let key = dotted(&key, index.to_string().as_bytes());
                flatten_value(key, value, StringMaps::Whole, depth + 1, flat)?;
            }
        }
        value => flat.push((key, value.clone())),
    }
    Ok(())
}

fn dotted(key: &Str, name: &[u8]) -> Str {
    let mut dotted = key.as_bytes().to_vec();
    dotted.push(b'.');
    dotted.extend_from_slice(name);
    dotted.into()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::json::{from_value, to_map};

    fn map(json: &Json) -> Map {
        to_map(json.as_object().unwrap())
    }

    #[rstest]
    #[case::deep(json!({"a": {"x": 1}}), json!({"a": {"y": 2}}), json!({"a": {"x": 1, "y": 2}}))]
    #[case::empty_values_win(json!({"a": "x", "b": [1]}), json!({"a": "", "b": []}), json!({"a": "", "b": []}))]
    #[case::null_wins(json!({"a": {"x": 1}}), json!({"a": null}), json!({"a": null}))]
    #[case::empty_map_does_not(json!({"a": {"x": 1}}), json!({"a": {}}), json!({"a": {"x": 1}}))]
    #[case::types_may_differ(json!({"a": {"x": 1}}), json!({"a": [2]}), json!({"a": [2]}))]
    fn merging(#[case] into: Json, #[case] from: Json, #[case] merged: Json) {
        let into = map(&into);
        merge_over(&into, &map(&from)).unwrap();
        assert_eq!(from_value(&into.into()), merged);
    }

    #[test]
    fn a_general_map_over_one_of_strings_is_a_panic() {
        let strings = || -> Map {
            let labels = Map::of_strings([("env".into(), "dev".into())]);
            [("labels", Value::Map(labels))].into_iter().collect()
        };
        let general = map(&json!({"labels": {"env": "prod"}}));
        let error = merge_over(&strings(), &general).unwrap_err();
        assert_eq!(error.kind, ErrorKind::ControllerPanic);
        merge_over(&general, &strings()).unwrap();
        merge_over(&strings(), &map(&json!({"labels": {}}))).unwrap();
    }

    #[test]
    fn what_is_taken_over_is_shared() {
        let (one, other, from) = (Map::new(), Map::new(), map(&json!({"m": {"k": 1}})));
        merge_over(&one, &from).unwrap();
        merge_over(&other, &from).unwrap();
        merge_over(&one, &map(&json!({"m": {"k": 2}}))).unwrap();
        assert_eq!(from_value(&other.into()), json!({"m": {"k": 2}}));
    }

    #[test]
    fn a_set_that_holds_itself_is_an_error() {
        let (one, other) = (Map::new(), Map::new());
        one.insert("self", one.clone());
        other.insert("self", other.clone());
        assert!(flatten(&one, StringMaps::Whole).is_err());
        assert!(merge_over(&one, &other).is_err());
        one.remove("self");
        other.remove("self");
    }

    #[test]
    fn flat_keys() {
        let params = map(&json!({"a": {"b": {"c": 1e6}}, "l": [{"x": "y"}, 2], "e": {}, "f": [], "n": null}));
        params.insert("s", Map::of_strings([("k".into(), "v".into())]));
        let keys = |string_maps| -> Vec<String> {
            let flat = flatten(&params, string_maps).unwrap();
            flat.iter().map(|(key, value)| format!("{key}={}", print(value).unwrap())).collect()
        };
        assert_eq!(keys(StringMaps::Flattened), ["a.b.c=1e+06", "l.0.x=y", "l.1=2", "n=<nil>", "s.k=v"]);
        assert_eq!(keys(StringMaps::Whole).last().unwrap(), "s=map[k:v]");
    }

    #[test]
    fn the_same_text_twice_is_no_conflict() {
        let union = combine(&map(&json!({"a": 1, "b": "x"})), &map(&json!({"a": "1"}))).unwrap();
        assert_eq!(from_value(&union.into()), json!({"a": "1", "b": "x"}));
        let error = combine(&map(&json!({"a": 1})), &map(&json!({"a": 2}))).unwrap_err();
        assert!(error.message.contains("one as `1`, one as `2`"), "{error}");
    }
}
