//! Go's types, as far as templates can see them: in `%T`, in error messages, in what a function
//! accepts.

/// The type of a value, of an element or of a parameter.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Type {
    /// `interface {}`: anything.
    Any,
    /// `bool`.
    Bool,
    /// A signed integer.
    Int(IntType),
    /// An unsigned integer.
    Uint(UintType),
    /// `float64`.
    Float64,
    /// `complex128`.
    Complex128,
    /// `string`.
    String,
    /// `[]uint8`.
    Bytes,
    /// A slice.
    List(&'static ListType),
    /// A map with string keys.
    Map(&'static MapType),
    /// A struct, or a pointer to one.
    Object(&'static ObjectType),
}

/// Go's signed integer types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntType {
    /// `int`, 64 bits here.
    Int,
    /// `int8`.
    Int8,
    /// `int16`.
    Int16,
    /// `int32`.
    Int32,
    /// `int64`.
    Int64,
}

/// Go's unsigned integer types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UintType {
    /// `uint`, 64 bits here.
    Uint,
    /// `uint8`, a byte.
    Uint8,
    /// `uint16`.
    Uint16,
    /// `uint32`.
    Uint32,
    /// `uint64`.
    Uint64,
}

/// The type of a slice. Executions may give a named one methods.
#[derive(Debug)]
pub struct ListType {
    /// As `%T` prints it: `[]string`, `common.VersionSet`.
    pub name: &'static str,
    /// The type without a name of its own: `[]string`.
    pub literal: &'static str,
    /// What it holds.
    pub element: Type,
}

/// The type of a map with string keys. Executions may give a named one methods.
#[derive(Debug)]
pub struct MapType {
    /// As `%T` prints it: `map[string]interface {}`, `common.Values`.
    pub name: &'static str,
    /// The type without a name of its own: `map[string]interface {}`.
    pub literal: &'static str,
    /// What it holds.
    pub element: Type,
}

/// The type of an [`Object`](super::Object).
#[derive(Debug)]
pub struct ObjectType {
    /// As `%T` prints it: `*common.Capabilities`, `time.Time`. A leading `*` tells a pointer.
    pub name: &'static str,
}

/// `[]interface {}`.
pub static ANY_LIST: ListType =
    ListType { name: "[]interface {}", literal: "[]interface {}", element: Type::Any };
/// `[]string`.
pub static STRING_LIST: ListType = ListType { name: "[]string", literal: "[]string", element: Type::String };
/// `[]int`.
pub static INT_LIST: ListType =
    ListType { name: "[]int", literal: "[]int", element: Type::Int(IntType::Int) };
/// `[][]interface {}`.
pub static LIST_LIST: ListType =
    ListType { name: "[][]interface {}", literal: "[][]interface {}", element: Type::List(&ANY_LIST) };
/// `[]map[string]interface {}`.
pub static MAP_LIST: ListType = ListType {
    name: "[]map[string]interface {}",
    literal: "[]map[string]interface {}",
    element: Type::Map(&ANY_MAP),
};
/// `map[string]interface {}`.
pub static ANY_MAP: MapType =
    MapType { name: "map[string]interface {}", literal: "map[string]interface {}", element: Type::Any };
/// `map[string]string`.
pub static STRING_MAP: MapType =
    MapType { name: "map[string]string", literal: "map[string]string", element: Type::String };

impl Type {
    /// As `%T` prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Bool => "bool",
            Self::Int(int) => int.name(),
            Self::Uint(uint) => uint.name(),
            Self::Float64 => "float64",
            Self::Complex128 => "complex128",
            Self::String => "string",
            Self::Bytes => "[]uint8",
            Self::List(list) => list.name,
            Self::Map(map) => map.name,
            Self::Object(object) => object.name,
        }
    }

    /// Its kind, as `reflect.Kind` prints it.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Any => "interface",
            Self::List(_) | Self::Bytes => "slice",
            Self::Map(_) => "map",
            Self::Object(object) if object.name.starts_with('*') => "ptr",
            Self::Object(_) => "struct",
            basic => basic.name(),
        }
    }

    /// Whether a nil can be a value of it.
    pub fn can_be_nil(self) -> bool {
        matches!(self.kind(), "interface" | "slice" | "map" | "ptr")
    }

    /// Whether a value of this type goes where one of the other is wanted: the same type, or the
    /// same but for one's name.
    pub fn is_assignable_to(self, wanted: Type) -> bool {
        match (self, wanted) {
            (_, Self::Any) => true,
            (Self::List(have), Self::List(want)) => {
                assignable((have.name, have.literal), (want.name, want.literal))
            }
            (Self::Map(have), Self::Map(want)) => {
                assignable((have.name, have.literal), (want.name, want.literal))
            }
            (have, want) => have.name() == want.name(),
        }
    }
}

/// Go: identical underlying types, and at least one of the two is not a named type.
fn assignable(have: (&str, &str), want: (&str, &str)) -> bool {
    have.0 == want.0 || (have.1 == want.1 && (have.0 == have.1 || want.0 == want.1))
}

impl IntType {
    /// Its Go name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
        }
    }
}

impl UintType {
    /// Its Go name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uint => "uint",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static NAMED: MapType =
        MapType { name: "common.Values", literal: "map[string]interface {}", element: Type::Any };

    #[test]
    fn a_named_map_goes_where_the_plain_one_is_wanted() {
        assert!(Type::Map(&NAMED).is_assignable_to(Type::Map(&ANY_MAP)));
        assert!(!Type::Map(&STRING_MAP).is_assignable_to(Type::Map(&ANY_MAP)));
        assert!(!Type::Int(IntType::Int).is_assignable_to(Type::Int(IntType::Int64)));
    }
}
