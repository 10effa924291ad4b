//! Trees to JSON text.

use super::value::{Json, value};
use crate::{EmitError, Key, Node, ScalarKind, Value};
use oarlock_bytes::printable_run_without;

/// Writes a tree as compact JSON, keys in their order, scalars by their type: what Go's
/// `encoding/json` makes of what go-yaml read.
///
/// # Errors
/// If a number is not finite, or a key below the top is not text.
pub fn to_json(node: &Node) -> Result<String, EmitError> {
    to_json_of_about(256, node)
}

/// As [`to_json`], of a tree whose JSON has about so many bytes: room for them is made at once.
///
/// # Errors
/// As [`to_json`].
pub fn to_json_of_about(bytes: usize, node: &Node) -> Result<String, EmitError> {
    let mut out = String::with_capacity(bytes);
    write_node(node, true, &mut out)?;
    Ok(out)
}

fn write_node(node: &Node, top: bool, out: &mut String) -> Result<(), EmitError> {
    match &node.value {
        Value::Scalar(scalar) => match value(scalar)? {
            Json::Null => out.push_str("null"),
            Json::Bool(value) => out.push_str(if value { "true" } else { "false" }),
            Json::Int(digits) => out.push_str(&digits),
            Json::Float(number) => {
                out.push_str(&number.to_json().ok_or_else(|| EmitError::NotFinite(scalar.text.to_string()))?);
            }
            Json::String(text) => write_string(&text, out),
        },
        Value::Sequence(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_node(item, false, out)?;
            }
            out.push(']');
        }
        Value::Mapping(mapping) => {
            out.push('{');
            for (index, entry) in mapping.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_string(key_text(&entry.key, top)?, out);
                out.push(':');
                write_node(&entry.value, false, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

/// The text of a key, where it may have one.
fn key_text(key: &Key, top: bool) -> Result<&str, EmitError> {
    if key.kind == ScalarKind::String || top && key.kind != ScalarKind::Null {
        return Ok(&key.text);
    }
    Err(EmitError::KeyNotText { text: key.text.to_string(), kind: key.kind })
}

/// A string. Unicode's line separators are escaped as by Go, since YAML takes them for line breaks.
fn write_string(text: &str, out: &mut String) {
    let bytes = text.as_bytes();
    out.push('"');
    let mut from = 0;
    let mut at = 0;
    loop {
        let index = at + printable_run_without([b'"', b'\\'], &bytes[at..]);
        let Some(&byte) = bytes.get(index) else { break };
        at = index + 1;
        let mut length = 1;
        let letter = match byte {
            b'"' | b'\\' => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0..0x20 => b'u',
            0xE2 if bytes[index + 1] == 0x80 && matches!(bytes[index + 2], 0xA8 | 0xA9) => {
                length = 3;
                b'u'
            }
            _ => continue,
        };
        // In WebAssembly each copy is a call of the host: of two bytes, and of none, too.
        if from < index {
            out.push_str(&text[from..index]);
        }
        out.push('\\');
        out.push(char::from(letter));
        match (letter, length) {
            (b'u', 3) => out.push_str(if bytes[index + 2] == 0xA8 { "2028" } else { "2029" }),
            (b'u', _) => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                out.push_str("00");
                out.push(char::from(DIGITS[usize::from(byte >> 4)]));
                out.push(char::from(DIGITS[usize::from(byte & 0xF)]));
            }
            _ => {}
        }
        from = index + length;
    }
    out.push_str(&text[from..]);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, Reader, from_json, parse_one};

    #[test]
    fn writes_scalars_by_their_type() {
        for (yaml, json) in [
            ("{b: 1, a: x}", r#"{"b":1,"a":"x"}"#),
            ("[0x10, 017, 1_000, 08, 1.0, 1e21, 1e-7]", "[16,15,1000,8,1,1e+21,1e-7]"),
            ("[true, False, ~, null, 'true']", r#"[true,false,null,null,"true"]"#),
            ("2001-01-01", r#""2001-01-01T00:00:00Z""#),
            ("!!binary aGVsbG8=", r#""hello""#),
            ("!!binary gIGC", "\"\u{FFFD}\u{FFFD}\u{FFFD}\""),
            (r#""\0\x1f\"\\\n\té<>&""#, "\"\\u0000\\u001f\\\"\\\\\\n\\té<>&\""),
            ("{1: a}", r#"{"1":"a"}"#),
            ("{a: }", r#"{"a":""}"#),
            ("a:", r#"{"a":null}"#),
            ("{}", "{}"),
            ("[]", "[]"),
        ] {
            let node =
                parse_one(yaml.as_bytes(), Reader::KustomizeResource, Limits::default()).unwrap().unwrap();
            assert_eq!(to_json(&node).unwrap(), json);
            assert_eq!(to_json(&from_json(json).unwrap()).unwrap(), json);
        }
    }

    #[test]
    fn refuses_what_json_cannot_hold() {
        for yaml in [".inf", "a: {1: b}", "2001-12-14T23:59:59+24:00"] {
            let node =
                parse_one(yaml.as_bytes(), Reader::KustomizeResource, Limits::default()).unwrap().unwrap();
            assert!(to_json(&node).is_err(), "{yaml}");
        }
    }
}
