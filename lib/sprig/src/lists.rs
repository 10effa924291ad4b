//! Lists: building them, taking them apart, searching them. None is changed in place.

use oarlock_go_template::{ANY_LIST, Context, Error, Function, LIST_LIST, List, Value};

use super::convert::to_int;
use super::defaults::is_empty;
use oarlock_go_template::arguments::{ANY, INT, NIL_POINTER, Outcome, any, count, int, items, rest};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::variadic("list", &[ANY], |_, a| Ok(list(a.to_vec()))),
    Function::variadic("tuple", &[ANY], |_, a| Ok(list(a.to_vec()))),
    Function::new("append", &[ANY, ANY], push),
    Function::new("push", &[ANY, ANY], push),
    Function::new("mustAppend", &[ANY, ANY], push),
    Function::new("mustPush", &[ANY, ANY], push),
    Function::new("prepend", &[ANY, ANY], prepend),
    Function::new("mustPrepend", &[ANY, ANY], prepend),
    Function::new("first", &[ANY], first),
    Function::new("mustFirst", &[ANY], first),
    Function::new("last", &[ANY], last),
    Function::new("mustLast", &[ANY], last),
    Function::new("rest", &[ANY], tail),
    Function::new("mustRest", &[ANY], tail),
    Function::new("initial", &[ANY], initial),
    Function::new("mustInitial", &[ANY], initial),
    Function::new("reverse", &[ANY], reverse),
    Function::new("mustReverse", &[ANY], reverse),
    Function::new("compact", &[ANY], compact),
    Function::new("mustCompact", &[ANY], compact),
    Function::new("uniq", &[ANY], uniq),
    Function::new("mustUniq", &[ANY], uniq),
    Function::variadic("without", &[ANY, ANY], without),
    Function::variadic("mustWithout", &[ANY, ANY], without),
    Function::new("has", &[ANY, ANY], has),
    Function::new("mustHas", &[ANY, ANY], has),
    Function::variadic("slice", &[ANY, ANY], slice),
    Function::variadic("mustSlice", &[ANY, ANY], slice),
    Function::variadic("concat", &[ANY], concat),
    Function::new("chunk", &[INT, ANY], chunk),
    Function::new("mustChunk", &[INT, ANY], chunk),
];

fn list(items: Vec<Value>) -> Value {
    List::new(items).into()
}

fn nil_list() -> Value {
    List::nil(&ANY_LIST).into()
}

/// Go appends in place where it can; here each list is a copy, which costs steps.
fn copy(cx: &mut Context<'_>, list: &List) -> Result<Vec<Value>, Error> {
    cx.spend(u64::try_from(list.len() / 16).unwrap_or(u64::MAX))?;
    cx.allow_items(list.len() + 1)?;
    Ok(list.to_vec())
}

fn push(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    let mut items = copy(cx, &items(any(a, 0), "Cannot push on type")?)?;
    items.push(any(a, 1).clone());
    Ok(list(items))
}

fn prepend(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    let mut items = copy(cx, &items(any(a, 0), "Cannot prepend on type")?)?;
    items.insert(0, any(a, 1).clone());
    Ok(list(items))
}

fn first(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    Ok(items(any(a, 0), "Cannot find first on type")?.first().cloned().unwrap_or_default())
}

fn last(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    Ok(items(any(a, 0), "Cannot find last on type")?.last().cloned().unwrap_or_default())
}

fn tail(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    let items = items(any(a, 0), "Cannot find rest on type")?;
    Ok(items.split_first().map_or_else(nil_list, |(_, rest)| list(rest.to_vec())))
}

fn initial(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    let items = items(any(a, 0), "Cannot find initial on type")?;
    Ok(items.split_last().map_or_else(nil_list, |(_, initial)| list(initial.to_vec())))
}

fn reverse(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    let mut items = items(any(a, 0), "Cannot find reverse on type")?.to_vec();
    items.reverse();
    Ok(list(items))
}

fn compact(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    let items = items(any(a, 0), "Cannot compact on type")?;
    Ok(list(items.iter().filter(|item| !is_empty(item)).cloned().collect()))
}

fn uniq(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    let items = items(any(a, 0), "Cannot find uniq on type")?;
    let mut kept: Vec<Value> = Vec::new();
    for item in items.iter() {
        cx.spend(u64::try_from(kept.len() / 4).unwrap_or(u64::MAX))?;
        if !kept.iter().any(|other| item.deep_equals(other)) {
            kept.push(item.clone());
        }
    }
    Ok(list(kept))
}

fn without(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    let items = items(any(a, 0), "Cannot find without on type")?;
    let omit = rest(a, 1);
    cx.spend(u64::try_from(items.len().saturating_mul(omit.len()) / 4).unwrap_or(u64::MAX))?;
    let keep = |item: &&Value| !omit.iter().any(|other| item.deep_equals(other));
    Ok(list(items.iter().filter(keep).cloned().collect()))
}

fn has(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    if let Value::Nil = any(a, 1) {
        return Ok(false.into());
    }
    let items = items(any(a, 1), "Cannot find has on type")?;
    Ok(items.iter().any(|item| any(a, 0).deep_equals(item)).into())
}

fn slice(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    let all = items(any(a, 0), "list should be type of slice or array but")?;
    if all.is_empty() {
        return Ok(Value::Nil);
    }
    let length = count(all.len());
    let start = a.get(1).map_or(0, to_int);
    let end = a.get(2).map_or(length, to_int);
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let part = range.and_then(|(start, end)| all.get(start..end));
    let part = part.ok_or_else(|| Error::new("reflect.Value.Slice: slice index out of bounds"))?;
    Ok(List::with_type(all.list_type(), part.to_vec()).into())
}

fn concat(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    let mut all: Option<Vec<Value>> = None;
    for value in a {
        let part = match value {
            Value::List(_) | Value::Bytes(_) => items(value, "")?,
            Value::Nil => return Err(Error::new(NIL_POINTER)),
            other => {
                return Err(Error::new(format!("Cannot concat type {} as list", other.kind_name())));
            }
        };
        cx.spend(u64::try_from(part.len() / 16).unwrap_or(u64::MAX))?;
        cx.allow_items(all.as_ref().map_or(0, Vec::len) + part.len())?;
        if !part.is_empty() {
            all.get_or_insert_default().extend_from_slice(&part);
        }
    }
    Ok(all.map_or_else(nil_list, list))
}

fn chunk(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    let (size, all) = (int(a, 0), items(any(a, 1), "Cannot chunk type")?);
    let length = count(all.len());
    let chunks: Vec<Value> = match usize::try_from(size) {
        Ok(size) if size > 0 => all.chunks(size).map(|chunk| list(chunk.to_vec())).collect(),
        // Sprig reckons the number of chunks with floats and takes a negative size as it comes: no
        // chunk, or one.
        _ if size < -1 && length == 1 => vec![list(all.to_vec())],
        _ if size < 0 && (2..=size.saturating_neg().saturating_add(1)).contains(&length) => Vec::new(),
        _ => return Err(Error::new("runtime error: makeslice: len out of range")),
    };
    Ok(List::with_type(&LIST_LIST, chunks).into())
}
