//! Directives, anchors and tags.

use std::borrow::Cow;

use super::{Mark, Scanner, TokenKind};
use crate::ParseError;

impl<'a> Scanner<'a> {
    pub(super) fn fetch_directive(&mut self) -> Result<(), ParseError> {
        let mark = self.cursor.mark();
        self.unroll_indent(-1, mark);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.cursor.skip(1);
        let kind = match self.cursor.take_word() {
            "YAML" if self.cursor.is_blank(0) => self.scan_version(mark)?,
            "TAG" if self.cursor.is_blank(0) => self.scan_tag_directive(mark)?,
            _ => {
                let error = ParseError::new("unknown directive", mark.span())
                    .hint("put text that starts with `%` in quotes");
                let named = self.cursor.offset > mark.offset + 1;
                return Err(self.upstream(
                    error,
                    match named {
                        false => "could not find expected directive name",
                        true if !self.cursor.is_space_or_end(0) => {
                            "found unexpected non-alphabetical character"
                        }
                        true => "found unknown directive name",
                    },
                ));
            }
        };
        self.cursor.skip_blanks();
        if self.cursor.peek(0) == b'#' {
            self.cursor.skip_to_line_end();
        }
        if !self.cursor.is_break_or_end(0) {
            let error = ParseError::new("a directive takes a line of its own", mark.span());
            return Err(self.upstream(error, "did not find expected comment or line break"));
        }
        if self.cursor.line_break(0) > 0 {
            self.cursor.take_line_break();
        }
        self.push(kind, mark);
        Ok(())
    }

    fn scan_version(&mut self, mark: Mark) -> Result<TokenKind<'a>, ParseError> {
        self.cursor.skip_blanks();
        let major = self.scan_version_number(mark)?;
        if self.cursor.peek(0) != b'.' {
            let error = ParseError::new("`%YAML` needs a version such as `1.1`", mark.span());
            return Err(self.upstream(error, "did not find expected digit or '.' character"));
        }
        self.cursor.skip(1);
        let minor = self.scan_version_number(mark)?;
        Ok(TokenKind::VersionDirective { major, minor })
    }

    fn scan_version_number(&mut self, mark: Mark) -> Result<u8, ParseError> {
        let from = self.cursor.offset;
        while self.cursor.peek(0).is_ascii_digit() {
            self.cursor.skip(1);
        }
        let digits = self.cursor.slice(from, self.cursor.offset);
        match digits.parse() {
            Ok(number) if digits.len() <= 2 => Ok(number),
            _ => {
                let error = ParseError::new("`%YAML` needs a version such as `1.1`", mark.span());
                let long = digits.len() > 2;
                Err(self.upstream(
                    error,
                    if long {
                        "found extremely long version number"
                    } else {
                        "did not find expected version number"
                    },
                ))
            }
        }
    }

    fn scan_tag_directive(&mut self, mark: Mark) -> Result<TokenKind<'a>, ParseError> {
        let wrong = || ParseError::new("`%TAG` needs a handle and a prefix", mark.span());
        self.cursor.skip_blanks();
        let handle = self.scan_tag_handle();
        if !(handle == "!" || handle.len() > 1 && handle.ends_with('!')) || !self.cursor.is_blank(0) {
            return Err(wrong());
        }
        self.cursor.skip_blanks();
        let prefix = self.scan_tag_uri("", mark)?;
        if prefix.is_empty() || !self.cursor.is_space_or_end(0) {
            return Err(wrong());
        }
        Ok(TokenKind::TagDirective { handle, prefix })
    }

    pub(super) fn fetch_anchor(&mut self, alias: bool) -> Result<(), ParseError> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.cursor.mark();
        self.cursor.skip(1);
        let name = self.cursor.take_word();
        let ends = self.cursor.is_space_or_end(0)
            || matches!(self.cursor.peek(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ends {
            let (what, sign) = if alias { ("an alias", '*') } else { ("an anchor", '&') };
            let message = format!("`{sign}` starts {what}, whose name has only letters, digits, `_` and `-`");
            let error = ParseError::new(message, mark.span())
                .hint(format!("put text that starts with `{sign}` in quotes"));
            return Err(self.upstream(error, "did not find expected alphabetic or numeric character"));
        }
        self.push(if alias { TokenKind::Alias(name) } else { TokenKind::Anchor(name) }, mark);
        Ok(())
    }

    pub(super) fn fetch_tag(&mut self) -> Result<(), ParseError> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.cursor.mark();
        let wrong = || {
            ParseError::new("`!` starts a tag, and this is none", mark.span())
                .hint("put text that starts with `!` in quotes")
        };
        let (handle, suffix) = if self.cursor.peek(1) == b'<' {
            self.cursor.skip(2);
            let suffix = self.scan_tag_uri("", mark)?;
            if suffix.is_empty() {
                return Err(self.upstream(wrong(), "did not find expected tag URI"));
            }
            if self.cursor.peek(0) != b'>' {
                return Err(self.upstream(wrong(), "did not find the expected '>'"));
            }
            self.cursor.skip(1);
            ("", suffix)
        } else {
            let handle = self.scan_tag_handle();
            if handle.len() > 1 && handle.ends_with('!') {
                let suffix = self.scan_tag_uri("", mark)?;
                if suffix.is_empty() {
                    return Err(self.upstream(wrong(), "did not find expected tag URI"));
                }
                (handle, suffix)
            } else {
                let suffix = self.scan_tag_uri(&handle[1..], mark)?;
                if suffix.is_empty() { ("", Cow::Borrowed("!")) } else { ("!", suffix) }
            }
        };
        if !self.cursor.is_space_or_end(0) {
            return Err(self.upstream(wrong(), "did not find expected whitespace or line break"));
        }
        self.push(TokenKind::Tag { handle, suffix }, mark);
        Ok(())
    }

    /// `!`, `!word` or `!word!`; empty where no `!` stands.
    fn scan_tag_handle(&mut self) -> &'a str {
        let from = self.cursor.offset;
        if self.cursor.peek(0) != b'!' {
            return "";
        }
        self.cursor.skip(1);
        self.cursor.take_word();
        if self.cursor.peek(0) == b'!' {
            self.cursor.skip(1);
        }
        self.cursor.slice(from, self.cursor.offset)
    }

    /// The characters of a URI with `%` escapes undone, behind what was read already.
    fn scan_tag_uri(&mut self, head: &'a str, mark: Mark) -> Result<Cow<'a, str>, ParseError> {
        let from = self.cursor.offset;
        while matches!(self.cursor.peek(0),
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-' | b';' | b'/' | b'?' | b':' | b'@' | b'&' | b'=' | b'+'
            | b'$' | b',' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')' | b'[' | b']' | b'%')
        {
            self.cursor.skip(1);
        }
        let text = self.cursor.slice(from, self.cursor.offset);
        if !text.contains('%') {
            // What was read already lies directly before.
            return Ok(Cow::Borrowed(self.cursor.slice(from - head.len(), self.cursor.offset)));
        }
        let mut bytes = head.as_bytes().to_vec();
        let mut rest = text.as_bytes();
        while let Some((&byte, tail)) = rest.split_first() {
            let escaped = (byte == b'%')
                .then(|| tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()))
                .map(|hex| hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()));
            match escaped {
                None => (bytes.push(byte), rest = tail).1,
                Some(Some(byte)) => (bytes.push(byte), rest = &tail[2..]).1,
                Some(None) => {
                    let error = ParseError::new("`%` in a tag needs two hexadecimal digits", mark.span());
                    return Err(self.upstream(error, "did not find URI escaped octet"));
                }
            }
        }
        String::from_utf8(bytes)
            .map(Cow::Owned)
            .map_err(|_| ParseError::new("the tag is not UTF-8", mark.span()))
    }
}
