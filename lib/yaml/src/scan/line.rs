//! Lines of block collections, as nearly all manifests are written: read at once, without tokens.
//!
//! What a function here does not know, whether it is right or wrong, it answers with `None`, and
//! the text is read again by way of tokens. So nothing here finds mistakes.

use std::borrow::Cow;

use super::{Mark, SIMPLE_KEY_LENGTH, Scanner, Style};
use oarlock_bytes::{printable_run_without, space_run};

/// What a line starts with, behind its indentation.
pub(crate) enum Line {
    /// Something in this column.
    Column(usize),
    /// The document has ended, by the end of the text or by a marker.
    End,
}

/// What stands at one place of a line.
pub(crate) enum Word<'a> {
    /// The `-` of a list item. What follows it has not been read.
    Dash,
    /// A key with its `:`. What follows it has not been read.
    Key(&'a str, Style),
    /// A scalar, to the end of its last line.
    Scalar(Cow<'a, str>, Style),
    /// A list in brackets on one line: its scalars, and where they start. To the end of the line.
    List(Vec<(Cow<'a, str>, Style, Mark)>),
    /// `{}`, to the end of its line.
    NoEntries,
}

/// How a plain scalar ends on its first line.
enum PlainEnd {
    /// At the `:` of a key.
    Colon,
    /// With the line, or before a comment.
    Line,
}

impl<'a> Scanner<'a> {
    /// The place of the next character, before which nothing but ASCII stands in its line.
    pub(crate) fn line_mark(&self) -> Mark {
        let column = u32::try_from(self.cursor.indentation()).unwrap_or(u32::MAX);
        Mark { offset: self.cursor.offset, line: self.cursor.line(), column }
    }

    /// Steps to the first line that has more than a comment.
    pub(crate) fn next_line(&mut self) -> Option<Line> {
        loop {
            self.cursor.skip_spaces(usize::MAX);
            match self.cursor.peek(0) {
                b'\n' => {
                    self.cursor.take_line_break();
                }
                b'#' => self.skip_comment(),
                0 if self.cursor.at_end() => return Some(Line::End),
                b'-' | b'.' if self.cursor.at_document_indicator() => return Some(Line::End),
                b'\t' => return None,
                _ => return Some(Line::Column(self.cursor.indentation())),
            }
        }
    }

    /// Steps over `---` and its line, if that is all there is on it.
    pub(crate) fn skip_document_start(&mut self) -> Option<()> {
        self.cursor.rest().starts_with(b"---").then_some(())?;
        self.cursor.skip(3);
        self.rest_is_empty()?.then_some(())
    }

    /// Whether nothing but a comment follows on this line, which is then past.
    pub(crate) fn rest_is_empty(&mut self) -> Option<bool> {
        self.cursor.skip_spaces(usize::MAX);
        if self.cursor.peek(0) == b'#' {
            self.skip_comment();
        }
        match self.cursor.peek(0) {
            b'\n' => {
                self.cursor.take_line_break();
            }
            0 if self.cursor.at_end() => {}
            b'\t' => return None,
            _ => return Some(false),
        }
        Some(true)
    }

    /// Whether a list item begins here.
    pub(crate) fn is_at_dash(&self) -> bool {
        self.cursor.peek(0) == b'-' && self.cursor.is_space_or_end(1)
    }

    /// What stands where a list item, a key or a scalar may begin, in a collection that is indented
    /// so far, -1 if in none.
    pub(crate) fn line_start(&mut self, indent: isize) -> Option<Word<'a>> {
        if self.is_at_dash() {
            self.cursor.skip(1);
            return Some(Word::Dash);
        }
        self.word(indent, true)
    }

    /// What stands behind a key, or another value of one line or more.
    pub(crate) fn line_value(&mut self, indent: isize) -> Option<Word<'a>> {
        self.word(indent, false)
    }

    fn word(&mut self, indent: isize, may_be_key: bool) -> Option<Word<'a>> {
        self.indent = indent;
        let from = self.cursor.offset;
        match self.cursor.peek(0) {
            quote @ (b'"' | b'\'') => self.quoted_word(quote == b'\'', may_be_key),
            style @ (b'|' | b'>') => {
                let mark = self.line_mark();
                let (value, _) = self.scan_block(style == b'|', mark).ok()?;
                let style = if style == b'|' { Style::Quoted } else { Style::Folded };
                Some(Word::Scalar(Cow::Owned(value), style))
            }
            b'[' => {
                let list = Word::List(self.list()?);
                self.rest_is_empty()?.then_some(list)
            }
            b'{' => {
                self.cursor.skip(1);
                self.cursor.skip_spaces(usize::MAX);
                (self.cursor.peek(0) == b'}').then(|| self.cursor.skip(1))?;
                self.rest_is_empty()?.then_some(Word::NoEntries)
            }
            b'-' | b'?' | b':' if !self.cursor.is_space_or_end(1) => self.plain_word(from, may_be_key),
            b'-' | b'?' | b':' | b',' | b']' | b'}' | b'#' | b'&' | b'*' | b'!' | b'%' | b'@' | b'`' => None,
            _ => self.plain_word(from, may_be_key),
        }
    }

    /// The scalars of a list in brackets, of which each is quoted, or a plain word.
    fn list(&mut self) -> Option<Vec<(Cow<'a, str>, Style, Mark)>> {
        let mut items = Vec::new();
        self.cursor.skip(1);
        self.cursor.skip_spaces(usize::MAX);
        if self.cursor.peek(0) == b']' {
            self.cursor.skip(1);
            return Some(items);
        }
        loop {
            let mark = self.line_mark();
            let (value, style) = match self.cursor.peek(0) {
                quote @ (b'"' | b'\'') => (self.scan_quoted(quote == b'\'', mark).ok()?, Style::Quoted),
                _ => (Cow::Borrowed(self.cursor.take_plain_word()?), Style::Plain),
            };
            // Places behind it are counted in bytes, from the start of its line.
            (value.is_ascii() && self.cursor.line() == mark.line)
                .then(|| items.push((value, style, mark)))?;
            self.cursor.skip_spaces(usize::MAX);
            let end = self.cursor.peek(0);
            self.cursor.skip(1);
            match end {
                b',' => self.cursor.skip_spaces(usize::MAX),
                b']' => return Some(items),
                _ => return None,
            }
        }
    }

    fn quoted_word(&mut self, single: bool, may_be_key: bool) -> Option<Word<'a>> {
        let mark = self.line_mark();
        let value = self.scan_quoted(single, mark).ok()?;
        if may_be_key && self.cursor.peek(0) == b':' && self.cursor.is_space_or_end(1) {
            let Cow::Borrowed(key) = value else { return None };
            return self.key(mark.offset, key, Style::Quoted);
        }
        self.rest_is_empty()?.then_some(Word::Scalar(value, Style::Quoted))
    }

    fn plain_word(&mut self, from: usize, may_be_key: bool) -> Option<Word<'a>> {
        let (to, end) = self.plain_line()?;
        match end {
            PlainEnd::Colon if may_be_key => self.key(from, self.cursor.slice(from, to), Style::Plain),
            PlainEnd::Colon => None,
            PlainEnd::Line if self.goes_on() => {
                self.cursor.offset = from;
                let mark = self.line_mark();
                let (value, _) = self.scan_plain(mark).ok()?;
                // Usually that ends in another line, before its first word.
                let before =
                    self.cursor.slice(self.cursor.offset - self.cursor.indentation(), self.cursor.offset);
                let is_whole = before.bytes().all(|byte| byte == b' ') || self.rest_is_empty()?;
                is_whole.then_some(Word::Scalar(value, Style::Plain))
            }
            PlainEnd::Line => {
                let value = Cow::Borrowed(self.cursor.slice(from, to));
                self.rest_is_empty()?.then_some(Word::Scalar(value, Style::Plain))
            }
        }
    }

    /// A key of one line, which ends at its `:`.
    fn key(&mut self, from: usize, key: &'a str, style: Style) -> Option<Word<'a>> {
        // Places behind it are counted in bytes.
        let is_simple = key.is_ascii() && self.cursor.offset - from <= SIMPLE_KEY_LENGTH;
        self.cursor.skip(1);
        is_simple.then_some(Word::Key(key, style))
    }

    /// Steps over what a plain scalar has on its first line, and says where it ends.
    fn plain_line(&mut self) -> Option<(usize, PlainEnd)> {
        loop {
            self.cursor.skip(printable_run_without([b':', b'#'], self.cursor.rest()));
            match self.cursor.peek(0) {
                b':' if self.cursor.is_space_or_end(1) => {
                    return Some((self.cursor.end_of_word(), PlainEnd::Colon));
                }
                b'#' if self.cursor.is_behind_space() => break,
                b':' | b'#' => self.cursor.skip(1),
                b'\n' => break,
                0 if self.cursor.at_end() => break,
                0x80.. if self.cursor.line_break(0) == 0 => self.cursor.skip_character(),
                _ => return None,
            }
        }
        Some((self.cursor.end_of_word(), PlainEnd::Line))
    }

    /// Whether a plain scalar whose first line ends here goes on in the next one that is not empty:
    /// if that is indented deeper than the collection.
    fn goes_on(&self) -> bool {
        let mut rest = self.cursor.rest();
        while let [b'\n', next @ ..] = rest {
            let column = space_run(next);
            rest = &next[column..];
            match rest.first() {
                Some(b'\n') => {}
                Some(b'#') | None => return false,
                Some(b'\t') => return true,
                Some(_) => return isize::try_from(column).is_ok_and(|column| column > self.indent),
            }
        }
        false
    }
}
