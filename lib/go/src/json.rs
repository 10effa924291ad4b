//! JSON as Go's `encoding/json` reads it, with the messages of its scanner.

use crate::strconv::{format_float, quote};
use crate::unicode::lossy;

/// How deep values may nest.
const MAX_DEPTH: usize = 500;

/// What a text is read into.
pub trait Tree: Sized {
    /// Everything but numbers and what holds other values.
    fn of(scalar: Scalar) -> Self;
    /// A number; none where it can't be held.
    fn number(text: &str) -> Option<Self>;
    /// A list.
    fn list(items: Vec<Self>) -> Self;
    /// Keys and values in order, of which the last one with a key counts.
    fn object(entries: Vec<(String, Self)>) -> Self;
}

/// A value that is neither a number nor holds others.
#[derive(Debug)]
pub enum Scalar {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A string. What was not UTF-8 is replaced.
    Text(String),
}

/// What a text holds.
#[derive(Debug)]
pub struct Read<T> {
    /// The value.
    pub value: T,
    /// What Go says of the first number that no float can hold. It is nil, and what follows is
    /// read.
    pub unfit: Option<String>,
}

/// `json.Unmarshal` into anything.
///
/// # Errors
/// Go's message.
pub fn read<T: Tree>(text: &[u8]) -> Result<Read<T>, String> {
    let mut reader = Reader { text, at: 0, unfit: None };
    let value = reader.value(0)?;
    reader.space();
    match reader.peek() {
        None => Ok(Read { value, unfit: reader.unfit }),
        Some(_) => Err(reader.unexpected("after top-level value")),
    }
}

/// The one value of a text, as `json.Decoder` reads it.
///
/// # Errors
/// Go's message.
pub fn decode<T: Tree>(text: &[u8]) -> Result<T, String> {
    let mut reader = Reader { text, at: 0, unfit: None };
    reader.space();
    if reader.peek().is_none() {
        return Err("EOF".to_owned());
    }
    let value = reader.value(0).map_err(|message| match reader.peek() {
        None => "unexpected EOF".to_owned(),
        Some(_) => message,
    })?;
    reader.space();
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err("invalid character after top-level value".to_owned()),
    }
}

/// A number as `encoding/json` writes it, which is JavaScript's way: an exponent for the very small
/// and the very large.
pub fn format_number(float: f64) -> String {
    let size = float.abs();
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return format_float(float, b'f', None);
    }
    let text = format_float(float, b'e', None);
    // e-09 is e-9.
    match text.split_once("e-0") {
        Some((mantissa, digit)) => format!("{mantissa}e-{digit}"),
        None => text,
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

    /// What is wrong with the next byte inside of a token. Go's scanner tries a space at the end of
    /// the text, and complains of that.
    fn invalid(&self, context: &str) -> String {
        let byte = self.peek().unwrap_or(b' ');
        let shown = match byte {
            b'\'' => "'\\''".to_owned(),
            b'"' => "'\"'".to_owned(),
            // The byte is taken for a character.
            byte => {
                let quoted = quote(char::from(byte).to_string().as_bytes());
                format!("'{}'", &quoted[1..quoted.len() - 1])
            }
        };
        format!("invalid character {shown} {context}")
    }

    fn value<T: Tree>(&mut self, depth: usize) -> Result<T, String> {
        if depth > MAX_DEPTH {
            return Err("exceeded max depth".to_owned());
        }
        self.space();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(T::of(Scalar::Text(self.string()?))),
            Some(b't') => self.word("true", Scalar::Bool(true)),
            Some(b'f') => self.word("false", Scalar::Bool(false)),
            Some(b'n') => self.word("null", Scalar::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.unexpected("looking for beginning of value")),
        }
    }

    fn word<T: Tree>(&mut self, word: &str, value: Scalar) -> Result<T, String> {
        for wanted in word.bytes() {
            if self.peek() != Some(wanted) {
                let name = char::from(wanted);
                let context = format!("in literal {word} (expecting '{name}')");
                return Err(self.invalid(&context));
            }
            self.at += 1;
        }
        Ok(T::of(value))
    }

    fn object<T: Tree>(&mut self, depth: usize) -> Result<T, String> {
        let mut entries = Vec::new();
        self.at += 1;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(T::object(entries));
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
            entries.push((key, value));
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(T::object(entries));
                }
                _ => return Err(self.unexpected("after object key:value pair")),
            }
        }
    }

    fn array<T: Tree>(&mut self, depth: usize) -> Result<T, String> {
        let mut items = Vec::new();
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(T::list(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(T::list(items));
                }
                _ => return Err(self.unexpected("after array element")),
            }
        }
    }

    fn number<T: Tree>(&mut self) -> Result<T, String> {
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
        Ok(T::number(&text).unwrap_or_else(|| {
            let message = format!("json: cannot unmarshal number {text} into Go value of type float64");
            self.unfit.get_or_insert(message);
            T::of(Scalar::Null)
        }))
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn string(&mut self) -> Result<String, String> {
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
                    return Ok(String::from_utf8(out).unwrap_or_else(|error| lossy(error.as_bytes())));
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
        assert_eq!(read::<String>(text.as_bytes()).unwrap_err(), message);
    }

    /// Values as text, to look at.
    impl Tree for String {
        fn of(scalar: Scalar) -> Self {
            match scalar {
                Scalar::Null => "null".to_owned(),
                Scalar::Bool(value) => value.to_string(),
                Scalar::Text(text) => text,
            }
        }

        fn number(text: &str) -> Option<Self> {
            text.parse().ok().filter(|number: &f64| number.is_finite()).map(format_number)
        }

        fn list(items: Vec<Self>) -> Self {
            format!("[{}]", items.join(" "))
        }

        fn object(entries: Vec<(String, Self)>) -> Self {
            let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{key}:{value}")).collect();
            format!("{{{}}}", entries.join(" "))
        }
    }

    #[test]
    fn values() {
        let read = read::<String>(br#" {"a": [1.5, "\u00e9\ud83d\ude00", null, true]} "#).unwrap();
        assert_eq!(read.value, "{a:[1.5 é😀 null true]}");
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced_one_by_one() {
        assert_eq!(read::<String>(b"\"a\xe2\x82\"").unwrap().value, "a\u{FFFD}\u{FFFD}");
    }

    #[rstest]
    #[case(1e6, "1000000")]
    #[case(1e21, "1e+21")]
    #[case(1e-7, "1e-7")]
    #[case(-0.0, "-0")]
    fn numbers_are_written_as_javascript_writes_them(#[case] number: f64, #[case] text: &str) {
        assert_eq!(format_number(number), text);
    }

    #[rstest]
    #[case("", "EOF")]
    #[case(" \n", "EOF")]
    #[case("{\"a\": tru", "unexpected EOF")]
    #[case("{\"a\": trux", "invalid character 'x' in literal true (expecting 'e')")]
    #[case("{} x", "invalid character after top-level value")]
    fn messages_of_a_decoder(#[case] text: &str, #[case] message: &str) {
        assert_eq!(decode::<String>(text.as_bytes()).unwrap_err(), message);
    }

    #[test]
    fn a_number_that_is_too_large_stops_nothing() {
        let Read { value, unfit } = read::<String>(br#"{"a": [1, 1e999], "b": 2}"#).unwrap();
        assert_eq!(value, "{a:[1 null] b:2}");
        assert_eq!(unfit.unwrap(), "json: cannot unmarshal number 1e999 into Go value of type float64");
    }
}
