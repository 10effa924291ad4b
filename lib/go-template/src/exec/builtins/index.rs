//! `index`, `slice`, `len` and `call`.

use super::super::frame::Evaluated;
use crate::error::Error;
use crate::value::{List, Type, UintType, Value};

/// `index x 1 "a"`: items of lists, bytes of strings, values of maps, one after the other.
pub(crate) fn index(item: &Evaluated, indexes: &[Evaluated]) -> Result<Evaluated, Error> {
    if let Value::Nil = item.value {
        return Err(Error::new("index of untyped nil"));
    }
    let mut item = Evaluated::concrete(item.value.clone());
    for index in indexes {
        item = match &item.value {
            Value::Nil => return Err(Error::new("index of nil pointer")),
            Value::List(list) => {
                let place = place(&index.value, list.len())?;
                let value = list.get(place).cloned().ok_or_else(|| out_of_range("slice"))?;
                Evaluated { value, interface: matches!(list.list_type().element, Type::Any) }
            }
            Value::String(text) => Evaluated::concrete(byte("string", text.as_bytes(), &index.value)?),
            Value::Bytes(bytes) => Evaluated::concrete(byte("slice", bytes, &index.value)?),
            Value::Map(map) => {
                let element = map.map_type().element;
                let value = match &index.value {
                    Value::String(key) => map.get(key),
                    Value::Nil => return Err(Error::new("value is nil; should be of type string")),
                    other => {
                        let message = format!("value has type {}; should be string", other.type_name());
                        return Err(Error::new(message));
                    }
                };
                let value = value.unwrap_or_else(|| Value::zero(element));
                Evaluated { value, interface: matches!(element, Type::Any) }
            }
            other => {
                let of = other.type_name().trim_start_matches('*');
                return Err(Error::new(format!("can't index item of type {of}")));
            }
        };
    }
    Ok(item)
}

fn byte(of: &str, bytes: &[u8], index: &Value) -> Result<Value, Error> {
    let place = place(index, bytes.len())?;
    let byte = bytes.get(place).ok_or_else(|| out_of_range(of))?;
    Ok(Value::Uint(UintType::Uint8, (*byte).into()))
}

/// What reflection says when the index equals the length, which the check before lets pass.
fn out_of_range(of: &str) -> Error {
    Error::new(format!("reflect: {of} index out of range"))
}

/// An index that is at most `most`.
fn place(index: &Value, most: usize) -> Result<usize, Error> {
    let (place, shown) = match index {
        Value::Int(_, int) => (usize::try_from(*int).ok(), int.to_string()),
        Value::Uint(_, uint) => (usize::try_from(*uint).ok(), uint.cast_signed().to_string()),
        Value::Nil => return Err(Error::new("cannot index slice/array with nil")),
        other => {
            let message = format!("cannot index slice/array with type {}", other.type_name());
            return Err(Error::new(message));
        }
    };
    place.filter(|place| *place <= most).ok_or_else(|| Error::new(format!("index out of range: {shown}")))
}

/// `slice x 1 2`: part of a string or list.
pub(crate) fn slice(item: &Evaluated, indexes: &[Evaluated]) -> Result<Value, Error> {
    if let Value::Nil = item.value {
        return Err(Error::new("slice of untyped nil"));
    }
    if indexes.len() > 3 {
        return Err(Error::new(format!("too many slice indexes: {}", indexes.len())));
    }
    let length = match &item.value {
        Value::String(_) if indexes.len() == 3 => return Err(Error::new("cannot 3-index slice a string")),
        Value::String(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.len(),
        other => return Err(Error::new(format!("can't slice item of type {}", other.type_name()))),
    };
    let mut places = [0, length, length];
    for (slot, index) in places.iter_mut().zip(indexes) {
        *slot = place(&index.value, length)?;
    }
    let [start, end, capacity] = places;
    for (low, high) in [(start, end), (end, capacity)] {
        if low > high {
            return Err(Error::new(format!("invalid slice index: {low} > {high}")));
        }
    }
    Ok(match &item.value {
        Value::String(text) => Value::string(&text.as_bytes()[start..end]),
        Value::Bytes(bytes) => Value::Bytes(bytes[start..end].into()),
        Value::List(list) => Value::List(List::with_type(list.list_type(), list[start..end].to_vec())),
        other => other.clone(),
    })
}

/// `len`.
pub(crate) fn length(item: &Evaluated) -> Result<i64, Error> {
    let length = match &item.value {
        Value::Nil if item.interface => return Err(Error::new("len of nil pointer")),
        Value::Nil => return Err(Error::new("reflect: call of reflect.Value.Type on zero Value")),
        Value::String(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        other => {
            let of = other.type_name().trim_start_matches('*');
            return Err(Error::new(format!("len of type {of}")));
        }
    };
    Ok(i64::try_from(length).unwrap_or(i64::MAX))
}

/// `call`: no value here is a function.
pub(crate) fn call(function: &Evaluated, name: &str) -> Error {
    match &function.value {
        Value::Nil => Error::new("call of nil"),
        other => Error::new(format!("non-function {name} of type {}", other.type_name())),
    }
}
