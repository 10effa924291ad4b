//! The output: columns, indentation, folded lines, quotes and escapes.

use std::fmt::Write as _;

use super::scalar::{Style, Written};
use crate::analyze::{is_break, is_printable};
use oarlock_bytes::is_all_plain;

/// Text is folded at the first space behind this column, by default.
const WIDTH: usize = 80;

/// One level of indentation.
const INDENT: usize = 2;

/// Text under construction.
#[derive(Debug)]
pub(super) struct Writer {
    out: String,
    /// Text is folded at the first space behind this column.
    width: usize,
    /// Characters on the current line.
    column: usize,
    /// Indentation of the collection that is being written; none at the root.
    indent: Option<usize>,
    /// The last thing written was white space, or asks for none behind it.
    whitespace: bool,
    /// Nothing but indentation and indicators stands on the line.
    indentation: bool,
}

impl Writer {
    /// A writer that adds to a text, at the start of a line.
    pub(super) fn new(out: String) -> Self {
        Self { out, width: WIDTH, column: 0, indent: None, whitespace: true, indentation: true }
    }

    /// Folds no text, however long.
    pub(super) fn unfolded(self) -> Self {
        Self { width: usize::MAX, ..self }
    }

    /// The text, with a newline at its end.
    pub(super) fn finish(mut self) -> String {
        self.indent = None;
        self.write_indent();
        self.out
    }

    pub(super) fn at_indentation(&self) -> bool {
        self.indentation
    }

    /// Goes a level deeper, unless the level is to stay. Returns what
    /// [`restore_indent`](Self::restore_indent) takes.
    pub(super) fn increase_indent(&mut self, indentless: bool) -> Option<usize> {
        let outer = self.indent;
        self.indent = match outer {
            None => Some(0),
            Some(indent) if indentless => Some(indent),
            Some(indent) => Some(indent + INDENT),
        };
        outer
    }

    pub(super) fn restore_indent(&mut self, outer: Option<usize>) {
        self.indent = outer;
    }

    fn put(&mut self, character: char) {
        self.out.push(character);
        self.column += 1;
    }

    fn put_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    /// Writes text without line breaks.
    fn put_str(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += if text.is_ascii() { text.len() } else { text.chars().count() };
    }

    /// Starts a line, unless this one has only indentation, and indents it.
    pub(super) fn write_indent(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indentation || self.column > indent || (self.column == indent && !self.whitespace) {
            self.put_break();
        }
        while self.column < indent {
            const SPACES: &str = "                                                                ";
            let some = (indent - self.column).min(SPACES.len());
            self.out.push_str(&SPACES[..some]);
            self.column += some;
        }
        self.whitespace = true;
        self.indentation = true;
    }

    fn space(&mut self) {
        if !self.whitespace {
            self.put(' ');
        }
    }

    /// `-`, `?` or `:` of a block collection: the line still counts as indentation.
    pub(super) fn block_indicator(&mut self, indicator: char) {
        self.space();
        self.put(indicator);
        self.whitespace = false;
    }

    /// The `:` behind a key.
    pub(super) fn colon(&mut self) {
        self.put(':');
        self.whitespace = false;
        self.indentation = false;
    }

    /// `{}` or `[]`.
    pub(super) fn indicator(&mut self, indicator: &str) {
        self.space();
        self.put_str(indicator);
        self.whitespace = false;
        self.indentation = false;
    }

    pub(super) fn scalar(&mut self, scalar: &Written<'_>, simple_key: bool) {
        let outer = self.indent;
        self.indent = Some(outer.map_or(INDENT, |indent| indent + INDENT));
        let text = scalar.text.as_ref();
        match scalar.style(simple_key) {
            Style::Plain => self.plain(text, !simple_key),
            Style::SingleQuoted => self.single_quoted(text, !simple_key),
            Style::DoubleQuoted => self.double_quoted(text, !simple_key),
            Style::Literal => self.literal(text),
        }
        self.indent = outer;
    }

    fn plain(&mut self, text: &str, folds: bool) {
        self.space();
        self.folded(text, folds, |_, _| true);
        self.whitespace = false;
        self.indentation = false;
    }

    /// Writes text, with line breaks in place of single spaces where a line is full and `may_fold`
    /// agrees to the place.
    fn folded(&mut self, text: &str, folds: bool, may_fold: impl Fn(usize, usize) -> bool) {
        if !folds || self.column + text.len() <= self.width {
            self.put_str(text);
            return;
        }
        let bytes = text.as_bytes();
        let mut from = 0;
        while let Some(found) = text[from..].find(' ') {
            let space = from + found;
            self.put_str(&text[from..space]);
            let single = bytes.get(space + 1) != Some(&b' ') && (space == 0 || bytes[space - 1] != b' ');
            if single && self.column > self.width && may_fold(space, bytes.len()) {
                self.indentation = false;
                self.write_indent();
            } else {
                self.put(' ');
            }
            from = space + 1;
        }
        self.put_str(&text[from..]);
    }

    fn single_quoted(&mut self, text: &str, folds: bool) {
        self.space();
        self.put('\'');
        self.whitespace = false;
        self.indentation = false;
        let quoted = if text.contains('\'') {
            text.replace('\'', "''").into()
        } else {
            std::borrow::Cow::Borrowed(text)
        };
        // Newlines make a text a literal block or double-quoted; Unicode's separators alone can
        // stand here, each before a new line.
        let mut lines = quoted.split_inclusive(is_break);
        if let Some(first) = lines.next() {
            self.folded(first, folds, |space, length| space > 0 && space < length - 1);
        }
        for line in lines {
            self.column = 0;
            self.indentation = true;
            if !line.starts_with(is_break) {
                self.write_indent();
            }
            self.folded(line, folds, |space, length| space < length - 1);
        }
        self.put('\'');
        self.whitespace = false;
        self.indentation = false;
    }

    fn double_quoted(&mut self, text: &str, folds: bool) {
        self.space();
        self.put('"');
        self.whitespace = false;
        self.indentation = false;
        // The Go port asks whether the *text* starts with a byte order mark where it means the
        // character, and so escapes all of it.
        let escape_all = text.starts_with('\u{FEFF}');
        let mut after_space = false;
        for (index, character) in text.char_indices() {
            let special = !is_printable(character) || is_break(character) || matches!(character, '"' | '\\');
            if special || escape_all {
                self.escape(character);
                after_space = false;
            } else if character == ' ' {
                if folds && !after_space && self.column > self.width && index > 0 && index < text.len() - 1 {
                    self.write_indent();
                    if text[index + 1..].starts_with(' ') {
                        self.put('\\');
                    }
                    self.indentation = false;
                } else {
                    self.put(' ');
                }
                after_space = true;
            } else {
                self.put(character);
                after_space = false;
            }
        }
        self.put('"');
        self.whitespace = false;
        self.indentation = false;
    }

    fn escape(&mut self, character: char) {
        self.put('\\');
        let short = match character {
            '\0' => '0',
            '\x07' => 'a',
            '\x08' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\x0B' => 'v',
            '\x0C' => 'f',
            '\r' => 'r',
            '\x1B' => 'e',
            '"' => '"',
            '\\' => '\\',
            '\u{85}' => 'N',
            '\u{A0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => {
                let before = self.out.len();
                let _ = match u32::from(character) {
                    code @ ..=0xFF => write!(self.out, "x{code:02X}"),
                    code @ ..=0xFFFF => write!(self.out, "u{code:04X}"),
                    code => write!(self.out, "U{code:08X}"),
                };
                self.column += self.out.len() - before;
                return;
            }
        };
        self.put(short);
    }

    fn literal(&mut self, text: &str) {
        self.space();
        self.put('|');
        if text.starts_with([' ', '\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
            let _ = write!(self.out, "{INDENT}");
        }
        let mut end = text.chars().rev();
        match (end.next().is_some_and(is_break), end.next()) {
            (false, _) => self.put('-'),
            (true, None) => self.put('+'),
            (true, Some(before)) if is_break(before) => self.put('+'),
            (true, Some(_)) => {}
        }
        self.put_break();
        self.indentation = true;
        self.whitespace = true;
        if is_all_plain(text.as_bytes()) {
            self.lines(text.split_inclusive('\n'));
        } else {
            self.lines(text.split_inclusive(is_break));
        }
    }

    /// Writes the lines of a literal block, each with its line break.
    fn lines<'t>(&mut self, lines: impl Iterator<Item = &'t str>) {
        let mut at_break = true;
        for line in lines {
            let content = line.trim_end_matches(is_break);
            if !content.is_empty() {
                if at_break {
                    self.write_indent();
                }
                self.put_str(content);
                self.indentation = false;
                at_break = false;
            }
            if content.len() < line.len() {
                self.out.push_str(&line[content.len()..]);
                self.column = 0;
                self.indentation = true;
                at_break = true;
            }
        }
    }
}
