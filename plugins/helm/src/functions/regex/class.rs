//! Character classes. The crate gives meaning to `[`, `&&`, `--` and `~~` inside of them; Go does not.

use super::translate::Translator;

/// `[…]`, at its opening bracket.
pub(super) fn class(translator: &mut Translator<'_>) -> Result<(), String> {
    let whole = translator.rest();
    translator.at += 1;
    translator.out.push('[');
    if translator.peek() == Some('^') {
        translator.at += 1;
        translator.out.push('^');
    }
    let mut first = true;
    loop {
        let Some(c) = translator.peek() else {
            return Err(format!("missing closing ]: `{whole}`"));
        };
        if c == ']' && !first {
            translator.at += 1;
            translator.out.push(']');
            return Ok(());
        }
        let rest = translator.rest();
        // A dash stands for itself at the ends; elsewhere it must be part of a range.
        if c == '-' && !first && !rest[1..].starts_with(']') && !rest[1..].is_empty() {
            let shown: String = rest.chars().take(2).collect();
            return Err(format!("invalid character class range: `{shown}`"));
        }
        first = false;
        if named(translator)? {
            continue;
        }
        range(translator)?;
    }
}

/// `[:alpha:]`, `\d`, `\pL`: classes within a class.
fn named(translator: &mut Translator<'_>) -> Result<bool, String> {
    const POSIX: [&str; 14] = [
        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
        "upper", "word", "xdigit",
    ];
    let rest = translator.rest();
    if let Some((end, inside)) = rest.strip_prefix("[:").and_then(|text| Some((text.find(":]")?, text))) {
        let name = &inside[..end];
        let text = &rest[..end + 4];
        if !POSIX.contains(&name.trim_start_matches('^')) {
            return Err(format!("invalid character class range: `{text}`"));
        }
        translator.out.push_str(text);
        translator.at += text.len();
        return Ok(true);
    }
    let ascii = match rest.as_bytes() {
        [b'\\', b'd', ..] => "0-9",
        [b'\\', b'D', ..] => "[^0-9]",
        [b'\\', b's', ..] => "\\t\\n\\x0C\\r ",
        [b'\\', b'S', ..] => "[^\\t\\n\\x0C\\r ]",
        [b'\\', b'w', ..] => "0-9A-Za-z_",
        [b'\\', b'W', ..] => "[^0-9A-Za-z_]",
        [b'\\', b'p' | b'P', ..] => return translator.character_escape().map(|()| true),
        _ => return Ok(false),
    };
    translator.out.push_str(ascii);
    translator.at += 2;
    Ok(true)
}

/// `a`, or `a-z`.
fn range(translator: &mut Translator<'_>) -> Result<(), String> {
    let start = translator.at;
    let low = single(translator)?;
    let rest = translator.rest();
    if !rest.starts_with('-') || rest[1..].starts_with(']') || rest.len() < 2 {
        return Ok(());
    }
    translator.at += 1;
    translator.out.push('-');
    let high = single(translator)?;
    if high < low {
        let shown = &translator.pattern[start..translator.at];
        return Err(format!("invalid character class range: `{shown}`"));
    }
    Ok(())
}

/// One character and its code point.
fn single(translator: &mut Translator<'_>) -> Result<u32, String> {
    let Some(c) = translator.peek() else {
        return Err(format!("missing closing ]: `{}`", translator.pattern));
    };
    if c == '\\' {
        let before = translator.out.len();
        translator.character_escape()?;
        return Ok(code_of(&translator.out[before..]));
    }
    if matches!(c, '[' | ']' | '&' | '-' | '~' | '^') {
        translator.out.push('\\');
    }
    translator.out.push(c);
    translator.at += c.len_utf8();
    Ok(u32::from(c))
}

/// The code point of an escape as the translator writes them: `\x{41}` or `\.`.
fn code_of(escape: &str) -> u32 {
    match escape.strip_prefix("\\x{").and_then(|text| text.strip_suffix('}')) {
        Some(digits) => u32::from_str_radix(digits, 16).unwrap_or(0),
        None => escape.chars().nth(1).map_or(0, u32::from),
    }
}
