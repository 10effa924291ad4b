//! A YAML text, which may stand in a block of another one.

use oarlock_yaml::edit::{Change, Editor, Path, Step};
use oarlock_yaml::{Element, Node, Reader, Shape};

/// A YAML text, and where it stands in its file.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    content: String,
    /// For a text in a block: where each of its lines starts, and where that is in the file.
    lines: Option<Vec<(usize, usize)>>,
    /// What the lines of the block are indented by.
    indent: usize,
}

impl Text {
    /// A whole file.
    pub(crate) fn file(text: String) -> Self {
        Self { content: text, lines: None, indent: 0 }
    }

    /// Whether it stands in a block.
    pub(crate) fn is_nested(&self) -> bool {
        self.lines.is_some()
    }

    /// The text in a literal block, `|`, of this one; `None` for every other value.
    pub(crate) fn block(
        &self,
        editor: &Editor<'_>,
        document: usize,
        path: &Path,
        value: &str,
    ) -> Option<Self> {
        if self.is_nested() {
            return None;
        }
        let root = &editor.layout().documents().get(document)?.root;
        let element = element(root, path.steps())?;
        let whole = self.content.get(element.content..element.range.end)?;
        if !whole.starts_with('|') || element.is_anchored {
            return None;
        }
        let body = element.content + whole.find('\n')? + 1;
        let end = element.range.end;
        let indent = {
            let mut lines = self.content.get(body..end)?.lines().filter(|line| !line.trim().is_empty());
            let first = lines.next()?;
            first.len() - first.trim_start_matches(' ').len()
        };
        let (mut text, mut lines, mut offset) = (String::new(), Vec::new(), body);
        for line in self.content[body..end].split_inclusive('\n') {
            let cut = indent.min(line.len() - line.trim_start_matches(' ').len());
            lines.push((text.len(), offset + cut));
            text.push_str(&line[cut..]);
            offset += line.len();
        }
        lines.push((text.len(), end));
        // An indicator of the indentation, or what else is not understood.
        let plain = |text: &str| text.replace("\r\n", "\n").trim_end_matches('\n').to_owned();
        (plain(&text) == plain(value)).then_some(Self { content: text, lines: Some(lines), indent })
    }

    /// Changes of this text as changes of its file.
    pub(crate) fn in_file(&self, changes: Vec<Change>) -> Vec<Change> {
        let Some(lines) = &self.lines else { return changes };
        let outer = |offset: usize| {
            let index = lines.partition_point(|(start, _)| *start <= offset).saturating_sub(1);
            lines.get(index).map_or(offset, |(start, at)| at + (offset - start))
        };
        let indent = format!("\n{}", " ".repeat(self.indent));
        let change = |Change { range, text }: Change| Change {
            range: outer(range.start)..outer(range.end),
            text: text.replace('\n', &indent),
        };
        changes.into_iter().map(change).collect()
    }

    /// The line of this text's first line in the file, less 1.
    pub(crate) fn line_offset(&self, file: &str) -> u32 {
        let start = self.lines.as_ref().and_then(|lines| lines.first()).map_or(0, |(_, at)| *at);
        let lines = file.get(..start).map_or(0, |before| before.matches('\n').count());
        u32::try_from(lines).unwrap_or(u32::MAX)
    }

    /// Reads it.
    pub(crate) fn editor(&self, reader: Reader) -> Option<Editor<'_>> {
        Editor::new(&self.content, reader).ok()
    }
}

/// The node that a path leads to, by keys and numbers.
fn element<'e>(root: &'e Element, steps: &[Step]) -> Option<&'e Element> {
    let mut at = root;
    for step in steps {
        at = match (step, &at.shape) {
            (Step::Key(key), Shape::Mapping { .. }) => &at.entry(key)?.value,
            (Step::Index(index), Shape::Sequence { .. }) => &at.item(*index)?.value,
            _ => return None,
        };
    }
    Some(at)
}

/// A text with changes of it, which are sorted here; `None` if two change the same bytes or the
/// result does not read as what was there, with as many documents.
pub(crate) fn apply(text: &str, mut changes: Vec<Change>, reader: Reader) -> Option<String> {
    changes.sort_by_key(|change| (change.range.start, change.range.end));
    changes.dedup();
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for change in &changes {
        out.push_str(text.get(from..change.range.start)?);
        out.push_str(&change.text);
        from = change.range.end;
    }
    out.push_str(text.get(from..)?);
    let documents = |text: &str| Some(Editor::new(text, reader).ok()?.roots().len());
    (documents(text)? == documents(&out)?).then_some(out)
}

/// Calls with every node of a document and the way to it, each before those in it. What stands
/// behind an alias is visited where the alias is.
pub(crate) fn visit<'n>(node: &'n Node, path: &Path, each: &mut dyn FnMut(&Path, &'n Node) -> bool) {
    if !each(path, node) {
        return;
    }
    if let Some(mapping) = node.as_mapping() {
        for entry in mapping {
            visit(&entry.value, &path.clone().key(entry.key.text.clone()), each);
        }
    } else if let Some(items) = node.as_sequence() {
        for (index, item) in items.iter().enumerate() {
            visit(item, &path.clone().index(index), each);
        }
    }
}

#[cfg(test)]
mod tests {
    use oarlock_yaml::edit::Edit;

    use super::*;

    fn set(text: &str, at: &Path, inner: Path, value: &str) -> Option<String> {
        let outer = Text::file(text.to_owned());
        let editor = outer.editor(Reader::ArgoCd).unwrap();
        let mut block = editor.roots().first().unwrap();
        for step in at.steps() {
            block = match step {
                Step::Key(key) => block.get(key).unwrap(),
                Step::Index(index) => &block.as_sequence().unwrap()[*index],
                _ => unreachable!("the test has none"),
            };
        }
        let nested = outer.block(&editor, 0, at, block.as_str().unwrap())?;
        let edited = nested.editor(Reader::ArgoCd)?.apply(&[Edit::set(inner, Node::string(value))]).unwrap();
        apply(text, nested.in_file(edited.changes), Reader::ArgoCd)
    }

    #[test]
    fn a_value_in_a_block_is_changed_in_its_file() {
        let text = "patches:\n  - target: {kind: Deployment}\n    # why\n    patch: |-\n      - op: replace # it\n        \
                    path: /a\n        value: x:1\n\n      - op: remove\n        path: /b\n  - path: other.yaml\n";
        let at = Path::root().key("patches").index(0).key("patch");
        let edited = set(text, &at, Path::root().index(0).key("value"), "x:2").unwrap();
        assert_eq!(edited, text.replace("x:1", "x:2"));
        let windows = text.replace('\n', "\r\n");
        let edited = set(&windows, &at, Path::root().index(0).key("value"), "x:2").unwrap();
        assert_eq!(edited, windows.replace("x:1", "x:2"));
    }

    #[test]
    fn other_values_are_no_blocks() {
        for text in ["a: >\n  b: c\n", "a: \"b: c\"\n", "a: b\n", "a: &x |\n  b: c\n"] {
            assert_eq!(set(text, &Path::root().key("a"), Path::root().key("b"), "d"), None, "{text}");
        }
    }
}
