//! Go's `strconv.Quote` and its relatives.

use std::fmt::Write as _;

use crate::unicode::is_print;

/// `strconv.Quote`: a Go string literal, printable characters as they are.
pub fn quote(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    quote_with(&mut out, text, '"', false);
    out
}

/// `strconv.QuoteToASCII`: a Go string literal in ASCII alone.
pub fn quote_to_ascii(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    quote_with(&mut out, text, '"', true);
    out
}

/// `strconv.QuoteRune`: a Go character literal.
pub fn quote_rune(c: char) -> String {
    quoted_rune(c, false)
}

/// `strconv.QuoteRuneToASCII`.
pub fn quote_rune_to_ascii(c: char) -> String {
    quoted_rune(c, true)
}

fn quoted_rune(c: char, ascii: bool) -> String {
    let mut out = String::from('\'');
    escape_rune(&mut out, c, '\'', ascii);
    out.push('\'');
    out
}

/// `%#U`: the code point, and the character when it can be shown.
pub fn quote_rune_unicode(c: char) -> String {
    let code = u32::from(c);
    if is_print(c) { format!("U+{code:04X} '{c}'") } else { format!("U+{code:04X}") }
}

fn quote_with(out: &mut String, text: &[u8], quote: char, ascii: bool) {
    out.push(quote);
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            escape_rune(out, c, quote, ascii);
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push(quote);
}

fn escape_rune(out: &mut String, c: char, quote: char, ascii: bool) {
    match c {
        c if c == quote || c == '\\' => {
            out.push('\\');
            out.push(c);
        }
        c if (c.is_ascii() || !ascii) && is_print(c) => out.push(c),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        // Writing to a string never fails.
        c if c < ' ' || c == '\x7f' => drop(write!(out, "\\x{:02x}", u32::from(c))),
        c if c < '\u{10000}' => drop(write!(out, "\\u{:04x}", u32::from(c))),
        c => drop(write!(out, "\\U{:08x}", u32::from(c))),
    }
}

/// Whether `strconv.CanBackquote`: the text can stand between backquotes as it is.
pub fn can_backquote(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| {
        text.chars().all(|c| !(c < ' ' && c != '\t' || c == '`' || c == '\x7f' || c == '\u{FEFF}'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_as_go_does() {
        assert_eq!(quote("a\"b\\c\n\té\u{200B}\x00\x7f'".as_bytes()), r#""a\"b\\c\n\té\u200b\x00\x7f'""#);
        assert_eq!(quote(b"\xff\xe2\x82"), r#""\xff\xe2\x82""#);
        assert_eq!(quote_to_ascii("é😀".as_bytes()), r#""\u00e9\U0001f600""#);
        assert_eq!(quote_rune('\''), r"'\''");
        assert_eq!(quote_rune_unicode('!'), "U+0021 '!'");
    }
}
