//! Text from a repository or a plugin, made safe to show.
//!
//! A terminal acts on some characters instead of showing them, and a log takes a line break for the
//! end of an entry. What is printed for people goes through here last; manifests, which are data,
//! do not.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a terminal or a log does something else with a character than showing it: it moves the
/// cursor, starts a command of the terminal, turns the direction of writing, breaks a line, or
/// takes no room at all.
pub fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Whether a character cannot be seen: those of [`is_control`], and what a font shows as nothing
/// or joins to its neighbours, so that two names which differ could look the same.
pub fn is_invisible(character: char) -> bool {
    is_control(character)
        || matches!(
            character,
            '\u{ad}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{180e}'
                | '\u{200c}'
                | '\u{200d}'
                | '\u{3164}'
                | '\u{ffa0}'
        )
}

/// The text as one line: line breaks are written as `\n`.
pub fn line(text: &str) -> Cow<'_, str> {
    escape(text, |character| is_control(character) && character != '\t')
}

/// The text with its own line breaks.
pub fn block(text: &str) -> Cow<'_, str> {
    escape(text, |character| is_control(character) && !matches!(character, '\t' | '\n'))
}

/// JSON with the same meaning, without characters of [`is_control`] but line breaks between values.
pub fn json(text: &str) -> Cow<'_, str> {
    escape_json(text, is_control)
}

/// The text with some characters written as in Rust's strings.
pub fn escape(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    replace(text, is_escaped, |escaped, character| escaped.extend(character.escape_default()))
}

/// JSON with the same meaning, with some characters written as `\uXXXX`. Line breaks, which stand
/// between values alone, are kept.
pub fn escape_json(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    let is_escaped = |character: char| is_escaped(character) && character != '\n';
    replace(text, is_escaped, |escaped, character| {
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    })
}

fn replace(
    text: &str,
    is_replaced: impl Fn(char) -> bool,
    write: impl Fn(&mut String, char),
) -> Cow<'_, str> {
    if !text.contains(&is_replaced) {
        return Cow::Borrowed(text);
    }
    let mut replaced = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_replaced(character) {
            write(&mut replaced, character);
        } else {
            replaced.push(character);
        }
    }
    Cow::Owned(replaced)
}

/// The text if it has at most so many bytes, else its beginning and a line that says how much is
/// missing.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    /// Room for the last line.
    const ROOM: usize = 64;
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(most.saturating_sub(ROOM));
    // After a whole line where that does not lose much.
    let end = text[..end].rfind('\n').filter(|line_end| line_end * 2 > end).unwrap_or(end);
    Cow::Owned(format!("{}\n... {} more bytes are not shown", &text[..end], text.len() - end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_acts_on_is_escaped() {
        for (text, expected) in [
            ("ä 日本 👩‍💻 a\tb", "ä 日本 👩‍💻 a\tb"),
            ("\u{1b}[31mred\u{7}\r", "\\u{1b}[31mred\\u{7}\\r"),
            ("a\nerror: forged", "a\\nerror: forged"),
            ("c1 \u{9b}2J del \u{7f}", "c1 \\u{9b}2J del \\u{7f}"),
            ("\u{202e}gpj.exe \u{2066}\u{200f}", "\\u{202e}gpj.exe \\u{2066}\\u{200f}"),
            ("\u{2028}\u{85}\u{feff}\u{e0041}", "\\u{2028}\\u{85}\\u{feff}\\u{e0041}"),
        ] {
            assert_eq!(line(text), expected);
        }
        assert_eq!(block("a\r\n\tb\u{1b}c"), "a\\r\n\tb\\u{1b}c");
        assert!(matches!(block("plain\ntext"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_cannot_be_seen_is_escaped_on_request() {
        assert_eq!(escape("a\u{200d}b\u{ad}\t", is_invisible), "a\\u{200d}b\\u{ad}\\t");
        assert!((0..=0x10_ffff).filter_map(char::from_u32).all(|c| !is_control(c) || is_invisible(c)));
    }

    #[test]
    fn json_keeps_its_meaning() {
        let value = serde_json::json!({"a\u{9b}": "\u{202e}\u{e0041}\u{7f}\n\u{1b}", "b": [1]});
        let text = serde_json::to_string_pretty(&value).unwrap();
        let safe = json(&text);
        assert!(!safe.contains(|c: char| is_control(c) && c != '\n'), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("abc", 3), "abc");
        let long = "ä".repeat(200);
        let short = cut(&long, 100);
        assert!(short.len() <= 100, "{}", short.len());
        assert!(short.ends_with("\n... 364 more bytes are not shown"), "{short}");
        let lines = "0123456789\n".repeat(40);
        assert_eq!(cut(&lines, 120).lines().nth(4), Some("0123456789"));
        assert_eq!(cut(&lines, 120).lines().nth(5), Some("... 386 more bytes are not shown"));
    }
}
