//! What schemas of custom kinds ask of values beside their types: bounds, patterns, combinations.
//!
//! These are rules of JSON Schema in its fourth draft, which OpenAPI 3.0 took over, so they are
//! held against objects by the library for that.

use oarlock_json_schema::{Json, JsonSchema};
use oarlock_model::{Pointer, Step};
use serde_json::{Map, Value};

use crate::fault::{Fault, FaultKind};

/// Keywords about a value alone. `type`, `required` and `enum` of a schema are checked with the
/// types.
const PLAIN: [&str; 10] = [
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
];

/// Keywords with a list of schemas.
const COMBINED: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// The rules of a schema; none if it has none.
pub(crate) fn of(schema: &Value) -> Option<Value> {
    let mut rules = below(schema, false)?;
    rules.insert("$schema".to_owned(), "http://json-schema.org/draft-04/schema#".into());
    Some(Value::Object(rules))
}

/// The rules of a schema and those below it. `is_combined` in a part of a combination, which may
/// ask for types of its own. The depth is that of the schema, which is known to be bounded where it
/// has properties and items, and by the parser where it is combined.
fn below(schema: &Value, is_combined: bool) -> Option<Map<String, Value>> {
    let schema = schema.as_object()?;
    let mut rules = Map::new();
    let mut keep = |name: &str| {
        if let Some(value) = schema.get(name) {
            rules.insert(name.to_owned(), value.clone());
        }
    };
    PLAIN.into_iter().for_each(&mut keep);
    // Without its bound, which draft 4 asks for, it means nothing.
    for (flag, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if schema.contains_key(bound) {
            keep(flag);
        }
    }
    if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
        keep("uniqueItems");
    }
    if is_combined {
        ["enum", "required", "type"].into_iter().for_each(keep);
    }
    let one = |schema: &Value| below(schema, is_combined).map(Value::Object);
    for name in ["items", "additionalProperties"] {
        if let Some(part) = schema.get(name).and_then(one) {
            rules.insert(name.to_owned(), part);
        }
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let parts: Map<String, Value> =
            properties.iter().filter_map(|(name, schema)| Some((name.clone(), one(schema)?))).collect();
        // What has additional properties says which ones are not: all of those with names.
        let has_additional = rules.contains_key("additionalProperties");
        let names = || properties.keys().map(|name| (name.clone(), Value::Object(Map::new())));
        let parts = if has_additional { names().chain(parts).collect() } else { parts };
        if !parts.is_empty() {
            rules.insert("properties".to_owned(), Value::Object(parts));
        }
    }
    // A part without rules fits everything, and counts in a choice of one.
    let part = |schema: &Value| Value::Object(below(schema, true).unwrap_or_default());
    for name in COMBINED {
        // `anyOf` of the types of an integer or string is what the type says already.
        if let Some(parts) = schema.get(name).and_then(Value::as_array).filter(|parts| !parts.is_empty()) {
            rules.insert(name.to_owned(), parts.iter().map(part).collect());
        }
    }
    if let Some(not) = schema.get("not").filter(|not| not.is_object()) {
        rules.insert("not".to_owned(), part(not));
    }
    (!rules.is_empty()).then_some(rules)
}

/// Makes rules ready.
pub(crate) fn compile(rules: &str) -> Result<JsonSchema, String> {
    let schema = JsonSchema::compile(rules.as_bytes(), "file:///openAPIV3Schema", &mut |_| {});
    schema.map_err(|error| error.to_string().lines().collect::<Vec<_>>().join(" "))
}

/// The rules that do not hold for an object.
pub(crate) fn check(rules: &JsonSchema, object: &Value) -> Vec<Fault> {
    let Ok(json) = Json::parse(object.to_string().as_bytes()) else { return Vec::new() };
    let Err(fault) = rules.validate(&json) else { return Vec::new() };
    let faults = fault.faults().into_iter().filter_map(|(location, text)| {
        let (path, value) = follow(object, location);
        // A null that stayed until here is replaced with a default.
        (!value.is_null()).then_some(Fault { path, kind: FaultKind::Rule(text) })
    });
    faults.collect()
}

/// The value at a JSON pointer, and the way to it.
fn follow<'v>(object: &'v Value, pointer: &str) -> (Pointer, &'v Value) {
    /// In the place of a field that must be there and is not.
    static ABSENT: Value = Value::Bool(false);
    let mut value = object;
    let mut steps = Vec::new();
    for token in pointer.split('/').skip(1) {
        let key = token.replace("~1", "/").replace("~0", "~");
        let (step, next) = match (value, key.parse::<usize>()) {
            (Value::Array(items), Ok(index)) => (Step::Index(index), items.get(index)),
            _ => (Step::Key(key.clone()), value.get(&key)),
        };
        steps.push(step);
        value = next.unwrap_or(&ABSENT);
    }
    (steps.into_iter().collect(), value)
}
