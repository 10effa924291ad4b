//! The words of YAML: what the scanner hands to the event parser.

use std::borrow::Cow;

use crate::Span;

/// A place in the text. Line and column count from 0, the column in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Byte offset in the chunk.
    pub(crate) offset: usize,
    /// Line, from 0.
    pub(crate) line: u32,
    /// Column, from 0.
    pub(crate) column: u32,
}

impl Mark {
    /// The place as people count.
    pub(crate) fn span(self) -> Span {
        Span { line: self.line + 1, column: self.column + 1 }
    }
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Without quotes.
    Plain,
    /// With quotes, or as a literal block.
    Quoted,
    /// As a folded block.
    Folded,
}

/// One word and where it starts.
#[derive(Clone, Debug)]
pub(crate) struct Token<'a> {
    /// The word.
    pub(crate) kind: TokenKind<'a>,
    /// Where it starts.
    pub(crate) mark: Mark,
    /// The byte offset of its end.
    pub(crate) end: usize,
}

/// What a word is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind<'a> {
    StreamEnd,
    VersionDirective { major: u8, minor: u8 },
    TagDirective { handle: &'a str, prefix: Cow<'a, str> },
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(&'a str),
    Anchor(&'a str),
    Tag { handle: &'a str, suffix: Cow<'a, str> },
    Scalar { value: Cow<'a, str>, style: Style },
}
