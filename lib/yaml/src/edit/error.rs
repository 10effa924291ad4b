//! Why a text cannot be edited.

use super::Path;
use crate::{ParseError, Span};

/// Why a text cannot be edited. Nothing is changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// The text is not YAML.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The text has no such document.
    #[error("there is no document {document}: the text has {count}")]
    NoDocument {
        /// The document that was named, from 0.
        document: usize,
        /// How many there are.
        count: usize,
    },
    /// The path leads nowhere.
    #[error("`{path}` does not exist")]
    NotFound {
        /// The path, as far as the step that fails.
        path: Path,
        /// The mapping or list that lacks it.
        span: Span,
    },
    /// A node is something else than the edit needs.
    #[error("`{path}` is a {found}, not a {expected}")]
    WrongKind {
        /// The node.
        path: Path,
        /// Where it is.
        span: Span,
        /// What the edit needs.
        expected: &'static str,
        /// What the node is.
        found: &'static str,
    },
    /// The node is an alias, or lies behind one: the text that would change stands elsewhere and
    /// may be used elsewhere.
    #[error("`{path}` is an alias; edit the value that it stands for")]
    Alias {
        /// The node.
        path: Path,
        /// Where the alias is.
        span: Span,
    },
    /// The node has an anchor, lies within one that has, or holds one: aliases would change, too,
    /// or lose what they stand for.
    #[error("`{path}` has an anchor, so that aliases of it would change, too")]
    Anchored {
        /// The node.
        path: Path,
        /// Where the anchor is.
        span: Span,
    },
    /// The value comes from a merge key.
    #[error("`{path}` comes from a merge key, `<<`; edit the mapping that is merged")]
    Merged {
        /// The node.
        path: Path,
        /// The mapping that has the merge key.
        span: Span,
    },
    /// The key that is to be inserted is there already.
    #[error("`{path}` exists already")]
    Exists {
        /// The entry.
        path: Path,
        /// Where its key is.
        span: Span,
    },
    /// It is not clear, or not possible, where the text is to change.
    #[error("`{path}`: {reason}")]
    Ambiguous {
        /// The node.
        path: Path,
        /// Where it is.
        span: Span,
        /// Why.
        reason: Ambiguity,
    },
    /// Two edits change the same text.
    #[error("`{second}` and `{first}` change the same text")]
    Conflict {
        /// The edit that comes first in the text.
        first: Path,
        /// The other one.
        second: Path,
        /// Where the other one is.
        span: Span,
    },
    /// A value that is to be written is none that the reader of the text can read back.
    #[error("the value for `{path}` cannot be written")]
    Unwritable {
        /// Where it was to go.
        path: Path,
        /// Where that is.
        span: Span,
    },
    /// The text would not mean what the edits say, or would mean something else in another place.
    #[error("the edit of `{path}` would change more than that")]
    Unsafe {
        /// The first of the edits.
        path: Path,
        /// Where it is.
        span: Span,
    },
}

/// Why a place is not clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Ambiguity {
    /// A mapping has the key twice.
    #[error("the key is set twice")]
    KeyTwice,
    /// Several items of a list match.
    #[error("several items match")]
    SeveralItems,
    /// A comment reaches to the end of its line, and others stand on that line.
    #[error("it shares its line with others, which a comment would hide")]
    SharedLine,
    /// The notation has no place for another entry, as in `[key: value]`, or for a value, as in
    /// `{key}`.
    #[error("its notation leaves no room for that")]
    Notation,
    /// The collection has a tag and would become empty.
    #[error("it has a tag, and would be empty")]
    Tagged,
    /// Comments around the item would be taken for a part of it.
    #[error("the comments below could not be told from it")]
    Comments,
}

impl EditError {
    /// Where it is, as far as that is known.
    pub fn span(&self) -> Span {
        match self {
            Self::Parse(error) => error.span,
            Self::NoDocument { .. } => Span::default(),
            Self::NotFound { span, .. }
            | Self::WrongKind { span, .. }
            | Self::Alias { span, .. }
            | Self::Anchored { span, .. }
            | Self::Merged { span, .. }
            | Self::Exists { span, .. }
            | Self::Ambiguous { span, .. }
            | Self::Conflict { span, .. }
            | Self::Unwritable { span, .. }
            | Self::Unsafe { span, .. } => *span,
        }
    }
}
