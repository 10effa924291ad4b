//! `toYaml` and `fromYaml`: the Helm dialect of the one codec.

use oarlock_go_template::{
    ANY_LIST, ANY_MAP, Context, Error, ErrorKind, Function, Limit, List, Map, Str, Value, fmt,
};
use oarlock_yaml::{Dialect, Limits, Mapping, Node, Reader, ScalarKind, Value as Yaml, emit, parse};

use super::json;
use oarlock_go::encoding::base64;
use oarlock_go::json::format_number;
use oarlock_go_template::arguments::{ANY, Outcome, TEXT, any, text};
use oarlock_sprig::as_time;
use oarlock_sprig::json::or_nothing;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("toYaml", &[ANY], |cx, a| or_nothing(write(cx, any(a, 0), Dialect::Helm))),
    Function::new("mustToYaml", &[ANY], |cx, a| Ok(write(cx, any(a, 0), Dialect::Helm)?.into())),
    Function::new("toYamlPretty", &[ANY], |cx, a| or_nothing(write(cx, any(a, 0), Dialect::HelmPretty))),
    Function::new("fromYaml", &[TEXT], from_yaml),
    Function::new("fromYamlArray", &[TEXT], from_yaml_array),
];

/// How deep values may nest.
const MAX_DEPTH: usize = 500;
/// How many values may be written at once: each is a node in memory before.
const MAX_NODES: usize = 5_000_000;

fn write(cx: &mut Context<'_>, value: &Value, dialect: Dialect) -> Result<Str, Error> {
    // None is shorter than two bytes.
    let mut nodes = MAX_NODES.min(cx.room() / 2 + 1);
    let node = to_node(value, dialect, 0, &mut nodes)?;
    let text = emit(&node, dialect).map_err(|error| Error::new(error.to_string()))?;
    cx.reserve(text.len())?;
    Ok(text.strip_suffix('\n').unwrap_or(&text).into())
}

/// A value as the tree that the codec writes: by way of JSON as `sigs.k8s.io/yaml` does, or
/// directly for `toYamlPretty`. `nodes` is how many it may have.
fn to_node(value: &Value, dialect: Dialect, depth: usize, nodes: &mut usize) -> Result<Node, Error> {
    let pretty = dialect == Dialect::HelmPretty;
    let Some(left) = nodes.checked_sub(1) else {
        let message = "text of a value exceeds the limit";
        return Err(Error::with_kind(ErrorKind::Limit(Limit::Output), message));
    };
    *nodes = left;
    if depth > MAX_DEPTH {
        return Err(Error::new("value nests too deep to be written, or holds itself"));
    }
    Ok(match value {
        Value::Nil => Node::null(),
        Value::Bool(boolean) => Node::bool(*boolean),
        Value::Int(_, int) => Node::int(*int),
        Value::Uint(_, uint) => Node::scalar(ScalarKind::Int, uint.to_string()),
        Value::Float(float) if pretty && float.is_nan() => Node::scalar(ScalarKind::Float, ".nan"),
        Value::Float(float) if pretty && float.is_infinite() => {
            Node::scalar(ScalarKind::Float, if *float > 0.0 { ".inf" } else { "-.inf" })
        }
        Value::Float(float) if !float.is_finite() => {
            let shown = fmt::format_float(*float, b'g', None);
            return Err(Error::new(format!("error marshaling into JSON: json: unsupported value: {shown}")));
        }
        Value::Float(float) => {
            // A float also where it is whole: `toYamlPretty` does not go by way of JSON.
            Node::scalar(ScalarKind::Float, format_number(*float))
        }
        Value::String(text) if pretty && text.as_str().is_none() => {
            Node::scalar(ScalarKind::Binary, base64(text.as_bytes()))
        }
        Value::String(text) => Node::string(text.to_text()),
        Value::Bytes(bytes) if pretty => {
            Node::new(Yaml::Sequence(bytes.iter().map(|byte| Node::int(i64::from(*byte))).collect()))
        }
        Value::Bytes(bytes) => Node::string(base64(bytes)),
        Value::List(list) if list.is_nil() && !pretty => Node::null(),
        Value::List(list) => {
            let items: Result<Vec<Node>, Error> =
                list.iter().map(|item| to_node(item, dialect, depth + 1, nodes)).collect();
            Node::new(Yaml::Sequence(items?))
        }
        Value::Map(map) if map.is_nil() && !pretty => Node::null(),
        Value::Map(map) => {
            let mut mapping = Mapping::default();
            for (key, item) in map.entries().iter() {
                mapping.push(&*key.to_text(), to_node(item, dialect, depth + 1, nodes)?);
            }
            Node::new(Yaml::Mapping(mapping))
        }
        Value::Object(object) if pretty && as_time(value).is_some() => Node::scalar(
            ScalarKind::Timestamp,
            object
                .json()
                .unwrap_or_default()
                .as_str()
                .map_or_else(String::new, |text| text.to_text().into_owned()),
        ),
        Value::Object(object) => match object.json() {
            Some(value) => to_node(&value, dialect, depth + 1, nodes)?,
            // go-yaml has the fields in the order of their declaration.
            None if pretty => {
                let mut mapping = Mapping::default();
                for (name, item) in object.yaml_fields() {
                    mapping.push(name.as_str(), to_node(&item, dialect, depth + 1, nodes)?);
                }
                Node::new(Yaml::Mapping(mapping))
            }
            None => {
                let fields: Map = object.json_fields().into_iter().collect();
                to_node(&fields.into(), dialect, depth + 1, nodes)?
            }
        },
        other => {
            let of = other.type_name();
            return Err(Error::new(format!("error marshaling into JSON: json: unsupported type: {of}")));
        }
    })
}

/// A tree as Go's `encoding/json` decodes it: every number is a `float64`.
fn to_value(node: &Node) -> Value {
    match &node.value {
        Yaml::Mapping(mapping) => {
            let entries = mapping.iter();
            entries.map(|entry| (entry.key.text.as_str(), to_value(&entry.value))).collect::<Map>().into()
        }
        Yaml::Sequence(items) => items.iter().map(to_value).collect::<List>().into(),
        Yaml::Scalar(scalar) => match scalar.kind {
            ScalarKind::Null => Value::Nil,
            ScalarKind::Bool => Value::Bool(scalar.text == "true"),
            ScalarKind::Int | ScalarKind::Float => Value::Float(scalar.text.parse().unwrap_or_default()),
            _ => Value::string(scalar.text.as_str()),
        },
    }
}

fn read(text: &Str) -> Result<Value, String> {
    let documents = parse(text.as_bytes(), Reader::Helm, Limits::default())
        .map_err(|error| format!("error converting YAML to JSON: {}", error.go_yaml()))?;
    Ok(documents.first().map_or(Value::Nil, |document| to_value(&document.root)))
}

fn from_yaml(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    let error = |message: String| Ok([("Error", message)].into_iter().collect::<Map>().into());
    match read(text(a, 0)) {
        Ok(Value::Map(map)) => Ok(map.into()),
        Ok(Value::Nil) => Ok(Map::new().into()),
        Ok(other) => error(format!("error unmarshaling JSON: {}", while_decoding(&other, ANY_MAP.name))),
        Err(message) => error(message),
    }
}

fn from_yaml_array(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    let error = |message: String| Ok(List::new(vec![message.into()]).into());
    match read(text(a, 0)) {
        Ok(Value::List(list)) => Ok(list.into()),
        Ok(Value::Nil) => Ok(List::new(Vec::new()).into()),
        Ok(other) => error(format!("error unmarshaling JSON: {}", while_decoding(&other, ANY_LIST.name))),
        Err(message) => error(message),
    }
}

fn while_decoding(found: &Value, wanted: &str) -> String {
    format!("while decoding JSON: {}", json::mismatch(found, wanted))
}
