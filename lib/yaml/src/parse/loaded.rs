//! What the decoders hand to the loader.

use crate::{Node, ParseError, Span};

/// A node on its way into the tree.
pub(super) struct Loaded {
    pub(super) node: Node,
    /// A plain `<<` or one tagged `!!merge`.
    pub(super) merge: bool,
    /// How many levels of collections it is.
    pub(super) height: usize,
}

/// A list or mapping where a key is wanted.
pub(super) fn not_a_key(span: Span) -> ParseError {
    ParseError::new("a list or mapping cannot be a key", span)
        .hint("put text with `{` or `[` in quotes, templates such as `\"{{ name }}\"` above all")
}
