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
/// Go knows long names of categories, and all names however they are written, since its version
/// 1.25; before, `long_names` is off.
///
/// # Errors
/// Go's words for a name that is none.
pub(super) fn unicode_class(text: &str, long_names: bool) -> Result<(String, usize), String> {
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
    if !long_names && !is_short_name(bare) {
        return bad(&text[..length]);
    }
    Ok((class, length))
}

/// Whether a name is that of a category in one or two letters, or of a script, as Unicode spells
/// it.
fn is_short_name(name: &str) -> bool {
    let word = |word: &str| word.starts_with(|first: char| first.is_ascii_uppercase());
    let is_spelled = name.split('_').all(word) && !name.contains(['-', ' ']);
    let is_script = || regex::Regex::new(&format!("\\p{{Script={name}}}")).is_ok();
    is_spelled
        && (name.len() <= 2 && name != "LC"
            || name == "Any"
            || name.len() > 4 && is_script()
            || is_four(name))
}

/// The scripts whose names have no more than four letters, as the codes of others do.
fn is_four(name: &str) -> bool {
    ["Ahom", "Cham", "Han", "Kawi", "Lao", "Lisu", "Mro", "Newa", "Nko", "Thai", "Toto", "Vai", "Yi"]
        .contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_classes_are_short_before_go_1_25() {
        for name in ["L", "Lu", "Greek", "Old_Italic", "Han", "Any"] {
            let text = format!("\\p{{{name}}}");
            assert!(unicode_class(&text, false).is_ok() && unicode_class(&text, true).is_ok(), "{name}");
        }
        for name in ["Letter", "lu", "greek", "Uppercase_Letter", "ASCII", "LC", "Grek", "Old Italic"] {
            let text = format!("\\p{{{name}}}");
            let message = format!("invalid character class range: `{text}`");
            assert_eq!(unicode_class(&text, false), Err(message), "{name}");
        }
    }
}
