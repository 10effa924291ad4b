//! The text of a TOML document, character by character, and what is said about a character that
//! does not fit: the words and the lines of `BurntSushi/toml`.

use oarlock_go::strconv::quote;

/// What is wrong, and on which line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) message: String,
}

/// A place in the text.
pub(super) struct Cursor<'t> {
    text: &'t str,
    /// The byte behind the text, where that is not UTF-8.
    bad: Option<u8>,
    pub(super) at: usize,
    /// Line of the place, from 1.
    pub(super) line: usize,
    /// The end has been read, and not put back.
    at_end: bool,
    /// Whether the text is TOML 1.1; else it is TOML 1.0.
    pub(super) is_1_1: bool,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t [u8], is_1_1: bool) -> Self {
        let valid = text.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        let bad = text.get(valid.len()).copied();
        Self { text: valid, bad, at: 0, line: 1, at_end: false, is_1_1 }
    }

    /// What lies between a place before and here.
    pub(super) fn since(&self, start: usize) -> &'t str {
        &self.text[start..self.at]
    }

    /// Takes a character; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<char>, Fault> {
        let Some(c) = self.text[self.at..].chars().next() else {
            if let Some(byte) = self.bad {
                return Err(self.here(format!("invalid UTF-8 byte: 0x{byte:02x}")));
            }
            self.at_end = true;
            return Ok(None);
        };
        let lone_return = c == '\r' && !self.text[self.at + 1..].starts_with('\n');
        if lone_return || (c.is_ascii_control() && !matches!(c, '\t' | '\r' | '\n')) {
            let code = u32::from(c);
            return Err(self.here(format!("TOML files cannot contain control characters: '0x{code:02x}'")));
        }
        self.at += c.len_utf8();
        self.line += usize::from(c == '\n');
        Ok(Some(c))
    }

    /// Puts back what was taken last.
    pub(super) fn back(&mut self, c: Option<char>) {
        match c {
            None => self.at_end = false,
            Some(c) => {
                self.at -= c.len_utf8();
                self.line -= usize::from(c == '\n');
            }
        }
    }

    pub(super) fn peek(&mut self) -> Result<Option<char>, Fault> {
        let c = self.next()?;
        self.back(c);
        Ok(c)
    }

    /// Takes a character if it is this one.
    pub(super) fn accept(&mut self, wanted: char) -> Result<bool, Fault> {
        let c = self.next()?;
        if c != Some(wanted) {
            self.back(c);
        }
        Ok(c == Some(wanted))
    }

    pub(super) fn skip_spaces(&mut self) -> Result<(), Fault> {
        self.take_while(is_space).map(drop)
    }

    pub(super) fn take_while(&mut self, wanted: fn(char) -> bool) -> Result<&'t str, Fault> {
        let start = self.at;
        loop {
            let c = self.next()?;
            if !c.is_some_and(wanted) {
                self.back(c);
                return Ok(self.since(start));
            }
        }
    }

    /// A comment up to the end of its line; the `#` has been taken.
    pub(super) fn skip_comment(&mut self) -> Result<(), Fault> {
        self.take_while(|c| !is_newline(c)).map(drop)
    }

    /// A fault at this place. One at the end of the text belongs to the last line that has any.
    pub(super) fn fault(&self, message: impl Into<String>) -> Fault {
        let on_last = self.at_end && self.text[..self.at].ends_with('\n');
        Fault { line: self.line - usize::from(on_last), message: message.into() }
    }

    /// A fault at the end of the line before.
    pub(super) fn fault_before(&self, message: impl Into<String>) -> Fault {
        Fault { line: self.line - 1, message: message.into() }
    }

    /// A fault of a character that was taken. A line feed belongs to the line that it ends.
    pub(super) fn fault_of(&self, c: Option<char>, message: impl Into<String>) -> Fault {
        if c == Some('\n') { self.fault_before(message) } else { self.fault(message) }
    }

    fn here(&self, message: String) -> Fault {
        Fault { line: self.line, message }
    }
}

pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

pub(super) fn is_newline(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

/// A character as `%q` shows it; the end counts as NUL.
pub(super) fn shown(c: Option<char>) -> String {
    match c {
        Some('\'') => r"'\''".to_owned(),
        Some('"') => "'\"'".to_owned(),
        c => {
            let quoted = quote(c.unwrap_or('\0').to_string().as_bytes());
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    }
}

/// A character in quotes, or what the end is called.
pub(super) fn shown_or_end(c: Option<char>) -> String {
    c.map_or_else(|| "end of file".to_owned(), |c| format!("'{c}'"))
}
