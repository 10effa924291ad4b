//! A position in text that knows its line, and the character classes of YAML 1.1.

use super::token::Mark;
use oarlock_bytes::{characters, printable_run, space_run};

/// A reading position. Behind the end it sees NUL, which the text itself cannot contain.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// Byte offset of the next character.
    pub(super) offset: usize,
    line: u32,
    line_start: usize,
    /// A place on the current line whose column is known: columns are counted from here, so that
    /// long lines cost no more than short ones.
    known: (usize, u32),
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str, line: u32) -> Self {
        Self { text, bytes: text.as_bytes(), offset: 0, line, line_start: 0, known: (0, 0) }
    }

    /// The byte `ahead` of the position.
    #[inline]
    pub(super) fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.offset + ahead).copied().unwrap_or(0)
    }

    /// What follows the position.
    #[inline]
    pub(super) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.offset.min(self.bytes.len())..]
    }

    /// The text between two byte offsets.
    #[inline]
    pub(super) fn slice(&self, from: usize, to: usize) -> &'a str {
        &self.text[from..to]
    }

    #[inline]
    pub(super) fn at_end(&self) -> bool {
        self.offset >= self.bytes.len()
    }

    /// Distance to the start of the line. In bytes, which is right for indentation: only ASCII
    /// stands before what is indented.
    #[inline]
    pub(super) fn indentation(&self) -> usize {
        self.offset - self.line_start
    }

    /// The place of the next character.
    pub(super) fn mark(&mut self) -> Mark {
        let (from, column) = self.known;
        let between = &self.bytes[from..self.offset.min(self.bytes.len())];
        let more = u32::try_from(characters(between)).unwrap_or(u32::MAX);
        self.known = (self.offset, column + more);
        Mark { offset: self.offset, line: self.line, column: self.known.1 }
    }

    #[inline]
    pub(super) fn line(&self) -> u32 {
        self.line
    }

    /// Steps over bytes that are no line break.
    #[inline]
    pub(super) fn skip(&mut self, bytes: usize) {
        self.offset += bytes;
    }

    /// Steps over one character, which is no line break.
    #[inline]
    pub(super) fn skip_character(&mut self) {
        self.offset += 1;
        while self.bytes.get(self.offset).is_some_and(|byte| byte & 0xC0 == 0x80) {
            self.offset += 1;
        }
    }

    /// Length of the line break here; 0 where there is none.
    #[inline]
    pub(super) fn line_break(&self, ahead: usize) -> usize {
        match self.peek(ahead) {
            b'\n' => 1,
            b'\r' => 1 + usize::from(self.peek(ahead + 1) == b'\n'),
            0xC2 if self.peek(ahead + 1) == 0x85 => 2,
            0xE2 if self.peek(ahead + 1) == 0x80 && matches!(self.peek(ahead + 2), 0xA8 | 0xA9) => 3,
            _ => 0,
        }
    }

    /// Steps over the line break here and returns what it stands for: a newline, or one of
    /// Unicode's separators as it is.
    pub(super) fn take_line_break(&mut self) -> &'a str {
        let length = self.line_break(0);
        let taken = if length == 3 { self.slice(self.offset, self.offset + 3) } else { "\n" };
        self.offset += length;
        self.line += 1;
        self.line_start = self.offset;
        self.known = (self.offset, 0);
        taken
    }

    /// A space or tab.
    #[inline]
    pub(super) fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.peek(ahead), b' ' | b'\t')
    }

    /// A line break or the end.
    #[inline]
    pub(super) fn is_break_or_end(&self, ahead: usize) -> bool {
        self.offset + ahead >= self.bytes.len() || self.line_break(ahead) > 0
    }

    /// A space, a tab, a line break or the end.
    #[inline]
    pub(super) fn is_space_or_end(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_break_or_end(ahead)
    }

    /// Whether a space stands before the position.
    pub(super) fn is_behind_space(&self) -> bool {
        self.offset.checked_sub(1).and_then(|before| self.bytes.get(before)) == Some(&b' ')
    }

    /// Where the last word before the position ends.
    pub(super) fn end_of_word(&self) -> usize {
        self.slice(self.line_start, self.offset).trim_end_matches(' ').len() + self.line_start
    }

    /// Whether `---` or `...` stands alone at the start of the line.
    pub(super) fn at_document_indicator(&self) -> bool {
        self.indentation() == 0
            && (self.rest().starts_with(b"---") || self.rest().starts_with(b"..."))
            && self.is_space_or_end(3)
    }

    /// Steps over so many spaces at most.
    pub(super) fn skip_spaces(&mut self, most: usize) {
        let rest = self.rest();
        self.offset += space_run(&rest[..rest.len().min(most)]);
    }

    /// Steps over spaces and tabs.
    pub(super) fn skip_blanks(&mut self) {
        while self.is_blank(0) {
            self.offset += 1;
        }
    }

    /// Steps to the end of the line.
    pub(super) fn skip_to_line_end(&mut self) {
        loop {
            self.offset += printable_run(self.rest());
            if self.is_break_or_end(0) {
                return;
            }
            self.offset += 1;
        }
    }

    /// Steps over a word without quotes that is text, or a number, wherever it stands in brackets.
    pub(super) fn take_plain_word(&mut self) -> Option<&'a str> {
        let is_inner =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b'*');
        let start = usize::from(self.peek(0) == b'-');
        let is_start =
            matches!(self.peek(start), b'_' | b'.' | b'/') || self.peek(start).is_ascii_alphanumeric();
        let word = self.rest().iter().take_while(|byte| is_inner(**byte)).count();
        self.skip(word);
        is_start.then(|| self.slice(self.offset - word, self.offset))
    }

    /// Steps over letters, digits, `_` and `-`, and returns them.
    pub(super) fn take_word(&mut self) -> &'a str {
        let from = self.offset;
        while matches!(self.peek(0), b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-') {
            self.offset += 1;
        }
        self.slice(from, self.offset)
    }
}
