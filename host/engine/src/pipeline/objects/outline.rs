//! An object as far as it is checked: everything else of the text is passed over.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A value of which only scalars are kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Scalar {
    #[default]
    Missing,
    Null,
    Text(String),
    Bool(bool),
    /// As it is written in messages.
    Number(String),
    /// What it is.
    Collection(&'static str),
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing | Self::Null => f.write_str("null"),
            Self::Text(text) => write!(f, "the text `{text}`"),
            Self::Bool(value) => write!(f, "the boolean `{value}`"),
            Self::Number(number) => write!(f, "the number `{number}`"),
            Self::Collection(what) => f.write_str(what),
        }
    }
}

/// An object, or what stands in the place of one.
#[derive(Default)]
pub(super) struct Object {
    pub(super) api_version: Scalar,
    pub(super) kind: Scalar,
    pub(super) metadata: Metadata,
    pub(super) items: Items,
    pub(super) has_spec_or_status: bool,
}

/// The field `metadata`.
#[derive(Default)]
pub(super) enum Metadata {
    #[default]
    Missing,
    Mapping(Box<Named>),
    Other(Scalar),
}

/// What is looked at of `metadata`.
#[derive(Default)]
pub(super) struct Named {
    pub(super) name: Scalar,
    pub(super) generate_name: Scalar,
    pub(super) namespace: Scalar,
    pub(super) labels: Names,
    pub(super) annotations: Names,
}

/// Labels or annotations.
#[derive(Default)]
pub(super) struct Names {
    /// The first value that is no text, with its key; or what stands in the place of the mapping.
    pub(super) wrong: Option<(Option<String>, Scalar)>,
}

/// The field `items` of a list.
#[derive(Default)]
pub(super) enum Items {
    /// It is missing, or something else than a list.
    #[default]
    Missing,
    Null,
    List(Vec<Object>),
}

/// Any value, and what is made of it.
trait Outline: Sized {
    fn of_scalar(scalar: Scalar) -> Self;

    fn of_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::of_scalar(Scalar::Collection("a mapping")))
    }

    fn of_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::of_scalar(Scalar::Collection("a list")))
    }
}

struct OutlineVisitor<T>(std::marker::PhantomData<T>);

impl<'de, T: Outline> Visitor<'de> for OutlineVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<T, E> {
        Ok(T::of_scalar(Scalar::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<T, E> {
        Ok(T::of_scalar(Scalar::Number(value.to_string())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<T, E> {
        Ok(T::of_scalar(Scalar::Number(value.to_string())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<T, E> {
        Ok(T::of_scalar(Scalar::Number(value.to_string())))
    }

    fn visit_str<E>(self, value: &str) -> Result<T, E> {
        Ok(T::of_scalar(Scalar::Text(value.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::of_scalar(Scalar::Null))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::of_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::of_list(list)
    }
}

macro_rules! deserialize_outline {
    ($($type:ty),*) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(OutlineVisitor(std::marker::PhantomData))
            }
        }
    )*};
}

deserialize_outline!(Scalar, Object, Metadata, Named, Names, Items);

impl Outline for Scalar {
    fn of_scalar(scalar: Scalar) -> Self {
        scalar
    }
}

impl Outline for Object {
    fn of_scalar(_: Scalar) -> Self {
        Self::default()
    }

    fn of_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut object = Self::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "apiVersion" => object.api_version = map.next_value()?,
                "kind" => object.kind = map.next_value()?,
                "metadata" => object.metadata = map.next_value()?,
                "items" => object.items = map.next_value()?,
                other => {
                    object.has_spec_or_status |= matches!(other, "spec" | "status");
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(object)
    }
}

impl Outline for Metadata {
    fn of_scalar(scalar: Scalar) -> Self {
        match scalar {
            Scalar::Null => Self::Missing,
            other => Self::Other(other),
        }
    }

    fn of_map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        Ok(Self::Mapping(Box::new(Named::of_map(map)?)))
    }
}

impl Outline for Named {
    fn of_scalar(_: Scalar) -> Self {
        Self::default()
    }

    fn of_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut named = Self::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "name" => named.name = map.next_value()?,
                "generateName" => named.generate_name = map.next_value()?,
                "namespace" => named.namespace = map.next_value()?,
                "labels" => named.labels = map.next_value()?,
                "annotations" => named.annotations = map.next_value()?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(named)
    }
}

impl Outline for Names {
    fn of_scalar(scalar: Scalar) -> Self {
        Self { wrong: (scalar != Scalar::Null).then_some((None, scalar)) }
    }

    fn of_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut names = Self::default();
        while let Some(key) = map.next_key::<String>()? {
            let value: Scalar = map.next_value()?;
            if names.wrong.is_none() && !matches!(value, Scalar::Text(_) | Scalar::Null) {
                names.wrong = Some((Some(key), value));
            }
        }
        Ok(names)
    }
}

impl Outline for Items {
    fn of_scalar(scalar: Scalar) -> Self {
        match scalar {
            Scalar::Null => Self::Null,
            _ => Self::Missing,
        }
    }

    fn of_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Self::List(items))
    }
}
