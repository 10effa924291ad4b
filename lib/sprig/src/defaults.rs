//! Emptiness, defaults, and what a value is.

use oarlock_go_template::{Context, Error, Function, Value};

use oarlock_go_template::arguments::{ANY, BOOL, NO_TYPE, Outcome, TEXT, any, text};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::variadic("default", &[ANY, ANY], default),
    Function::new("empty", &[ANY], |_, a| Ok(is_empty(any(a, 0)).into())),
    Function::variadic("coalesce", &[ANY], |_, a| {
        Ok(a.iter().find(|value| !is_empty(value)).cloned().unwrap_or_default())
    }),
    Function::variadic("all", &[ANY], |_, a| Ok((!a.iter().any(is_empty)).into())),
    Function::variadic("any", &[ANY], |_, a| Ok(a.iter().any(|value| !is_empty(value)).into())),
    Function::new("ternary", &[ANY, ANY, BOOL], |_, a| {
        Ok(any(a, usize::from(!matches!(any(a, 2), Value::Bool(true)))).clone())
    }),
    Function::new("typeOf", &[ANY], |_, a| Ok(any(a, 0).type_name().into())),
    Function::new("typeIs", &[TEXT, ANY], |_, a| Ok((*text(a, 0) == any(a, 1).type_name()).into())),
    Function::new("typeIsLike", &[TEXT, ANY], |_, a| {
        let (wanted, name) = (text(a, 0), any(a, 1).type_name());
        let pointed = name.strip_prefix('*').is_some_and(|name| *wanted == name);
        Ok((*wanted == name || pointed).into())
    }),
    Function::new("kindOf", &[ANY], |_, a| Ok(any(a, 0).kind_name().into())),
    Function::new("kindIs", &[TEXT, ANY], |_, a| Ok((*text(a, 0) == any(a, 1).kind_name()).into())),
    Function::new("deepEqual", &[ANY, ANY], |_, a| Ok(any(a, 0).deep_equals(any(a, 1)).into())),
    Function::new("deepCopy", &[ANY], deep_copy),
    Function::new("mustDeepCopy", &[ANY], deep_copy),
];

/// Whether a value is the zero value of its type, or has nothing in it.
pub(super) fn is_empty(value: &Value) -> bool {
    !value.is_true()
}

fn default(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    let given = any(a, 1);
    Ok(if is_empty(given) { any(a, 0) } else { given }.clone())
}

fn deep_copy(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    match any(a, 0) {
        Value::Nil => Err(Error::new(NO_TYPE)),
        value => copy(cx, value, 0),
    }
}

/// How deep a value is copied; only one that holds itself goes there.
const MAX_DEPTH: usize = 500;

fn copy(cx: &mut Context<'_>, value: &Value, depth: usize) -> Outcome {
    cx.spend(1)?;
    if depth > MAX_DEPTH {
        return Err(Error::new("value nests too deep to be copied, or holds itself"));
    }
    Ok(match value {
        Value::List(list) if list.is_nil() => value.clone(),
        Value::List(list) => {
            let items: Result<Vec<Value>, Error> =
                list.iter().map(|item| copy(cx, item, depth + 1)).collect();
            oarlock_go_template::List::with_type(list.list_type(), items?).into()
        }
        Value::Map(map) if map.is_nil() => value.clone(),
        Value::Map(map) => {
            let mut entries = Vec::with_capacity(map.len());
            for (key, item) in map.snapshot() {
                entries.push((key, copy(cx, &item, depth + 1)?));
            }
            oarlock_go_template::Map::from_entries(map.map_type(), entries).into()
        }
        other => other.clone(),
    })
}
