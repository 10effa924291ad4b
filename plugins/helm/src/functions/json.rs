//! JSON, as Go's `encoding/json` reads and writes it.

mod write;

use oarlock_go_template::{ANY_LIST, ANY_MAP, Context, Error, ErrorKind, Function, List, Map, Str, Value};

use super::arguments::{ANY, Outcome, TEXT, any, text};
use crate::json::{Read, read};
pub(super) use write::{Style, number, write};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("toJson", &[ANY], |cx, a| or_nothing(to_text(cx, any(a, 0), Style::Plain))),
    Function::new("mustToJson", &[ANY], |cx, a| Ok(to_text(cx, any(a, 0), Style::Plain)?.into())),
    Function::new("toPrettyJson", &[ANY], |cx, a| or_nothing(to_text(cx, any(a, 0), Style::Pretty))),
    Function::new("mustToPrettyJson", &[ANY], |cx, a| Ok(to_text(cx, any(a, 0), Style::Pretty)?.into())),
    Function::new("toRawJson", &[ANY], |cx, a| Ok(to_text(cx, any(a, 0), Style::Raw)?.into())),
    Function::new("mustToRawJson", &[ANY], |cx, a| Ok(to_text(cx, any(a, 0), Style::Raw)?.into())),
    Function::new("mustFromJson", &[TEXT], |_, a| match read(text(a, 0).as_bytes()) {
        Ok(Read { value, unfit: None }) => Ok(value),
        Ok(Read { unfit: Some(message), .. }) | Err(message) => Err(Error::new(message)),
    }),
    Function::new("fromJson", &[TEXT], from_json),
    Function::new("fromJsonArray", &[TEXT], from_json_array),
];

fn to_text(cx: &mut Context<'_>, value: &Value, style: Style) -> Result<Str, Error> {
    let text = write(value, style, cx.room())?;
    cx.reserve(text.len())?;
    Ok(text.into())
}

/// Errors are swallowed inside of a template, but for limits that are reached.
pub(super) fn or_nothing(text: Result<Str, Error>) -> Outcome {
    match text {
        Err(error) if matches!(error.kind(), ErrorKind::Limit(_)) => Err(error),
        text => Ok(text.unwrap_or_default().into()),
    }
}

fn from_json(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    let error = |message: String| Ok([("Error", message)].into_iter().collect::<Map>().into());
    match read(text(a, 0).as_bytes()) {
        Ok(Read { value: Value::Map(map), unfit }) => {
            if let Some(message) = unfit {
                map.insert("Error", message);
            }
            Ok(map.into())
        }
        Ok(Read { value: Value::Nil, unfit: None }) => Ok(Map::nil(&ANY_MAP).into()),
        Ok(Read { value, .. }) => error(mismatch(&value, "map[string]interface {}")),
        Err(message) => error(message),
    }
}

fn from_json_array(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    let error = |message: String| Ok(List::new(vec![message.into()]).into());
    match read(text(a, 0).as_bytes()) {
        Ok(Read { value: Value::List(list), unfit: None }) => Ok(list.into()),
        Ok(Read { value: Value::Nil, unfit: None }) => Ok(List::nil(&ANY_LIST).into()),
        Ok(Read { value: Value::List(_), unfit: Some(message) }) | Err(message) => error(message),
        Ok(Read { value, .. }) => error(mismatch(&value, "[]interface {}")),
    }
}

pub(super) fn mismatch(found: &Value, wanted: &str) -> String {
    let found = match found {
        Value::Map(_) => "object",
        Value::List(_) => "array",
        Value::Bool(_) => "bool",
        Value::String(_) => "string",
        _ => "number",
    };
    format!("json: cannot unmarshal {found} into Go value of type {wanted}")
}
