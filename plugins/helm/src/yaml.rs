//! Helm's YAML as templates' values, with the errors that `sigs.k8s.io/yaml` gives.

use oarlock_go_template::{List, Map, Str, Value};
use oarlock_plugin::{Failure, Origin};
use oarlock_yaml::{Limits, Node, ParseError, Reader, ScalarKind, Span, Value as Yaml, parse};

/// Why a text cannot be read: Go's message, and where and how to fix it as far as that is known.
#[derive(Clone, Debug)]
pub struct YamlError {
    /// The message of `sigs.k8s.io/yaml`.
    pub message: String,
    span: Span,
    hint: Option<String>,
}

/// A line that starts with `---` and goes on with something other than a comment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OddSeparator {
    /// Its number, from 1.
    pub(crate) line: u32,
    /// What follows.
    pub(crate) rest: String,
}

impl YamlError {
    /// A text that is YAML, but not of the wanted type.
    pub(crate) fn mismatch(node: &Node, wanted: &str) -> Self {
        Self::decoding(node, &format!("json: cannot unmarshal {} into Go {wanted}", json_kind(node)))
    }

    /// A text that is YAML, but of which something cannot be read.
    pub(crate) fn decoding(node: &Node, why: &str) -> Self {
        let message = format!("error unmarshaling JSON: while decoding JSON: {why}");
        Self { message, span: node.span, hint: None }
    }

    /// A text that is cut by more than `---`.
    pub(crate) fn separator(separator: OddSeparator) -> Self {
        let OddSeparator { line, rest } = separator;
        let message = format!("error reading yaml document: invalid Yaml document separator: {rest}");
        let span = Span { line, column: 1 };
        let hint = "let nothing but a comment follow `---` at the start of a line".to_owned();
        Self { message, span, hint: Some(hint) }
    }

    /// With the place no further than the end of a text, where it was read with a line feed that
    /// the text does not have.
    #[must_use]
    pub(crate) fn within(mut self, text: &[u8]) -> Self {
        let last = text.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let lines = text.split(|byte| *byte == b'\n').count();
        if usize::try_from(self.span.line).is_ok_and(|line| line > lines) {
            let column = String::from_utf8_lossy(last).chars().count() + 1;
            self.span.line = u32::try_from(lines).unwrap_or(u32::MAX);
            self.span.column = u32::try_from(column).unwrap_or(u32::MAX);
        }
        self
    }

    /// The error as a failure in a file.
    pub(crate) fn into_failure(self, context: &str, path: &str) -> Failure {
        let failure = Failure::new(format!("{context}{}", self.message)).at(if self.span.line == 0 {
            Origin::file(path)
        } else {
            Origin::at(path, self.span.line, self.span.column)
        });
        match self.hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<ParseError> for YamlError {
    fn from(error: ParseError) -> Self {
        let message = format!("error converting YAML to JSON: {}", error.go_yaml());
        Self { message, span: error.span, hint: error.hint }
    }
}

/// What `encoding/json` calls a value.
fn json_kind(node: &Node) -> &'static str {
    match &node.value {
        Yaml::Mapping(_) => "object",
        Yaml::Sequence(_) => "array",
        Yaml::Scalar(scalar) => match scalar.kind {
            ScalarKind::Bool => "bool",
            ScalarKind::Int | ScalarKind::Float => "number",
            _ => "string",
        },
    }
}

/// Reads a document. `null` for an empty one.
///
/// # Errors
/// If the text is not YAML or cannot become JSON.
pub fn read(text: &[u8]) -> Result<Node, YamlError> {
    let documents = parse(text, Reader::Helm, Limits::default())?;
    Ok(documents.into_iter().next().map_or_else(Node::null, |document| document.root))
}

/// Reads a document that must be a mapping, or nothing.
///
/// # Errors
/// If the text is not YAML, cannot become JSON, or is something else.
pub fn read_map(text: &[u8]) -> Result<Map, YamlError> {
    let node = read(text)?;
    match &node.value {
        Yaml::Mapping(_) => match to_value(&node) {
            Value::Map(map) => Ok(map),
            _ => Ok(Map::new()),
        },
        _ if node.is_null() => Ok(Map::new()),
        _ => Err(YamlError::mismatch(&node, "value of type map[string]interface {}")),
    }
}

/// A tree as Go's `encoding/json` decodes it: every number is a `float64`.
pub fn to_value(node: &Node) -> Value {
    match &node.value {
        Yaml::Mapping(mapping) => {
            let entries =
                mapping.iter().map(|entry| (Str::from(entry.key.text.as_str()), to_value(&entry.value)));
            Value::Map(entries.collect())
        }
        Yaml::Sequence(items) => Value::List(List::new(items.iter().map(to_value).collect())),
        Yaml::Scalar(scalar) => match scalar.kind {
            ScalarKind::Null => Value::Nil,
            ScalarKind::Bool => Value::Bool(scalar.text == "true"),
            ScalarKind::Int | ScalarKind::Float => Value::Float(scalar.text.parse().unwrap_or_default()),
            _ => Value::string(scalar.text.as_str()),
        },
    }
}
