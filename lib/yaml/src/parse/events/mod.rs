//! Tokens to events: the grammar of YAML 1.1, as a machine that keeps its own stack.

mod flow;

use std::borrow::Cow;

use crate::ParseError;
use crate::scan::{Comment, Mark, Scanner, Style, Token, TokenKind};

/// What the grammar finds. Collections begin and end; scalars and aliases stand for themselves.
#[derive(Debug)]
pub(super) struct Event<'a> {
    pub(super) kind: EventKind<'a>,
    pub(super) mark: Mark,
    /// The byte offset behind the properties: where what `kind` says starts.
    pub(super) content: usize,
    /// The byte offset of the end, except where a block collection ends: it ends with the last
    /// thing in it.
    pub(super) end: usize,
    pub(super) anchor: Option<&'a str>,
    pub(super) tag: Option<Cow<'a, str>>,
}

impl Event<'_> {
    /// An event without properties.
    fn bare(kind: EventKind<'_>, mark: Mark, end: usize) -> Event<'_> {
        Event { kind, mark, content: mark.offset, end, anchor: None, tag: None }
    }
}

/// The kinds of events.
#[derive(Debug)]
pub(super) enum EventKind<'a> {
    Alias(&'a str),
    Scalar {
        value: Cow<'a, str>,
        style: Style,
    },
    SequenceStart,
    MappingStart,
    /// The end of the innermost collection.
    End,
    /// The end of the document: its content was complete.
    DocumentEnd,
}

/// Where indicators stand that belong to no event: byte offsets.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Indicators {
    /// The last `-` of a block list.
    pub(super) dash: usize,
    /// The start of the last key, or its `?`, since this was last taken.
    pub(super) key: Option<usize>,
    /// The last `:`, since this was last taken.
    pub(super) colon: Option<usize>,
}

/// What the machine expects next.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    BlockSequence,
    IndentlessSequence,
    BlockKey,
    BlockValue,
    FlowSequenceFirst,
    FlowSequence,
    /// `[key: value]` is a list of one-entry mappings.
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowKeyFirst,
    FlowKey,
    FlowValue,
    /// `{key}` is a key without a value.
    FlowEmptyValue,
    Document,
}

/// Finds the events of the first document of a piece.
#[derive(Debug)]
pub(super) struct Events<'a> {
    scanner: Scanner<'a>,
    states: Vec<Expected>,
    /// Where the open collections began.
    marks: Vec<Mark>,
    tags: Vec<(&'a str, Cow<'a, str>)>,
    /// How many flow collections are open.
    flow: usize,
    /// The byte offset of the end of the last token that was taken.
    last_end: usize,
    indicators: Indicators,
    /// Whether what follows the document is somebody else's concern, as to go-yaml's `Unmarshal`.
    pub(super) leave_rest: bool,
}

impl<'a> Events<'a> {
    pub(super) fn new(text: &'a str, line: u32, depth: usize) -> Self {
        Self {
            scanner: Scanner::new(text, line, depth),
            states: Vec::new(),
            marks: Vec::new(),
            tags: Vec::new(),
            flow: 0,
            last_end: 0,
            indicators: Indicators::default(),
            leave_rest: false,
        }
    }

    /// The comments so far that may be JSON.
    pub(super) fn take_comments(&mut self) -> Vec<Comment> {
        self.scanner.take_comments()
    }

    /// Where the indicators before the last event stand.
    pub(super) fn take_indicators(&mut self) -> Indicators {
        let left = Indicators { key: None, colon: None, ..self.indicators };
        std::mem::replace(&mut self.indicators, left)
    }

    /// The next token.
    fn take(&mut self) -> Result<Token<'a>, ParseError> {
        let token = self.scanner.next()?;
        self.last_end = token.end;
        match token.kind {
            TokenKind::BlockEntry => self.indicators.dash = token.mark.offset,
            TokenKind::Key => self.indicators.key = Some(token.mark.offset),
            TokenKind::Value => self.indicators.colon = Some(token.mark.offset),
            _ => {}
        }
        Ok(token)
    }

    /// The first event of the document; `None` where there is no document.
    pub(super) fn start(&mut self) -> Result<Option<Event<'a>>, ParseError> {
        let mut version = false;
        let mut explicit = false;
        loop {
            let token = self.scanner.peek()?;
            let mark = token.mark;
            match &token.kind {
                TokenKind::StreamEnd if !explicit => return Ok(None),
                TokenKind::VersionDirective { major: 1, minor: 1 } if !version => version = true,
                TokenKind::VersionDirective { .. } if version => {
                    return Err(ParseError::new("`%YAML` is there twice", mark.span())
                        .upstream("found duplicate %YAML directive", mark.line));
                }
                TokenKind::VersionDirective { .. } => {
                    return Err(ParseError::new("only YAML 1.1 is understood", mark.span())
                        .hint("remove the line")
                        .upstream("found incompatible YAML document", mark.line));
                }
                TokenKind::TagDirective { handle, prefix } => {
                    if self.tags.iter().any(|(known, _)| known == handle) {
                        return Err(ParseError::new(format!("`%TAG {handle}` is there twice"), mark.span())
                            .upstream("found duplicate %TAG directive", mark.line));
                    }
                    let tag = (*handle, prefix.clone());
                    self.tags.push(tag);
                }
                TokenKind::DocumentStart => {
                    self.take()?;
                    break;
                }
                _ if explicit => {
                    let line = self.scanner.upstream_line(mark);
                    return Err(ParseError::new("a directive must be followed by `---`", mark.span())
                        .hint("remove the line with `%`: the file is cut at `---`, so that no directive can work")
                        .upstream("did not find expected <document start>", line));
                }
                _ => {
                    self.states.push(Expected::Document);
                    return self.node(true, false).map(Some);
                }
            }
            explicit = true;
            self.take()?;
        }
        self.states.push(Expected::Document);
        let token = self.scanner.peek()?;
        let empty = matches!(
            token.kind,
            TokenKind::VersionDirective { .. }
                | TokenKind::TagDirective { .. }
                | TokenKind::DocumentStart
                | TokenKind::DocumentEnd
                | TokenKind::StreamEnd
        );
        let mark = token.mark;
        if empty { Ok(Some(self.empty(mark))) } else { self.node(true, false).map(Some) }
    }

    /// The next event.
    pub(super) fn next(&mut self) -> Result<Event<'a>, ParseError> {
        match self.states.pop().unwrap_or(Expected::Document) {
            Expected::BlockSequence => self.block_sequence(),
            Expected::IndentlessSequence => self.indentless_sequence(),
            Expected::BlockKey => self.block_key(),
            Expected::BlockValue => self.block_value(),
            Expected::FlowSequenceFirst => self.flow_sequence(true),
            Expected::FlowSequence => self.flow_sequence(false),
            Expected::FlowPairKey => self.flow_pair_key(),
            Expected::FlowPairValue => self.flow_pair_value(),
            Expected::FlowPairEnd => {
                let mark = self.scanner.peek()?.mark;
                Ok(Event::bare(EventKind::End, mark, self.last_end))
            }
            Expected::FlowKeyFirst => self.flow_key(true),
            Expected::FlowKey => self.flow_key(false),
            Expected::FlowValue => self.flow_value(),
            Expected::FlowEmptyValue => {
                let mark = self.scanner.peek()?.mark;
                Ok(self.empty(mark))
            }
            Expected::Document => self.document_end(),
        }
    }

    fn document_end(&mut self) -> Result<Event<'a>, ParseError> {
        let token = self.scanner.peek()?;
        let mark = token.mark;
        match token.kind {
            TokenKind::StreamEnd | TokenKind::DocumentEnd | TokenKind::DocumentStart => {
                Ok(Event::bare(EventKind::DocumentEnd, mark, mark.offset))
            }
            _ if self.leave_rest => Ok(Event::bare(EventKind::DocumentEnd, mark, mark.offset)),
            _ => Err(ParseError::new("the document is complete before this", mark.span())
                .hint("check the indentation; text with `: `, ` #` or brackets needs quotes")),
        }
    }

    /// Whether what comes next stands in a flow collection.
    pub(super) fn in_flow(&self) -> bool {
        self.flow > 0
    }

    /// An empty plain scalar: `null`.
    fn empty(&self, mark: Mark) -> Event<'a> {
        let kind = EventKind::Scalar { value: Cow::Borrowed(""), style: Style::Plain };
        Event { kind, mark, content: self.last_end, end: self.last_end, anchor: None, tag: None }
    }

    fn end(&mut self) -> Result<Event<'a>, ParseError> {
        let token = self.take()?;
        self.marks.pop();
        Ok(Event::bare(EventKind::End, token.mark, token.end))
    }

    fn resolve_tag(
        &self,
        handle: &str,
        suffix: Cow<'a, str>,
        mark: Mark,
    ) -> Result<Cow<'a, str>, ParseError> {
        if handle.is_empty() {
            return Ok(suffix);
        }
        if let Some((_, prefix)) = self.tags.iter().find(|(known, _)| *known == handle) {
            return Ok(Cow::Owned(format!("{prefix}{suffix}")));
        }
        match handle {
            "!" => Ok(Cow::Owned(format!("!{suffix}"))),
            "!!" => Ok(Cow::Owned(format!("tag:yaml.org,2002:{suffix}"))),
            _ => Err(ParseError::new("the handle of this tag is not declared", mark.span())
                .hint("put text that starts with `!` in quotes")
                .upstream("found undefined tag handle", mark.line)),
        }
    }

    /// One node, or its beginning. What comes after it is on the stack already.
    fn node(&mut self, block: bool, indentless: bool) -> Result<Event<'a>, ParseError> {
        let mut anchor = None;
        let mut tag = None;
        let mut start = None;
        loop {
            match self.scanner.peek()?.kind {
                TokenKind::Anchor(name) if anchor.is_none() => {
                    let token = self.take()?;
                    start.get_or_insert(token.mark);
                    anchor = Some(name);
                }
                TokenKind::Tag { .. } if tag.is_none() => {
                    let token = self.take()?;
                    start.get_or_insert(token.mark);
                    if let TokenKind::Tag { handle, suffix } = token.kind {
                        tag = Some(self.resolve_tag(handle, suffix, token.mark)?);
                    }
                }
                _ => break,
            }
        }
        let token = self.scanner.peek()?;
        let (here, end) = (token.mark, token.end);
        let (mark, content) = (start.unwrap_or(here), here.offset);
        let (kind, state) = match &token.kind {
            TokenKind::Alias(name) if start.is_none() => (EventKind::Alias(name), None),
            TokenKind::Scalar { .. } => {
                let TokenKind::Scalar { value, style } = self.take()?.kind else {
                    unreachable!("the token was looked at")
                };
                return Ok(Event {
                    kind: EventKind::Scalar { value, style },
                    mark,
                    content,
                    end,
                    anchor,
                    tag,
                });
            }
            TokenKind::BlockEntry if indentless => {
                self.states.push(Expected::IndentlessSequence);
                return Ok(Event { kind: EventKind::SequenceStart, mark, content, end, anchor, tag });
            }
            TokenKind::FlowSequenceStart => (EventKind::SequenceStart, Some(Expected::FlowSequenceFirst)),
            TokenKind::FlowMappingStart => (EventKind::MappingStart, Some(Expected::FlowKeyFirst)),
            TokenKind::BlockSequenceStart if block => {
                (EventKind::SequenceStart, Some(Expected::BlockSequence))
            }
            TokenKind::BlockMappingStart if block => (EventKind::MappingStart, Some(Expected::BlockKey)),
            _ if start.is_some() => {
                let kind = EventKind::Scalar { value: Cow::Borrowed(""), style: Style::Plain };
                let end = self.last_end;
                return Ok(Event { kind, mark, content: end, end, anchor, tag });
            }
            kind => {
                let error = unexpected(kind, here);
                let line = self.scanner.upstream_line(here);
                return Err(error.upstream("did not find expected node content", line));
            }
        };
        if let Some(state) = state {
            self.flow += usize::from(matches!(state, Expected::FlowSequenceFirst | Expected::FlowKeyFirst));
            self.states.push(state);
            self.marks.push(here);
        }
        self.take()?;
        Ok(Event { kind, mark, content, end, anchor, tag })
    }

    fn then(&mut self, state: Expected, block: bool, indentless: bool) -> Result<Event<'a>, ParseError> {
        self.states.push(state);
        self.node(block, indentless)
    }

    fn then_empty(&mut self, state: Expected, mark: Mark) -> Event<'a> {
        self.states.push(state);
        self.empty(mark)
    }

    fn opened(&self) -> u32 {
        self.marks.last().map_or(1, |mark| mark.line + 1)
    }

    fn block_sequence(&mut self) -> Result<Event<'a>, ParseError> {
        let token = self.scanner.peek()?;
        let mark = token.mark;
        match token.kind {
            TokenKind::BlockEntry => {
                self.take()?;
                match self.scanner.peek()?.kind {
                    TokenKind::BlockEntry | TokenKind::BlockEnd => {
                        Ok(self.then_empty(Expected::BlockSequence, mark))
                    }
                    _ => self.then(Expected::BlockSequence, true, false),
                }
            }
            TokenKind::BlockEnd => self.end(),
            _ => {
                let message =
                    format!("expected a `-`, since this is indented like the list of line {}", self.opened());
                Err(ParseError::new(message, mark.span())
                    .hint("indent a key less or more than the list's `-`")
                    .upstream("did not find expected '-' indicator", self.scanner.upstream_line(mark)))
            }
        }
    }

    /// A list whose `-` stand below their key, not deeper.
    fn indentless_sequence(&mut self) -> Result<Event<'a>, ParseError> {
        let token = self.scanner.peek()?;
        let mark = token.mark;
        if token.kind != TokenKind::BlockEntry {
            return Ok(Event::bare(EventKind::End, mark, self.last_end));
        }
        self.take()?;
        match self.scanner.peek()?.kind {
            TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                Ok(self.then_empty(Expected::IndentlessSequence, mark))
            }
            _ => self.then(Expected::IndentlessSequence, true, false),
        }
    }

    fn block_key(&mut self) -> Result<Event<'a>, ParseError> {
        let token = self.scanner.peek()?;
        let mark = token.mark;
        match token.kind {
            TokenKind::Key => {
                self.take()?;
                match self.scanner.peek()?.kind {
                    TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                        Ok(self.then_empty(Expected::BlockValue, mark))
                    }
                    _ => self.then(Expected::BlockValue, true, true),
                }
            }
            TokenKind::BlockEnd => self.end(),
            _ => {
                let message = format!("expected a key of the mapping that starts in line {}", self.opened());
                Err(ParseError::new(message, mark.span())
                    .hint("check the indentation; text with `: `, ` #`, quotes or brackets needs quotes around all of it")
                    .upstream("did not find expected key", self.scanner.upstream_line(mark)))
            }
        }
    }

    fn block_value(&mut self) -> Result<Event<'a>, ParseError> {
        let token = self.scanner.peek()?;
        let mark = token.mark;
        if token.kind != TokenKind::Value {
            return Ok(self.then_empty(Expected::BlockKey, mark));
        }
        self.take()?;
        match self.scanner.peek()?.kind {
            TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                Ok(self.then_empty(Expected::BlockKey, mark))
            }
            _ => self.then(Expected::BlockKey, true, true),
        }
    }
}

/// The error where a value should begin and something else stands.
fn unexpected(kind: &TokenKind<'_>, mark: Mark) -> ParseError {
    let what = match kind {
        TokenKind::StreamEnd => "the text ends",
        TokenKind::BlockEntry => "a list item stands",
        TokenKind::FlowEntry => "a `,` stands",
        TokenKind::FlowSequenceEnd => "a `]` stands",
        TokenKind::FlowMappingEnd => "a `}` stands",
        TokenKind::Value => "a `:` stands",
        TokenKind::Alias(_) => "an alias stands, which takes no tag and no anchor,",
        TokenKind::DocumentStart | TokenKind::DocumentEnd => "the document ends",
        TokenKind::BlockEnd => "the indentation ends",
        _ => "something else stands",
    };
    ParseError::new(format!("{what} where a value is expected"), mark.span())
        .hint("put text with brackets, `,` or `: ` in quotes")
}
