//! Tokens to events: the grammar of YAML 1.1, as a machine that keeps its own stack.

use std::borrow::Cow;

use crate::ParseError;
use crate::scan::{Comment, Mark, Scanner, Style, TokenKind};

/// What the grammar finds. Collections begin and end; scalars and aliases stand for themselves.
#[derive(Debug)]
pub(super) struct Event<'a> {
    pub(super) kind: EventKind<'a>,
    pub(super) mark: Mark,
    pub(super) anchor: Option<&'a str>,
    pub(super) tag: Option<Cow<'a, str>>,
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

/// What the machine expects next.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
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
    states: Vec<State>,
    /// Where the open collections began.
    marks: Vec<Mark>,
    tags: Vec<(&'a str, Cow<'a, str>)>,
    /// How many flow collections are open.
    flow: usize,
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
            leave_rest: false,
        }
    }

    /// The comments so far that may be JSON.
    pub(super) fn take_comments(&mut self) -> Vec<Comment> {
        self.scanner.take_comments()
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
                    self.scanner.next()?;
                    break;
                }
                _ if explicit => {
                    let line = self.scanner.upstream_line(mark);
                    return Err(ParseError::new("a directive must be followed by `---`", mark.span())
                        .hint("remove the line with `%`: the file is cut at `---`, so that no directive can work")
                        .upstream("did not find expected <document start>", line));
                }
                _ => {
                    self.states.push(State::Document);
                    return self.node(true, false).map(Some);
                }
            }
            explicit = true;
            self.scanner.next()?;
        }
        self.states.push(State::Document);
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
        if empty { Ok(Some(Self::empty(mark))) } else { self.node(true, false).map(Some) }
    }

    /// The next event.
    pub(super) fn next(&mut self) -> Result<Event<'a>, ParseError> {
        match self.states.pop().unwrap_or(State::Document) {
            State::BlockSequence => self.block_sequence(),
            State::IndentlessSequence => self.indentless_sequence(),
            State::BlockKey => self.block_key(),
            State::BlockValue => self.block_value(),
            State::FlowSequenceFirst => self.flow_sequence(true),
            State::FlowSequence => self.flow_sequence(false),
            State::FlowPairKey => self.flow_pair_key(),
            State::FlowPairValue => self.flow_pair_value(),
            State::FlowPairEnd => {
                let mark = self.scanner.peek()?.mark;
                Ok(Event { kind: EventKind::End, mark, anchor: None, tag: None })
            }
            State::FlowKeyFirst => self.flow_key(true),
            State::FlowKey => self.flow_key(false),
            State::FlowValue => self.flow_value(),
            State::FlowEmptyValue => {
                let mark = self.scanner.peek()?.mark;
                Ok(Self::empty(mark))
            }
            State::Document => self.document_end(),
        }
    }

    fn document_end(&mut self) -> Result<Event<'a>, ParseError> {
        let token = self.scanner.peek()?;
        let mark = token.mark;
        match token.kind {
            TokenKind::StreamEnd | TokenKind::DocumentEnd | TokenKind::DocumentStart => {
                Ok(Event { kind: EventKind::DocumentEnd, mark, anchor: None, tag: None })
            }
            _ if self.leave_rest => Ok(Event { kind: EventKind::DocumentEnd, mark, anchor: None, tag: None }),
            _ => Err(ParseError::new("the document is complete before this", mark.span())
                .hint("check the indentation; text with `: `, ` #` or brackets needs quotes")),
        }
    }

    /// Whether what comes next stands in a flow collection.
    pub(super) fn in_flow(&self) -> bool {
        self.flow > 0
    }

    /// An empty plain scalar: `null`.
    fn empty(mark: Mark) -> Event<'a> {
        let kind = EventKind::Scalar { value: Cow::Borrowed(""), style: Style::Plain };
        Event { kind, mark, anchor: None, tag: None }
    }

    fn end(&mut self) -> Result<Event<'a>, ParseError> {
        let token = self.scanner.next()?;
        self.marks.pop();
        Ok(Event { kind: EventKind::End, mark: token.mark, anchor: None, tag: None })
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
                    let token = self.scanner.next()?;
                    start.get_or_insert(token.mark);
                    anchor = Some(name);
                }
                TokenKind::Tag { .. } if tag.is_none() => {
                    let token = self.scanner.next()?;
                    start.get_or_insert(token.mark);
                    if let TokenKind::Tag { handle, suffix } = token.kind {
                        tag = Some(self.resolve_tag(handle, suffix, token.mark)?);
                    }
                }
                _ => break,
            }
        }
        let token = self.scanner.peek()?;
        let here = token.mark;
        let mark = start.unwrap_or(here);
        let (kind, state) = match &token.kind {
            TokenKind::Alias(name) if start.is_none() => (EventKind::Alias(name), None),
            TokenKind::Scalar { .. } => {
                let TokenKind::Scalar { value, style } = self.scanner.next()?.kind else {
                    unreachable!("the token was looked at")
                };
                return Ok(Event { kind: EventKind::Scalar { value, style }, mark, anchor, tag });
            }
            TokenKind::BlockEntry if indentless => {
                self.states.push(State::IndentlessSequence);
                return Ok(Event { kind: EventKind::SequenceStart, mark, anchor, tag });
            }
            TokenKind::FlowSequenceStart => (EventKind::SequenceStart, Some(State::FlowSequenceFirst)),
            TokenKind::FlowMappingStart => (EventKind::MappingStart, Some(State::FlowKeyFirst)),
            TokenKind::BlockSequenceStart if block => (EventKind::SequenceStart, Some(State::BlockSequence)),
            TokenKind::BlockMappingStart if block => (EventKind::MappingStart, Some(State::BlockKey)),
            _ if start.is_some() => {
                let kind = EventKind::Scalar { value: Cow::Borrowed(""), style: Style::Plain };
                return Ok(Event { kind, mark, anchor, tag });
            }
            kind => {
                let error = unexpected(kind, here);
                let line = self.scanner.upstream_line(here);
                return Err(error.upstream("did not find expected node content", line));
            }
        };
        if let Some(state) = state {
            self.flow += usize::from(matches!(state, State::FlowSequenceFirst | State::FlowKeyFirst));
            self.states.push(state);
            self.marks.push(here);
        }
        self.scanner.next()?;
        Ok(Event { kind, mark, anchor, tag })
    }

    fn then(&mut self, state: State, block: bool, indentless: bool) -> Result<Event<'a>, ParseError> {
        self.states.push(state);
        self.node(block, indentless)
    }

    fn then_empty(&mut self, state: State, mark: Mark) -> Event<'a> {
        self.states.push(state);
        Self::empty(mark)
    }

    fn opened(&self) -> u32 {
        self.marks.last().map_or(1, |mark| mark.line + 1)
    }

    fn block_sequence(&mut self) -> Result<Event<'a>, ParseError> {
        let token = self.scanner.peek()?;
        let mark = token.mark;
        match token.kind {
            TokenKind::BlockEntry => {
                self.scanner.next()?;
                match self.scanner.peek()?.kind {
                    TokenKind::BlockEntry | TokenKind::BlockEnd => {
                        Ok(self.then_empty(State::BlockSequence, mark))
                    }
                    _ => self.then(State::BlockSequence, true, false),
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
            return Ok(Event { kind: EventKind::End, mark, anchor: None, tag: None });
        }
        self.scanner.next()?;
        match self.scanner.peek()?.kind {
            TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                Ok(self.then_empty(State::IndentlessSequence, mark))
            }
            _ => self.then(State::IndentlessSequence, true, false),
        }
    }

    fn block_key(&mut self) -> Result<Event<'a>, ParseError> {
        let token = self.scanner.peek()?;
        let mark = token.mark;
        match token.kind {
            TokenKind::Key => {
                self.scanner.next()?;
                match self.scanner.peek()?.kind {
                    TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                        Ok(self.then_empty(State::BlockValue, mark))
                    }
                    _ => self.then(State::BlockValue, true, true),
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
            return Ok(self.then_empty(State::BlockKey, mark));
        }
        self.scanner.next()?;
        match self.scanner.peek()?.kind {
            TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                Ok(self.then_empty(State::BlockKey, mark))
            }
            _ => self.then(State::BlockKey, true, true),
        }
    }

    /// Steps over the `,` between two entries of a flow collection.
    fn flow_entry(&mut self, first: bool, close: char) -> Result<(), ParseError> {
        if first {
            return Ok(());
        }
        let token = self.scanner.peek()?;
        if token.kind == TokenKind::FlowEntry {
            self.scanner.next()?;
            return Ok(());
        }
        let (mark, ended) = (token.mark, matches!(token.kind, TokenKind::StreamEnd));
        let open = if close == ']' { '[' } else { '{' };
        let opened = self.marks.last().copied().unwrap_or(mark);
        let error = if ended {
            ParseError::new(format!("this `{open}` is never closed"), opened.span())
                .hint(format!("close it with `{close}`, or put text that starts with `{open}` in quotes"))
        } else {
            ParseError::new(
                format!("expected `,` or `{close}` in what the `{open}` of line {} opened", opened.line + 1),
                mark.span(),
            )
            .hint(format!("close it with `{close}`, or put text that starts with `{open}` in quotes"))
        };
        Err(error
            .upstream(format!("did not find expected ',' or '{close}'"), self.scanner.upstream_line(mark)))
    }

    fn flow_end(&mut self) -> Result<Event<'a>, ParseError> {
        self.flow -= 1;
        self.end()
    }

    fn flow_sequence(&mut self, first: bool) -> Result<Event<'a>, ParseError> {
        if self.scanner.peek()?.kind == TokenKind::FlowSequenceEnd {
            return self.flow_end();
        }
        self.flow_entry(first, ']')?;
        let token = self.scanner.peek()?;
        let mark = token.mark;
        match token.kind {
            TokenKind::Key => {
                self.scanner.next()?;
                self.states.push(State::FlowSequence);
                self.states.push(State::FlowPairKey);
                Ok(Event { kind: EventKind::MappingStart, mark, anchor: None, tag: None })
            }
            TokenKind::FlowSequenceEnd => self.flow_end(),
            _ => self.then(State::FlowSequence, false, false),
        }
    }

    fn flow_pair_key(&mut self) -> Result<Event<'a>, ParseError> {
        let token = self.scanner.peek()?;
        let mark = token.mark;
        match token.kind {
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd => {
                // The Go port steps over the token here and so loses the value of a pair without a key.
                self.scanner.next()?;
                Ok(self.then_empty(State::FlowPairValue, mark))
            }
            _ => self.then(State::FlowPairValue, false, false),
        }
    }

    fn flow_pair_value(&mut self) -> Result<Event<'a>, ParseError> {
        let mut token = self.scanner.peek()?;
        if token.kind == TokenKind::Value {
            self.scanner.next()?;
            token = self.scanner.peek()?;
            if !matches!(token.kind, TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
                return self.then(State::FlowPairEnd, false, false);
            }
        }
        let mark = token.mark;
        Ok(self.then_empty(State::FlowPairEnd, mark))
    }

    fn flow_key(&mut self, first: bool) -> Result<Event<'a>, ParseError> {
        if self.scanner.peek()?.kind == TokenKind::FlowMappingEnd {
            return self.flow_end();
        }
        self.flow_entry(first, '}')?;
        let token = self.scanner.peek()?;
        match token.kind {
            TokenKind::Key => {
                self.scanner.next()?;
                let token = self.scanner.peek()?;
                let mark = token.mark;
                match token.kind {
                    TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd => {
                        Ok(self.then_empty(State::FlowValue, mark))
                    }
                    _ => self.then(State::FlowValue, false, false),
                }
            }
            TokenKind::FlowMappingEnd => self.flow_end(),
            _ => {
                self.states.push(State::FlowKey);
                self.then(State::FlowEmptyValue, false, false)
            }
        }
    }

    fn flow_value(&mut self) -> Result<Event<'a>, ParseError> {
        let mut token = self.scanner.peek()?;
        if token.kind == TokenKind::Value {
            self.scanner.next()?;
            token = self.scanner.peek()?;
            if !matches!(token.kind, TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
                return self.then(State::FlowKey, false, false);
            }
        }
        let mark = token.mark;
        Ok(self.then_empty(State::FlowKey, mark))
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
