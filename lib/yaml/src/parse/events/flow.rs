//! The states of collections in brackets and braces.

use super::{Event, EventKind, Events, Expected};
use crate::ParseError;
use crate::scan::TokenKind;

impl<'a> Events<'a> {
    /// Steps over the `,` between two entries of a flow collection.
    fn flow_entry(&mut self, first: bool, close: char) -> Result<(), ParseError> {
        if first {
            return Ok(());
        }
        let token = self.scanner.peek()?;
        if token.kind == TokenKind::FlowEntry {
            self.take()?;
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

    pub(super) fn flow_sequence(&mut self, first: bool) -> Result<Event<'a>, ParseError> {
        if self.scanner.peek()?.kind == TokenKind::FlowSequenceEnd {
            return self.flow_end();
        }
        self.flow_entry(first, ']')?;
        let token = self.scanner.peek()?;
        let mark = token.mark;
        match token.kind {
            TokenKind::Key => {
                self.take()?;
                self.states.push(Expected::FlowSequence);
                self.states.push(Expected::FlowPairKey);
                Ok(Event::bare(EventKind::MappingStart, mark, mark.offset))
            }
            TokenKind::FlowSequenceEnd => self.flow_end(),
            _ => self.then(Expected::FlowSequence, false, false),
        }
    }

    pub(super) fn flow_pair_key(&mut self) -> Result<Event<'a>, ParseError> {
        let token = self.scanner.peek()?;
        let mark = token.mark;
        match token.kind {
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd => {
                // The Go port steps over the token here and so loses the value of a pair without a
                // key.
                self.take()?;
                Ok(self.then_empty(Expected::FlowPairValue, mark))
            }
            _ => self.then(Expected::FlowPairValue, false, false),
        }
    }

    pub(super) fn flow_pair_value(&mut self) -> Result<Event<'a>, ParseError> {
        let mut token = self.scanner.peek()?;
        if token.kind == TokenKind::Value {
            self.take()?;
            token = self.scanner.peek()?;
            if !matches!(token.kind, TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
                return self.then(Expected::FlowPairEnd, false, false);
            }
        }
        let mark = token.mark;
        Ok(self.then_empty(Expected::FlowPairEnd, mark))
    }

    pub(super) fn flow_key(&mut self, first: bool) -> Result<Event<'a>, ParseError> {
        if self.scanner.peek()?.kind == TokenKind::FlowMappingEnd {
            return self.flow_end();
        }
        self.flow_entry(first, '}')?;
        let token = self.scanner.peek()?;
        match token.kind {
            TokenKind::Key => {
                self.take()?;
                let token = self.scanner.peek()?;
                let mark = token.mark;
                match token.kind {
                    TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd => {
                        Ok(self.then_empty(Expected::FlowValue, mark))
                    }
                    _ => self.then(Expected::FlowValue, false, false),
                }
            }
            TokenKind::FlowMappingEnd => self.flow_end(),
            _ => {
                self.states.push(Expected::FlowKey);
                self.then(Expected::FlowEmptyValue, false, false)
            }
        }
    }

    pub(super) fn flow_value(&mut self) -> Result<Event<'a>, ParseError> {
        let mut token = self.scanner.peek()?;
        if token.kind == TokenKind::Value {
            self.take()?;
            token = self.scanner.peek()?;
            if !matches!(token.kind, TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
                return self.then(Expected::FlowKey, false, false);
            }
        }
        let mark = token.mark;
        Ok(self.then_empty(Expected::FlowKey, mark))
    }
}
