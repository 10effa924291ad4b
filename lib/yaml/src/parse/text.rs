//! Bytes to text, and text to the pieces between `---` lines.

use std::borrow::Cow;
use std::ops::Range;

use crate::{ParseError, Span};
use oarlock_bytes::is_plain;

/// A piece of a text, and the line that it starts in, from 0.
#[derive(Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) range: Range<usize>,
    pub(super) line: u32,
}

impl Piece {
    /// All of a text.
    pub(super) fn whole(text: &str) -> Self {
        Self { range: 0..text.len(), line: 0 }
    }
}

/// Decodes UTF-8, or UTF-16 with a byte order mark, turns CRLF into LF, and refuses control
/// characters.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, ParseError> {
    let text = match bytes {
        [0xFF, 0xFE, rest @ ..] => Cow::Owned(decode_utf16(rest, u16::from_le_bytes)?),
        [0xFE, 0xFF, rest @ ..] => Cow::Owned(decode_utf16(rest, u16::from_be_bytes)?),
        _ => Cow::Borrowed(std::str::from_utf8(bytes).map_err(|error| {
            let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            ParseError::new("the text is not UTF-8", place(&before, before.len()))
                .hint("save the file as UTF-8; binary data belongs into `binaryData`, as base64")
                .upstream(utf8_problem(&bytes[error.valid_up_to()..]), 0)
        })?),
    };
    if let Some((offset, character)) = find_control(&text) {
        let message = format!("the control character U+{:04X} is not allowed", u32::from(character));
        return Err(ParseError::new(message, place(&text, offset))
            .hint("write it as an escape in double quotes, such as `\"\\x07\"`")
            .upstream("control characters are not allowed", 0));
    }
    Ok(if memchr(b'\r', text.as_bytes()) { Cow::Owned(text.replace("\r\n", "\n")) } else { text })
}

/// How libyaml's reader names a fault in UTF-8.
fn utf8_problem(rest: &[u8]) -> &'static str {
    let width = match rest.first() {
        Some(0xC0..=0xDF) => 2,
        Some(0xE0..=0xEF) => 3,
        Some(0xF0..=0xF7) => 4,
        _ => return "invalid leading UTF-8 octet",
    };
    match rest.get(1..width) {
        None => "incomplete UTF-8 octet sequence",
        Some(tail) if tail.iter().any(|byte| byte & 0xC0 != 0x80) => "invalid trailing UTF-8 octet",
        // Overlong forms and surrogates.
        Some(_) if matches!(rest, [0xC0 | 0xC1, ..] | [0xE0, 0x80..=0x9F, ..] | [0xF0, 0x80..=0x8F, ..]) => {
            "invalid length of a UTF-8 sequence"
        }
        Some(_) => "invalid Unicode character",
    }
}

fn memchr(needle: u8, bytes: &[u8]) -> bool {
    bytes.contains(&needle)
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, ParseError> {
    let wrong =
        || ParseError::new("the text is not UTF-16, although its byte order mark says so", Span::default());
    let (units, []) = bytes.as_chunks::<2>() else { return Err(wrong()) };
    char::decode_utf16(units.iter().map(|pair| unit(*pair))).collect::<Result<_, _>>().map_err(|_| wrong())
}

/// The first character that YAML 1.1 does not let stand in a text (section 5.1).
fn find_control(text: &str) -> Option<(usize, char)> {
    let bytes = text.as_bytes();
    let (words, _) = bytes.as_chunks::<8>();
    let mut offset = 0;
    for word in words {
        if !is_plain(u64::from_le_bytes(*word))
            && let Some(found) = find_control_within(text, offset, offset + word.len())
        {
            return Some(found);
        }
        offset += word.len();
    }
    find_control_within(text, offset, bytes.len())
}

fn find_control_within(text: &str, from: usize, to: usize) -> Option<(usize, char)> {
    let bytes = text.as_bytes();
    for (offset, &byte) in (from..to).zip(&bytes[from..to]) {
        let is_suspect = match byte {
            b'\t' | b'\n' | b'\r' | 0x20..=0x7E => false,
            0xC2 => bytes[offset + 1] < 0xA0 && bytes[offset + 1] != 0x85,
            0xEF => bytes[offset + 1] == 0xBF && bytes[offset + 2] >= 0xBE,
            byte => byte < 0x80,
        };
        if is_suspect {
            return text[offset..].chars().next().map(|character| (offset, character));
        }
    }
    None
}

/// Line and column of a byte offset.
pub(crate) fn place(text: &str, offset: usize) -> Span {
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Span {
        line: count(before.bytes().filter(|byte| *byte == b'\n').count() + 1),
        column: count(before[line_start..].chars().count() + 1),
    }
}

/// Cuts a text where kyaml's `ByteReader` does: at each line that starts with `---`, unless it is
/// the first or the last one. Such a line may hold a comment and nothing else.
pub(super) fn split_as_kustomize(text: &str) -> Result<Vec<Piece>, ParseError> {
    let mut pieces = Vec::new();
    let (mut from, mut line) = (0, 0);
    while let Some(found) = text[from..].find("\n---") {
        let before = from + found + 1;
        let Some(length) = text[before..].find('\n') else { break };
        let lines = line + newlines(&text[from..before]);
        if let Some(error) = odd_separator(&text[before..before + length], lines) {
            return Err(error);
        }
        pieces.push(Piece { range: from..before, line });
        // The newline that ends this separator cannot begin the next one.
        from = before + length + 1;
        line = lines + 1;
    }
    pieces.push(Piece { range: from..text.len(), line });
    Ok(pieces)
}

/// Cuts a text where the `YAMLReader` of Kubernetes does: at each line that starts with `---`,
/// unless nothing stands before it. It comes upon a separator that is none only when it has read
/// what stands before.
pub(super) fn split_as_kubernetes(text: &str) -> (Vec<Piece>, Option<ParseError>) {
    let mut pieces = Vec::new();
    let (mut from, mut line) = (0, 0);
    let mut at = 0;
    for (lines, content) in (0..).zip(text.split_inclusive('\n')) {
        if content.starts_with("---") {
            if let Some(error) = odd_separator(content, lines) {
                return (pieces, Some(error));
            }
            if at > from {
                pieces.push(Piece { range: from..at, line });
                from = at + content.len();
                line = lines + 1;
            }
        }
        at += content.len();
    }
    pieces.push(Piece { range: from..text.len(), line });
    (pieces, None)
}

/// Why a line that starts with `---` separates nothing.
fn odd_separator(line: &str, before: u32) -> Option<ParseError> {
    let behind = line[3..].trim();
    (!behind.is_empty() && !behind.starts_with('#')).then(|| {
        let message = format!("`---{}` is no document separator", line[3..].trim_end());
        ParseError::new(message, Span { line: before + 1, column: 1 })
            .hint("put what follows `---` on the next line; indent text that starts with `---`")
    })
}

/// Files that were pasted together carry their byte order marks along.
pub(super) fn strip_mark(text: &str) -> &str {
    text.strip_prefix('\u{FEFF}').unwrap_or(text)
}

fn newlines(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, pieces: Vec<Piece>) -> Vec<(&str, u32)> {
        pieces.into_iter().map(|piece| (&text[piece.range], piece.line)).collect()
    }

    #[test]
    fn cuts_at_separators_as_kustomize() {
        for (text, expected) in [
            ("a\n---\nb", &[("a\n", 0), ("b", 2)][..]),
            ("---\na\n--- # c\nb\n", &[("---\na\n", 0), ("b\n", 3)]),
            ("a\n---", &[("a\n---", 0)]),
            ("a\n---\n---\nb", &[("a\n", 0), ("---\nb", 2)]),
        ] {
            assert_eq!(shown(text, split_as_kustomize(text).unwrap()), expected, "{text}");
        }
        let error = split_as_kustomize("a\n---{}\nb").unwrap_err();
        assert_eq!((error.message.as_str(), error.span.line), ("`---{}` is no document separator", 2));
    }

    #[test]
    fn cuts_at_separators_as_kubernetes() {
        for (text, expected, odd) in [
            ("a\n---\nb", &[("a\n", 0), ("b", 2)][..], None),
            ("---\na\n--- # c\nb\n", &[("---\na\n", 0), ("b\n", 3)], None),
            ("a\n---", &[("a\n", 0), ("", 2)], None),
            ("a\n---\n---\nb", &[("a\n", 0), ("---\nb", 2)], None),
            ("---\n---\nb", &[("---\n", 0), ("b", 2)], None),
            ("a\n---\nb\n---- c\nd", &[("a\n", 0)], Some(4)),
            ("", &[("", 0)], None),
        ] {
            let (pieces, error) = split_as_kubernetes(text);
            assert_eq!(shown(text, pieces), expected, "{text}");
            assert_eq!(error.map(|error| error.span.line), odd, "{text}");
        }
    }

    #[test]
    fn decodes_encodings() {
        let utf16: Vec<u8> = [0xFEFF_u16, 0x61, 0xE9].iter().flat_map(|unit| unit.to_le_bytes()).collect();
        assert_eq!(decode(&utf16).unwrap(), "aé");
        assert_eq!(decode(b"a\r\nb\rc").unwrap(), "a\nb\rc");
        assert_eq!(decode(b"a\n\xFF").unwrap_err().span, Span { line: 2, column: 1 });
        assert_eq!(decode(b"a\n \x07").unwrap_err().span, Span { line: 2, column: 2 });
        assert_eq!(decode("\u{9F}".as_bytes()).unwrap_err().span, Span { line: 1, column: 1 });
        assert!(decode(b"\xFF\xFEa").is_err());
    }

    #[test]
    fn control_characters_are_found_anywhere() {
        for byte in 0..=0x7F_u8 {
            let allowed = matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7E);
            for before in 0..20 {
                let text = format!("{}{}{}", "é~\n".repeat(before), char::from(byte), "x".repeat(9));
                let expected = (!allowed).then(|| (before * 4, char::from(byte)));
                assert_eq!(find_control(&text), expected, "{byte} {before}");
            }
        }
    }
}
