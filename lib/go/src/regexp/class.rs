//! Character classes. The crate gives meaning to `[`, `&&`, `--` and `~~` inside of them; Go does
//! not.

use super::translate::Translator;

const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

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
        if translator.peek() == Some(']') && !first {
            translator.at += 1;
            translator.out.push(']');
            return Ok(());
        }
        first = false;
        if !named(translator)? {
            range(translator, whole)?;
        }
    }
}

/// `[:alpha:]`, `\d`, `\pL`: classes within a class.
fn named(translator: &mut Translator<'_>) -> Result<bool, String> {
    let rest = translator.rest();
    if let Some((end, inside)) = rest.strip_prefix("[:").and_then(|text| Some((text.find(":]")?, text))) {
        let name = &inside[..end];
        let text = &rest[..end + 4];
        if !POSIX.contains(&name.strip_prefix('^').unwrap_or(name)) {
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
        [b'\\', b'p' | b'P', ..] => return translator.unicode_class().map(|()| true),
        _ => return Ok(false),
    };
    translator.out.push_str(ascii);
    translator.at += 2;
    Ok(true)
}

/// `a`, or `a-z`. A dash that is not between two characters stands for itself.
fn range(translator: &mut Translator<'_>, whole: &str) -> Result<(), String> {
    let start = translator.at;
    let low = single(translator, whole)?;
    translator.literal(low);
    let rest = translator.rest();
    if !rest.starts_with('-') || rest.len() < 2 || rest[1..].starts_with(']') {
        return Ok(());
    }
    translator.at += 1;
    translator.out.push('-');
    let high = single(translator, whole)?;
    translator.literal(high);
    if high < low {
        let shown = &translator.pattern[start..translator.at];
        return Err(format!("invalid character class range: `{shown}`"));
    }
    Ok(())
}

/// One character.
fn single(translator: &mut Translator<'_>, whole: &str) -> Result<char, String> {
    match translator.peek() {
        None => Err(format!("missing closing ]: `{whole}`")),
        Some('\\') => translator.character_escape(),
        Some(c) => {
            translator.at += c.len_utf8();
            Ok(c)
        }
    }
}
