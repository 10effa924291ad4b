//! The Go types of ApplicationSets and Applications as tables.
//!
//! What Argo CD does to a document is done to its types: unknown fields are dropped, wrong types
//! refused, every string rendered, gaps of a generator's template filled, patches merged, empty
//! fields left out. One table of fields drives all of these, so that a field of a new release is
//! one line. A document in memory is a JSON object that has the fields that are not zero, in the
//! order of the Go struct.

mod application;
mod applicationset;
mod decode;
mod encode;
mod fill;

use serde_json::Value as Json;

pub(crate) use application::APPLICATION;
pub(crate) use applicationset::{APPLICATION_SET, GENERATOR, NESTED_MATRIX, NESTED_MERGE, TEMPLATE};
pub(crate) use decode::{Names, decode};
pub(crate) use encode::encode;
pub(crate) use fill::fill;

/// The type of a field.
#[derive(Clone, Copy)]
pub(crate) enum Type {
    /// `string`.
    Text,
    /// `bool`.
    Bool,
    /// `int64`.
    Int,
    /// `intstr.IntOrString`.
    IntOrText,
    /// Any JSON: `runtime.RawExtension`, `apiextensions.JSON`.
    Json,
    /// An object that is not looked into and not rendered.
    Opaque,
    /// `map[string]string`.
    TextMap,
    /// `map[string]string` of a generator, which is rendered apart from the generator's other
    /// fields.
    Values,
    /// `map[string]bool`.
    BoolMap,
    /// A slice.
    List(&'static Item),
    /// A struct.
    Struct(&'static Struct),
}

/// What a slice holds.
pub(crate) struct Item {
    pub(crate) of: Type,
    /// Whether these are pointers: null stays null.
    pub(crate) is_pointer: bool,
}

/// When a field is there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Left out when it is zero (`omitempty`).
    Optional,
    /// Written also when it is zero.
    Required,
    /// A pointer: left out when it is nil, written when it points to something empty.
    Pointer,
    /// A field of an embedded pointer: null makes it empty.
    Embedded,
}

/// How a strategic merge patch merges a list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListMerge {
    /// The patch's list takes the place of the other.
    Replace,
    /// A list of scalars as a set.
    Set,
    /// Objects with the same value of this field are merged.
    Key(&'static str),
}

/// A field of a struct.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) of: Type,
    pub(crate) presence: Presence,
    pub(crate) merge: ListMerge,
}

/// A struct.
pub(crate) struct Struct {
    /// The Go type's name, for messages.
    pub(crate) name: &'static str,
    /// The fields in their order, those of embedded structs in place.
    pub(crate) fields: &'static [Field],
    /// Whether other fields are kept as they are: the settings of services that are never asked.
    pub(crate) is_open: bool,
}

impl Struct {
    const fn new(name: &'static str, fields: &'static [Field]) -> Self {
        Self { name, fields, is_open: false }
    }

    const fn open(name: &'static str, fields: &'static [Field]) -> Self {
        Self { name, fields, is_open: true }
    }

    /// The field of a name.
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The field that `encoding/json` takes for a key: the one of this name, else one that differs
    /// in case alone.
    pub(crate) fn field_in_any_case(&self, name: &str) -> Option<&'static Field> {
        self.field(name).or_else(|| self.fields.iter().find(|field| equal_fold(field.name, name)))
    }
}

/// `bytes.EqualFold`, for names of ASCII letters: the Kelvin sign and the long s count as `k` and
/// `s`.
fn equal_fold(name: &str, other: &str) -> bool {
    let fold = |c: char| match c {
        '\u{212A}' => 'k',
        '\u{17F}' => 's',
        other => other.to_ascii_lowercase(),
    };
    name.chars().map(fold).eq(other.chars().map(fold))
}

impl Field {
    const fn new(name: &'static str, of: Type) -> Self {
        Self { name, of, presence: Presence::Optional, merge: ListMerge::Replace }
    }

    const fn required(name: &'static str, of: Type) -> Self {
        Self { presence: Presence::Required, ..Self::new(name, of) }
    }

    const fn pointer(name: &'static str, of: Type) -> Self {
        Self { presence: Presence::Pointer, ..Self::new(name, of) }
    }

    const fn embedded(name: &'static str, of: Type) -> Self {
        Self { presence: Presence::Embedded, ..Self::new(name, of) }
    }

    /// Whether a value of it is not kept in memory, since it is zero.
    pub(crate) fn is_left_out(&self, value: &Json) -> bool {
        matches!(self.presence, Presence::Optional | Presence::Required) && decode::is_zero(value, self.of)
    }

    const fn merged(name: &'static str, of: Type, merge: ListMerge) -> Self {
        Self { merge, ..Self::new(name, of) }
    }
}

const fn list(of: Type) -> Item {
    Item { of, is_pointer: false }
}

const TEXTS: Type = Type::List(&list(Type::Text));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fold_as_encoding_json_folds_them() {
        assert!(APPLICATION.field("Metadata").is_none());
        assert_eq!(APPLICATION.field_in_any_case("METADATA").map(|field| field.name), Some("metadata"));
        assert!(equal_fold("kind", "\u{212A}ind"));
        assert!(!equal_fold("spec", "specs"));
    }
}
