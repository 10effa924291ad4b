//! Dictionaries: shared and mutable, so that `set` is seen by everyone who holds the same one.

use oarlock_go_template::{Context, Error, Function, List, Map, Str, Value};

use super::convert::to_text;
use super::merge::merge;
use oarlock_go_template::arguments::{ANY, MAP, Outcome, TEXT, any, map, rest, text};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::variadic("dict", &[ANY], dict),
    Function::new("get", &[MAP, TEXT], |_, a| Ok(map(a, 0).get(text(a, 1)).unwrap_or_else(|| "".into()))),
    Function::new("set", &[MAP, TEXT, ANY], set),
    Function::new("unset", &[MAP, TEXT], |_, a| {
        map(a, 0).remove(text(a, 1));
        Ok(any(a, 0).clone())
    }),
    Function::new("hasKey", &[MAP, TEXT], |_, a| Ok(map(a, 0).contains(text(a, 1)).into())),
    Function::variadic("pluck", &[TEXT, MAP], |_, a| {
        let found = rest(a, 1).iter().filter_map(|dict| dict.as_map()?.get(text(a, 0)));
        Ok(found.collect::<List>().into())
    }),
    Function::variadic("keys", &[MAP], |_, a| {
        let keys = a.iter().filter_map(Value::as_map).flat_map(Map::snapshot);
        Ok(List::of_strings(keys.map(|(key, _)| key)).into())
    }),
    Function::new("values", &[MAP], |_, a| {
        Ok(map(a, 0).snapshot().into_iter().map(|(_, value)| value).collect::<List>().into())
    }),
    Function::variadic("pick", &[MAP, TEXT], |_, a| {
        let (from, keys) = (map(a, 0), rest(a, 1));
        let picked = keys.iter().filter_map(|key| Some((key.as_str()?.clone(), from.get(key.as_str()?)?)));
        Ok(picked.collect::<Map>().into())
    }),
    Function::variadic("omit", &[MAP, TEXT], |_, a| {
        let keys = rest(a, 1);
        let kept = map(a, 0).snapshot().into_iter();
        let kept = kept.filter(|(key, _)| !keys.iter().any(|omitted| omitted.as_str() == Some(key)));
        Ok(kept.collect::<Map>().into())
    }),
    Function::variadic("merge", &[MAP, MAP], |cx, a| merged(cx, a, false)),
    Function::variadic("mustMerge", &[MAP, MAP], |cx, a| merged(cx, a, false)),
    Function::variadic("mergeOverwrite", &[MAP, MAP], |cx, a| merged(cx, a, true)),
    Function::variadic("mustMergeOverwrite", &[MAP, MAP], |cx, a| merged(cx, a, true)),
    Function::variadic("dig", &[ANY], dig),
];

fn dict(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    let dict = Map::new();
    for pair in a.chunks(2) {
        dict.insert(to_text(cx, any(pair, 0))?, pair.get(1).cloned().unwrap_or_else(|| "".into()));
    }
    Ok(dict.into())
}

fn set(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    if map(a, 0).insert(text(a, 1).clone(), any(a, 2).clone()) {
        Ok(any(a, 0).clone())
    } else {
        Err(Error::new("assignment to entry in nil map"))
    }
}

fn merged(cx: &mut Context<'_>, a: &[Value], overwrite: bool) -> Outcome {
    let mut into = map(a, 0);
    for from in rest(a, 1).iter().filter_map(Value::as_map) {
        merge(cx, &mut into, from, overwrite)?;
    }
    Ok(into.into())
}

fn dig(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    let [keys @ .., default, dict] = a else {
        return Err(Error::new("dig needs at least three arguments"));
    };
    if keys.is_empty() {
        return Err(Error::new("dig needs at least three arguments"));
    }
    let mut value = Value::Map(conversion(dict)?);
    let names: Result<Vec<&Str>, Error> =
        keys.iter().map(|key| key.as_str().ok_or_else(|| not_convertible(key, "string"))).collect();
    for key in names? {
        match conversion(&value)?.get(key) {
            Some(next) => value = next,
            None => return Ok(default.clone()),
        }
    }
    Ok(value)
}

/// Go's type assertion: of the very type, not just of one that is alike.
fn conversion(value: &Value) -> Result<Map, Error> {
    match value {
        Value::Map(map) if map.map_type().name == "map[string]interface {}" => Ok(map.clone()),
        other => Err(not_convertible(other, "map[string]interface {}")),
    }
}

fn not_convertible(value: &Value, wanted: &str) -> Error {
    let found = match value {
        Value::Nil => "nil",
        other => other.type_name(),
    };
    Error::new(format!("interface conversion: interface {{}} is {found}, not {wanted}"))
}
