//! Schemas and values as JSON; numbers keep the text that they are written in.

use std::collections::BTreeMap;

use oarlock_go_template::Value;

use super::decimal::Decimal;
use oarlock_go::json::{Scalar, Tree};

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    Array(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

/// The types of JSON, in the order in which messages name them.
pub(super) const TYPES: [&str; 7] = ["null", "boolean", "number", "integer", "string", "array", "object"];

impl Json {
    /// Values of a chart; what JSON does not know counts as nothing.
    pub(super) fn from_value(value: &Value, depth: usize) -> Self {
        /// How deep values are looked at; YAML does not nest as deep.
        const MAX_DEPTH: usize = 1000;
        match value {
            _ if depth > MAX_DEPTH => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(_, value) => Self::Number(value.to_string()),
            Value::Uint(_, value) => Self::Number(value.to_string()),
            Value::Float(value) => Self::Number(format!("{value:e}")),
            Value::String(text) => Self::Text(text.to_text().into_owned()),
            Value::List(list) => {
                Self::Array(list.iter().map(|item| Self::from_value(item, depth + 1)).collect())
            }
            Value::Map(map) => Self::Object(
                map.entries()
                    .iter()
                    .map(|(key, value)| (key.to_text().into_owned(), Self::from_value(value, depth + 1)))
                    .collect(),
            ),
            _ => Self::Null,
        }
    }

    /// The name of its type; whole numbers are numbers here.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?.get(key)
    }

    pub(super) fn as_object(&self) -> Option<&BTreeMap<String, Self>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    pub(super) fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub(super) fn as_number(&self) -> Option<Decimal> {
        match self {
            Self::Number(text) => Decimal::parse(text),
            _ => None,
        }
    }

    /// Whether the values are the same, numbers by their value.
    pub(super) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a == b || Decimal::parse(a) == Decimal::parse(b),
            (Self::Array(a), Self::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.equals(b))
            }
            (Self::Object(a), Self::Object(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && a.1.equals(b.1))
            }
            (a, b) => a == b,
        }
    }

    /// Itself with numbers that are equal spelled equally.
    pub(super) fn canonical(&self) -> Self {
        match self {
            Self::Number(text) => {
                Self::Number(Decimal::parse(text).map_or_else(|| text.clone(), |number| number.to_string()))
            }
            Self::Array(items) => Self::Array(items.iter().map(Self::canonical).collect()),
            Self::Object(object) => {
                Self::Object(object.iter().map(|(key, value)| (key.clone(), value.canonical())).collect())
            }
            other => other.clone(),
        }
    }
}

impl Tree for Json {
    fn of(scalar: Scalar) -> Self {
        match scalar {
            Scalar::Null => Self::Null,
            Scalar::Bool(value) => Self::Bool(value),
            Scalar::Text(text) => Self::Text(text),
        }
    }

    fn number(text: &str) -> Option<Self> {
        Some(Self::Number(text.to_owned()))
    }

    fn list(items: Vec<Self>) -> Self {
        Self::Array(items)
    }

    fn object(entries: Vec<(String, Self)>) -> Self {
        Self::Object(entries.into_iter().collect())
    }
}
