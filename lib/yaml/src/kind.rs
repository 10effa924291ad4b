//! The types of scalars.

/// The type of a scalar, as kustomize's YAML reader (go-yaml v3) resolves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScalarKind {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false` in one of their spellings.
    Bool,
    /// A whole number in one of its spellings.
    Int,
    /// Any other number, infinities and NaN among them.
    Float,
    /// Text.
    String,
    /// A plain date or time, which go-yaml reads as a point in time.
    Timestamp,
    /// `!!binary`: the text is base64.
    Binary,
}

impl ScalarKind {
    /// The type in a word, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "boolean",
            Self::Int | Self::Float => "number",
            Self::String => "string",
            Self::Timestamp => "timestamp",
            Self::Binary => "binary",
        }
    }
}
