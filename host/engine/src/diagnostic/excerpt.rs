//! The lines of a file around a place, as they are shown under a message.

use std::collections::BTreeMap;
use std::ops::Range;

use oarlock_plugin::Origin;

use super::{Diagnostic, secrets};
use crate::printable;
use crate::source::Source;

/// Lines of the file shown before and after the marked one.
const CONTEXT_LINES: usize = 2;

/// A line longer than this is not shown: it is no help to anyone.
const MAX_LINE_BYTES: usize = 400;

/// What stands in for the value of a Secret.
const HIDDEN: &str = "***";

/// The lines around a place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// The lines, safe to show.
    pub(super) text: String,
    /// The number of the first one.
    pub(super) first: usize,
    /// The bytes to mark.
    pub(super) fault: Range<usize>,
}

/// The excerpt of each diagnostic that has a place in a file. A file is read once, however many
/// places are in it.
///
/// Without a tree the files are those that the command line named.
pub(super) fn read(tree: Option<&dyn Source>, diagnostics: &[Diagnostic]) -> Vec<Option<Excerpt>> {
    let mut places: BTreeMap<&str, Vec<(usize, &Origin)>> = BTreeMap::new();
    for (index, diagnostic) in diagnostics.iter().enumerate() {
        if let Some(origin) = diagnostic.failure.origin.as_ref().filter(|origin| origin.line > 0) {
            places.entry(&origin.path).or_default().push((index, origin));
        }
    }
    let mut excerpts: Vec<Option<Excerpt>> = Vec::new();
    excerpts.resize_with(diagnostics.len(), || None);
    for (path, places) in places {
        let content = match tree {
            Some(tree) => tree.read(path).ok(),
            None => std::fs::read(path).ok(),
        };
        let Some(text) = content.and_then(|content| String::from_utf8(content).ok()) else { continue };
        let file = File::new(path, &text);
        for (index, origin) in places {
            excerpts[index] = file.around(origin);
        }
    }
    excerpts
}

/// A file in lines.
struct File<'a> {
    lines: Vec<&'a str>,
    /// For each line, from which byte on it is the value of a Secret.
    hidden: Vec<Option<usize>>,
}

impl<'a> File<'a> {
    fn new(path: &str, text: &'a str) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let hidden = secrets::hidden(path, &lines);
        Self { lines, hidden }
    }

    fn around(&self, origin: &Origin) -> Option<Excerpt> {
        let at = (origin.line as usize).checked_sub(1)?;
        let line = *self.lines.get(at)?;
        let first = at.saturating_sub(CONTEXT_LINES);
        let last = self.lines.len().min(at + CONTEXT_LINES + 1);
        if self.lines[first..last].iter().any(|line| line.len() > MAX_LINE_BYTES) {
            return None;
        }
        let mut text = String::new();
        let mut fault = 0..0;
        for index in first..last {
            if index > first {
                text.push('\n');
            }
            if index == at {
                let start = text.len();
                let word = self.shown_word(at, word(line, origin.column));
                fault = start + word.start..start + word.end;
            }
            text.push_str(&self.shown(index));
        }
        Some(Excerpt { text, first: first + 1, fault })
    }

    /// A line as it is shown.
    fn shown(&self, index: usize) -> String {
        let line = self.lines[index];
        match self.hidden[index] {
            Some(from) => printable::line(&line[..from]).into_owned() + HIDDEN,
            None => printable::line(line).into_owned(),
        }
    }

    /// Where a part of a line is in the line as it is shown.
    fn shown_word(&self, index: usize, word: Range<usize>) -> Range<usize> {
        let line = self.lines[index];
        let place = |byte: usize| printable::line(&line[..byte]).len();
        match self.hidden[index] {
            Some(from) if word.start >= from => place(from)..place(from) + HIDDEN.len(),
            Some(from) => place(word.start)..place(word.end.min(from)),
            None => place(word.start)..place(word.end),
        }
    }
}

/// The word at a column, counted in characters from 1.
fn word(line: &str, column: u32) -> Range<usize> {
    let column = (column as usize).saturating_sub(1);
    let from = line.char_indices().nth(column).map_or(0, |(index, _)| index);
    let from = from.max(line.len() - line.trim_start().len());
    let word = line[from..].find([' ', '#']).unwrap_or(line.len() - from).max(1);
    let to = line.ceil_char_boundary((from + word).min(line.len()).max(from));
    from..to
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "resources:\n- a.yaml\n- b.yaml # gone\n- c.yaml\n";

    fn excerpt(path: &str, text: &str, line: u32, column: u32) -> Option<Excerpt> {
        File::new(path, text).around(&Origin::at(path, line, column))
    }

    #[test]
    fn an_excerpt_marks_the_word_at_fault() {
        let found = excerpt("k.yaml", TEXT, 3, 3).unwrap();
        assert_eq!(
            (found.text.as_str(), found.first, &found.text[found.fault]),
            (TEXT.trim_end(), 1, "b.yaml")
        );
    }

    #[test]
    fn a_place_outside_the_file_has_no_excerpt() {
        assert_eq!(excerpt("k.yaml", TEXT, 9, 1), None);
        assert_eq!(excerpt("k.yaml", TEXT, 0, 0), None);
        assert_eq!(excerpt("k.yaml", "", 1, 1), None);
    }

    #[test]
    fn what_is_escaped_before_the_word_moves_it() {
        for (text, column, word, line) in [
            ("a: \u{1b}[2J \u{9b}b: c", 10, "b:", "a: \\u{1b}[2J \\u{9b}b: c"),
            ("a: \u{1b}é", 4, "\\u{1b}é", "a: \\u{1b}é"),
            ("éé: ü", 1, "éé:", "éé: ü"),
        ] {
            let found = excerpt("k.yaml", text, 1, column).unwrap();
            assert_eq!((found.text.as_str(), &found.text[found.fault]), (line, word), "{text:?}");
        }
    }

    #[test]
    fn a_fault_in_a_value_of_a_secret_marks_what_stands_in_for_it() {
        let text = "kind: Secret\nstringData:\n  password: s3cret: x\n";
        let found = excerpt("s.yaml", text, 3, 19).unwrap();
        assert_eq!(found.text, "kind: Secret\nstringData:\n  password: ***");
        assert_eq!(&found.text[found.fault], "***");
        let found = excerpt("s.yaml", text, 3, 3).unwrap();
        assert_eq!(&found.text[found.fault], "password:");
    }

    #[test]
    fn a_file_with_many_faults_is_read_once() {
        use std::sync::atomic::{AtomicUsize, Ordering};

        use oarlock_plugin::{Failure, Metadata, ReadError};

        use crate::source::Listing;

        struct Counting(AtomicUsize);
        impl Source for Counting {
            fn read(&self, _: &str) -> Result<Vec<u8>, ReadError> {
                self.0.fetch_add(1, Ordering::Relaxed);
                Ok(b"a\n".repeat(1000))
            }
            fn list(&self, _: &str) -> Result<Listing, ReadError> {
                Err(ReadError::NotFound)
            }
            fn stat(&self, _: &str) -> Result<Metadata, ReadError> {
                Err(ReadError::NotFound)
            }
        }
        for count in [100, 800] {
            let fault = |index: u32| {
                let path = if index.is_multiple_of(2) { "a.yaml" } else { "b.yaml" };
                Diagnostic::error(Failure::new("no").at(Origin::at(path, index + 1, 1)))
            };
            let tree = Counting(AtomicUsize::new(0));
            let excerpts = read(Some(&tree), &(0..count).map(fault).collect::<Vec<_>>());
            assert!(excerpts.iter().all(Option::is_some));
            assert_eq!(tree.0.load(Ordering::Relaxed), 2, "reads for {count} faults");
        }
    }
}
