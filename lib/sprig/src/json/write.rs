//! `json.Marshal`, with its escapes and its numbers.

use std::fmt::Write as _;

use oarlock_go::encoding::base64;
use oarlock_go::json::format_number;
use oarlock_go_template::{Error, ErrorKind, Limit, Str, Value, fmt};

/// How deep values may nest; Go looks out for cycles from a thousand on.
const MAX_DEPTH: usize = 500;

/// Which of sprig's ways of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// On one line, `<`, `>` and `&` escaped.
    Plain,
    /// Indented by two.
    Pretty,
    /// On one line, nothing escaped for HTML.
    Raw,
}

/// A value as JSON, up to a number of bytes and one value more: lists that hold one another many
/// times have texts without end.
///
/// # Errors
/// For numbers that JSON does not know, values that hold themselves, and texts that are too long.
pub fn write(value: &Value, style: Style, most: usize) -> Result<String, Error> {
    let mut writer = Writer { out: String::new(), style, most };
    writer.value(value, 0)?;
    Ok(writer.out)
}

struct Writer {
    out: String,
    style: Style,
    most: usize,
}

impl Writer {
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        if self.out.len() > self.most {
            let message = "text of a value exceeds the limit";
            return Err(Error::with_kind(ErrorKind::Limit(Limit::Output), message));
        }
        if depth > MAX_DEPTH {
            let of = value.type_name();
            return Err(Error::new(format!("json: unsupported value: encountered a cycle via {of}")));
        }
        match value {
            Value::Nil => self.out.push_str("null"),
            Value::Bool(boolean) => self.push(*boolean),
            Value::Int(_, int) => self.push(*int),
            Value::Uint(_, uint) => self.push(*uint),
            Value::Float(float) => self.float(*float)?,
            Value::String(text) => self.string(text),
            Value::Bytes(bytes) => self.string(&base64(bytes).into()),
            Value::List(list) if list.is_nil() => self.out.push_str("null"),
            Value::List(list) => {
                self.sequence(('[', ']'), list.iter(), depth, |writer, item| writer.value(item, depth + 1))?;
            }
            Value::Map(map) if map.is_nil() => self.out.push_str("null"),
            Value::Map(map) => {
                let entries = map.entries();
                self.sequence(('{', '}'), entries.iter(), depth, |writer, (key, item)| {
                    writer.key(key);
                    writer.value(item, depth + 1)
                })?;
            }
            Value::Object(object) => {
                if let Some(value) = object.json() {
                    return self.value(&value, depth + 1);
                }
                let fields = object.json_fields();
                self.sequence(('{', '}'), fields.iter(), depth, |writer, (key, item)| {
                    writer.key(&Str::from(*key));
                    writer.value(item, depth + 1)
                })?;
            }
            other => {
                let of = other.type_name();
                return Err(Error::new(format!("json: unsupported type: {of}")));
            }
        }
        Ok(())
    }

    fn push(&mut self, value: impl std::fmt::Display) {
        // Writing to a string never fails.
        let _ = write!(self.out, "{value}");
    }

    fn sequence<T>(
        &mut self,
        (open, close): (char, char),
        items: impl ExactSizeIterator<Item = T>,
        depth: usize,
        mut write: impl FnMut(&mut Self, T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.out.push(open);
        let any = items.len() > 0;
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.line(depth + 1);
            write(self, item)?;
        }
        if any {
            self.line(depth);
        }
        self.out.push(close);
        Ok(())
    }

    fn line(&mut self, depth: usize) {
        if self.style == Style::Pretty {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", depth));
        }
    }

    fn key(&mut self, key: &Str) {
        self.string(key);
        self.out.push_str(if self.style == Style::Pretty { ": " } else { ":" });
    }

    fn string(&mut self, text: &Str) {
        self.out.push('"');
        for c in text.to_text().chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\x08' => self.out.push_str("\\b"),
                '\x0c' => self.out.push_str("\\f"),
                '<' | '>' | '&' if self.style == Style::Raw => self.out.push(c),
                '\0'..='\x1f' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                    // Writing to a string never fails.
                    let _ = write!(self.out, "\\u{:04x}", u32::from(c));
                }
                // What was no UTF-8, and the replacement character itself only as such.
                '\u{FFFD}' if text.as_str().is_none() => self.out.push_str("\\ufffd"),
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }

    fn float(&mut self, float: f64) -> Result<(), Error> {
        if !float.is_finite() {
            let shown = fmt::format_float(float, b'g', None);
            return Err(Error::new(format!("json: unsupported value: {shown}")));
        }
        self.out.push_str(&format_number(float));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(1e6.into(), "1000000")]
    #[case(1e21.into(), "1e+21")]
    #[case(1e-7.into(), "1e-7")]
    #[case(0.1.into(), "0.1")]
    #[case("<é\u{2028}\n\0".into(), "\"\\u003cé\\u2028\\n\\u0000\"")]
    #[case(Value::string(&b"\xff"[..]), "\"\\ufffd\"")]
    #[case(Value::Nil, "null")]
    fn plain(#[case] value: Value, #[case] json: &str) {
        assert_eq!(write(&value, Style::Plain, 100).unwrap(), json);
    }
}
