//! The functions of Argo CD's templates: sprig's without those that look at the environment, and a
//! few of its own.

use oarlock_go_template::{
    ANY_LIST, ANY_MAP, Context, Error, Function, Functions, IntType, List, Map, Type, Value,
};
use oarlock_sprig::json::{Style, write};
use oarlock_yaml::{Dialect, emit, from_json};
use serde_json::Value as Json;

use super::names;
use crate::json::{from_yaml, to_value};

/// What functions share during one expansion: the seed of the random ones, the clock.
pub(super) type ExpansionState = oarlock_sprig::ExecutionState;

static OWN: &[Function] = &[
    Function::new("normalize", &[Type::String], |_, a| {
        let name = a[0].as_str().cloned().unwrap_or_default();
        Ok(names::sanitize(&name.to_text()).into())
    }),
    Function::variadic("slugify", &[Type::Any], slugify),
    Function::new("toYaml", &[Type::Any], to_yaml),
    Function::new("fromYaml", &[Type::String], |_, a| {
        let json = read(&a[0])?;
        match to_value(&json) {
            Value::Nil => Ok(Map::new().into()),
            map @ Value::Map(_) => Ok(map),
            _ => Err(mismatch(&json, ANY_MAP.name)),
        }
    }),
    Function::new("fromYamlArray", &[Type::String], |_, a| {
        let json = read(&a[0])?;
        match to_value(&json) {
            Value::Nil => Ok(List::new(Vec::new()).into()),
            list @ Value::List(_) => Ok(list),
            _ => Err(mismatch(&json, ANY_LIST.name)),
        }
    }),
];

/// All functions beside Go's own. sprig's are without those that look at the environment.
pub(super) fn all() -> Functions {
    let mut functions = oarlock_sprig::functions();
    functions.add(OWN);
    functions
}

/// `sigs.k8s.io/yaml`'s `Marshal`: by way of JSON.
fn to_yaml(cx: &mut Context<'_>, a: &[Value]) -> Result<Value, Error> {
    let json = write(&a[0], Style::Plain, cx.room())?;
    let marshal = |message: String| Error::new(format!("error marshaling into JSON: {message}"));
    let node = from_json(&json).map_err(|error| marshal(error.to_string()))?;
    let text = emit(&node, Dialect::Helm).map_err(|error| marshal(error.to_string()))?;
    cx.reserve(text.len())?;
    Ok(text.strip_suffix('\n').unwrap_or(&text).into())
}

fn read(text: &Value) -> Result<Json, Error> {
    let text = text.as_str().cloned().unwrap_or_default();
    from_yaml(text.as_bytes())
        .map_err(|error| Error::new(format!("error converting YAML to JSON: {}", error.message)))
}

fn mismatch(json: &Json, wanted: &str) -> Error {
    let found = match json {
        Json::Null => "null",
        Json::Bool(_) => "bool",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    };
    Error::new(format!(
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into Go value of type {wanted}"
    ))
}

/// `slugify [LENGTH [SMART]] NAME`. Go panics on arguments of other types, which the executor
/// reports as an error.
fn slugify(_: &mut Context<'_>, a: &[Value]) -> Result<Value, Error> {
    let (mut max_length, mut is_smart, mut name) = (50, true, String::new());
    for (index, argument) in a.iter().enumerate() {
        if index == a.len() - 1 {
            let Value::String(text) = argument else { return Err(wrong_type(argument, "string")) };
            name = text.to_text().into_owned();
        } else if index == 0 {
            let Value::Int(IntType::Int, length) = argument else {
                return Err(wrong_type(argument, "int"));
            };
            max_length = *length;
        } else if index == 1 {
            let Value::Bool(smart) = argument else { return Err(wrong_type(argument, "bool")) };
            is_smart = *smart;
        }
    }
    names::slugify(&name, max_length, is_smart)
        .map(Value::from)
        .map_err(|_| Error::new(format!("slice bounds out of range [:{max_length}]")))
}

fn wrong_type(value: &Value, wanted: &str) -> Error {
    Error::new(format!("interface conversion: interface {{}} is {}, not {wanted}", value.type_name()))
}
