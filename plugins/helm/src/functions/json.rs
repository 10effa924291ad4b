//! Helm's own functions that read JSON: `fromJson` and `fromJsonArray`, whose errors are values.

use oarlock_go::json::{Read, read};
use oarlock_go_template::arguments::{Outcome, TEXT, text};
use oarlock_go_template::{ANY_LIST, ANY_MAP, Context, Function, List, Map, Value};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("fromJson", &[TEXT], from_json),
    Function::new("fromJsonArray", &[TEXT], from_json_array),
];

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
