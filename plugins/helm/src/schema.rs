//! `values.schema.json`: JSON schemas of the drafts 4 to 2020-12, with the messages of the library that Helm uses.
//!
//! An own validator, since the ones at hand neither build for the sandbox without a source of randomness nor say what Helm says.
//! References to other documents are not followed, for a render has no network.

mod fault;
mod format;
mod keywords;
mod meta;
mod number;
mod object;
mod reference;
mod validator;

use std::fmt::Write as _;

use oarlock_go_template::{Map, Value};
use oarlock_plugin::{Failure, Origin, Result};
use serde_json::Value as Json;

use self::reference::Document;
use self::validator::Validator;
use crate::chart::Chart;
use crate::log::Log;

/// Holds values against the schemas of a chart and the charts within.
///
/// # Errors
/// If values do not fit, or a schema is none: Helm's message.
pub(crate) fn validate(chart: &Chart, values: &Map, log: &Log) -> Result<()> {
    let mut faults = Faults::default();
    check(chart, &to_json(&Value::Map(values.clone()), 0), log, &mut faults);
    if faults.text.is_empty() {
        return Ok(());
    }
    let failure = Failure::new(format!(
        "values don't meet the specifications of the schema(s) in the following chart(s):\n{}",
        faults.text
    ))
    .hint("mend the values, or set `skipSchemaValidation`");
    Err(match faults.path {
        Some(path) => failure.at(Origin::file(path)),
        None => failure,
    })
}

#[derive(Default)]
struct Faults {
    text: String,
    /// The first schema that said no.
    path: Option<String>,
}

fn check(chart: &Chart, values: &Json, log: &Log, faults: &mut Faults) {
    if let Some(schema) = &chart.schema
        && let Err(message) = single(values, &schema.data, log)
    {
        let _ = write!(faults.text, "{}:\n{message}", chart.name());
        faults.path.get_or_insert_with(|| schema.path.to_string());
    }
    for dependency in &chart.dependencies {
        match values.get(dependency.name()) {
            None | Some(Json::Null) => {}
            Some(values @ Json::Object(_)) => check(dependency, values, log, faults),
            Some(other) => {
                let (name, found) = (dependency.name(), go_type(other));
                let _ = writeln!(
                    faults.text,
                    "{name}:\ninvalid type for values: expected object (map), got {found}"
                );
            }
        }
    }
}

/// Holds values against one schema.
fn single(values: &Json, schema: &[u8], log: &Log) -> Result<(), String> {
    let schema: Json = serde_json::from_slice(schema)
        .map_err(|error| if error.is_eof() { "unexpected EOF".to_owned() } else { error.to_string() })?;
    let document = Document::new(&schema)?;
    meta::check(&document)?;
    Validator::new(&document, log).run(values)
}

fn go_type(value: &Json) -> &'static str {
    match value {
        Json::Bool(_) => "bool",
        Json::Number(_) => "float64",
        Json::String(_) => "string",
        Json::Array(_) => "[]interface {}",
        Json::Null | Json::Object(_) => "map[string]interface {}",
    }
}

/// How deep values are looked at; YAML does not nest as deep.
const MAX_DEPTH: usize = 1000;

fn to_json(value: &Value, depth: usize) -> Json {
    match value {
        _ if depth > MAX_DEPTH => Json::Null,
        Value::Bool(value) => Json::from(*value),
        Value::Int(_, value) => Json::from(*value),
        Value::Uint(_, value) => Json::from(*value),
        Value::Float(value) => Json::from(*value),
        Value::String(text) => Json::from(text.to_text().into_owned()),
        Value::List(list) => list.iter().map(|item| to_json(item, depth + 1)).collect(),
        Value::Map(map) => map
            .entries()
            .iter()
            .map(|(key, value)| (key.to_text().into_owned(), to_json(value, depth + 1)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        _ => Json::Null,
    }
}

#[cfg(test)]
mod tests;
