//! The lexer: text and actions become tokens, trim markers and comments vanish. A port of the rules
//! of Go's `text/template/parse`.

mod scan;
mod token;

use oarlock_bytes::{find, find_any};

pub(crate) use token::{Kind, Token};

const LEFT_DELIMITER: &str = "{{";
const RIGHT_DELIMITER: &str = "}}";
const LEFT_COMMENT: &str = "/*";
const RIGHT_COMMENT: &str = "*/";
/// The marker and the space beside it.
const TRIM_MARKER_LENGTH: usize = 2;

/// Splits a template into tokens, one at a time.
pub(crate) struct Lexer<'t> {
    input: &'t str,
    position: usize,
    start: usize,
    parens: usize,
    inside_action: bool,
    /// What is wrong with the text, once that is known.
    error: Option<Box<str>>,
}

impl<'t> Lexer<'t> {
    pub(crate) fn new(input: &'t str) -> Self {
        Self { input, position: 0, start: 0, parens: 0, inside_action: false, error: None }
    }

    /// The next token; the last one is [`Kind::Eof`] or [`Kind::Error`], which then stays.
    pub(crate) fn next_token(&mut self) -> Token<'t> {
        if self.error.is_some() {
            return self.token_of("", Kind::Eof);
        }
        if self.inside_action { self.inside_action() } else { self.text() }
    }

    fn rest(&self) -> &'t str {
        &self.input[self.position..]
    }

    /// The line that a place is in, from 1. Only errors ask for it.
    pub(crate) fn line_at(&self, position: usize) -> usize {
        1 + self.input[..position].bytes().filter(|byte| *byte == b'\n').count()
    }

    /// A token as Go's messages show it.
    pub(crate) fn describe(&self, token: Token<'t>) -> String {
        match &self.error {
            Some(error) if token.kind == Kind::Error => error.to_string(),
            _ => token.describe(),
        }
    }

    /// The byte that comes next, as almost every character of an action is one.
    fn peek_byte(&self) -> Option<u8> {
        self.input.as_bytes().get(self.position).copied()
    }

    fn peek(&self) -> Option<char> {
        match self.peek_byte()? {
            byte if byte.is_ascii() => Some(char::from(byte)),
            _ => self.rest().chars().next(),
        }
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.position += next.len_utf8();
        Some(next)
    }

    fn token_of(&self, text: &'t str, kind: Kind) -> Token<'t> {
        Token { kind, position: self.start, text }
    }

    /// The pending text as a token.
    fn emit(&mut self, kind: Kind) -> Token<'t> {
        let token = self.token_of(&self.input[self.start..self.position], kind);
        self.start = self.position;
        token
    }

    /// Skips so many bytes and whatever is pending.
    fn skip(&mut self, bytes: usize) {
        self.position += bytes;
        self.start = self.position;
    }

    fn error(&mut self, message: impl Into<Box<str>>) -> Token<'t> {
        self.error = Some(message.into());
        self.token_of("", Kind::Error)
    }

    /// Up to the next action.
    fn text(&mut self) -> Token<'t> {
        loop {
            let rest = self.rest();
            let Some(length) = left_delimiter(rest) else {
                self.position = self.input.len();
                return self.emit(if rest.is_empty() { Kind::Eof } else { Kind::Text });
            };
            let (text, action) = rest.split_at(length);
            let trim = has_left_trim_marker(&action[LEFT_DELIMITER.len()..]);
            let kept = if trim { &text[..length - trailing_spaces(text)] } else { text };
            self.position += kept.len();
            let token = self.emit(Kind::Text);
            self.skip(length - kept.len());
            if !kept.is_empty() {
                return token;
            }
            let marker = if trim { TRIM_MARKER_LENGTH } else { 0 };
            if action[LEFT_DELIMITER.len() + marker..].starts_with(LEFT_COMMENT) {
                self.skip(LEFT_DELIMITER.len() + marker);
                if let Err(message) = self.comment() {
                    return self.error(message);
                }
                continue;
            }
            self.position += LEFT_DELIMITER.len();
            let token = self.emit(Kind::LeftDelimiter);
            self.inside_action = true;
            self.parens = 0;
            self.skip(marker);
            return token;
        }
    }

    fn comment(&mut self) -> Result<(), &'static str> {
        let rest = self.rest();
        let end = rest[LEFT_COMMENT.len()..].find(RIGHT_COMMENT).ok_or("unclosed comment")?;
        let length = LEFT_COMMENT.len() + end + RIGHT_COMMENT.len();
        let Some(trim) = right_delimiter(&rest[length..]) else {
            return Err("comment ends before closing delimiter");
        };
        self.skip(length + if trim { TRIM_MARKER_LENGTH } else { 0 } + RIGHT_DELIMITER.len());
        if trim {
            self.skip(leading_spaces(self.rest()));
        }
        Ok(())
    }

    /// What is left of an action from one of its tokens on, up to the right delimiter; none if it
    /// is longer than so many bytes, or has no end.
    pub(crate) fn rest_of_action(&self, start: usize, most: usize) -> Option<&'t str> {
        let bytes = self.input.as_bytes().get(start..)?;
        let bytes = &bytes[..bytes.len().min(most.saturating_add(RIGHT_DELIMITER.len()))];
        let mut index = 0;
        loop {
            index += find_any([b'}', b'"', b'\'', b'`'], &bytes[index..])?;
            let found = bytes[index];
            index += 1;
            match found {
                b'}' if bytes.get(index) == Some(&b'}') => return self.input.get(start..start + index - 1),
                b'}' => {}
                b'`' => index += find(b'`', &bytes[index..])? + 1,
                quote => loop {
                    let byte = *bytes.get(index)?;
                    index += 1 + usize::from(byte == b'\\');
                    if byte == quote {
                        break;
                    }
                },
            }
        }
    }

    /// Goes to the end of the action, which is at this place: the right delimiter.
    pub(crate) fn end_action(&mut self, end: usize) -> Token<'t> {
        let marker = end.saturating_sub(TRIM_MARKER_LENGTH);
        let trim = has_right_trim_marker(self.input.get(marker..).unwrap_or_default());
        self.position = if trim { marker } else { end };
        self.start = self.position;
        self.right_delimiter(trim)
    }

    /// The right delimiter, which is known to be there, perhaps with a trim marker.
    fn right_delimiter(&mut self, trim: bool) -> Token<'t> {
        if trim {
            self.skip(TRIM_MARKER_LENGTH);
        }
        self.position += RIGHT_DELIMITER.len();
        let token = self.emit(Kind::RightDelimiter);
        if trim {
            self.skip(leading_spaces(self.rest()));
        }
        self.inside_action = false;
        token
    }
}

/// Where the next left delimiter is. A search for one byte is far faster than one for two.
fn left_delimiter(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut from = 0;
    loop {
        from += find(b'{', &bytes[from..])?;
        if bytes.get(from + 1) == Some(&b'{') {
            return Some(from);
        }
        from += 1;
    }
}

/// Whether a right delimiter is next: none, or one that trims or not.
fn right_delimiter(text: &str) -> Option<bool> {
    if has_right_trim_marker(text) && text[TRIM_MARKER_LENGTH..].starts_with(RIGHT_DELIMITER) {
        Some(true)
    } else {
        text.starts_with(RIGHT_DELIMITER).then_some(false)
    }
}

fn leading_spaces(text: &str) -> usize {
    text.bytes().take_while(|byte| is_space(*byte)).count()
}

fn trailing_spaces(text: &str) -> usize {
    text.bytes().rev().take_while(|byte| is_space(*byte)).count()
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn has_left_trim_marker(text: &str) -> bool {
    matches!(text.as_bytes(), [b'-', space, ..] if is_space(*space))
}

fn has_right_trim_marker(text: &str) -> bool {
    matches!(text.as_bytes(), [space, b'-', ..] if is_space(*space))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn all(text: &str) -> String {
        let mut lexer = Lexer::new(text);
        let mut tokens = Vec::new();
        loop {
            let token = lexer.next_token();
            tokens.push(format!("{:?}:{}", token.kind, lexer.describe(token)));
            if matches!(token.kind, Kind::Eof | Kind::Error) {
                return tokens.join(" ");
            }
        }
    }

    #[rstest]
    #[case::text("ab", r#"Text:"ab" Eof:EOF"#)]
    #[case::trim(
        "a \n{{- 1 -}}\n b",
        r#"Text:"a" LeftDelimiter:"{{" Number:"1" RightDelimiter:"}}" Text:"b" Eof:EOF"#
    )]
    #[case::comment("a{{/* x */}}b", r#"Text:"a" Text:"b" Eof:EOF"#)]
    #[case::minus("{{-3}}", r#"LeftDelimiter:"{{" Number:"-3" RightDelimiter:"}}" Eof:EOF"#)]
    #[case::unclosed("{{a", r#"LeftDelimiter:"{{" Identifier:"a" Error:unclosed action"#)]
    #[case::comment_unclosed("{{/* a", "Error:unclosed comment")]
    #[case::comment_followed("{{/* a */ b}}", "Error:comment ends before closing delimiter")]
    #[case::paren("{{(3}}", r#"LeftDelimiter:"{{" LeftParen:"(" Number:"3" Error:unclosed left paren"#)]
    #[case::right_paren("{{3)}}", r#"LeftDelimiter:"{{" Number:"3" Error:unexpected right paren"#)]
    #[case::bad_number("{{3k}}", r#"LeftDelimiter:"{{" Error:bad number syntax: "3k""#)]
    #[case::bad_char("{{\u{1}}}", r#"LeftDelimiter:"{{" Error:unrecognized character in action: U+0001"#)]
    #[case::string_line("{{\"a\n\"}}", r#"LeftDelimiter:"{{" Error:unterminated quoted string"#)]
    fn tokens(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(all(text), expected);
    }

    #[test]
    fn lines_are_counted_across_trims_and_comments() {
        let mut lexer = Lexer::new("a\n{{/* b\n */ -}}\n\n{{c}}");
        let mut line = 0;
        loop {
            let token = lexer.next_token();
            match token.kind {
                Kind::Identifier => line = lexer.line_at(token.position),
                Kind::Eof => break,
                _ => {}
            }
        }
        assert_eq!(line, 5);
    }
}
