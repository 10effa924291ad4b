//! `values.schema.json`: values are held against the schemas of a chart and the charts within.

use std::fmt::Write as _;

use oarlock_go_template::{Map, Value};
use oarlock_json_schema::{Json, JsonSchema};
use oarlock_plugin::{Failure, Origin, Result};

use crate::chart::Chart;
use crate::log::Log;

/// Where the schema of a chart is, as Helm has it.
const URL: &str = "file:///values.schema.json";

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
    .hint("fix the values, or set `skipSchemaValidation`");
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
fn single(values: &Json, schema: &[u8], log: &Log) -> std::result::Result<(), String> {
    let mut ignored = |url: &str| {
        log.say(format!("unresolved URN reference ignored; using permissive schema: {url}"));
    };
    let schema = JsonSchema::compile(schema, URL, &mut ignored).map_err(|error| error.to_string())?;
    schema.validate(values).map_err(|fault| format!("{fault}\n"))
}

/// Values of a chart as JSON; what JSON does not know counts as nothing.
fn to_json(value: &Value, depth: usize) -> Json {
    /// How deep values are looked at; YAML does not nest as deep.
    const MAX_DEPTH: usize = 1000;
    match value {
        _ if depth > MAX_DEPTH => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(_, value) => Json::Number(value.to_string()),
        Value::Uint(_, value) => Json::Number(value.to_string()),
        Value::Float(value) => Json::Number(format!("{value:e}")),
        Value::String(text) => Json::Text(text.to_text().into_owned()),
        Value::List(list) => Json::Array(list.iter().map(|item| to_json(item, depth + 1)).collect()),
        Value::Map(map) => Json::Object(
            map.entries()
                .iter()
                .map(|(key, value)| (key.to_text().into_owned(), to_json(value, depth + 1)))
                .collect(),
        ),
        _ => Json::Null,
    }
}

fn go_type(value: &Json) -> &'static str {
    match value {
        Json::Bool(_) => "bool",
        Json::Number(_) => "float64",
        Json::Text(_) => "string",
        Json::Array(_) => "[]interface {}",
        Json::Null | Json::Object(_) => "map[string]interface {}",
    }
}
