//! Text from a repository that cannot be anything but text: in Markdown, in HTML, in a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

use oarlock_model::printable;

/// The text as one line in which every character is seen.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    printable::escape(text, printable::is_invisible)
}

/// JSON with the same meaning in which every character is seen.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    printable::escape_json(text, printable::is_invisible)
}

/// The text if it has at most so many characters, else its beginning and how much is missing.
pub(crate) fn clip(text: &str, most: usize) -> Cow<'_, str> {
    // A character has at least one byte.
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let Some((end, _)) = text.char_indices().nth(most) else { return Cow::Borrowed(text) };
    Cow::Owned(format!("{}… ({} more)", &text[..end], text[end..].chars().count()))
}

/// The length of the longest run of backticks.
pub(crate) fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// A code span that holds the text, at most so many characters of it. Nothing in a code span is
/// markup, a mention or a link.
pub(crate) fn code_span(text: &str, most: usize) -> String {
    let text = line(text);
    let text = clip(&text, most);
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    // A space on both sides is dropped again, so that a backtick may stand at the edge, and a text
    // of spaces alone keeps them.
    let is_padded = text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
    let pad = if is_padded && !text.trim().is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A code span in a cell of a table, where a pipe would end the cell even in a code span.
pub(crate) fn code_cell(text: &str, most: usize) -> String {
    // The backslash before a pipe is taken by the table; one that was there already would take its
    // place, so a text with both is written without pipes.
    let text =
        if text.contains("\\|") { Cow::Owned(text.replace('|', "\u{2502}")) } else { Cow::Borrowed(text) };
    let span = code_span(&text, most);
    // A backslash at the end would take the pipe that ends the cell; the span's fence stands
    // between.
    span.replace('|', "\\|")
}

/// A sentence of ours in which names from the repository stand in backticks, as Markdown.
pub(crate) fn sentence(text: &str, most: usize) -> String {
    let text = line(text);
    let text = clip(&text, most);
    let mut markdown = String::with_capacity(text.len() + 16);
    for (index, part) in text.split('`').enumerate() {
        if index % 2 == 1 {
            markdown += &code_span(part, most);
        } else {
            markdown += &plain(part);
        }
    }
    markdown
}

/// Text outside of code spans.
fn plain(text: &str) -> String {
    /// What stands between a sign and a word, so that they are no mention, reference or link. It
    /// takes no room.
    const APART: char = '\u{2060}';
    let mut markdown = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '&' => markdown += "&amp;",
            '<' => markdown += "&lt;",
            '>' => markdown += "&gt;",
            '\\' | '*' | '_' | '{' | '}' | '[' | ']' | '|' | '#' | '!' | '~' | '^' | '$' => {
                markdown.push('\\');
                markdown.push(character);
            }
            _ => markdown.push(character),
        }
        let is_sign = matches!(character, '@' | '#' | '!' | '~' | '%' | '$' | '&' | '^');
        if is_sign && characters.peek().is_some_and(|next| next.is_alphanumeric() || *next == '"') {
            markdown.push(APART);
        }
    }
    // Addresses become links by themselves.
    markdown.replace("://", ":\u{2060}//").replace("www.", "www\u{2060}.")
}

/// Text as HTML, in elements and in quoted attributes.
pub(crate) fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in line(text).chars() {
        match character {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Text as HTML within Markdown, where Markdown looks into elements.
pub(crate) fn html_in_markdown(text: &str, most: usize) -> String {
    let text = line(text);
    let mut escaped = String::with_capacity(text.len() * 2);
    for character in clip(&text, most).chars() {
        if character.is_ascii_punctuation() && !matches!(character, '-' | '.' | '/') {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "&#{};", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped.replace("www.", "www&#46;")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("web", "`web`")]
    #[case("@team", "`@team`")]
    #[case("a`b", "``a`b``")]
    #[case("`", "`` ` ``")]
    #[case("``` a", "```` ``` a ````")]
    #[case("", "(empty)")]
    #[case(" ", "` `")]
    #[case(" a", "`  a `")]
    #[case("a\nb\u{202e}c", "`a\\nb\\u{202e}c`")]
    #[case("<!-- x -->", "`<!-- x -->`")]
    fn code_spans_hold_any_text(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(code_span(text, 100), expected);
    }

    #[test]
    fn cells_keep_their_pipes() {
        assert_eq!(code_cell("a|b", 100), "`a\\|b`");
        assert_eq!(code_cell("a\\|b", 100), "`a\\\u{2502}b`");
    }

    #[test]
    fn sentences_keep_their_names() {
        let text = "the next sync deletes `Namespace <b>`, *now* @all see https://x.y";
        assert_eq!(
            sentence(text, 100),
            "the next sync deletes `Namespace <b>`, \\*now\\* @\u{2060}all see https:\u{2060}//x.y"
        );
        assert_eq!(sentence("open `end", 100), "open `end`");
    }

    #[test]
    fn long_text_says_how_much_is_missing() {
        assert_eq!(clip("äöü", 3), "äöü");
        assert_eq!(clip("äöüß", 2), "äö… (2 more)");
    }

    #[test]
    fn html_is_text() {
        assert_eq!(html("<a href=\"x\">&'\u{1b}"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;\\u{1b}");
        assert_eq!(html_in_markdown("a_b</summary>`", 100), "a&#95;b&#60;/summary&#62;&#96;");
    }
}
