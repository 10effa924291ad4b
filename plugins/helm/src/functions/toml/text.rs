//! Strings of TOML: basic and literal ones, on one line or several.

use super::lex::{Cursor, Fault, is_newline};

/// A string on one line; its opening quote has been taken.
pub(super) fn single_line(cursor: &mut Cursor<'_>, quote: char) -> Result<String, Fault> {
    let start = cursor.at;
    let mut escaped = false;
    loop {
        match cursor.next()? {
            None => {
                let wanted = if quote == '"' { r#"'"'"# } else { r#""'""# };
                return Err(cursor.fault(format!("unexpected EOF; expected {wanted}")));
            }
            Some(c) if is_newline(c) => {
                return Err(cursor.fault_before("strings cannot contain newlines"));
            }
            Some('\\') if quote == '"' => {
                escape(cursor, start)?;
                escaped = true;
            }
            Some(c) if c == quote => {
                let text = cursor.since(start);
                let text = &text[..text.len() - 1];
                return if escaped { unescape(cursor, text) } else { Ok(text.to_owned()) };
            }
            Some(_) => {}
        }
    }
}

/// A string of several lines; its three opening quotes have been taken.
pub(super) fn multi_line(cursor: &mut Cursor<'_>, quote: char) -> Result<String, Fault> {
    let start = cursor.at;
    let quotes = if quote == '"' { "\"\"\"" } else { "'''" };
    loop {
        match cursor.next()? {
            None => {
                let wanted = if quote == '"' { format!("'{quotes}'") } else { format!("\"{quotes}\"") };
                return Err(cursor.fault(format!("unexpected EOF; expected {wanted}")));
            }
            Some('\\') if quote == '"' => {
                let c = cursor.next()?;
                if !c.is_some_and(is_newline) {
                    cursor.back(c);
                    escape(cursor, start)?;
                }
            }
            Some(c) if c == quote => {
                if let Some(end) = closing(cursor, start, quote, quotes)? {
                    let text = &cursor.since(start)[..end];
                    let text = text.strip_prefix('\n').or_else(|| text.strip_prefix("\r\n")).unwrap_or(text);
                    return if quote == '"' {
                        unescape(cursor, &without_escaped_newlines(text))
                    } else {
                        Ok(text.to_owned())
                    };
                }
            }
            Some(_) => {}
        }
    }
}

/// Whether a quote, which has been taken, is the first of the closing three: how long the text
/// before them is. Up to two more may stand before those.
fn closing(cursor: &mut Cursor<'_>, start: usize, quote: char, quotes: &str) -> Result<Option<usize>, Fault> {
    if !cursor.accept(quote)? {
        return Ok(None);
    }
    if !cursor.accept(quote)? {
        cursor.back(Some(quote));
        return Ok(None);
    }
    if cursor.peek()? != Some(quote) {
        return Ok(Some(cursor.at - start - quotes.len()));
    }
    let five = format!("{quotes}{quote}{quote}");
    let text = cursor.since(start);
    if text.ends_with(&five) && !(quote == '"' && text.ends_with(&format!("\\{five}"))) {
        let six = format!("{quotes}{quotes}");
        let six = if quote == '"' { format!("'{six}'") } else { format!("\"{six}\"") };
        return Err(cursor.fault(format!("unexpected {six}")));
    }
    cursor.back(Some(quote));
    cursor.back(Some(quote));
    Ok(None)
}

/// Checks what stands behind a backslash.
fn escape(cursor: &mut Cursor<'_>, start: usize) -> Result<(), Fault> {
    let is_1_1 = cursor.is_1_1;
    let (digits, words) = match cursor.next()? {
        Some('e') if is_1_1 => return Ok(()),
        Some('b' | 't' | 'n' | 'f' | 'r' | '"' | ' ' | '\t' | '\\') => return Ok(()),
        Some('x') if is_1_1 => (2, "two hexadecimal digits after '\\x'"),
        Some('u') => (4, "four hexadecimal digits after '\\u'"),
        Some('U') => (8, "eight hexadecimal digits after '\\U'"),
        c => {
            let message = format!("invalid escape in string '\\{}'", c.unwrap_or('\0'));
            return Err(if c.is_none() { cursor.fault_before(message) } else { cursor.fault(message) });
        }
    };
    for _ in 0..digits {
        if !cursor.next()?.is_some_and(|c| c.is_ascii_hexdigit()) {
            let found = oarlock_go::strconv::quote(cursor.since(start).as_bytes());
            return Err(cursor.fault(format!("expected {words}, but got {found} instead")));
        }
    }
    Ok(())
}

/// Takes out backslashes at the ends of lines, and the white space that follows.
fn without_escaped_newlines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(found) = rest.find('\\') {
        let behind = &rest[found + 1..];
        let trimmed = behind.trim_start_matches([' ', '\t', '\r', '\n']);
        let is_newline = behind[..behind.len() - trimmed.len()].contains('\n');
        if is_newline {
            out.push_str(&rest[..found]);
            rest = trimmed;
        } else {
            let length = found + 1 + usize::from(behind.starts_with('\\'));
            out.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    out + rest
}

/// Replaces the escapes, which have been checked.
fn unescape(cursor: &Cursor<'_>, text: &str) -> Result<String, Fault> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        out.push_str(before);
        let Some(kind) = escape.chars().next() else { break };
        let digits = match kind {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        out.push(match kind {
            'b' => '\x08',
            't' => '\t',
            'n' => '\n',
            'f' => '\x0c',
            'r' => '\r',
            'e' => '\x1b',
            'x' | 'u' | 'U' => {
                let digits = escape.get(1..=digits).unwrap_or_default();
                let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                code.ok_or_else(|| {
                    cursor.fault(format!("Escaped character '\\u{digits}' is not valid UTF-8."))
                })?
            }
            ' ' | '\t' => return Err(cursor.fault(format!("invalid escape: '\\{kind}'"))),
            other => other,
        });
        rest = &escape[kind.len_utf8() + digits..];
    }
    out.push_str(rest);
    Ok(out)
}
