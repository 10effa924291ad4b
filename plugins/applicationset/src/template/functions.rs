//! The functions of Argo CD's templates: sprig's without those that look at the environment, and a few of its own.

use std::sync::OnceLock;

use oarlock_go_template::{
    ANY_LIST, ANY_MAP, Context, Error, Function, Functions, List, ListType, Map, MapType, Type, Value,
};
use oarlock_helm::Profile;
use serde_json::Value as Json;

use super::names;
use crate::json::{from_yaml, to_value};

/// What functions share during one expansion: the seed of the random ones, the clock.
pub(super) type State = oarlock_helm::functions::State;

/// Functions of Helm, of the environment, and of the network that templates of Argo CD do not have.
const ABSENT: &[&str] = &[
    "env",
    "expandenv",
    "getHostByName",
    "include",
    "tpl",
    "required",
    "lookup",
    "toYamlPretty",
    "mustToYaml",
    "toToml",
    "mustToToml",
    "fromToml",
    "fromJsonArray",
    "mustToDuration",
];

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
            _ => Err(mismatch(&json, ANY_MAP_TYPE.name)),
        }
    }),
    Function::new("fromYamlArray", &[Type::String], |_, a| {
        let json = read(&a[0])?;
        match to_value(&json) {
            Value::Nil => Ok(List::new(Vec::new()).into()),
            list @ Value::List(_) => Ok(list),
            _ => Err(mismatch(&json, ANY_LIST_TYPE.name)),
        }
    }),
    // Helm's own gives a map that holds the error; sprig's gives nothing.
    Function::new("fromJson", &[Type::String], |cx, a| {
        Ok(cx.functions().get("mustFromJson").and_then(|must| (must.run)(cx, a).ok()).unwrap_or_default())
    }),
];

static ANY_MAP_TYPE: &MapType = &ANY_MAP;
static ANY_LIST_TYPE: &ListType = &ANY_LIST;

/// All functions beside Go's own.
pub(super) fn all() -> Functions {
    let mut functions = oarlock_helm::functions::all(Profile::default());
    functions.retain(|name| !ABSENT.contains(&name));
    functions.add(OWN);
    functions
}

fn to_yaml(cx: &mut Context<'_>, a: &[Value]) -> Result<Value, Error> {
    static RUN: OnceLock<oarlock_go_template::Run> = OnceLock::new();
    let run = RUN.get_or_init(|| {
        oarlock_helm::functions::all(Profile::default())
            .get("mustToYaml")
            .map_or(|_, _| Ok(Value::Nil), |function| function.run)
    });
    run(cx, a)
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

/// `slugify [LENGTH [SMART]] NAME`. Go panics on arguments of other types, which the executor reports as an error.
fn slugify(_: &mut Context<'_>, a: &[Value]) -> Result<Value, Error> {
    let (mut max_length, mut is_smart, mut name) = (50, true, String::new());
    for (index, argument) in a.iter().enumerate() {
        if index == a.len() - 1 {
            let Value::String(text) = argument else { return Err(wrong_type(argument, "string")) };
            name = text.to_text().into_owned();
        } else if index == 0 {
            let Value::Int(oarlock_go_template::IntType::Int, length) = argument else {
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
