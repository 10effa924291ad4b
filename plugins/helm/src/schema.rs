//! `values.schema.json`: JSON schemas of the drafts 4 to 2020-12, with the messages of the library that Helm uses.
//!
//! An own validator, since the ones at hand neither build for the sandbox without a source of randomness nor say what Helm says.
//! References to other documents are not followed, for a render has no network.

mod compile;
mod compiled;
mod decimal;
mod draft;
mod fault;
mod format;
mod json;
mod location;
mod number;
mod resources;
mod validator;

use std::fmt::Write as _;

use oarlock_go_template::{Map, Value};
use oarlock_plugin::{Failure, Origin, Result};

use self::compile::Compiler;
use self::json::Json;
use self::validator::Validator;
use crate::chart::Chart;
use crate::log::Log;
use oarlock_go::json::decode;

/// Holds values against the schemas of a chart and the charts within.
///
/// # Errors
/// If values do not fit, or a schema is none: Helm's message.
pub(crate) fn validate(chart: &Chart, values: &Map, log: &Log) -> Result<()> {
    let mut faults = Faults::default();
    check(chart, &Json::from_value(&Value::Map(values.clone()), 0), log, &mut faults);
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
fn single(values: &Json, schema: &[u8], log: &Log) -> std::result::Result<(), String> {
    let mut compiler = Compiler::new(decode(schema)?, log);
    let schema = compiler.chart()?;
    let validator = Validator { schemas: &compiler.schemas, meta: None };
    validator.run(schema, values).map_err(|fault| format!("{}\n", fault.lines()))
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

#[cfg(test)]
mod tests;
