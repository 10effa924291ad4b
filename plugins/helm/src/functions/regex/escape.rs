//! Escapes: what stands behind a backslash for one character, or for a class of Unicode's.

/// An escape that stands for one character, and its length.
///
/// # Errors
/// Go's words for what is none.
pub(super) fn character(text: &str) -> Result<(char, usize), String> {
    let Some(c) = text[1..].chars().next() else {
        return Err("trailing backslash at end of expression: ``".to_owned());
    };
    let plain = match c {
        'a' => '\x07',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        '0'..='7' => return octal(text),
        'x' => return hexadecimal(text),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => c,
        c => return Err(invalid(&text[..=c.len_utf8()])),
    };
    Ok((plain, 2))
}

fn invalid(shown: &str) -> String {
    format!("invalid escape sequence: `{shown}`")
}

/// Up to three digits. One alone, but for a zero, would be a reference to a group.
fn octal(text: &str) -> Result<(char, usize), String> {
    let digits = text[1..].bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    if digits < 2 && !text.starts_with("\\0") {
        return Err(invalid(&text[..2]));
    }
    let code = u32::from_str_radix(&text[1..=digits], 8).ok().and_then(char::from_u32);
    code.map(|c| (c, 1 + digits)).ok_or_else(|| invalid(&text[..=digits]))
}

/// `\x41` or `\x{1F600}`. What is wrong is shown up to the character that is.
fn hexadecimal(text: &str) -> Result<(char, usize), String> {
    let Some(inside) = text[2..].strip_prefix('{') else {
        let length = text.chars().take(4).map(char::len_utf8).sum();
        let code = text[2..length].chars().try_fold(0, |code, c| Some(code * 16 + c.to_digit(16)?));
        let code = code.filter(|_| length == 4).and_then(char::from_u32);
        return code.map(|c| (c, 4)).ok_or_else(|| invalid(&text[..length]));
    };
    let mut code = 0;
    for (index, c) in inside.char_indices() {
        let length = 3 + index + c.len_utf8();
        if c == '}' && index > 0 {
            return char::from_u32(code).map(|c| (c, length)).ok_or_else(|| invalid(&text[..length]));
        }
        match c.to_digit(16).map(|digit| code * 16 + digit) {
            Some(next) if next <= u32::from(char::MAX) => code = next,
            _ => return Err(invalid(&text[..length])),
        }
    }
    Err(invalid(text))
}

/// `\pL`, `\P{Greek}` or `\p{^Greek}` in the crate's syntax, and the length of Go's.
///
/// # Errors
/// Go's words for a name that is none.
pub(super) fn unicode_class(text: &str) -> Result<(String, usize), String> {
    let bad = |shown: &str| Err(format!("invalid character class range: `{shown}`"));
    let (name, length) = match text[2..].chars().next() {
        None => return bad(text),
        Some('{') => match text.find('}') {
            None => return bad(text),
            Some(end) => (&text[3..end], end + 1),
        },
        Some(c) => (&text[2..2 + c.len_utf8()], 2 + c.len_utf8()),
    };
    let (bare, negated) = name.strip_prefix('^').map_or((name, false), |bare| (bare, true));
    let sign = if text.starts_with("\\P") == negated { 'p' } else { 'P' };
    let class = format!("\\{sign}{{{bare}}}");
    // The crate knows more than names of categories and scripts, all of it with a sign within.
    let is_name = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '-' | ' ');
    if bare.is_empty() || !bare.chars().all(is_name) || regex::Regex::new(&class).is_err() {
        return bad(&text[..length]);
    }
    Ok((class, length))
}
