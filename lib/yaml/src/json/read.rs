//! JSON text to trees.

use crate::duplicates::unique;
use crate::reader::Duplicates;
use crate::{Entry, Key, Limits, Node, ParseError, Scalar, ScalarKind, Span, Text, Value};
use oarlock_bytes::{characters, printable_run_without};

/// Reads JSON, keys in their order. Faster than reading it as YAML.
///
/// # Errors
/// If the text is not JSON, has a key twice, or nests deeper than [`Limits::default`] allows.
pub fn from_json(text: &str) -> Result<Node, ParseError> {
    let mut reader =
        Reader { text, offset: 0, place: (0, Span { line: 1, column: 1 }), depth: Limits::default().depth };
    reader.skip_space();
    let node = reader.value(0)?;
    reader.skip_space();
    if reader.offset < text.len() { Err(reader.error("text behind the JSON value")) } else { Ok(node) }
}

struct Reader<'a> {
    text: &'a str,
    offset: usize,
    /// A place that is known, in the line that is being read; places only go forward.
    place: (usize, Span),
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.offset).copied().unwrap_or(0)
    }

    /// The place of the next character.
    fn span(&mut self) -> Span {
        let (from, mut span) = self.place;
        let between = &self.text.as_bytes()[from..self.offset];
        span.column += u32::try_from(characters(between)).unwrap_or(u32::MAX);
        self.place = (self.offset, span);
        span
    }

    fn error(&mut self, message: &str) -> ParseError {
        let span = self.span();
        ParseError::new(message, span)
    }

    fn skip_space(&mut self) {
        loop {
            match self.peek() {
                b' ' | b'\t' | b'\r' => self.offset += 1,
                // Lines end nowhere else.
                b'\n' => {
                    self.offset += 1;
                    self.place = (self.offset, Span { line: self.place.1.line + 1, column: 1 });
                }
                _ => return,
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, ParseError> {
        let span = self.span();
        let value = match self.peek() {
            b'{' => self.object(depth + 1)?,
            b'[' => self.array(depth + 1)?,
            b'"' => Value::Scalar(Scalar { kind: ScalarKind::String, text: self.string()?, quoted: true }),
            b't' => self.word("true", ScalarKind::Bool)?,
            b'f' => self.word("false", ScalarKind::Bool)?,
            b'n' => self.word("null", ScalarKind::Null)?,
            b'-' | b'0'..=b'9' => self.number()?,
            _ => return Err(self.error("expected a JSON value")),
        };
        Ok(Node { value, span })
    }

    fn word(&mut self, word: &'static str, kind: ScalarKind) -> Result<Value, ParseError> {
        if !self.text[self.offset..].starts_with(word) {
            return Err(self.error("expected a JSON value"));
        }
        self.offset += word.len();
        Ok(Value::Scalar(Scalar { kind, text: Text::new_static(word), quoted: false }))
    }

    fn digits(&mut self) -> Result<(), ParseError> {
        let from = self.offset;
        while self.peek().is_ascii_digit() {
            self.offset += 1;
        }
        if self.offset == from { Err(self.error("expected a digit")) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<Value, ParseError> {
        let from = self.offset;
        let mut kind = ScalarKind::Int;
        self.offset += usize::from(self.peek() == b'-');
        if self.peek() == b'0' {
            self.offset += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == b'.' {
            kind = ScalarKind::Float;
            self.offset += 1;
            self.digits()?;
        }
        if matches!(self.peek(), b'e' | b'E') {
            kind = ScalarKind::Float;
            self.offset += 1;
            self.offset += usize::from(matches!(self.peek(), b'+' | b'-'));
            self.digits()?;
        }
        let text = &self.text[from..self.offset];
        // An integer has no sign to lose.
        if text == "-0" {
            kind = ScalarKind::Float;
        }
        // What does not fit 64 bits is a float to Go.
        if kind == ScalarKind::Int
            && text.len() > 18
            && text.parse::<i64>().is_err()
            && text.parse::<u64>().is_err()
        {
            kind = ScalarKind::Float;
        }
        Ok(Value::Scalar(Scalar { kind, text: text.into(), quoted: false }))
    }

    fn string(&mut self) -> Result<Text, ParseError> {
        self.offset += 1;
        let from = self.offset;
        let mut value: Option<String> = None;
        let mut copied = from;
        loop {
            let rest = &self.text.as_bytes()[self.offset..];
            let length = printable_run_without([b'"', b'\\'], rest);
            self.offset += length;
            match self.peek() {
                b'"' => {
                    let piece = &self.text[copied..self.offset];
                    self.offset += 1;
                    return Ok(match value {
                        None => piece.into(),
                        Some(value) => (value + piece).into(),
                    });
                }
                b'\\' => {
                    let piece = &self.text[copied..self.offset];
                    let character = self.escape()?;
                    let value = value.get_or_insert_default();
                    value.push_str(piece);
                    value.push(character);
                    copied = self.offset;
                }
                0x7F.. => self.offset += 1,
                _ if length == rest.len() => return Err(self.error("a string is never closed")),
                _ => return Err(self.error("a control character in a string must be escaped")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, ParseError> {
        self.offset += 1;
        let character = match self.peek() {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\x08',
            b'f' => '\x0C',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => return Err(self.error("unknown escape")),
        };
        self.offset += 1;
        Ok(character)
    }

    /// `u` and four digits, or two of them for what lies beyond U+FFFF. A lone surrogate becomes
    /// U+FFFD, as in Go.
    fn unicode_escape(&mut self) -> Result<char, ParseError> {
        self.offset += 1;
        let first = self.hex()?;
        let follows = self.text[self.offset..].starts_with("\\u");
        if (0xD800..0xDC00).contains(&first) && follows {
            let before = self.offset;
            self.offset += 2;
            let second = self.hex()?;
            if let Some(Ok(character)) = char::decode_utf16([first, second]).next() {
                return Ok(character);
            }
            self.offset = before;
        }
        Ok(char::from_u32(u32::from(first)).unwrap_or('\u{FFFD}'))
    }

    fn hex(&mut self) -> Result<u16, ParseError> {
        let digits = self.text.as_bytes().get(self.offset..self.offset + 4);
        let code = digits
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u16::from_str_radix(digits, 16).ok());
        match code {
            Some(code) => {
                self.offset += 4;
                Ok(code)
            }
            None => Err(self.error("an escape needs four hexadecimal digits")),
        }
    }

    /// Steps over the opening bracket and sees whether the collection is empty.
    fn open(&mut self, close: u8, depth: usize) -> Result<bool, ParseError> {
        if depth > self.depth {
            let span = self.span();
            return Err(ParseError::too_deep(self.depth, span));
        }
        self.offset += 1;
        self.skip_space();
        let empty = self.peek() == close;
        self.offset += usize::from(empty);
        Ok(empty)
    }

    /// Steps over what follows an entry and sees whether it was the last.
    fn close(&mut self, close: u8) -> Result<bool, ParseError> {
        self.skip_space();
        let last = self.peek() == close;
        if !last && self.peek() != b',' {
            return Err(self.error(&format!("expected `,` or `{}`", char::from(close))));
        }
        self.offset += 1;
        self.skip_space();
        Ok(last)
    }

    fn array(&mut self, depth: usize) -> Result<Value, ParseError> {
        let mut items = Vec::new();
        let mut done = self.open(b']', depth)?;
        while !done {
            items.push(self.value(depth)?);
            done = self.close(b']')?;
        }
        Ok(Value::Sequence(items))
    }

    fn object(&mut self, depth: usize) -> Result<Value, ParseError> {
        let mut entries = Vec::new();
        let mut done = self.open(b'}', depth)?;
        while !done {
            let span = self.span();
            if self.peek() != b'"' {
                return Err(self.error("expected a key in double quotes"));
            }
            let text = self.string()?;
            self.skip_space();
            if self.peek() != b':' {
                return Err(self.error("expected `:`"));
            }
            self.offset += 1;
            self.skip_space();
            let value = self.value(depth)?;
            entries.push(Entry { key: Key { text, kind: ScalarKind::String, span }, value });
            done = self.close(b'}')?;
        }
        let entries = unique(entries, Duplicates::Rejected, &mut Vec::new())?;
        Ok(Value::Mapping(entries.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters() {
        let node = from_json("{\"é\": 1, \"b\":\n  [true,\r\n\"\\n日\", {}]\n}").unwrap();
        let place = |node: &Node| (node.span.line, node.span.column);
        assert_eq!(place(node.get("é").unwrap()), (1, 7));
        let items = node.get("b").and_then(Node::as_sequence).unwrap();
        assert_eq!(items.iter().map(place).collect::<Vec<_>>(), [(2, 4), (3, 1), (3, 8)]);
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        for (json, message, line, column) in [
            ("[\n \"é", "a string is never closed", 2, 4),
            ("\"a\nb\"", "a control character in a string must be escaped", 1, 3),
            ("\"é\u{7F}\u{0}\"", "a control character in a string must be escaped", 1, 4),
            ("{\n\n\"a\" 1}", "expected `:`", 3, 5),
            ("\"\\x\"", "unknown escape", 1, 3),
            ("[1] 2", "text behind the JSON value", 1, 5),
        ] {
            let error = from_json(json).unwrap_err();
            assert_eq!((error.message.as_str(), error.span), (message, Span { line, column }), "{json:?}");
        }
    }
}
