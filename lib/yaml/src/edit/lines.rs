//! Lines of a text, by byte offsets.

/// A text by its lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines<'t> {
    pub(super) text: &'t str,
    /// How the first line ends: what is added ends the same way.
    pub(super) newline: &'static str,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let first = text.find('\n').map_or("", |end| &text[..end]);
        Self { text, newline: if first.ends_with('\r') { "\r\n" } else { "\n" } }
    }

    /// The start of the line of an offset.
    pub(super) fn start(self, offset: usize) -> usize {
        self.text[..offset].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// The end of the line of an offset, before its line break.
    pub(super) fn end(self, offset: usize) -> usize {
        let end = self.next(offset);
        let line = &self.text[offset..end];
        let line = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
        offset + line.len()
    }

    /// The start of the line after that of an offset; the end of the text where there is none.
    pub(super) fn next(self, offset: usize) -> usize {
        self.text[offset..].find('\n').map_or(self.text.len(), |newline| offset + newline + 1)
    }

    /// The line that starts at an offset, without its line break.
    pub(super) fn line(self, start: usize) -> &'t str {
        &self.text[start..self.end(start)]
    }

    /// How far an offset is from the start of its line.
    pub(super) fn column(self, offset: usize) -> usize {
        offset - self.start(offset)
    }

    /// Whether nothing but spaces stands before an offset on its line.
    pub(super) fn is_first(self, offset: usize) -> bool {
        self.text[self.start(offset)..offset].bytes().all(|byte| byte == b' ')
    }

    /// The column of the comment that comes next, on the lines after an offset.
    pub(super) fn comment_after(self, offset: usize) -> Option<usize> {
        let mut next = if self.start(offset) == offset { offset } else { self.next(offset) };
        while next < self.text.len() && is_blank(self.line(next)) {
            next = self.next(next);
        }
        let line = self.line(next);
        is_comment(line).then(|| line.len() - line.trim_start_matches(' ').len())
    }

    /// The start of the first line behind a block that ends at an offset, whose comments are
    /// indented deeper than a column: they belong to it.
    pub(super) fn behind_block(self, end: usize, column: usize) -> usize {
        let mut next = self.next(end);
        while next < self.text.len() {
            let line = self.line(next);
            let content = line.trim_start_matches([' ', '\t']);
            if !content.starts_with('#') || line.len() - content.len() <= column {
                break;
            }
            next = self.next(next);
        }
        next
    }
}

/// Whether a line has nothing but a comment.
pub(super) fn is_comment(line: &str) -> bool {
    line.trim_start_matches([' ', '\t']).starts_with('#')
}

/// Whether a line has nothing at all.
pub(super) fn is_blank(line: &str) -> bool {
    line.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
}
