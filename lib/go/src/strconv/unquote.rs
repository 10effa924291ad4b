//! `strconv.Unquote`: what a Go string literal stands for.

use std::borrow::Cow;

/// A character of a literal: a code point, or a byte by its number.
pub enum Unquoted {
    /// A code point.
    Char(char),
    /// A byte.
    Byte(u8),
}

impl Unquoted {
    /// The number of the code point or byte.
    pub fn code(&self) -> u32 {
        match self {
            Self::Char(c) => u32::from(*c),
            Self::Byte(byte) => u32::from(*byte),
        }
    }
}

/// The text of a literal in double quotes or backquotes.
pub fn unquote(literal: &str) -> Option<Cow<'_, [u8]>> {
    let quote = literal.chars().next()?;
    let body = literal.get(1..literal.len().checked_sub(1)?)?;
    if quote == '`' {
        // Carriage returns don't count in raw strings.
        return Some(if body.contains('\r') {
            Cow::Owned(body.replace('\r', "").into_bytes())
        } else {
            Cow::Borrowed(body.as_bytes())
        });
    }
    if !body.contains('\\') {
        return Some(Cow::Borrowed(body.as_bytes()));
    }
    let mut bytes = Vec::with_capacity(body.len());
    let mut rest = body;
    while !rest.is_empty() {
        let (unquoted, after) = unquote_char(rest, quote)?;
        match unquoted {
            Unquoted::Char(c) => bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Unquoted::Byte(byte) => bytes.push(byte),
        }
        rest = after;
    }
    Some(Cow::Owned(bytes))
}

/// `strconv.UnquoteChar`: the first character and what follows it.
pub fn unquote_char(text: &str, quote: char) -> Option<(Unquoted, &str)> {
    let mut chars = text.chars();
    let first = chars.next()?;
    if first == quote {
        return None;
    }
    if first != '\\' {
        return Some((Unquoted::Char(first), chars.as_str()));
    }
    let plain = match chars.next()? {
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        '\\' => '\\',
        c if c == quote && matches!(c, '\'' | '"') => c,
        kind @ ('x' | 'u' | 'U') => return by_number(chars.as_str(), kind),
        '0'..='7' => {
            let digits = text.get(1..4)?;
            let byte = u8::from_str_radix(digits, 8).ok().filter(|_| !digits.starts_with('+'))?;
            return Some((Unquoted::Byte(byte), &text[4..]));
        }
        _ => return None,
    };
    Some((Unquoted::Char(plain), chars.as_str()))
}

fn by_number(rest: &str, kind: char) -> Option<(Unquoted, &str)> {
    let length = match kind {
        'x' => 2,
        'u' => 4,
        _ => 8,
    };
    let digits = rest.get(..length).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let code = u32::from_str_radix(digits, 16).ok()?;
    let unquoted = if kind == 'x' {
        Unquoted::Byte(u8::try_from(code).ok()?)
    } else {
        Unquoted::Char(char::from_u32(code)?)
    };
    Some((unquoted, &rest[length..]))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(r#""a\tb""#, Some("a\tb"))]
    #[case(r#""\u00e9\U0001F600\x41\101""#, Some("é😀AA"))]
    #[case(r#""\"""#, Some("\""))]
    #[case(r#""\'""#, None)]
    #[case(r#""\q""#, None)]
    #[case(r#""\400""#, None)]
    #[case("`a\\n\r\nb`", Some("a\\n\nb"))]
    fn literals(#[case] literal: &str, #[case] text: Option<&str>) {
        assert_eq!(unquote(literal).as_deref(), text.map(str::as_bytes));
    }

    #[test]
    fn bytes_need_not_be_text() {
        assert_eq!(unquote(r#""\xff""#).as_deref(), Some(&b"\xff"[..]));
    }
}
