//! Short ways for libraries of functions to the arguments of a call, whose types the executor has
//! checked.

use crate::error::Error;
use crate::value::{ANY_LIST, ANY_MAP, IntType, List, Map, Str, Type, UintType, Value};

/// Any value.
pub const ANY: Type = Type::Any;
/// A truth value.
pub const BOOL: Type = Type::Bool;
/// A `float64`.
pub const FLOAT: Type = Type::Float64;
/// An `int`.
pub const INT: Type = Type::Int(IntType::Int);
/// A `[]interface{}`.
pub const LIST: Type = Type::List(&ANY_LIST);
/// A `map[string]interface{}`.
pub const MAP: Type = Type::Map(&ANY_MAP);
/// A string.
pub const TEXT: Type = Type::String;

/// What a function gives.
pub type Outcome = Result<Value, Error>;

/// What Go says where sprig looks into a nil.
pub const NIL_POINTER: &str = "runtime error: invalid memory address or nil pointer dereference";

/// What Go says where a library asks a nil for its type.
pub const NO_TYPE: &str = "reflect: call of reflect.Value.Type on zero Value";

static EMPTY: Str = Str::EMPTY;

/// A string argument.
pub fn text(arguments: &[Value], index: usize) -> &Str {
    arguments.get(index).and_then(Value::as_str).unwrap_or(&EMPTY)
}

/// An integer argument.
pub fn int(arguments: &[Value], index: usize) -> i64 {
    match arguments.get(index) {
        Some(Value::Int(_, int)) => *int,
        _ => 0,
    }
}

/// An argument of any type; nil when it is not there.
pub fn any(arguments: &[Value], index: usize) -> &Value {
    arguments.get(index).unwrap_or(&Value::Nil)
}

/// Those from an index on.
pub fn rest(arguments: &[Value], index: usize) -> &[Value] {
    arguments.get(index..).unwrap_or_default()
}

/// A map argument; the nil map when there is none.
pub fn map(arguments: &[Value], index: usize) -> Map {
    match arguments.get(index) {
        Some(Value::Map(map)) => map.clone(),
        _ => Map::nil(&ANY_MAP),
    }
}

/// The items of a list of any type.
///
/// # Errors
/// For anything else: `{what} {kind}`, or Go's message for a nil.
pub fn items(value: &Value, what: &str) -> Result<List, Error> {
    match value {
        Value::List(list) => Ok(list.clone()),
        Value::Bytes(bytes) => {
            let byte = |byte: &u8| Value::Uint(UintType::Uint8, (*byte).into());
            Ok(List::new(bytes.iter().map(byte).collect()))
        }
        Value::Nil => Err(Error::new(NIL_POINTER)),
        other => Err(Error::new(format!("{what} {}", other.kind_name()))),
    }
}

/// A length or count as Go's `int`.
pub fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// `text[start..end]`. An end of none is the length.
///
/// # Errors
/// Go's message where that is out of range.
pub fn slice(text: &[u8], start: i64, end: Option<i64>) -> Result<Str, Error> {
    let length = count(text.len());
    let end = end.unwrap_or(length);
    let out = |what: String| Error::new(format!("runtime error: slice bounds out of range {what}"));
    if end < 0 {
        return Err(out(format!("[:{end}]")));
    }
    if end > length {
        return Err(out(format!("[:{end}] with length {length}")));
    }
    if start < 0 {
        return Err(out(format!("[{start}:]")));
    }
    if start > end {
        return Err(out(format!("[{start}:{end}]")));
    }
    let (Ok(start), Ok(end)) = (usize::try_from(start), usize::try_from(end)) else {
        return Err(out(format!("[{start}:{end}]")));
    };
    Ok(Str::from(&text[start..end]))
}
