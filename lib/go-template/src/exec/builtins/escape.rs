//! `html`, `js` and `urlquery`.

use std::fmt::Write as _;

use crate::value::Str;
use oarlock_go::unicode::is_print;

/// `HTMLEscapeString`.
pub(crate) fn html(text: &Str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text.as_bytes() {
        let entity: &str = match byte {
            0 => "\u{FFFD}",
            b'"' => "&#34;",
            b'\'' => "&#39;",
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            other => {
                out.push(*other);
                continue;
            }
        };
        out.extend_from_slice(entity.as_bytes());
    }
    out
}

/// `JSEscapeString`.
pub(crate) fn js(text: &Str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for chunk in text.as_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' | '\'' | '"' => out.extend_from_slice(&[b'\\', c as u8]),
                c if c.is_ascii_graphic() && !matches!(c, '<' | '>' | '&' | '=')
                    || matches!(c, ' ' | '\x7f') =>
                {
                    out.push(c as u8);
                }
                c if !c.is_ascii() && is_print(c) => {
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                c => out.extend_from_slice(format!("\\u{:04X}", u32::from(c)).as_bytes()),
            }
        }
        out.extend_from_slice(chunk.invalid());
    }
    out
}

/// `url.QueryEscape`.
pub(crate) fn url_query(text: &Str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(*byte));
            }
            b' ' => out.push('+'),
            // Writing to a string never fails.
            other => drop(write!(out, "%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        let text = Str::from("<a href='x'>&\"\n\0é\u{200B}</a> =");
        assert_eq!(
            Str::from(html(&text)),
            "&lt;a href=&#39;x&#39;&gt;&amp;&#34;\n\u{FFFD}é\u{200B}&lt;/a&gt; ="
        );
        assert_eq!(
            Str::from(js(&text)),
            "\\u003Ca href\\u003D\\'x\\'\\u003E\\u0026\\\"\\u000A\\u0000é\\u200B\\u003C/a\\u003E \\u003D"
        );
        assert_eq!(url_query(&Str::from("a b/ü~")), "a+b%2F%C3%BC~");
    }
}
