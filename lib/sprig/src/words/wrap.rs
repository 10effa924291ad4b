//! Lines of a width, abbreviations, initials: by bytes, as `goutils` counts.

use oarlock_go_template::Str;

/// `WrapCustom`.
pub(super) fn wrap(text: &Str, width: i64, separator: &[u8], long_words: bool) -> Str {
    let text = text.as_bytes();
    let separator: &[u8] = if separator.is_empty() { b"\n" } else { separator };
    let width = usize::try_from(width).unwrap_or(1).max(1);
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while text.len() - at > width {
        if text[at] == b' ' {
            at += 1;
            continue;
        }
        let end = (at + width + 1).min(text.len());
        if let Some(space) = text[at..end].iter().rposition(|byte| *byte == b' ') {
            out.extend_from_slice(&text[at..at + space]);
            out.extend_from_slice(separator);
            at += space + 1;
        } else if long_words {
            out.extend_from_slice(&text[at..at + width]);
            out.extend_from_slice(separator);
            at += width;
        } else if let Some(space) = text[at + width..].iter().position(|byte| *byte == b' ') {
            out.extend_from_slice(&text[at..at + width + space]);
            out.extend_from_slice(separator);
            at += width + space + 1;
        } else {
            out.extend_from_slice(&text[at..]);
            at = text.len();
        }
    }
    out.extend_from_slice(&text[at..]);
    out.into()
}

/// `AbbreviateFull`, which leaves texts alone that are short enough; a width that is too small
/// gives what sprig makes of the error.
pub(super) fn abbreviate(text: &Str, offset: i64, width: i64) -> Str {
    const MARKER: &[u8] = b"...";
    let Some(width) = usize::try_from(width).ok().filter(|width| *width >= 4) else {
        return text.clone();
    };
    let bytes = text.as_bytes();
    if bytes.len() <= width {
        return text.clone();
    }
    let kept = width - 3;
    let mut offset = usize::try_from(offset).unwrap_or(0).min(bytes.len());
    if bytes.len() - offset < kept {
        offset = bytes.len() - kept;
    }
    if offset <= 4 {
        return [&bytes[..kept], MARKER].concat().into();
    }
    if width < 7 {
        return Str::EMPTY;
    }
    if offset + kept >= bytes.len() {
        return [MARKER, &bytes[bytes.len() - kept..]].concat().into();
    }
    let rest = Str::from(&bytes[offset..]);
    // `Abbreviate` refuses such a width, and its error is dropped.
    let rest = if kept < 4 { Str::EMPTY } else { abbreviate(&rest, 0, kept.try_into().unwrap_or(i64::MAX)) };
    [MARKER, rest.as_bytes()].concat().into()
}

/// `Initials`: the first byte of each word, taken for a character.
pub(super) fn initials(text: &Str) -> String {
    let mut gap = true;
    let mut out = String::new();
    for byte in text.as_bytes() {
        let c = char::from(*byte);
        if c.is_whitespace() {
            gap = true;
        } else if std::mem::take(&mut gap) {
            out.push(c);
        }
    }
    out
}

/// `DeleteWhiteSpace`: each byte is taken for a character, so what is not ASCII comes out changed
/// once there is space to delete.
pub(super) fn without_space(text: &Str) -> Str {
    let is_space = |byte: &u8| char::from(*byte).is_whitespace();
    if !text.as_bytes().iter().any(is_space) {
        return text.clone();
    }
    text.as_bytes()
        .iter()
        .filter(|byte| !is_space(byte))
        .map(|byte| char::from(*byte))
        .collect::<String>()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations() {
        let text = Str::from("hello world");
        assert_eq!(abbreviate(&text, 0, 5), "he...");
        assert_eq!(abbreviate(&Str::from("1234 5678 9123"), 5, 10), "...5678...");
        assert_eq!(abbreviate(&text, 0, 3), "hello world");
    }

    #[test]
    fn lines() {
        assert_eq!(wrap(&"Hello World".into(), 5, b"", false), "Hello\nWorld");
        assert_eq!(wrap(&"Hello World".into(), 5, b"\t", true), "Hello\tWorld");
        assert_eq!(wrap(&"abcdefgh".into(), 3, b"|", true), "abc|def|gh");
    }
}
