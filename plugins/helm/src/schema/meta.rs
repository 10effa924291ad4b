//! Whether a schema is one: the types of its keywords' values, its regular expressions, its references.

use regex::Regex;
use serde_json::Value as Json;

use super::fault::{Fault, quote};
use super::reference::Document;

const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

/// What a keyword's value must be.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Schema,
    Schemas,
    SchemaMap,
    Count,
    Number,
    Text,
    Texts,
    Flag,
    Pattern,
}

fn shape(keyword: &str) -> Option<Shape> {
    Some(match keyword {
        "additionalProperties"
        | "propertyNames"
        | "contains"
        | "not"
        | "if"
        | "then"
        | "else"
        | "additionalItems"
        | "unevaluatedProperties"
        | "unevaluatedItems" => Shape::Schema,
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Shape::Schemas,
        "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" => Shape::SchemaMap,
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties"
        | "minContains" | "maxContains" => Shape::Count,
        "minimum" | "maximum" | "multipleOf" => Shape::Number,
        "$ref" | "$id" | "$schema" | "format" | "title" | "description" => Shape::Text,
        "required" => Shape::Texts,
        "uniqueItems" => Shape::Flag,
        "pattern" => Shape::Pattern,
        _ => return None,
    })
}

/// Refuses what is no schema, with the message that Helm gives.
pub(super) fn check(document: &Document<'_>) -> Result<(), String> {
    let mut faults = Vec::new();
    let mut references = Vec::new();
    let mut pending = vec![(document.root, String::new())];
    while let Some((schema, location)) = pending.pop() {
        let fields = match schema {
            Json::Object(fields) => fields,
            Json::Bool(_) => continue,
            other => {
                faults.push(Fault::new(&location, format!("got {}, want boolean or object", type_of(other))));
                continue;
            }
        };
        for (keyword, value) in fields {
            let location = format!("{location}/{}", escaped(keyword));
            if keyword == "type" {
                faults.extend(type_fault(value, &location));
            }
            if keyword == "items" {
                match value {
                    Json::Array(items) => pending.extend(each(items, &location)),
                    item => pending.push((item, location.clone())),
                }
            }
            let Some(shape) = shape(keyword) else { continue };
            if let Some(fault) = shape_fault(shape, value, &location) {
                faults.push(fault);
                continue;
            }
            if keyword == "$ref"
                && let Some(reference) = value.as_str()
            {
                references.push(reference);
            }
            match (shape, value) {
                (Shape::Schema, schema) => pending.push((schema, location)),
                (Shape::Schemas, Json::Array(schemas)) => pending.extend(each(schemas, &location)),
                (Shape::SchemaMap, Json::Object(schemas)) => {
                    if keyword == "patternProperties" {
                        faults.extend(schemas.keys().filter_map(|pattern| pattern_fault(pattern, &location)));
                    }
                    let schemas = schemas.iter();
                    pending.extend(
                        schemas.map(|(name, schema)| (schema, format!("{location}/{}", escaped(name)))),
                    );
                }
                _ => {}
            }
        }
    }
    if faults.is_empty() {
        return references.into_iter().try_for_each(|reference| document.resolve(reference).map(drop));
    }
    let mut text = format!(
        "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with '{}'\n",
        document.draft.url()
    );
    for fault in faults {
        fault.write(0, &mut text);
    }
    Err(text)
}

fn each<'a>(schemas: &'a [Json], location: &str) -> Vec<(&'a Json, String)> {
    schemas.iter().enumerate().map(|(index, schema)| (schema, format!("{location}/{index}"))).collect()
}

/// A step of a JSON pointer.
pub(super) fn escaped(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

fn type_fault(value: &Json, location: &str) -> Option<Fault> {
    let known = |value: &Json| value.as_str().is_some_and(|name| TYPES.contains(&name));
    let fits = match value {
        Json::Array(names) => !names.is_empty() && names.iter().all(known),
        name => known(name),
    };
    if fits {
        return None;
    }
    let one_of = TYPES.map(quote).join(", ");
    Some(Fault::new(location, "'anyOf' failed").because(vec![
        Fault::new(location, format!("value must be one of {one_of}")),
        Fault::new(location, format!("got {}, want array", type_of(value))),
    ]))
}

fn shape_fault(shape: Shape, value: &Json, location: &str) -> Option<Fault> {
    let wanted = match shape {
        Shape::Schema => return None,
        Shape::Schemas | Shape::Texts if value.is_array() => return None,
        Shape::SchemaMap if value.is_object() => return None,
        Shape::Count if value.as_f64().is_some_and(|count| count >= 0.0 && count.fract() == 0.0) => {
            return None;
        }
        Shape::Number if value.is_number() => return None,
        Shape::Text if value.is_string() => return None,
        Shape::Flag if value.is_boolean() => return None,
        Shape::Pattern if value.is_string() => {
            return value.as_str().and_then(|pattern| pattern_fault(pattern, location));
        }
        Shape::Schemas | Shape::Texts => "array",
        Shape::SchemaMap => "object",
        Shape::Count => "integer",
        Shape::Number => "number",
        Shape::Text | Shape::Pattern => "string",
        Shape::Flag => "boolean",
    };
    Some(Fault::new(location, format!("got {}, want {wanted}", type_of(value))))
}

fn pattern_fault(pattern: &str, location: &str) -> Option<Fault> {
    let error = Regex::new(pattern).err()?;
    let reason = error.to_string();
    let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
    Some(Fault::new(location, format!("{} is not valid regex: {reason}", quote(pattern))))
}

/// The name of a value's type.
pub(super) fn type_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}
