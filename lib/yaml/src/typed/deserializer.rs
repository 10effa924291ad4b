//! A tree as serde sees it.

use serde::de::{Deserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::DeserializeError;
use super::collections::{Entries, Items, Variant};
use crate::json::{Json, value};
use crate::resolve::Number;
use crate::{Node, Scalar, ScalarKind, Value};

/// A node that is being read.
#[derive(Clone, Copy)]
pub(super) struct NodeDeserializer<'n>(pub(super) &'n Node);

type Result<T> = std::result::Result<T, DeserializeError>;

fn scalar_value(scalar: &Scalar) -> Result<Json<'_>> {
    value(scalar).map_err(serde::de::Error::custom)
}

impl<'n> NodeDeserializer<'n> {
    fn at(self, error: DeserializeError) -> DeserializeError {
        error.at(self.0.span)
    }

    fn is_null(self) -> bool {
        self.0.is_null()
    }

    /// By the type that the node has.
    fn any<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        match &self.0.value {
            Value::Sequence(items) => items_of(items, visitor),
            Value::Mapping(mapping) => entries_of(mapping.iter().as_slice(), visitor),
            Value::Scalar(scalar) => match scalar_value(scalar)? {
                Json::Null => visitor.visit_unit(),
                Json::Bool(value) => visitor.visit_bool(value),
                Json::Int(digits) => match Number::read(&digits) {
                    Some(Number::Int(number)) if number >= 0 => visitor.visit_u64(number.unsigned_abs()),
                    Some(Number::Int(number)) => visitor.visit_i64(number),
                    Some(Number::Uint(number)) => visitor.visit_u64(number),
                    _ => visitor.visit_string(digits.into_owned()),
                },
                Json::Float(number) => float(number, visitor),
                Json::String(text) => visitor.visit_str(&text),
            },
        }
    }

    /// Where text is wanted.
    fn text<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        let Value::Scalar(scalar) = &self.0.value else { return self.any(visitor) };
        match scalar_value(scalar)? {
            Json::Null => visitor.visit_str(""),
            Json::Bool(value) => visitor.visit_str(if value { "true" } else { "false" }),
            Json::Int(digits) => visitor.visit_str(&digits),
            Json::Float(number) => visitor.visit_string(number.to_text()),
            Json::String(text) if scalar.kind == ScalarKind::String => {
                visitor.visit_borrowed_str(&scalar.text[..text.len()])
            }
            Json::String(text) => visitor.visit_str(&text),
        }
    }
}

/// A float, as an integer where it is whole: JSON does not tell them apart.
fn float<'n, V: Visitor<'n>>(number: Number, visitor: V) -> Result<V::Value> {
    match number {
        Number::Int(number) => visitor.visit_i64(number),
        Number::Uint(number) => visitor.visit_u64(number),
        Number::Float(float) => match number.to_json().as_deref().map(Number::read) {
            Some(Some(Number::Int(number))) => visitor.visit_i64(number),
            Some(Some(Number::Uint(number))) => visitor.visit_u64(number),
            _ => visitor.visit_f64(float),
        },
    }
}

fn items_of<'n, V: Visitor<'n>>(items: &'n [Node], visitor: V) -> Result<V::Value> {
    let mut access = Items(items.iter());
    let value = visitor.visit_seq(&mut access)?;
    match access.0.next() {
        None => Ok(value),
        Some(rest) => {
            let error: DeserializeError = serde::de::Error::custom("the list has more items than expected");
            Err(error.at(rest.span))
        }
    }
}

fn entries_of<'n, V: Visitor<'n>>(entries: &'n [crate::Entry], visitor: V) -> Result<V::Value> {
    visitor.visit_map(Entries { entries: entries.iter(), value: None })
}

macro_rules! numbers {
    ($($method:ident $visit:ident $zero:expr;)*) => {$(
        fn $method<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
            if self.is_null() { visitor.$visit($zero) } else { self.any(visitor) }.map_err(|error| self.at(error))
        }
    )*};
}

impl<'n> Deserializer<'n> for NodeDeserializer<'n> {
    type Error = DeserializeError;

    fn deserialize_any<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        self.any(visitor).map_err(|error| self.at(error))
    }

    numbers! {
        deserialize_i8 visit_i8 0;
        deserialize_i16 visit_i16 0;
        deserialize_i32 visit_i32 0;
        deserialize_i64 visit_i64 0;
        deserialize_u8 visit_u8 0;
        deserialize_u16 visit_u16 0;
        deserialize_u32 visit_u32 0;
        deserialize_u64 visit_u64 0;
        deserialize_f32 visit_f32 0.0;
        deserialize_f64 visit_f64 0.0;
    }

    fn deserialize_bool<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        if self.is_null() { visitor.visit_bool(false) } else { self.any(visitor) }
            .map_err(|error| self.at(error))
    }

    fn deserialize_str<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        self.text(visitor).map_err(|error| self.at(error))
    }

    fn deserialize_string<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        self.text(visitor).map_err(|error| self.at(error))
    }

    fn deserialize_char<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        self.text(visitor).map_err(|error| self.at(error))
    }

    fn deserialize_identifier<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        self.text(visitor).map_err(|error| self.at(error))
    }

    fn deserialize_option<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        if self.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
            .map_err(|error| self.at(error))
    }

    fn deserialize_seq<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        if self.is_null() { items_of(&[], visitor) } else { self.any(visitor) }
            .map_err(|error| self.at(error))
    }

    fn deserialize_map<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        if self.is_null() { entries_of(&[], visitor) } else { self.any(visitor) }
            .map_err(|error| self.at(error))
    }

    fn deserialize_struct<V: Visitor<'n>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_map(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'n>>(self, _name: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self).map_err(|error| self.at(error))
    }

    fn deserialize_enum<V: Visitor<'n>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let variant = match &self.0.value {
            Value::Mapping(mapping) if mapping.len() == 1 => {
                let entry = &mapping.iter().as_slice()[0];
                Variant { name: &entry.key.text, span: entry.key.span, value: Some(&entry.value) }
            }
            Value::Scalar(scalar) => Variant { name: &scalar.text, span: self.0.span, value: None },
            Value::Mapping(_) => {
                let error: DeserializeError =
                    serde::de::Error::invalid_value(Unexpected::Map, &"a mapping with one key");
                return Err(self.at(error));
            }
            Value::Sequence(_) => {
                let error: DeserializeError = serde::de::Error::invalid_type(Unexpected::Seq, &"a name");
                return Err(self.at(error));
            }
        };
        visitor.visit_enum(variant).map_err(|error| self.at(error))
    }

    fn deserialize_ignored_any<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        <W: Visitor<'n>>
        i128 u128 bytes byte_buf unit unit_struct tuple tuple_struct
    }
}
