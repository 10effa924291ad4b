//! The parser's look-ahead, and what it says about a token that does not fit.

use super::FileParser;
use crate::error::{Error, ErrorKind, Position};
use crate::lex::{Kind, Token};

impl<'t> FileParser<'_, 't> {
    pub(super) fn next(&mut self) -> Token<'t> {
        if self.peeked > 0 {
            self.peeked -= 1;
        } else {
            self.tokens[0] = self.lexer.next_token();
        }
        self.tokens[self.peeked]
    }

    pub(super) fn peek(&mut self) -> Token<'t> {
        if self.peeked == 0 {
            self.peeked = 1;
            self.tokens[0] = self.lexer.next_token();
        }
        self.tokens[self.peeked - 1]
    }

    pub(super) fn backup(&mut self) {
        self.peeked += 1;
    }

    /// Backs up two tokens; the zeroth is already there.
    pub(super) fn backup2(&mut self, first: Token<'t>) {
        self.tokens[1] = first;
        self.peeked = 2;
    }

    /// Backs up three tokens; the zeroth is already there.
    pub(super) fn backup3(&mut self, second: Token<'t>, first: Token<'t>) {
        self.tokens[1] = first;
        self.tokens[2] = second;
        self.peeked = 3;
    }

    pub(super) fn next_non_space(&mut self) -> Token<'t> {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    pub(super) fn peek_non_space(&mut self) -> Token<'t> {
        let token = self.next_non_space();
        self.backup();
        token
    }

    pub(super) fn expect(&mut self, kind: Kind, context: &str) -> Result<Token<'t>, Error> {
        let token = self.next_non_space();
        if token.kind == kind { Ok(token) } else { Err(self.unexpected(&token, context)) }
    }

    pub(super) fn error(&self, message: impl AsRef<str>) -> Error {
        let line = self.lexer.line_at(self.tokens[0].position);
        let name = &self.name;
        let message = format!("template: {name}:{line}: {}", message.as_ref());
        let position = Position { template: name.to_string(), line, column: 0 };
        Error::with_kind(ErrorKind::Parse, message).at(position)
    }

    pub(super) fn unexpected(&self, token: &Token<'t>, context: &str) -> Error {
        let found = self.lexer.describe(*token);
        if token.kind != Kind::Error {
            return self.error(format!("unexpected {found} in {context}"));
        }
        let mut message = found;
        let line_of_action = self.action.map(|position| self.lexer.line_at(position));
        if let Some(line) = line_of_action.filter(|line| *line != self.lexer.line_at(token.position)) {
            // "unclosed action started at", not "unclosed action in action started at".
            let started = if message.ends_with(" action") { " started at" } else { " in action started at" };
            message = format!("{message}{started} {}:{line}", self.name);
        }
        self.error(message)
    }
}
