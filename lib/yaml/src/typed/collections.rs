//! Lists, mappings and enums as serde walks them.

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, Error as _, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::DeserializeError;
use super::deserializer::NodeDeserializer;
use crate::{Entry, Node, Span};

type Result<T> = std::result::Result<T, DeserializeError>;

/// The items of a list.
pub(super) struct Items<'n>(pub(super) std::slice::Iter<'n, Node>);

impl<'n> SeqAccess<'n> for &mut Items<'n> {
    type Error = DeserializeError;

    fn next_element_seed<T: DeserializeSeed<'n>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        self.0.next().map(|node| seed.deserialize(NodeDeserializer(node))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The entries of a mapping.
pub(super) struct Entries<'n> {
    pub(super) entries: std::slice::Iter<'n, Entry>,
    pub(super) value: Option<&'n Node>,
}

impl<'n> MapAccess<'n> for Entries<'n> {
    type Error = DeserializeError;

    fn next_key_seed<K: DeserializeSeed<'n>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
        self.value = Some(&entry.value);
        let key = StrDeserializer::new(&entry.key.text);
        seed.deserialize(key).map(Some).map_err(|error: DeserializeError| error.at_key(entry.key.span))
    }

    fn next_value_seed<V: DeserializeSeed<'n>>(&mut self, seed: V) -> Result<V::Value> {
        match self.value.take() {
            Some(node) => seed.deserialize(NodeDeserializer(node)).map_err(|error| error.at(node.span)),
            None => Err(DeserializeError::custom("a value was asked for before its key")),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// A variant: a name alone, or the only key of a mapping.
pub(super) struct Variant<'n> {
    pub(super) name: &'n str,
    pub(super) span: Span,
    pub(super) value: Option<&'n Node>,
}

impl<'n> EnumAccess<'n> for Variant<'n> {
    type Error = DeserializeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'n>>(self, seed: V) -> Result<(V::Value, Self)> {
        let name = StrDeserializer::new(self.name);
        let value = seed.deserialize(name).map_err(|error: DeserializeError| error.at(self.span))?;
        Ok((value, self))
    }
}

impl<'n> Variant<'n> {
    fn content(&self) -> Result<NodeDeserializer<'n>> {
        self.value.map(NodeDeserializer).ok_or_else(|| {
            DeserializeError::custom(format!("`{}` needs a value: `{}: …`", self.name, self.name))
                .at(self.span)
        })
    }
}

impl<'n> VariantAccess<'n> for Variant<'n> {
    type Error = DeserializeError;

    fn unit_variant(self) -> Result<()> {
        match self.value.filter(|node| !node.is_null()) {
            None => Ok(()),
            Some(node) => {
                Err(DeserializeError::custom(format!("`{}` takes no value", self.name)).at(node.span))
            }
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'n>>(self, seed: T) -> Result<T::Value> {
        seed.deserialize(self.content()?)
    }

    fn tuple_variant<V: Visitor<'n>>(self, _len: usize, visitor: V) -> Result<V::Value> {
        serde::Deserializer::deserialize_seq(self.content()?, visitor)
    }

    fn struct_variant<V: Visitor<'n>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        serde::Deserializer::deserialize_map(self.content()?, visitor)
    }
}
