//! Where a template's text goes, and which lines of templates wrote it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::parse::Tree;

/// Where a template's text goes.
pub(super) trait Output {
    /// The text so far.
    fn bytes(&mut self) -> &mut Vec<u8>;

    /// Says what is going to write: the text of a template from an offset on, or an action at one.
    fn mark(&mut self, tree: &Arc<Tree>, offset: usize, is_text: bool);
}

impl Output for Vec<u8> {
    fn bytes(&mut self) -> &mut Vec<u8> {
        self
    }

    fn mark(&mut self, _: &Arc<Tree>, _: usize, _: bool) {}
}

/// Text with what wrote it.
#[derive(Default)]
pub(super) struct Marked {
    pub(super) bytes: Vec<u8>,
    marks: Vec<Mark>,
}

/// What wrote the text from an offset on.
struct Mark {
    start: usize,
    tree: Arc<Tree>,
    offset: usize,
    is_text: bool,
}

impl Output for Marked {
    fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    fn mark(&mut self, tree: &Arc<Tree>, offset: usize, is_text: bool) {
        self.marks.push(Mark { start: self.bytes.len(), tree: Arc::clone(tree), offset, is_text });
    }
}

/// The line of a template that wrote a line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenBy {
    /// The name of the file that the template stands in.
    pub template: Arc<str>,
    /// The line, from 1.
    pub line: usize,
}

impl Marked {
    /// For each line of the text, the line of a template that wrote its last character that is no
    /// white space. `None` for a line without any.
    pub(super) fn lines(&self) -> Vec<Option<WrittenBy>> {
        let mut templates: HashMap<*const Tree, (Arc<str>, Vec<usize>)> = HashMap::new();
        let mut lines = Vec::new();
        let mut start = 0;
        let mut next = 0;
        for line in self.bytes.split_inclusive(|byte| *byte == b'\n') {
            let last = line.iter().rposition(|byte| !byte.is_ascii_whitespace());
            lines.push(last.and_then(|last| {
                let at = start + last;
                while self.marks.get(next).is_some_and(|mark| mark.start <= at) {
                    next += 1;
                }
                let mark = self.marks.get(next.checked_sub(1)?)?;
                let (template, breaks) = templates.entry(Arc::as_ptr(&mark.tree)).or_insert_with(|| {
                    let breaks = mark.tree.text.match_indices('\n').map(|(offset, _)| offset).collect();
                    (Arc::from(mark.tree.parse_name.as_str()), breaks)
                });
                let offset = if mark.is_text { mark.offset + (at - mark.start) } else { mark.offset };
                let line = 1 + breaks.partition_point(|place| *place < offset);
                Some(WrittenBy { template: Arc::clone(template), line })
            }));
            start += line.len();
        }
        lines
    }
}
