//! A tree as serde sees it.

use std::collections::HashSet;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, Unexpected, VariantAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

use super::error::{Address, Fault, Mismatch, Wanted};
use crate::json::{Json, value};
use crate::resolve::Number;
use crate::{Entry, Mapping, Node, Scalar, ScalarKind, Span, Value};

/// What holds for all nodes of a pass over a tree.
#[derive(Debug, Default)]
pub(super) struct Context {
    /// The entries and items that are read as if they were not there.
    left_out: HashSet<Address>,
}

impl Context {
    /// Leaves an entry or item out of the next pass. Returns how many are.
    pub(super) fn leave_out(&mut self, holder: Address) -> usize {
        self.left_out.insert(holder);
        self.left_out.len()
    }

    fn has<T>(&self, holder: &T) -> bool {
        self.left_out.is_empty() || !self.left_out.contains(&Address::of(holder))
    }
}

/// A node that is being read.
#[derive(Clone, Copy)]
pub(super) struct NodeDeserializer<'n> {
    node: &'n Node,
    context: &'n Context,
}

type Result<T> = std::result::Result<T, Fault>;

fn scalar_value(scalar: &Scalar) -> Result<Json<'_>> {
    value(scalar).map_err(Fault::custom)
}

impl<'n> NodeDeserializer<'n> {
    pub(super) fn new(node: &'n Node, context: &'n Context) -> Self {
        Self { node, context }
    }

    fn at(self, fault: Fault) -> Fault {
        fault.at(self.node.span)
    }

    fn is_null(self) -> bool {
        self.node.is_null()
    }

    fn items<V: Visitor<'n>>(self, items: &'n [Node], visitor: V) -> Result<V::Value> {
        let mut access = Items { items: items.iter(), context: self.context };
        let value = visitor.visit_seq(&mut access)?;
        match access.next() {
            None => Ok(value),
            Some(rest) => Err(Fault::custom("the list has more items than expected").at(rest.span)),
        }
    }

    fn entries<V: Visitor<'n>>(self, mapping: &'n Mapping, visitor: V) -> Result<V::Value> {
        let access = Entries { rest: mapping.iter().as_slice().iter(), current: None, context: self.context };
        visitor.visit_map(access).map_err(|mut fault| {
            if let Mismatch::MissingField { field } = fault.error.kind
                && fault.holder.is_none()
            {
                fault.follows =
                    mapping.iter().any(|entry| entry.key.text == field && !self.context.has(entry));
            }
            fault
        })
    }

    /// By the type that the node has.
    fn any<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        match &self.node.value {
            Value::Sequence(items) => self.items(items, visitor),
            Value::Mapping(mapping) => self.entries(mapping, visitor),
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
        let Value::Scalar(scalar) = &self.node.value else { return self.any(visitor) };
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

macro_rules! numbers {
    ($($method:ident $visit:ident $zero:expr, $wanted:ident;)*) => {$(
        fn $method<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
            if self.is_null() { visitor.$visit($zero) } else { self.any(visitor) }
                .map_err(|fault| self.at(fault.wanting(Wanted::$wanted)))
        }
    )*};
}

impl<'n> Deserializer<'n> for NodeDeserializer<'n> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        self.any(visitor).map_err(|fault| self.at(fault))
    }

    numbers! {
        deserialize_i8 visit_i8 0, Integer;
        deserialize_i16 visit_i16 0, Integer;
        deserialize_i32 visit_i32 0, Integer;
        deserialize_i64 visit_i64 0, Integer;
        deserialize_u8 visit_u8 0, Integer;
        deserialize_u16 visit_u16 0, Integer;
        deserialize_u32 visit_u32 0, Integer;
        deserialize_u64 visit_u64 0, Integer;
        deserialize_f32 visit_f32 0.0, Float;
        deserialize_f64 visit_f64 0.0, Float;
    }

    fn deserialize_bool<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        if self.is_null() { visitor.visit_bool(false) } else { self.any(visitor) }
            .map_err(|fault| self.at(fault.wanting(Wanted::Bool)))
    }

    fn deserialize_str<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        self.text(visitor).map_err(|fault| self.at(fault.wanting(Wanted::String)))
    }

    fn deserialize_string<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        self.text(visitor).map_err(|fault| self.at(fault.wanting(Wanted::String)))
    }

    fn deserialize_char<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        self.text(visitor).map_err(|fault| self.at(fault.wanting(Wanted::String)))
    }

    fn deserialize_identifier<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        self.text(visitor).map_err(|fault| self.at(fault))
    }

    fn deserialize_option<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        if self.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
            .map_err(|fault| self.at(fault))
    }

    fn deserialize_seq<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        if self.is_null() { self.items(&[], visitor) } else { self.any(visitor) }
            .map_err(|fault| self.at(fault.wanting(Wanted::List)))
    }

    fn deserialize_map<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        if self.is_null() {
            visitor.visit_map(Entries { rest: [].iter(), current: None, context: self.context })
        } else {
            self.any(visitor)
        }
        .map_err(|fault| self.at(fault.wanting(Wanted::Mapping)))
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
        visitor.visit_newtype_struct(self).map_err(|fault| self.at(fault))
    }

    fn deserialize_enum<V: Visitor<'n>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let context = self.context;
        let variant = match &self.node.value {
            Value::Mapping(mapping) if mapping.len() == 1 => {
                let entry = &mapping.iter().as_slice()[0];
                Variant { name: &entry.key.text, span: entry.key.span, value: Some(&entry.value), context }
            }
            Value::Scalar(scalar) => {
                Variant { name: &scalar.text, span: self.node.span, value: None, context }
            }
            Value::Mapping(_) => {
                return Err(self.at(Fault::invalid_value(Unexpected::Map, &"a mapping with one key")));
            }
            Value::Sequence(_) => {
                let fault = Fault::invalid_type(Unexpected::Seq, &"a name");
                return Err(self.at(fault.wanting(Wanted::String)));
            }
        };
        visitor.visit_enum(variant).map_err(|fault| self.at(fault))
    }

    fn deserialize_ignored_any<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        <W: Visitor<'n>>
        i128 u128 bytes byte_buf unit unit_struct tuple tuple_struct
    }
}

/// The items of a list.
struct Items<'n> {
    items: std::slice::Iter<'n, Node>,
    context: &'n Context,
}

impl<'n> Items<'n> {
    fn next(&mut self) -> Option<&'n Node> {
        self.items.find(|item| self.context.has(*item))
    }
}

impl<'n> SeqAccess<'n> for &mut Items<'n> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'n>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let Some(node) = self.next() else { return Ok(None) };
        let value = seed.deserialize(NodeDeserializer::new(node, self.context));
        value.map(Some).map_err(|fault| fault.held_by(Address::of(node)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// The entries of a mapping.
struct Entries<'n> {
    rest: std::slice::Iter<'n, Entry>,
    /// The entry whose key was read and whose value was not.
    current: Option<&'n Entry>,
    context: &'n Context,
}

impl<'n> MapAccess<'n> for Entries<'n> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'n>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some(entry) = self.rest.find(|entry| self.context.has(*entry)) else { return Ok(None) };
        self.current = Some(entry);
        let key = seed.deserialize(StrDeserializer::new(&entry.key.text));
        key.map(Some).map_err(|fault: Fault| fault.at_key(entry.key.span).held_by(Address::of(entry)))
    }

    fn next_value_seed<V: DeserializeSeed<'n>>(&mut self, seed: V) -> Result<V::Value> {
        let Some(entry) = self.current.take() else {
            return Err(Fault::custom("a value was requested before its key"));
        };
        let value = seed.deserialize(NodeDeserializer::new(&entry.value, self.context));
        value.map_err(|fault| fault.at(entry.value.span).held_by(Address::of(entry)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// A variant: a name alone, or the only key of a mapping.
struct Variant<'n> {
    name: &'n str,
    span: Span,
    value: Option<&'n Node>,
    context: &'n Context,
}

impl<'n> EnumAccess<'n> for Variant<'n> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'n>>(self, seed: V) -> Result<(V::Value, Self)> {
        let name = StrDeserializer::new(self.name);
        let value = seed.deserialize(name).map_err(|fault: Fault| fault.at(self.span))?;
        Ok((value, self))
    }
}

impl<'n> Variant<'n> {
    fn content(&self) -> Result<NodeDeserializer<'n>> {
        match self.value {
            Some(node) => Ok(NodeDeserializer::new(node, self.context)),
            None => {
                Err(Fault::custom(format!("`{}` needs a value: `{}: …`", self.name, self.name)).at(self.span))
            }
        }
    }
}

impl<'n> VariantAccess<'n> for Variant<'n> {
    type Error = Fault;

    fn unit_variant(self) -> Result<()> {
        match self.value.filter(|node| !node.is_null()) {
            None => Ok(()),
            Some(node) => Err(Fault::custom(format!("`{}` takes no value", self.name)).at(node.span)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'n>>(self, seed: T) -> Result<T::Value> {
        seed.deserialize(self.content()?)
    }

    fn tuple_variant<V: Visitor<'n>>(self, _len: usize, visitor: V) -> Result<V::Value> {
        self.content()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'n>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.content()?.deserialize_map(visitor)
    }
}
