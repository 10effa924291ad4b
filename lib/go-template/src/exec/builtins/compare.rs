//! `eq`, `lt` and the rest: values of one kind are compared, signed and unsigned integers too, all
//! else is an error.

use std::cmp::Ordering;
use std::rc::Rc;

use super::super::frame::Evaluated;
use crate::error::Error;
use crate::fmt;
use crate::value::Value;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Complex,
    Int,
    Float,
    String,
    Uint,
}

fn kind(value: &Value) -> Option<Kind> {
    Some(match value {
        Value::Bool(_) => Kind::Bool,
        Value::Complex(..) => Kind::Complex,
        Value::Int(..) => Kind::Int,
        Value::Float(_) => Kind::Float,
        Value::String(_) => Kind::String,
        Value::Uint(..) => Kind::Uint,
        _ => return None,
    })
}

/// `eq`: whether the first equals any of the others.
pub(crate) fn equal(first: &Evaluated, others: &[Evaluated]) -> Result<bool, Error> {
    if others.is_empty() {
        return Err(Error::new("missing argument for comparison"));
    }
    for other in others {
        if equal_two(&first.value, &other.value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[expect(clippy::float_cmp, reason = "Go compares them so")]
fn equal_two(one: &Value, two: &Value) -> Result<bool, Error> {
    match (one, two) {
        (Value::Bool(one), Value::Bool(two)) => Ok(one == two),
        (Value::Complex(a, b), Value::Complex(c, d)) => Ok(a == c && b == d),
        (Value::Float(one), Value::Float(two)) => Ok(one == two),
        (Value::Int(_, one), Value::Int(_, two)) => Ok(one == two),
        (Value::Uint(_, one), Value::Uint(_, two)) => Ok(one == two),
        (Value::Int(_, int), Value::Uint(_, uint)) | (Value::Uint(_, uint), Value::Int(_, int)) => {
            Ok(u64::try_from(*int) == Ok(*uint))
        }
        (Value::String(one), Value::String(two)) => Ok(one == two),
        _ if kind(one) != kind(two) => match (one, two) {
            (Value::Nil, _) | (_, Value::Nil) => Ok(false),
            _ => Err(incompatible(one, two)),
        },
        _ => equal_composites(one, two),
    }
}

/// Maps, lists and objects: they are compared to nil at most, but for objects that Go can compare.
fn equal_composites(one: &Value, two: &Value) -> Result<bool, Error> {
    let comparable = matches!((one, two), (Value::Nil, _) | (_, Value::Nil));
    if !comparable && one.kind_name() != two.kind_name() {
        let message = format!(
            "non-comparable types {}: {}, {}: {}",
            shown(one)?,
            one.type_name(),
            two.type_name(),
            fmt::sprint(std::slice::from_ref(two))?
        );
        return Err(Error::new(message));
    }
    if one.is_nil() || two.is_nil() {
        return Ok(one.is_nil() == two.is_nil());
    }
    match (one, two) {
        (Value::Object(one), Value::Object(two)) if one.object_type().name.starts_with('*') => {
            Ok(Rc::ptr_eq(one, two))
        }
        (Value::Object(one), Value::Object(two)) => Ok(one.equals(two.as_ref())),
        _ => Err(Error::new(format!("non-comparable type {}: {}", shown(two)?, two.type_name()))),
    }
}

fn shown(value: &Value) -> Result<String, Error> {
    Ok(fmt::sprintf(b"%s", std::slice::from_ref(value))?.to_text().into_owned())
}

fn incompatible(one: &Value, two: &Value) -> Error {
    let (one, two) = (one.type_name(), two.type_name());
    Error::new(format!("incompatible types for comparison: {one} and {two}"))
}

/// `lt`.
pub(crate) fn less(one: &Evaluated, two: &Evaluated) -> Result<bool, Error> {
    let (one, two) = (&one.value, &two.value);
    let bad = || Error::new("invalid type for comparison");
    let (first, second) = (kind(one).ok_or_else(bad)?, kind(two).ok_or_else(bad)?);
    match (one, two) {
        (Value::Float(one), Value::Float(two)) => Ok(one < two),
        (Value::Int(_, one), Value::Int(_, two)) => Ok(one < two),
        (Value::Uint(_, one), Value::Uint(_, two)) => Ok(one < two),
        (Value::String(one), Value::String(two)) => Ok(one.cmp(two) == Ordering::Less),
        (Value::Int(_, int), Value::Uint(_, uint)) => {
            Ok(u64::try_from(*int).is_ok_and(|int| int < *uint) || *int < 0)
        }
        (Value::Uint(_, uint), Value::Int(_, int)) => Ok(u64::try_from(*int).is_ok_and(|int| *uint < int)),
        _ if first != second => Err(incompatible(one, two)),
        _ => Err(bad()),
    }
}

/// `le`.
pub(crate) fn less_or_equal(one: &Evaluated, two: &Evaluated) -> Result<bool, Error> {
    Ok(less(one, two)? || equal_two(&one.value, &two.value)?)
}
