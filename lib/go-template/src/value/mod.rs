//! Go's dynamic values: what templates compute with. Start at [`Value`].

mod bytes;
mod equal;
mod json;
mod list;
mod map;
mod object;
mod release;
mod str;
mod types;

use std::rc::Rc;

pub use bytes::Bytes;
pub use list::List;
pub use map::Map;
pub use object::Object;
pub use str::Str;
pub use types::{
    ANY_LIST, ANY_MAP, INT_LIST, IntType, LIST_LIST, ListType, MAP_LIST, MapType, ObjectType, STRING_LIST,
    STRING_MAP, Type, UintType,
};

/// A value of one of Go's types. Cloning is cheap: maps, lists and objects are shared.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Value {
    /// Nothing: an `interface {}` that holds no value.
    #[default]
    Nil,
    /// `bool`.
    Bool(bool),
    /// A signed integer.
    Int(IntType, i64),
    /// An unsigned integer.
    Uint(UintType, u64),
    /// `float64`: what every number of a values file is.
    Float(f64),
    /// `complex128`, which a template's constant may be.
    Complex(f64, f64),
    /// `string`.
    String(Str),
    /// `[]uint8`.
    Bytes(Bytes),
    /// A slice.
    List(List),
    /// A map with string keys.
    Map(Map),
    /// A struct or a pointer to one.
    Object(Rc<dyn Object>),
}

impl Value {
    /// Go's `int`.
    pub fn int(value: i64) -> Self {
        Self::Int(IntType::Int, value)
    }

    /// Go's `int64`.
    pub fn int64(value: i64) -> Self {
        Self::Int(IntType::Int64, value)
    }

    /// A `string`.
    pub fn string(text: impl Into<Str>) -> Self {
        Self::String(text.into())
    }

    /// An object.
    pub fn object(object: impl Object + 'static) -> Self {
        Self::Object(Rc::new(object))
    }

    /// Its type; none for nil.
    pub fn go_type(&self) -> Option<Type> {
        Some(match self {
            Self::Nil => return None,
            Self::Bool(_) => Type::Bool,
            Self::Int(of, _) => Type::Int(*of),
            Self::Uint(of, _) => Type::Uint(*of),
            Self::Float(_) => Type::Float64,
            Self::Complex(..) => Type::Complex128,
            Self::String(_) => Type::String,
            Self::Bytes(_) => Type::Bytes,
            Self::List(list) => Type::List(list.list_type()),
            Self::Map(map) => Type::Map(map.map_type()),
            Self::Object(object) => Type::Object(object.object_type()),
        })
    }

    /// Its type's name as `%T` prints it: `<nil>` for nil.
    pub fn type_name(&self) -> &'static str {
        self.go_type().map_or("<nil>", Type::name)
    }

    /// Its kind as `reflect` names it: `invalid` for nil.
    pub fn kind_name(&self) -> &'static str {
        if let Self::Object(object) = self
            && object.integer().is_some()
        {
            return IntType::Int.name();
        }
        self.go_type().map_or("invalid", Type::kind)
    }

    /// Whether it counts as true: not the zero value of its type, not empty.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(value) => *value,
            Self::Int(_, value) => *value != 0,
            Self::Uint(_, value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Complex(real, imaginary) => *real != 0.0 || *imaginary != 0.0,
            Self::String(value) => !value.is_empty(),
            Self::Bytes(value) => !value.is_empty(),
            Self::List(value) => !value.is_empty(),
            Self::Map(value) => !value.is_empty(),
            Self::Object(_) => true,
        }
    }

    /// Whether it is nil, or the nil of its type.
    pub fn is_nil(&self) -> bool {
        match self {
            Self::Nil => true,
            Self::List(list) => list.is_nil(),
            Self::Map(map) => map.is_nil(),
            _ => false,
        }
    }

    /// The zero value of a type.
    pub fn zero(of: Type) -> Self {
        match of {
            Type::Any | Type::Object(_) => Self::Nil,
            Type::Bool => Self::Bool(false),
            Type::Int(of) => Self::Int(of, 0),
            Type::Uint(of) => Self::Uint(of, 0),
            Type::Float64 => Self::Float(0.0),
            Type::Complex128 => Self::Complex(0.0, 0.0),
            Type::String => Self::String(Str::EMPTY),
            Type::Bytes => Self::Bytes(Bytes::default()),
            Type::List(of) => Self::List(List::nil(of)),
            Type::Map(of) => Self::Map(Map::nil(of)),
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&Str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The map, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub fn as_list(&self) -> Option<&List> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }
}

macro_rules! from {
    ($($from:ty => $value:ident $to:expr;)*) => {$(
        impl From<$from> for Value {
            fn from($value: $from) -> Self {
                $to
            }
        }
    )*};
}

from! {
    bool => value Self::Bool(value);
    i64 => value Self::int(value);
    i32 => value Self::int(value.into());
    f64 => value Self::Float(value);
    &str => value Self::String(value.into());
    String => value Self::String(value.into());
    Str => value Self::String(value);
    List => value Self::List(value);
    Map => value Self::Map(value);
}
