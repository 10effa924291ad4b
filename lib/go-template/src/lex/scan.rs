//! Inside an action: numbers, strings, names, punctuation.

use super::{Kind, Lexer, RIGHT_DELIMITER, Token, is_space, right_delimiter};
use oarlock_bytes::{find, find_any};
use oarlock_go::strconv::{quote, quote_rune_unicode};
use oarlock_go::unicode::is_alphanumeric;

/// Letters, digits and `_`.
const IS_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128_u8 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_';
        byte += 1;
    }
    table
};

impl<'t> Lexer<'t> {
    pub(super) fn inside_action(&mut self) -> Token<'t> {
        if let Some(trim) = self.right_delimiter_ahead() {
            if self.parens == 0 {
                return self.right_delimiter(trim);
            }
            return self.error("unclosed left paren");
        }
        let Some(next) = self.peek() else { return self.error("unclosed action") };
        match next {
            ' ' | '\t' | '\r' | '\n' => return self.space(),
            '.' => {
                // A dot before a digit starts a number.
                let mut after = self.rest()[1..].chars();
                if after.next().is_some_and(|c| !c.is_ascii_digit()) {
                    self.bump();
                    return self.field_or_variable(Kind::Field);
                }
                return self.number();
            }
            '+' | '-' | '0'..='9' => return self.number(),
            c if is_alphanumeric(c) => return self.identifier(),
            _ => {}
        }
        self.bump();
        match next {
            '=' => self.emit(Kind::Assign),
            ':' if self.peek() == Some('=') => {
                self.bump();
                self.emit(Kind::Declare)
            }
            ':' => self.error("expected :="),
            '|' => self.emit(Kind::Pipe),
            '"' => self.quoted(Kind::String, b'"', "unterminated quoted string"),
            '\'' => self.quoted(Kind::CharConstant, b'\'', "unterminated character constant"),
            '`' => self.raw_string(),
            '$' if self.at_terminator() => self.emit(Kind::Variable),
            '$' => self.field_or_variable(Kind::Variable),
            '(' => {
                self.parens += 1;
                self.emit(Kind::LeftParen)
            }
            ')' if self.parens == 0 => self.error("unexpected right paren"),
            ')' => {
                self.parens -= 1;
                self.emit(Kind::RightParen)
            }
            c if c.is_ascii_graphic() => self.emit(Kind::Char),
            c => self.error(format!("unrecognized character in action: {}", quote_rune_unicode(c))),
        }
    }

    /// A run of spaces. The last of them belongs to a trim marker that may follow.
    fn space(&mut self) -> Token<'t> {
        // Most are one space before a word.
        if let [b' ', next, ..] = self.rest().as_bytes()
            && !is_space(*next)
            && *next != b'-'
        {
            self.position += 1;
            return self.emit(Kind::Space);
        }
        let mut count = 0;
        while self.peek_byte().is_some_and(is_space) {
            if self.right_delimiter_ahead() == Some(true) {
                if count == 0 {
                    return self.right_delimiter(true);
                }
                break;
            }
            self.position += 1;
            count += 1;
        }
        self.emit(Kind::Space)
    }

    /// Whether a right delimiter is next, and whether it trims. Most bytes can't begin one.
    fn right_delimiter_ahead(&self) -> Option<bool> {
        match self.peek_byte()? {
            b'}' | b' ' | b'\t' | b'\r' | b'\n' => right_delimiter(self.rest()),
            _ => None,
        }
    }

    /// Takes letters, digits and `_`. None of them ends a line.
    fn word(&mut self) {
        loop {
            let rest = &self.input.as_bytes()[self.position..];
            self.position += rest.iter().position(|byte| !IS_WORD[usize::from(*byte)]).unwrap_or(rest.len());
            match self.peek() {
                Some(c) if !c.is_ascii() && is_alphanumeric(c) => self.position += c.len_utf8(),
                _ => return,
            }
        }
    }

    fn identifier(&mut self) -> Token<'t> {
        self.word();
        if !self.at_terminator() {
            return self.bad_character();
        }
        let word = &self.input[self.start..self.position];
        let kind = match word {
            "true" | "false" => Kind::Bool,
            word => Kind::keyword(word).unwrap_or(Kind::Identifier),
        };
        self.emit(kind)
    }

    /// A field or a variable; the `.` or `$` has been taken.
    fn field_or_variable(&mut self, kind: Kind) -> Token<'t> {
        if self.at_terminator() {
            return self.emit(if kind == Kind::Field { Kind::Dot } else { kind });
        }
        self.word();
        if self.at_terminator() { self.emit(kind) } else { self.bad_character() }
    }

    fn bad_character(&mut self) -> Token<'t> {
        let found = self.peek().map_or_else(|| "U+FFFFFFFFFFFFFFFF".to_owned(), quote_rune_unicode);
        self.error(format!("bad character {found}"))
    }

    /// Whether a name may end here.
    fn at_terminator(&self) -> bool {
        match self.peek_byte() {
            None | Some(b' ' | b'\t' | b'\r' | b'\n' | b'.' | b',' | b'|' | b':' | b')' | b'(') => true,
            Some(b'}') => self.rest().starts_with(RIGHT_DELIMITER),
            Some(_) => false,
        }
    }

    fn quoted(&mut self, kind: Kind, quote: u8, unterminated: &'static str) -> Token<'t> {
        loop {
            let rest = &self.input.as_bytes()[self.position..];
            self.position += find_any([quote, b'\\', b'\n'], rest).unwrap_or(rest.len());
            if self.peek_byte() == Some(quote) {
                self.position += 1;
                return self.emit(kind);
            }
            let next = match self.bump() {
                Some('\\') => self.bump().filter(|c| *c != '\n').map(|_| ' '),
                next => next.filter(|c| *c != '\n'),
            };
            match next {
                None => return self.error(unterminated),
                Some(c) if c == char::from(quote) => return self.emit(kind),
                Some(_) => {}
            }
        }
    }

    fn raw_string(&mut self) -> Token<'t> {
        match find(b'`', self.rest().as_bytes()) {
            Some(length) => {
                self.position += length + 1;
                self.emit(Kind::RawString)
            }
            None => self.error("unterminated raw quoted string"),
        }
    }

    /// A number, loosely; the parser looks closer.
    fn number(&mut self) -> Token<'t> {
        if !self.scan_number() {
            return self.bad_number();
        }
        if !matches!(self.peek(), Some('+' | '-')) {
            return self.emit(Kind::Number);
        }
        if self.scan_number() && self.input[..self.position].ends_with('i') {
            self.emit(Kind::Complex)
        } else {
            self.bad_number()
        }
    }

    fn bad_number(&mut self) -> Token<'t> {
        let text = &self.input[self.start..self.position];
        self.error(format!("bad number syntax: {}", quote(text.as_bytes())))
    }

    fn accept(&mut self, valid: &[u8]) -> bool {
        let accepted = self.peek_byte().is_some_and(|byte| valid.contains(&byte));
        self.position += usize::from(accepted);
        accepted
    }

    fn accept_run(&mut self, valid: &[u8]) {
        while self.accept(valid) {}
    }

    fn scan_number(&mut self) -> bool {
        const DECIMAL: &[u8] = b"0123456789_";
        const HEX: &[u8] = b"0123456789abcdefABCDEF_";
        self.accept(b"+-");
        let mut digits = DECIMAL;
        if self.accept(b"0") {
            if self.accept(b"xX") {
                digits = HEX;
            } else if self.accept(b"oO") {
                digits = b"01234567_";
            } else if self.accept(b"bB") {
                digits = b"01_";
            }
        }
        self.accept_run(digits);
        if self.accept(b".") {
            self.accept_run(digits);
        }
        if (digits == DECIMAL && self.accept(b"eE")) || (digits == HEX && self.accept(b"pP")) {
            self.accept(b"+-");
            self.accept_run(DECIMAL);
        }
        self.accept(b"i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.bump();
            return false;
        }
        true
    }
}
