//! Plain, quoted and block scalars.

use std::borrow::Cow;

use super::{Mark, Scanner, Style, TokenKind};
use crate::ParseError;

/// What happens to the line breaks at the end of a block scalar.
#[derive(Clone, Copy, PartialEq)]
enum Chomping {
    /// `-`: all go.
    Strip,
    /// The first stays.
    Clip,
    /// `+`: all stay.
    Keep,
}

/// The bytes that end a plain scalar nowhere but after white space.
const IS_WORD: [bool; 256] = {
    let mut word = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        word[byte as usize] = !matches!(byte, b':' | b',' | b'?' | b'[' | b']' | b'{' | b'}');
        byte += 1;
    }
    word
};

/// The white space between two pieces of a scalar that may span lines.
#[derive(Default)]
struct Gap {
    /// Byte offsets of the blanks, as long as no line break was seen.
    blanks: (usize, usize),
    first_break: Option<&'static str>,
    more_breaks: String,
}

impl Gap {
    fn add_break(&mut self, taken: &str) {
        // Only Unicode's separators stand for themselves; everything else is a newline.
        let taken = match taken {
            "\u{2028}" => "\u{2028}",
            "\u{2029}" => "\u{2029}",
            _ => "\n",
        };
        match self.first_break {
            None => self.first_break = Some(taken),
            Some(_) => self.more_breaks.push_str(taken),
        }
    }

    /// Writes what the line breaks fold to: one newline becomes a space, of several the first goes.
    fn fold_into(&mut self, value: &mut String) {
        match self.first_break.take() {
            Some("\n") if self.more_breaks.is_empty() => value.push(' '),
            Some("\n") | None => {}
            Some(separator) => value.push_str(separator),
        }
        value.push_str(&self.more_breaks);
        self.more_breaks.clear();
    }
}

impl<'a> Scanner<'a> {
    pub(super) fn fetch_plain_scalar(&mut self) -> Result<(), ParseError> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.cursor.mark();
        let (value, end) = self.scan_plain(mark)?;
        self.push_to(TokenKind::Scalar { value, style: Style::Plain }, mark, end);
        Ok(())
    }

    /// The value, and where it ends.
    pub(super) fn scan_plain(&mut self, mark: Mark) -> Result<(Cow<'a, str>, usize), ParseError> {
        let indent = usize::try_from(self.indent + 1).unwrap_or(0);
        let mut gap = Gap::default();
        // The value is a slice of the text as long as it stays on one line.
        let (mut from, mut to) = (self.cursor.offset, self.cursor.offset);
        let mut folded: Option<String> = None;
        loop {
            if self.cursor.at_document_indicator() || self.cursor.peek(0) == b'#' {
                break;
            }
            let piece = self.cursor.offset;
            self.skip_plain_run();
            if self.cursor.offset > piece {
                if gap.first_break.is_some() {
                    let value = folded.get_or_insert_default();
                    value.push_str(self.cursor.slice(from, to));
                    gap.fold_into(value);
                    from = piece;
                    self.simple_key_allowed = false;
                }
                to = self.cursor.offset;
            }
            if !self.cursor.is_blank(0) && self.cursor.line_break(0) == 0 {
                break;
            }
            self.skip_plain_gap(&mut gap, indent, mark)?;
            if self.in_block() && self.cursor.indentation() < indent {
                break;
            }
        }
        if gap.first_break.is_some() {
            self.simple_key_allowed = true;
        }
        let last = self.cursor.slice(from, to);
        let value = match folded {
            None => Cow::Borrowed(last),
            Some(mut value) => {
                value.push_str(last);
                Cow::Owned(value)
            }
        };
        Ok((value, to))
    }

    /// Steps over what is neither white space nor the end of a plain scalar.
    fn skip_plain_run(&mut self) {
        let block = self.in_block();
        loop {
            let rest = self.cursor.rest();
            let word = rest.iter().position(|byte| !IS_WORD[usize::from(*byte)]).unwrap_or(rest.len());
            self.cursor.skip(word);
            match self.cursor.peek(0) {
                // What follows cannot end the scalar, so that the space is a part of it.
                b' ' if self.cursor.peek(1).is_ascii_alphanumeric() => self.cursor.skip(2),
                b' ' | b'\t' | b'\n' | b'\r' => return,
                b':' if self.cursor.is_space_or_end(1) => return,
                b',' | b'?' | b'[' | b']' | b'{' | b'}' if !block => return,
                0x80.. => {
                    if self.cursor.is_break_or_end(0) {
                        return;
                    }
                    self.cursor.skip_character();
                }
                0 if self.cursor.at_end() => return,
                _ => self.cursor.skip(1),
            }
        }
    }

    fn skip_plain_gap(&mut self, gap: &mut Gap, indent: usize, mark: Mark) -> Result<(), ParseError> {
        loop {
            if self.cursor.is_blank(0) {
                if gap.first_break.is_some()
                    && self.cursor.indentation() < indent
                    && self.cursor.peek(0) == b'\t'
                {
                    let span = self.cursor.mark().span();
                    let error = ParseError::new("a tab cannot be indentation", span)
                        .hint(format!("indent the text that starts in line {} with spaces", mark.line + 1));
                    return Err(self.upstream(error, "found a tab character that violates indentation"));
                }
                self.cursor.skip(1);
            } else if self.cursor.line_break(0) > 0 {
                let taken = self.cursor.take_line_break();
                gap.add_break(taken);
            } else {
                return Ok(());
            }
        }
    }

    pub(super) fn fetch_quoted_scalar(&mut self, single: bool) -> Result<(), ParseError> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.cursor.mark();
        let value = self.scan_quoted(single, mark)?;
        self.push(TokenKind::Scalar { value, style: Style::Quoted }, mark);
        Ok(())
    }

    pub(super) fn scan_quoted(&mut self, single: bool, mark: Mark) -> Result<Cow<'a, str>, ParseError> {
        let quote = if single { b'\'' } else { b'"' };
        self.cursor.skip(1);
        // Most quoted scalars are what stands between the quotes.
        let simple = self.cursor.rest().iter().position(|byte| {
            matches!(byte, b'\\' | b'\n' | b'\r' | 0xC2 | 0xE2) && !(single && *byte == b'\\')
                || *byte == quote
        });
        if let Some(length) = simple
            && self.cursor.peek(length) == quote
            && !(single && self.cursor.peek(length + 1) == b'\'')
        {
            let value = self.cursor.slice(self.cursor.offset, self.cursor.offset + length);
            self.cursor.skip(length + 1);
            return Ok(Cow::Borrowed(value));
        }
        let mut value = String::new();
        let mut gap = Gap::default();
        loop {
            if self.cursor.at_document_indicator() || self.cursor.at_end() {
                let what = if single { "single" } else { "double" };
                let error = ParseError::new(format!("this {what} quote is never closed"), mark.span())
                    .hint("close it; a quote inside single quotes is written twice");
                return Err(self.upstream(
                    error,
                    if self.cursor.at_end() {
                        "found unexpected end of stream"
                    } else {
                        "found unexpected document indicator"
                    },
                ));
            }
            let mut escaped_break = false;
            while !self.cursor.is_space_or_end(0) {
                let byte = self.cursor.peek(0);
                if byte == quote {
                    if single && self.cursor.peek(1) == b'\'' {
                        value.push('\'');
                        self.cursor.skip(2);
                        continue;
                    }
                    break;
                }
                if !single && byte == b'\\' {
                    if self.cursor.line_break(1) > 0 {
                        self.cursor.skip(1);
                        self.cursor.take_line_break();
                        escaped_break = true;
                        break;
                    }
                    value.push(self.scan_escape()?);
                } else {
                    let from = self.cursor.offset;
                    self.cursor.skip_character();
                    value.push_str(self.cursor.slice(from, self.cursor.offset));
                }
            }
            if self.cursor.peek(0) == quote {
                self.cursor.skip(1);
                return Ok(Cow::Owned(value));
            }
            self.skip_quoted_gap(&mut gap, escaped_break, &mut value);
        }
    }

    /// White space within quotes: blanks stay, lines fold. After an escaped line break blanks go
    /// and breaks stay.
    fn skip_quoted_gap(&mut self, gap: &mut Gap, escaped_break: bool, value: &mut String) {
        let from = self.cursor.offset;
        let mut folds = escaped_break;
        if escaped_break {
            gap.first_break = None;
        }
        while self.cursor.is_blank(0) || self.cursor.line_break(0) > 0 {
            if self.cursor.is_blank(0) {
                self.cursor.skip(1);
                if !folds {
                    gap.blanks = (from, self.cursor.offset);
                }
            } else {
                let taken = self.cursor.take_line_break();
                if escaped_break {
                    // The break that begins a fold is the escaped one; all that follow stay.
                    gap.more_breaks.push_str(if taken.len() == 3 { taken } else { "\n" });
                } else {
                    gap.add_break(taken);
                }
                folds = true;
            }
        }
        if folds {
            gap.fold_into(value);
        } else {
            value.push_str(self.cursor.slice(gap.blanks.0, gap.blanks.1));
        }
        gap.blanks = (0, 0);
    }

    /// One escape of a double-quoted scalar.
    fn scan_escape(&mut self) -> Result<char, ParseError> {
        let mark = self.cursor.mark();
        let digits = match self.cursor.peek(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            simple => {
                let character = match simple {
                    b'0' => '\0',
                    b'a' => '\x07',
                    b'b' => '\x08',
                    b't' | b'\t' => '\t',
                    b'n' => '\n',
                    b'v' => '\x0B',
                    b'f' => '\x0C',
                    b'r' => '\r',
                    b'e' => '\x1B',
                    b' ' => ' ',
                    b'"' => '"',
                    b'\'' => '\'',
                    b'\\' => '\\',
                    b'N' => '\u{85}',
                    b'_' => '\u{A0}',
                    b'L' => '\u{2028}',
                    b'P' => '\u{2029}',
                    _ => {
                        let error = ParseError::new("unknown escape in double quotes", mark.span()).hint(
                            "write `\\\\` for a backslash, or use single quotes, which have no escapes",
                        );
                        return Err(self.upstream(error, "found unknown escape character"));
                    }
                };
                self.cursor.skip(2);
                return Ok(character);
            }
        };
        let mut code = 0_u32;
        for ahead in 0..digits {
            let digit = char::from(self.cursor.peek(2 + ahead)).to_digit(16).ok_or_else(|| {
                let message = format!("this escape needs {digits} hexadecimal digits");
                self.upstream(
                    ParseError::new(message, mark.span()),
                    "did not find expected hexdecimal number",
                )
            })?;
            code = (code << 4) | digit;
        }
        self.cursor.skip(2 + digits);
        char::from_u32(code).ok_or_else(|| {
            let error = ParseError::new("this escape is no Unicode character", mark.span())
                .hint("write characters beyond U+FFFF as `\\U` with eight digits, not as a surrogate pair");
            self.upstream(error, "found invalid Unicode character escape code")
        })
    }

    pub(super) fn fetch_block_scalar(&mut self, literal: bool) -> Result<(), ParseError> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        let mark = self.cursor.mark();
        let (value, end) = self.scan_block(literal, mark)?;
        let style = if literal { Style::Quoted } else { Style::Folded };
        self.push_to(TokenKind::Scalar { value: Cow::Owned(value), style }, mark, end);
        Ok(())
    }

    /// The value, and where it ends: before the line break of its last line.
    pub(super) fn scan_block(&mut self, literal: bool, mark: Mark) -> Result<(String, usize), ParseError> {
        self.cursor.skip(1);
        let (chomping, increment, mut end) = self.scan_block_header(mark)?;
        let base = usize::try_from(self.indent).unwrap_or(0);
        let mut indent = increment.map_or(0, |increment| base + increment);

        let mut value = String::new();
        let mut first_break = "";
        let mut more_breaks = String::new();
        let mut leading_blank = false;
        self.skip_block_breaks(&mut indent, &mut more_breaks)?;
        while self.cursor.indentation() == indent && !self.cursor.at_end() {
            let blank = self.cursor.is_blank(0);
            if !literal && !leading_blank && !blank && first_break == "\n" {
                if more_breaks.is_empty() {
                    value.push(' ');
                }
            } else {
                value.push_str(first_break);
            }
            value.push_str(&more_breaks);
            more_breaks.clear();
            leading_blank = blank;

            let from = self.cursor.offset;
            self.cursor.skip_to_line_end();
            end = self.cursor.offset;
            value.push_str(self.cursor.slice(from, end));
            first_break = if self.cursor.at_end() { "" } else { self.cursor.take_line_break() };
            self.skip_block_breaks(&mut indent, &mut more_breaks)?;
        }
        if chomping != Chomping::Strip {
            value.push_str(first_break);
        }
        if chomping == Chomping::Keep {
            value.push_str(&more_breaks);
            if !more_breaks.is_empty() {
                let lines = self.cursor.slice(0, self.cursor.offset - self.cursor.indentation());
                let last = lines.strip_suffix('\n').unwrap_or(lines);
                end = end.max(last.strip_suffix('\r').unwrap_or(last).len());
            }
        }
        Ok((value, end))
    }

    /// What follows `|` or `>` on its line: chomping and indentation in either order, and a
    /// comment. And where the line ends.
    fn scan_block_header(&mut self, mark: Mark) -> Result<(Chomping, Option<usize>, usize), ParseError> {
        let mut chomping = None;
        let mut increment = None;
        for _ in 0..2 {
            match self.cursor.peek(0) {
                sign @ (b'+' | b'-') if chomping.is_none() => {
                    chomping = Some(if sign == b'+' { Chomping::Keep } else { Chomping::Strip });
                    self.cursor.skip(1);
                }
                b'0' if increment.is_none() => {
                    let error = ParseError::new("a block cannot be indented by 0", mark.span());
                    return Err(self.upstream(error, "found an indentation indicator equal to 0"));
                }
                digit @ b'1'..=b'9' if increment.is_none() => {
                    increment = Some(usize::from(digit - b'0'));
                    self.cursor.skip(1);
                }
                _ => break,
            }
        }
        self.cursor.skip_blanks();
        if self.cursor.peek(0) == b'#' {
            self.cursor.skip_to_line_end();
        }
        if !self.cursor.is_break_or_end(0) {
            let error = ParseError::new("the text of a block starts on the next line", mark.span())
                .hint("put text that starts with `|` or `>` in quotes");
            return Err(self.upstream(error, "did not find expected comment or line break"));
        }
        let end = self.cursor.offset;
        if self.cursor.line_break(0) > 0 {
            self.cursor.take_line_break();
        }
        Ok((chomping.unwrap_or(Chomping::Clip), increment, end))
    }

    /// Steps over indentation and empty lines. The first line with text settles the indentation
    /// where the header left it open.
    fn skip_block_breaks(&mut self, indent: &mut usize, breaks: &mut String) -> Result<(), ParseError> {
        let mut deepest = 0;
        loop {
            let left = indent.saturating_sub(self.cursor.indentation());
            self.cursor.skip_spaces(if *indent == 0 { usize::MAX } else { left });
            deepest = deepest.max(self.cursor.indentation());
            if (*indent == 0 || self.cursor.indentation() < *indent) && self.cursor.peek(0) == b'\t' {
                let span = self.cursor.mark().span();
                let error = ParseError::new("a tab cannot be indentation", span).hint("indent with spaces");
                return Err(
                    self.upstream(error, "found a tab character where an indentation space is expected")
                );
            }
            if self.cursor.line_break(0) == 0 {
                break;
            }
            let taken = self.cursor.take_line_break();
            breaks.push_str(taken);
        }
        if *indent == 0 {
            *indent = deepest.max(usize::try_from(self.indent + 1).unwrap_or(0)).max(1);
        }
        Ok(())
    }
}
