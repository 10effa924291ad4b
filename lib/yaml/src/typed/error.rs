//! Why a tree does not fit a type: kinds, which callers match on, and their text.

use std::fmt;

use serde::de::{Expected, Unexpected};

use crate::{Span, Text};

/// Why a tree does not fit a type, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct DeserializeError {
    /// What does not fit.
    pub kind: Mismatch,
    /// The innermost node that does not fit, or the key that is wrong.
    pub span: Span,
    /// Whether it is a key that does not fit. A mapping starts where its first key does, so the
    /// place does not tell.
    pub is_key: bool,
}

/// What does not fit. As text it reads like serde's own messages, but never shows a string of the
/// file, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// A key that the type does not have.
    UnknownField {
        /// The key.
        field: Text,
        /// The fields that the type has.
        expected: &'static [&'static str],
    },
    /// A name that is none of those that an enumeration has.
    UnknownVariant {
        /// The name.
        variant: Text,
        /// The names that the enumeration has.
        expected: &'static [&'static str],
    },
    /// A key that must be there and is not.
    MissingField {
        /// The key.
        field: &'static str,
    },
    /// A field that is set twice, by two of its names.
    DuplicateField {
        /// The field.
        field: &'static str,
    },
    /// A value of another type.
    InvalidType {
        /// What the value is.
        found: Found,
        /// What the type asked for, where it asked for something.
        wanted: Option<Wanted>,
        /// What the type says that it expects.
        expected: String,
    },
    /// A value of the right type that is out of range, or not among those that are allowed.
    InvalidValue {
        /// What the value is.
        found: String,
        /// What the type says that it expects.
        expected: String,
    },
    /// Another error of a type, with its own message.
    Custom(String),
}

/// What a value is that has another type than expected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Found {
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer,
    /// Any other number.
    Float,
    /// Text.
    String,
    /// A list.
    List,
    /// A mapping.
    Mapping,
    /// Anything else, in serde's words.
    Other(String),
}

/// What a type asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wanted {
    /// A truth value.
    Bool,
    /// A whole number.
    Integer,
    /// Any number.
    Float,
    /// Text.
    String,
    /// A list.
    List,
    /// A mapping.
    Mapping,
}

/// Lists the names that are known, as serde does.
struct OneOf(&'static [&'static str]);

impl fmt::Display for OneOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [one] => write!(f, "`{one}`"),
            [one, two] => write!(f, "`{one}` or `{two}`"),
            names => {
                f.write_str("one of ")?;
                for (index, name) in names.iter().enumerate() {
                    write!(f, "{}`{name}`", if index == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownField { field, expected: [] } => {
                write!(f, "unknown field `{field}`, there are no fields")
            }
            Self::UnknownField { field, expected } => {
                write!(f, "unknown field `{field}`, expected {}", OneOf(expected))
            }
            Self::UnknownVariant { variant, expected: [] } => {
                write!(f, "unknown variant `{variant}`, there are no variants")
            }
            Self::UnknownVariant { variant, expected } => {
                write!(f, "unknown variant `{variant}`, expected {}", OneOf(expected))
            }
            Self::MissingField { field } => write!(f, "missing field `{field}`"),
            Self::DuplicateField { field } => write!(f, "duplicate field `{field}`"),
            Self::InvalidType { found, expected, .. } => {
                write!(f, "invalid type: {found}, expected {expected}")
            }
            Self::InvalidValue { found, expected } => {
                write!(f, "invalid value: {found}, expected {expected}")
            }
            Self::Custom(message) => f.write_str(message),
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "boolean `{value}`"),
            Self::Integer => f.write_str("integer"),
            Self::Float => f.write_str("floating point number"),
            Self::String => f.write_str("string"),
            Self::List => f.write_str("sequence"),
            Self::Mapping => f.write_str("map"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl From<Unexpected<'_>> for Found {
    fn from(found: Unexpected<'_>) -> Self {
        match found {
            Unexpected::Bool(value) => Self::Bool(value),
            Unexpected::Signed(_) | Unexpected::Unsigned(_) => Self::Integer,
            Unexpected::Float(_) => Self::Float,
            Unexpected::Str(_) | Unexpected::Char(_) => Self::String,
            Unexpected::Bytes(_) => Self::Other("byte array".to_owned()),
            Unexpected::Seq => Self::List,
            Unexpected::Map => Self::Mapping,
            other => Self::Other(other.to_string()),
        }
    }
}

/// An error on its way out of the tree.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) error: DeserializeError,
    /// The innermost entry or item that holds the error: what to leave out to find the next one.
    pub(super) holder: Option<Address>,
    /// Whether it says no more than an earlier error: a field is missing because its value did not
    /// fit.
    pub(super) follows: bool,
}

/// Tells entries of mappings, and items of lists, from each other while the tree does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Address(usize);

impl Address {
    pub(super) fn of<T>(value: &T) -> Self {
        Self(std::ptr::from_ref(value).addr())
    }
}

impl Fault {
    fn new(kind: Mismatch) -> Self {
        let error = DeserializeError { kind, span: Span::default(), is_key: false };
        Self { error, holder: None, follows: false }
    }

    /// Says where it is. A place that is known already stays: it lies further within.
    pub(super) fn at(mut self, span: Span) -> Self {
        if self.error.span == Span::default() {
            self.error.span = span;
        }
        self
    }

    /// Says that it is the key at a place.
    pub(super) fn at_key(mut self, span: Span) -> Self {
        self.error.is_key = self.error.span == Span::default();
        self.at(span)
    }

    /// Says what was asked for. What is known already stays.
    pub(super) fn wanting(mut self, asked: Wanted) -> Self {
        if let Mismatch::InvalidType { wanted: wanted @ None, .. } = &mut self.error.kind {
            *wanted = Some(asked);
        }
        self
    }

    /// Says which entry or item holds it. One that is known already stays.
    pub(super) fn held_by(mut self, holder: Address) -> Self {
        self.holder.get_or_insert(holder);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Fault {}

impl serde::de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Mismatch::Custom(message.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let expected = expected.to_string();
        Self::new(Mismatch::InvalidType { found: found.into(), wanted: None, expected })
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Mismatch::InvalidValue { found: found.to_string(), expected: expected.to_string() })
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Mismatch::UnknownVariant { variant: variant.into(), expected })
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Mismatch::UnknownField { field: field.into(), expected })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Mismatch::MissingField { field })
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(Mismatch::DuplicateField { field })
    }
}
