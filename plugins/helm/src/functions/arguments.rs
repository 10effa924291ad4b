//! Short ways to a function's arguments, whose types the executor has checked.

use oarlock_go_template::{ANY_LIST, ANY_MAP, Error, IntType, List, Map, Str, Type, Value};

pub(super) const ANY: Type = Type::Any;
pub(super) const BOOL: Type = Type::Bool;
pub(super) const FLOAT: Type = Type::Float64;
pub(super) const INT: Type = Type::Int(IntType::Int);
pub(super) const LIST: Type = Type::List(&ANY_LIST);
pub(super) const MAP: Type = Type::Map(&ANY_MAP);
pub(super) const TEXT: Type = Type::String;

/// What a function gives.
pub(super) type Outcome = Result<Value, Error>;

/// What Go says where sprig looks into a nil.
pub(super) const NIL_POINTER: &str = "runtime error: invalid memory address or nil pointer dereference";

/// What Go says where a library asks a nil for its type.
pub(super) const NO_TYPE: &str = "reflect: call of reflect.Value.Type on zero Value";

static EMPTY: Str = Str::EMPTY;

/// A string argument.
pub(super) fn text(arguments: &[Value], index: usize) -> &Str {
    arguments.get(index).and_then(Value::as_str).unwrap_or(&EMPTY)
}

/// An integer argument.
pub(super) fn int(arguments: &[Value], index: usize) -> i64 {
    match arguments.get(index) {
        Some(Value::Int(_, int)) => *int,
        _ => 0,
    }
}

/// An argument of any type; nil when it is not there.
pub(super) fn any(arguments: &[Value], index: usize) -> &Value {
    arguments.get(index).unwrap_or(&Value::Nil)
}

/// Those from an index on.
pub(super) fn rest(arguments: &[Value], index: usize) -> &[Value] {
    arguments.get(index..).unwrap_or_default()
}

/// A map argument; the nil map when there is none.
pub(super) fn map(arguments: &[Value], index: usize) -> Map {
    match arguments.get(index) {
        Some(Value::Map(map)) => map.clone(),
        _ => Map::nil(&ANY_MAP),
    }
}

/// The items of a list of any type, or what sprig says of something else: `Cannot {what} type {kind}`.
pub(super) fn items(value: &Value, what: &str) -> Result<List, Error> {
    match value {
        Value::List(list) => Ok(list.clone()),
        Value::Bytes(bytes) => {
            let byte = |byte: &u8| Value::Uint(oarlock_go_template::UintType::Uint8, (*byte).into());
            Ok(List::new(bytes.iter().map(byte).collect()))
        }
        Value::Nil => Err(Error::new(NIL_POINTER)),
        other => Err(Error::new(format!("{what} {}", other.kind_name()))),
    }
}

/// A length or count as Go's `int`.
pub(super) fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// `text[start..end]` with Go's words when that is out of range. An end of none is the length.
pub(super) fn slice(text: &[u8], start: i64, end: Option<i64>) -> Result<Str, Error> {
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
