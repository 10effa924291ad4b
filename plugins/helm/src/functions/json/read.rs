//! `json.Unmarshal` into anything, with the messages of Go's scanner.

use oarlock_go_template::{List, Map, Str, Value, fmt};

/// How deep values may nest.
const MAX_DEPTH: usize = 500;

/// What a text holds.
#[derive(Debug)]
pub(in crate::functions) struct Read {
    pub(in crate::functions) value: Value,
    /// What Go says of the first number that no float can hold. It is nil, and what follows is read.
    pub(in crate::functions) unfit: Option<String>,
}

/// A JSON text as a value; numbers are floats, the last of two equal keys wins.
///
/// # Errors
/// Go's message.
pub(in crate::functions) fn read(text: &[u8]) -> Result<Read, String> {
    let mut reader = Reader { text, at: 0, unfit: None };
    let value = reader.value(0)?;
    reader.space();
    match reader.peek() {
        None => Ok(Read { value, unfit: reader.unfit }),
        Some(_) => Err(reader.unexpected("after top-level value")),
    }
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    unfit: Option<String>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// What is wrong with the next byte, or that there is none.
    fn unexpected(&self, context: &str) -> String {
        if self.peek().is_none() {
            return "unexpected end of JSON input".to_owned();
        }
        self.invalid(context)
    }

    /// What is wrong with the next byte inside of a token. Go's scanner tries a space at the end of the text, and complains of that.
    fn invalid(&self, context: &str) -> String {
        let byte = self.peek().unwrap_or(b' ');
        let shown = match byte {
            b'\'' => "'\\''".to_owned(),
            b'"' => "'\"'".to_owned(),
            // The byte is taken for a character.
            byte => {
                let quoted = fmt::quote(char::from(byte).to_string().as_bytes());
                format!("'{}'", &quoted[1..quoted.len() - 1])
            }
        };
        format!("invalid character {shown} {context}")
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > MAX_DEPTH {
            return Err("exceeded max depth".to_owned());
        }
        self.space();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Nil),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.unexpected("looking for beginning of value")),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, String> {
        for wanted in word.bytes() {
            if self.peek() != Some(wanted) {
                let name = char::from(wanted);
                let context = format!("in literal {word} (expecting '{name}')");
                return Err(self.invalid(&context));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn object(&mut self, depth: usize) -> Result<Value, String> {
        let map = Map::new();
        self.at += 1;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(map.into());
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("looking for beginning of object key string"));
            }
            let key = self.string()?;
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.unexpected("after object key"));
            }
            self.at += 1;
            let value = self.value(depth + 1)?;
            map.insert(key, value);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(map.into());
                }
                _ => return Err(self.unexpected("after object key:value pair")),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, String> {
        let mut items = Vec::new();
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(List::new(items).into());
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(List::new(items).into());
                }
                _ => return Err(self.unexpected("after array element")),
            }
        }
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return Err(self.invalid("in numeric literal")),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                return Err(self.invalid("after decimal point in numeric literal"));
            }
            self.digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                return Err(self.invalid("in exponent of numeric literal"));
            }
            self.digits();
        }
        let text = String::from_utf8_lossy(&self.text[start..self.at]);
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Float(number)),
            _ => {
                let message = format!("json: cannot unmarshal number {text} into Go value of type float64");
                self.unfit.get_or_insert(message);
                Ok(Value::Nil)
            }
        }
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn string(&mut self) -> Result<Str, String> {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            let start = self.at;
            while self.peek().is_some_and(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
                self.at += 1;
            }
            out.extend_from_slice(&self.text[start..self.at]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    // What is not UTF-8 is replaced.
                    return Ok(Str::from(out).to_text().into());
                }
                Some(b'\\') => self.escape(&mut out)?,
                _ => return Err(self.unexpected("in string literal")),
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        self.at += 1;
        let byte = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                self.at += 1;
                let c = self.unicode()?;
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(self.invalid("in string escape code")),
        };
        self.at += 1;
        out.push(byte);
        Ok(())
    }

    /// The character of `\uXXXX`, or of a pair of them; half a pair is replaced.
    fn unicode(&mut self) -> Result<char, String> {
        let first = self.hex()?;
        if let (0xD800..0xDC00, Some(b"\\u")) = (first, self.text.get(self.at..self.at + 2)) {
            let back = self.at;
            self.at += 2;
            let second = self.hex()?;
            if let 0xDC00..0xE000 = second {
                let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = back;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self) -> Result<u32, String> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.invalid("in \\u hexadecimal character escape"));
            };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("", "unexpected end of JSON input")]
    #[case("{", "unexpected end of JSON input")]
    #[case("x", "invalid character 'x' looking for beginning of value")]
    #[case("{a", "invalid character 'a' looking for beginning of object key string")]
    #[case("[1 2]", "invalid character '2' after array element")]
    #[case("1 2", "invalid character '2' after top-level value")]
    #[case("tru", "invalid character ' ' in literal true (expecting 'e')")]
    #[case("-", "invalid character ' ' in numeric literal")]
    #[case("\"\\", "invalid character ' ' in string escape code")]
    #[case("\"", "unexpected end of JSON input")]
    #[case("tru ", "invalid character ' ' in literal true (expecting 'e')")]
    #[case("\"\n\"", "invalid character '\\n' in string literal")]
    #[case("1.x", "invalid character 'x' after decimal point in numeric literal")]
    #[case("{\"a\":1,}", "invalid character '}' looking for beginning of object key string")]
    fn messages(#[case] text: &str, #[case] message: &str) {
        assert_eq!(read(text.as_bytes()).unwrap_err(), message);
    }

    #[test]
    fn values() {
        let value = read(br#" {"a": [1.5, "\u00e9\ud83d\ude00", null, true]} "#).unwrap();
        assert_eq!(fmt::sprint(&[value.value]).unwrap(), "map[a:[1.5 é😀 <nil> true]]");
    }

    #[test]
    fn a_number_that_is_too_large_stops_nothing() {
        let Read { value, unfit } = read(br#"{"a": [1, 1e999], "b": 2}"#).unwrap();
        assert_eq!(fmt::sprint(&[value]).unwrap(), "map[a:[1 <nil>] b:2]");
        assert_eq!(unfit.unwrap(), "json: cannot unmarshal number 1e999 into Go value of type float64");
    }
}
