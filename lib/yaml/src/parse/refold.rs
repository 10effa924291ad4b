//! What kustomize makes of folded block scalars.
//!
//! It writes each object as YAML and reads it back before it prints, and go-yaml v3 loses its way
//! where lines of a folded scalar are indented deeper than the others: it writes breaks that read
//! back as more than there were, or as fewer. Users see that in their output, so it is followed
//! here.

use std::borrow::Cow;

use crate::ParseError;
use crate::analyze::allows_block;
use crate::scan::{Scanner, TokenKind};

/// A folded scalar's value after it was written by go-yaml v3 and read again.
pub(super) fn refold(value: Cow<'_, str>) -> Result<Cow<'_, str>, ParseError> {
    let blank = |line: &str| line.starts_with([' ', '\t']);
    // Without lines of their own indentation and empty ones at either end all is well.
    if !value.split('\n').any(blank) && !value.starts_with('\n') && !value.ends_with("\n\n") {
        return Ok(value);
    }
    // Other text is written in double quotes, which lose nothing.
    if !allows_block(&value.replace('\t', "-")) || value.contains(['\r', '\u{85}', '\u{2028}', '\u{2029}']) {
        return Ok(value);
    }
    let written = write(&value);
    let mut scanner = Scanner::new(&written, 0, 2);
    loop {
        match scanner.next()?.kind {
            TokenKind::Scalar { value, .. } => return Ok(Cow::Owned(value.into_owned())),
            TokenKind::StreamEnd => return Ok(value),
            _ => {}
        }
    }
}

/// The folded scalar as go-yaml v3 writes it, as the item of a list.
fn write(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 64);
    out.push_str("- >");
    if value.starts_with([' ', '\n']) {
        out.push('2');
    }
    match value.strip_suffix('\n') {
        None => out.push('-'),
        Some(rest) if rest.is_empty() || rest.ends_with('\n') => out.push('+'),
        Some(_) => {}
    }
    out.push('\n');
    // The port looks for the next text from the start of the value where it means the break at
    // hand.
    let doubles = value.trim_start_matches('\n').starts_with(|character| !matches!(character, ' ' | '\t'));
    let mut at_break = true;
    let mut leading_space = true;
    for character in value.chars() {
        if character == '\n' {
            if !at_break && !leading_space && doubles {
                out.push('\n');
            }
            out.push('\n');
            at_break = true;
        } else {
            if at_break {
                out.push_str("  ");
                leading_space = matches!(character, ' ' | '\t');
            }
            out.push(character);
            at_break = false;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_around_deeper_lines_change() {
        for (value, read_back) in [
            ("a b\nc\n", "a b\nc\n"),
            ("a\n * b\n * c\nd\n", "a\n\n * b\n * c\nd\n"),
            (" a\nb\n", " a\nb\n"),
            ("a", "a"),
            ("a\n\n", "a\n\n\n"),
        ] {
            assert_eq!(refold(Cow::Borrowed(value)).unwrap(), read_back, "{value:?}");
        }
    }
}
