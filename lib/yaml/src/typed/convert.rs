//! Trees as values of serde themselves.

use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::json::{Json, value};
use crate::resolve::Number;
use crate::{Key, Mapping, Node, ScalarKind, Value};

impl Serialize for Node {
    /// Scalars by their type, as [`to_json`](crate::to_json) has them.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Sequence(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Value::Mapping(mapping) => mapping.serialize(serializer),
            Value::Scalar(scalar) => match value(scalar).map_err(S::Error::custom)? {
                Json::Null => serializer.serialize_unit(),
                Json::Bool(value) => serializer.serialize_bool(value),
                Json::Int(digits) => match Number::read(&digits) {
                    Some(Number::Int(number)) => serializer.serialize_i64(number),
                    Some(Number::Uint(number)) => serializer.serialize_u64(number),
                    _ => Err(S::Error::custom(format_args!("`{digits}` is not a number"))),
                },
                Json::Float(Number::Int(number)) => serializer.serialize_i64(number),
                Json::Float(Number::Uint(number)) => serializer.serialize_u64(number),
                Json::Float(Number::Float(number)) => serializer.serialize_f64(number),
                Json::String(text) => serializer.serialize_str(&text),
            },
        }
    }
}

impl Serialize for Mapping {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        self.iter().try_for_each(|entry| map.serialize_entry(entry.key.text.as_str(), &entry.value))?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::scalar(ScalarKind::Int, value.to_string()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Node, E> {
        let text = Number::Float(value).to_json();
        text.map(|text| Node::scalar(ScalarKind::Float, text))
            .ok_or_else(|| E::custom(format_args!("`{value}` is a number that JSON cannot hold")))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::string(value))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::null())
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::null())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut items = Vec::with_capacity(access.size_hint().unwrap_or(0).min(1024));
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Node::new(Value::Sequence(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut mapping = Mapping::default();
        while let Some((key, value)) = access.next_entry::<String, Node>()? {
            mapping.push(Key::from(crate::Text::from(key)), value);
        }
        Ok(Node::new(Value::Mapping(mapping)))
    }
}
