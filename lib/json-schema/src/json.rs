//! Schemas and values as JSON; numbers keep the text that they are written in.

use std::collections::BTreeMap;

use crate::decimal::Decimal;
use oarlock_go::json::{Scalar, Tree, decode};

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it is written.
    Number(String),
    /// A string.
    Text(String),
    /// An array.
    Array(Vec<Json>),
    /// An object.
    Object(BTreeMap<String, Json>),
}

/// The types of JSON, in the order in which messages name them.
pub(crate) const TYPES: [&str; 7] = ["null", "boolean", "number", "integer", "string", "array", "object"];

impl Json {
    /// Reads a text.
    ///
    /// # Errors
    /// If it is not JSON: Go's message.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        decode(text)
    }

    /// The name of its type; whole numbers are numbers here.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }

    /// The value of a key, if it is an object that has one.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?.get(key)
    }

    pub(crate) fn as_object(&self) -> Option<&BTreeMap<String, Self>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    pub(crate) fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub(crate) fn as_number(&self) -> Option<Decimal> {
        match self {
            Self::Number(text) => Decimal::parse(text),
            _ => None,
        }
    }

    /// Whether the values are the same, numbers by their value.
    pub(crate) fn equals(&self, other: &Self) -> bool {
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
    pub(crate) fn canonical(&self) -> Self {
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
