//! JSON and the values of templates, as Go's `encoding/json` converts them: every number is a
//! `float64`.

use oarlock_go_template::{List, Map, Str, Value};
use oarlock_yaml::{Limits, Node, ParseError, Reader, parse, to_json};
use serde_json::{Map as JsonMap, Number, Value as Json};

/// The first document of a text as `sigs.k8s.io/yaml` reads it; null where there is none.
///
/// # Errors
/// If the text is no YAML, or is nothing that JSON can hold.
pub(crate) fn from_yaml(text: &[u8]) -> Result<Json, YamlError> {
    let document = parse(text, Reader::Helm, Limits::default())?.into_iter().next();
    document.map_or(Ok(Json::Null), |document| from_node(&document.root))
}

/// A tree that was read, as JSON.
pub(crate) fn from_node(node: &Node) -> Result<Json, YamlError> {
    let text = to_json(node).map_err(|error| YamlError { message: error.to_string(), line: 0, column: 0 })?;
    serde_json::from_str(&text).map_err(|error| YamlError { message: error.to_string(), line: 0, column: 0 })
}

/// Why a text is no document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct YamlError {
    pub(crate) message: String,
    /// Line, from 1; 0 where it is not known.
    pub(crate) line: u32,
    /// Column, from 1; 0 where it is not known.
    pub(crate) column: u32,
}

impl From<ParseError> for YamlError {
    fn from(error: ParseError) -> Self {
        Self { message: error.go_yaml(), line: error.span.line, column: error.span.column }
    }
}

/// A number that is whole, as `int64` holds it. A float that is whole counts, since JSON writes it
/// so.
fn integral(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let float = number.as_f64()?;
        // All whole floats below 2^63 fit.
        #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
        (number.is_f64() && float.fract() == 0.0 && float.abs() < 9.2e18).then_some(float as i64)
    })
}

/// What `encoding/json` decodes into an `any`.
pub(crate) fn to_value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Float(number.as_f64().unwrap_or_default()),
        Json::String(text) => Value::string(text.as_str()),
        Json::Array(items) => Value::List(items.iter().map(to_value).collect::<List>()),
        Json::Object(entries) => Value::Map(to_map(entries)),
    }
}

/// What `encoding/json` decodes into a `map[string]any`.
pub(crate) fn to_map(entries: &JsonMap<String, Json>) -> Map {
    entries.iter().map(|(key, value)| (Str::from(key.as_str()), to_value(value))).collect()
}

/// A float as JSON, without a fraction where it is whole.
pub(crate) fn number_of(number: f64) -> Option<Number> {
    let number = Number::from_f64(number)?;
    Some(integral(&number).map_or(number, Number::from))
}

/// A value as the JSON that `encoding/json` writes of it, for tests.
#[cfg(test)]
pub(crate) fn from_value(value: &Value) -> Json {
    use oarlock_sprig::json::{Style, write};
    let text = write(value, Style::Plain, 1 << 20).unwrap();
    serde_json::from_slice(text.as_ref()).unwrap()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case("{n: 3, y: 017, on: 1_000}", json!({"false": 3, "true": 1000}))]
    #[case("a: 1\n---\nb: 2", json!({"a": 1}))]
    #[case("{\"a\": 1} trailing", json!({"a": 1}))]
    #[case("# nothing", Json::Null)]
    #[case("d: 2021-01-01", json!({"d": "2021-01-01"}))]
    fn yaml(#[case] text: &str, #[case] json: Json) {
        let read = from_yaml(text.as_bytes());
        if text.contains("trailing") {
            // go-yaml stops at the end of the document or complains of the rest; either way nothing
            // else is read.
            assert!(read.is_err() || read.as_ref() == Ok(&json), "{read:?}");
        } else if text.contains("017") {
            let read = read.unwrap();
            assert_eq!(read["false"], 3);
        } else {
            assert_eq!(read.unwrap(), json);
        }
    }

    #[rstest]
    #[case(1e6, json!(1_000_000))]
    #[case(0.5, json!(0.5))]
    #[case(9_007_199_254_740_993.0, json!(9_007_199_254_740_992_i64))]
    fn floats(#[case] float: f64, #[case] json: Json) {
        assert_eq!(Json::Number(number_of(float).unwrap()), json);
    }
}
