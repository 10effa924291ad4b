//! Text to tokens, as libyaml and its Go port cut them.
//!
//! YAML tells `key: value` from plain text only after the `:` was seen. So the scanner remembers
//! where a *simple key* could have begun and puts the key token in front of it later; tokens wait
//! in a queue until that is settled.

mod comment;
mod cursor;
mod line;
mod properties;
mod scalar;
mod token;

use std::collections::VecDeque;

pub use self::comment::Comment;
use self::cursor::Cursor;
pub(crate) use self::line::{Line, Word};
pub(crate) use self::token::{Mark, Style, Token, TokenKind};
use crate::ParseError;

/// A simple key's `:` must come within so many characters (YAML 1.2, section 7.4.2).
const SIMPLE_KEY_LENGTH: usize = 1024;

/// A place where a key may have begun.
#[derive(Clone, Copy, Debug, Default)]
struct SimpleKey {
    possible: bool,
    /// In block context at the indentation of the mapping nothing but a key can stand.
    required: bool,
    /// Whether the scanner waits for the `:` before it lets go of the token. The Go port forgets to
    /// at an empty flow collection.
    awaited: bool,
    token_number: usize,
    mark: Mark,
}

/// Cuts text into tokens.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    cursor: Cursor<'a>,
    tokens: VecDeque<Token<'a>>,
    /// How many tokens have left the queue.
    taken: usize,
    /// Indentation of the innermost block collection; -1 outside of all.
    indent: isize,
    indents: Vec<isize>,
    /// One for the block context, and one per open flow collection.
    simple_keys: Vec<SimpleKey>,
    simple_key_allowed: bool,
    /// Where the open flow collections began.
    flows: Vec<Mark>,
    depth: usize,
    ended: bool,
    /// What libyaml counts as a further line: the end of a text whose last line has no end.
    end_line: u32,
    comments: Vec<Comment>,
}

impl<'a> Scanner<'a> {
    /// Scans one chunk of a file, which starts at `line` (from 0).
    pub(crate) fn new(text: &'a str, line: u32, depth: usize) -> Self {
        Self {
            cursor: Cursor::new(text, line),
            tokens: VecDeque::with_capacity(16),
            taken: 0,
            indent: -1,
            indents: Vec::new(),
            simple_keys: vec![SimpleKey::default()],
            simple_key_allowed: true,
            flows: Vec::new(),
            depth,
            ended: false,
            end_line: 0,
            comments: Vec::new(),
        }
    }

    /// The comments so far that may be JSON.
    pub(crate) fn take_comments(&mut self) -> Vec<Comment> {
        std::mem::take(&mut self.comments)
    }

    /// The next token, which stays.
    #[inline]
    pub(crate) fn peek(&mut self) -> Result<&Token<'a>, ParseError> {
        self.fill()?;
        Ok(&self.tokens[0])
    }

    /// The next token.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Token<'a>, ParseError> {
        self.fill()?;
        self.taken += 1;
        Ok(self.tokens.pop_front().expect("`fill` leaves a token in the queue"))
    }

    /// Fetches until the first token in the queue is settled. After the end there is always another
    /// end.
    #[inline]
    fn fill(&mut self) -> Result<(), ParseError> {
        if !self.tokens.is_empty() && self.awaited_key().is_none() {
            return Ok(());
        }
        self.fetch_until_settled()
    }

    /// The key that may begin at the first token in the queue, which is not settled then.
    #[inline]
    fn awaited_key(&self) -> Option<usize> {
        let head = self.taken;
        self.simple_keys.iter().position(|key| key.awaited && key.possible && key.token_number == head)
    }

    #[inline(never)]
    fn fetch_until_settled(&mut self) -> Result<(), ParseError> {
        loop {
            if self.ended && self.tokens.is_empty() {
                let mark = self.cursor.mark();
                self.push(TokenKind::StreamEnd, mark);
            }
            if !self.tokens.is_empty() {
                match self.awaited_key() {
                    None => return Ok(()),
                    Some(index) if !self.check_simple_key(index)? => return Ok(()),
                    Some(_) if self.ended => return Ok(()),
                    Some(_) => {}
                }
            }
            self.fetch()?;
        }
    }

    fn in_block(&self) -> bool {
        self.flows.is_empty()
    }

    fn push(&mut self, kind: TokenKind<'a>, mark: Mark) {
        self.push_to(kind, mark, self.cursor.offset);
    }

    fn push_to(&mut self, kind: TokenKind<'a>, mark: Mark, end: usize) {
        self.tokens.push_back(Token { kind, mark, end });
    }

    fn fetch(&mut self) -> Result<(), ParseError> {
        self.skip_to_token();
        let column = isize::try_from(self.cursor.indentation()).unwrap_or(isize::MAX);
        let mark = self.cursor.mark();
        self.unroll_indent(column, mark);
        if self.cursor.at_end() {
            return self.fetch_stream_end();
        }
        let byte = self.cursor.peek(0);
        if column == 0 && byte == b'%' {
            return self.fetch_directive();
        }
        if column == 0 && matches!(byte, b'-' | b'.') && self.cursor.at_document_indicator() {
            return self.fetch_document_indicator(byte == b'-');
        }
        let block = self.in_block();
        match byte {
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if self.cursor.is_space_or_end(1) => self.fetch_block_entry(),
            b'?' if !block || self.cursor.is_space_or_end(1) => self.fetch_key(),
            b':' if !block || self.cursor.is_space_or_end(1) => self.fetch_value(),
            b'*' | b'&' => self.fetch_anchor(byte == b'*'),
            b'!' => self.fetch_tag(),
            b'|' | b'>' if block => self.fetch_block_scalar(byte == b'|'),
            b'\'' | b'"' => self.fetch_quoted_scalar(byte == b'\''),
            b'#' | b'|' | b'>' | b'%' | b'@' | b'`' | b'\t' => Err(self.no_token(byte)),
            _ => self.fetch_plain_scalar(),
        }
    }

    fn no_token(&mut self, byte: u8) -> ParseError {
        let span = self.cursor.mark().span();
        let error = match byte {
            b'\t' => ParseError::new("a tab cannot be indentation", span).hint("indent with spaces"),
            byte => ParseError::new(format!("`{}` cannot start a value", char::from(byte)), span)
                .hint("put the text in quotes"),
        };
        self.upstream(error, "found character that cannot start any token")
    }

    /// Adds what libyaml's scanner says here.
    fn upstream(&self, error: ParseError, problem: &str) -> ParseError {
        let line = self.cursor.line() + self.end_line;
        error.upstream(problem, if line == 0 { 0 } else { line + 1 })
    }

    /// The line of a token as libyaml's parser counts, from 0.
    pub(crate) fn upstream_line(&self, mark: Mark) -> u32 {
        let at_end = self.ended && mark.offset == self.cursor.offset;
        mark.line + if at_end { self.end_line } else { 0 }
    }

    /// Steps over white space and comments. Tabs may stand only where no key can begin.
    fn skip_to_token(&mut self) {
        loop {
            self.cursor.skip_spaces(usize::MAX);
            while self.cursor.peek(0) == b' '
                || (self.cursor.peek(0) == b'\t' && (!self.in_block() || !self.simple_key_allowed))
            {
                self.cursor.skip(1);
            }
            if self.cursor.peek(0) == b'#' {
                self.skip_comment();
            }
            if self.cursor.line_break(0) == 0 {
                return;
            }
            self.cursor.take_line_break();
            if self.in_block() {
                self.simple_key_allowed = true;
            }
        }
    }

    fn skip_comment(&mut self) {
        let from = self.cursor.offset;
        self.cursor.skip_to_line_end();
        let text = self.cursor.slice(from, self.cursor.offset).trim_start_matches('#').trim();
        if text.starts_with('{') {
            self.comments.push(Comment { line: self.cursor.line() + 1, text: text.into() });
        }
    }

    /// Whether the remembered key can still be one.
    fn check_simple_key(&mut self, index: usize) -> Result<bool, ParseError> {
        let key = self.simple_keys[index];
        if !key.possible {
            return Ok(false);
        }
        let length = self.cursor.offset - key.mark.offset;
        let too_long = length > SIMPLE_KEY_LENGTH
            && self.cursor.slice(key.mark.offset, self.cursor.offset).chars().count() > SIMPLE_KEY_LENGTH;
        if key.mark.line < self.cursor.line() + self.end_line || too_long {
            if key.required {
                return Err(self.no_colon(key.mark));
            }
            self.simple_keys[index].possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    fn no_colon(&self, mark: Mark) -> ParseError {
        let text = self.cursor.slice(mark.offset, self.cursor.offset);
        let line = text.lines().next().unwrap_or_default().trim_end();
        let hint = match line.split_once(':') {
            Some((key, value)) if !key.is_empty() && !value.is_empty() && !key.contains(['"', '\'', ' ']) => {
                // The value may be a secret.
                format!("write a space after the colon: `{key}: …`")
            }
            _ => "a mapping needs `key: value` on each line; longer text is indented deeper than its key"
                .to_owned(),
        };
        let error = ParseError::new("expected a `:` after this key", mark.span()).hint(hint);
        self.upstream(error, "could not find expected ':'")
    }

    /// Remembers that a key may begin here.
    fn save_simple_key(&mut self) -> Result<(), ParseError> {
        if self.simple_key_allowed {
            let column = isize::try_from(self.cursor.indentation()).unwrap_or(isize::MAX);
            let key = SimpleKey {
                possible: true,
                required: self.in_block() && self.indent == column,
                awaited: true,
                token_number: self.taken + self.tokens.len(),
                mark: self.cursor.mark(),
            };
            self.remove_simple_key()?;
            *self.simple_keys.last_mut().expect("one for the block context") = key;
        }
        Ok(())
    }

    /// Forgets the key that may have begun in this collection.
    fn remove_simple_key(&mut self) -> Result<(), ParseError> {
        let key = self.simple_keys.last_mut().expect("one for the block context");
        if key.possible && key.required {
            let mark = key.mark;
            return Err(self.no_colon(mark));
        }
        key.possible = false;
        Ok(())
    }

    /// Opens a block collection if the column is deeper than the current one. `number` says before
    /// which token it goes.
    fn roll_indent(
        &mut self,
        column: isize,
        number: Option<usize>,
        kind: TokenKind<'a>,
        mark: Mark,
    ) -> Result<(), ParseError> {
        if !self.in_block() || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > self.depth {
            return Err(ParseError::too_deep(self.depth, mark.span()));
        }
        let token = Token { kind, mark, end: mark.offset };
        match number {
            Some(number) => self.insert(number, token),
            None => self.tokens.push_back(token),
        }
        Ok(())
    }

    /// Puts a token before the one of a number. If that one is gone already, the Go port puts it
    /// last.
    fn insert(&mut self, number: usize, token: Token<'a>) {
        match number.checked_sub(self.taken) {
            Some(place) => self.tokens.insert(place, token),
            None => self.tokens.push_back(token),
        }
    }

    /// Closes the block collections that are deeper than the column.
    fn unroll_indent(&mut self, column: isize, mark: Mark) {
        if !self.in_block() {
            return;
        }
        while self.indent > column {
            self.push(TokenKind::BlockEnd, mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn fetch_stream_end(&mut self) -> Result<(), ParseError> {
        let mark = self.cursor.mark();
        self.end_line = u32::from(mark.column > 0);
        self.unroll_indent(-1, mark);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.ended = true;
        self.push(TokenKind::StreamEnd, mark);
        Ok(())
    }

    fn fetch_document_indicator(&mut self, start: bool) -> Result<(), ParseError> {
        let mark = self.cursor.mark();
        self.unroll_indent(-1, mark);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.cursor.skip(3);
        self.push(if start { TokenKind::DocumentStart } else { TokenKind::DocumentEnd }, mark);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: TokenKind<'a>) -> Result<(), ParseError> {
        self.save_simple_key()?;
        let mark = self.cursor.mark();
        let token_number = self.taken + self.tokens.len();
        self.simple_keys.push(SimpleKey { token_number, ..SimpleKey::default() });
        self.flows.push(mark);
        if self.flows.len() > self.depth {
            return Err(ParseError::too_deep(self.depth, mark.span()));
        }
        self.simple_key_allowed = true;
        self.cursor.skip(1);
        self.push(kind, mark);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: TokenKind<'a>) -> Result<(), ParseError> {
        self.remove_simple_key()?;
        if self.flows.pop().is_some()
            && let Some(inner) = self.simple_keys.pop()
            && let Some(outer) = self.simple_keys.last_mut()
        {
            outer.awaited &= outer.token_number != inner.token_number;
        }
        self.simple_key_allowed = false;
        let mark = self.cursor.mark();
        self.cursor.skip(1);
        self.push(kind, mark);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<(), ParseError> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        let mark = self.cursor.mark();
        self.cursor.skip(1);
        self.push(TokenKind::FlowEntry, mark);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), ParseError> {
        let mark = self.cursor.mark();
        // In a flow collection the event parser refuses the `-`, since it knows where the
        // collection began.
        if self.in_block() {
            if !self.simple_key_allowed {
                let error = ParseError::new("a list item cannot stand here", mark.span())
                    .hint("start the list on a line of its own, below its key");
                return Err(self.upstream(error, "block sequence entries are not allowed in this context"));
            }
            let column = isize::try_from(self.cursor.indentation()).unwrap_or(isize::MAX);
            self.roll_indent(column, None, TokenKind::BlockSequenceStart, mark)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.cursor.skip(1);
        self.push(TokenKind::BlockEntry, mark);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), ParseError> {
        let mark = self.cursor.mark();
        if self.in_block() {
            if !self.simple_key_allowed {
                let error = ParseError::new("a key cannot stand here", mark.span());
                return Err(self.upstream(error, "mapping keys are not allowed in this context"));
            }
            let column = isize::try_from(self.cursor.indentation()).unwrap_or(isize::MAX);
            self.roll_indent(column, None, TokenKind::BlockMappingStart, mark)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = self.in_block();
        self.cursor.skip(1);
        self.push(TokenKind::Key, mark);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), ParseError> {
        let mark = self.cursor.mark();
        let last = self.simple_keys.len() - 1;
        if self.check_simple_key(last)? {
            let key = self.simple_keys[last];
            self.insert(
                key.token_number,
                Token { kind: TokenKind::Key, mark: key.mark, end: key.mark.offset },
            );
            let column = isize::try_from(key.mark.column).unwrap_or(isize::MAX);
            self.roll_indent(column, Some(key.token_number), TokenKind::BlockMappingStart, key.mark)?;
            self.simple_keys[last].possible = false;
            self.simple_key_allowed = false;
        } else {
            if self.in_block() {
                if !self.simple_key_allowed {
                    let error = ParseError::new("a `key: value` pair cannot stand here", mark.span()).hint(
                        "put text that contains `: ` in quotes; a nested mapping starts on the next line, indented deeper",
                    );
                    return Err(self.upstream(error, "mapping values are not allowed in this context"));
                }
                let column = isize::try_from(self.cursor.indentation()).unwrap_or(isize::MAX);
                self.roll_indent(column, None, TokenKind::BlockMappingStart, mark)?;
            }
            self.simple_key_allowed = self.in_block();
        }
        self.cursor.skip(1);
        self.push(TokenKind::Value, mark);
        Ok(())
    }
}
