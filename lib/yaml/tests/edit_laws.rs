//! What holds for every edit: the text means what the edit says, and all other bytes stay.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path as FilePath, PathBuf};

use oarlock_yaml::edit::{Action, Ambiguity, Edit, EditError, Edited, Editor, Path, Step};
use oarlock_yaml::{Entry, Key, Limits, Node, Reader, Value, parse, to_json};
use proptest::prelude::*;

/// The way to a node, by keys and indices.
#[derive(Clone, Debug)]
enum Way {
    Key(String),
    Index(usize),
}

fn path(way: &[Way]) -> Path {
    way.iter().fold(Path::root(), |path, step| match step {
        Way::Key(key) => path.key(key.as_str()),
        Way::Index(index) => path.index(*index),
    })
}

fn at<'n>(root: &'n mut Node, way: &[Way]) -> &'n mut Node {
    way.iter().fold(root, |node, step| match step {
        Way::Key(key) => node.get_mut(key).unwrap(),
        Way::Index(index) => &mut node.as_sequence_mut().unwrap()[*index],
    })
}

/// Whether line breaks around a block scalar may be a part of it: one that ends the text without a
/// line break gains one, and `|+` takes all that follow. An edit that would change its value so is
/// refused.
fn has_open_end(text: &str) -> bool {
    !text.ends_with('\n') || text.contains("|+")
}

/// The ways to all nodes.
fn ways(node: &Node, way: &mut Vec<Way>, all: &mut Vec<Vec<Way>>) {
    all.push(way.clone());
    let mut below = |step: Way, child: &Node| {
        way.push(step);
        ways(child, way, all);
        way.pop();
    };
    match &node.value {
        Value::Scalar(_) => {}
        Value::Sequence(items) => {
            items.iter().enumerate().for_each(|(index, item)| below(Way::Index(index), item));
        }
        Value::Mapping(mapping) => {
            mapping.iter().for_each(|entry| below(Way::Key(entry.key.text.to_string()), &entry.value));
        }
    }
}

/// What is put in place: all kinds of text that need quotes, and collections.
const TEXTS: [&str; 22] = [
    "x",
    "",
    "yes",
    "1",
    "1.5",
    "~",
    "a: b",
    "a #b",
    "#a",
    "- a",
    "it's",
    "\"q\"",
    "tab\there",
    " lead",
    "trail ",
    "two\nlines\n",
    "two\nlines",
    "é\u{1F600}",
    "{a}",
    "[a",
    "2024-01-01",
    "registry.example:5000/a/b:v1@sha256:0",
];

fn value(dice: usize) -> Node {
    let text = |dice: usize| Node::string(TEXTS[dice % TEXTS.len()]);
    match dice % 7 {
        0 => Node::plain(["1", "true", "null", "0.5"][dice / 7 % 4]),
        1 => Node::new(Value::Sequence(vec![text(dice), text(dice + 1)])),
        2 => {
            let entry = |key: &str, value| Entry { key: Key::from(key), value };
            let inner = Node::new(Value::Sequence(vec![text(dice / 7), Node::empty_mapping()]));
            Node::new(Value::Mapping([entry("k", text(dice + 5)), entry("l m", inner)].into_iter().collect()))
        }
        _ => text(dice / 7),
    }
}

/// An edit of a node, and what it makes of the tree.
fn edit(root: &Node, way: &[Way], dice: usize) -> Option<(Edit, Node)> {
    let mut expected = root.clone();
    let target = at(&mut expected, way);
    let edit = match (&mut target.value, dice % 3) {
        (Value::Scalar(_), 0) => {
            let value = Node::string(TEXTS[dice / 3 % TEXTS.len()]);
            *target = value.clone();
            Edit::set(path(way), value)
        }
        (Value::Sequence(items), 0) => {
            let index = dice / 3 % (items.len() + 1);
            items.insert(index, value(dice));
            let action = Action::InsertItem { index, value: value(dice) };
            Edit { document: 0, path: path(way), action }
        }
        (Value::Mapping(mapping), 0) => {
            let index = dice / 3 % (mapping.len() + 1);
            let key = format!("new{dice}");
            if mapping.contains_key(&key) {
                return None;
            }
            let entry = Entry { key: Key::from(key.as_str()), value: value(dice) };
            mapping.entries_mut().insert(index, entry);
            let action = Action::InsertEntry { index, key: key.into(), value: value(dice) };
            Edit { document: 0, path: path(way), action }
        }
        (_, choice) => {
            let (last, outer) = way.split_last()?;
            match (last, &mut at(&mut expected, outer).value) {
                (Way::Index(index), Value::Sequence(items)) => drop(items.remove(*index)),
                (Way::Key(key), Value::Mapping(mapping)) => drop(mapping.remove(key)),
                _ => unreachable!("the way is one of the tree's"),
            }
            let is_item = matches!(last, Way::Index(_));
            let action = if choice == 1 && is_item { Action::Comment } else { Action::Remove };
            Edit { document: 0, path: path(way), action }
        }
    };
    Some((edit, expected))
}

/// Whether all bytes outside of the changes are where they were.
fn assert_rest_is_kept(text: &str, edited: &Edited) {
    let (mut old, mut new) = (0, 0);
    for change in &edited.changes {
        let kept = change.range.start - old;
        assert_eq!(text[old..change.range.start], edited.text[new..new + kept]);
        assert!(edited.text[new + kept..].starts_with(&change.text));
        (old, new) = (change.range.end, new + kept + change.text.len());
    }
    assert_eq!(text[old..], edited.text[new..]);
}

/// Applies an edit and holds it against the laws. Says whether it was done.
fn holds(text: &str, reader: Reader, document: usize, way: &[Way], dice: usize) -> Result<bool, EditError> {
    let editor = Editor::new(text, reader)?;
    let Some((edit, expected)) = edit(&editor.roots()[document], way, dice) else { return Ok(false) };
    let edit = edit.in_document(document);
    let edited = editor.apply(std::slice::from_ref(&edit))?;
    assert_rest_is_kept(text, &edited);
    let documents = parse(edited.text.as_bytes(), reader, Limits::default()).unwrap();
    assert_eq!(documents.len(), editor.roots().len());
    for (index, (found, before)) in documents.iter().zip(editor.roots()).enumerate() {
        let wanted = if index == document { &expected } else { before };
        assert_eq!(to_json(&found.root), to_json(wanted), "{edit:?}\n{text}\n{}", edited.text);
    }
    if matches!(edit.action, Action::Comment) {
        assert_comes_back(text, &edited.text, reader, &editor, &edit);
    }
    Ok(true)
}

/// Uncomments what was commented, which must give the text before.
fn assert_comes_back(text: &str, commented: &str, reader: Reader, before: &Editor<'_>, edit: &Edit) {
    let steps = edit.path.steps();
    let (Some(Step::Index(index)), list) = (steps.last(), &steps[..steps.len() - 1]) else {
        panic!("the path of an item ends with its index")
    };
    let list = list.iter().fold(Path::root(), |path, step| path.step(step.clone()));
    let mut element = &before.layout().documents()[edit.document].root;
    for step in list.steps() {
        element = match step {
            Step::Key(key) => &element.entry(key).unwrap().value,
            Step::Index(index) => &element.item(*index).unwrap().value,
            _ => unreachable!("the tests make no others"),
        };
    }
    let start = element.item(*index).unwrap().start;
    let line = u32::try_from(text[..start].matches('\n').count() + 1).unwrap();
    let editor = Editor::new(commented, reader).unwrap();
    let found = editor.commented(edit.document, &list).unwrap();
    let number = found.iter().position(|found| found.span.line == line);
    let number = number.unwrap_or_else(|| panic!("no item in the comment of line {line}\n{commented}"));
    let back = Edit::uncomment(list.index(number)).in_document(edit.document);
    let back = editor.apply(&[back]).unwrap_or_else(|error| panic!("{error}\n{commented}"));
    assert_eq!(back.text, text, "{commented}");
}

/// Writes random texts: block and flow, quotes, comments in odd places, blank lines, deep and wide.
struct Generator {
    dice: std::vec::IntoIter<u8>,
    newline: &'static str,
    out: String,
}

impl Generator {
    fn roll(&mut self, sides: u8) -> u8 {
        self.dice.next().unwrap_or(0) % sides
    }

    fn text(dice: Vec<u8>) -> String {
        let mut generator = Self { dice: dice.into_iter(), newline: "\n", out: String::new() };
        if generator.roll(4) == 3 {
            generator.newline = "\r\n";
        }
        if generator.roll(4) == 3 {
            generator.line("--- # first");
        }
        if generator.roll(3) == 2 {
            generator.sequence(0, 0, false);
        } else {
            generator.mapping(0, 0, false);
        }
        if generator.roll(5) == 4 {
            let end = generator.out.trim_end().len();
            generator.out.truncate(end);
        }
        generator.out
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push_str(self.newline);
    }

    /// The end of a line, with or without a comment. No tab may stand where a key could, as behind
    /// a `-`.
    fn end(&mut self) {
        let tab = if self.out.ends_with([':', '-']) { " # with:\ttab" } else { "\t# with: tab" };
        let comment = ["", "", "", " # note", tab, "  #"][usize::from(self.roll(6))];
        self.line(comment);
    }

    fn between(&mut self, column: usize) {
        let indent = " ".repeat(column);
        match self.roll(12) {
            0 => self.line(""),
            1 => self.line(&format!("{indent}# a comment")),
            2 => self.line("# far left"),
            3 => self.line(&format!("{indent}   # deep")),
            4 => self.line(&format!("{indent}# - c: old")),
            _ => {}
        }
    }

    fn mapping(&mut self, column: usize, depth: usize, on_line: bool) {
        for index in 0..=self.roll(3) {
            if index > 0 || !on_line {
                self.between(column);
            }
            if index > 0 || !on_line {
                self.out.push_str(&" ".repeat(column));
            }
            let key = match self.roll(6) {
                0 => format!("'q {index}'"),
                1 => format!("\"d{index}\""),
                _ => format!("key{index}"),
            };
            self.out.push_str(&key);
            self.out.push(':');
            self.value(column, depth, false);
        }
    }

    fn sequence(&mut self, column: usize, depth: usize, on_line: bool) {
        for index in 0..=self.roll(3) {
            if index > 0 || !on_line {
                self.between(column);
                self.out.push_str(&" ".repeat(column));
            }
            self.out.push('-');
            self.value(column, depth, true);
        }
    }

    fn value(&mut self, column: usize, depth: usize, is_item: bool) {
        let choice = if depth > 4 { self.roll(8) } else { self.roll(14) };
        match choice {
            0 => {
                let header = [" |", " >-", " |-", " |+"][usize::from(self.roll(4))];
                self.out.push_str(header);
                self.line("");
                let indent = " ".repeat(column + 2 + usize::from(self.roll(2)));
                self.line(&format!("{indent}some text # no comment"));
                if self.roll(2) == 0 {
                    self.line("");
                    self.line(&format!("{indent}- more"));
                }
            }
            1 => {
                self.out.push_str(" plain text");
                self.line("");
                self.line(&format!("{}goes on", " ".repeat(column + 3)));
            }
            2 => {
                let flow = self.flow(0, column);
                self.out.push(' ');
                self.out.push_str(&flow);
                self.end();
            }
            3..=7 => {
                let scalars = [
                    "a",
                    "'it''s'",
                    "\"x\\ty\"",
                    "1",
                    "true",
                    "~",
                    "",
                    "c: ".trim_end_matches(": "),
                    "2020-01-01",
                    "a:b/c@d",
                ];
                let scalar = scalars[usize::from(self.roll(10))];
                self.out.push_str(if scalar.is_empty() { "" } else { " " });
                self.out.push_str(scalar);
                self.end();
            }
            8 | 9 if is_item => {
                self.out.push(' ');
                self.mapping(column + 2, depth + 1, true);
            }
            8 if !is_item => {
                self.end();
                self.sequence(column, depth + 1, false);
            }
            10 if is_item => {
                self.out.push(' ');
                self.sequence(column + 2, depth + 1, true);
            }
            9..=11 => {
                self.end();
                self.sequence(column + 2, depth + 1, false);
            }
            _ => {
                self.end();
                let deeper = 1 + usize::from(self.roll(4));
                self.mapping(column + deeper, depth + 1, false);
            }
        }
    }

    fn flow(&mut self, depth: usize, column: usize) -> String {
        let gap = match self.roll(4) {
            0 => format!("{}{}", self.newline, " ".repeat(column + 4)),
            1 => format!(" # c{}{}", self.newline, " ".repeat(column + 3)),
            _ => String::new(),
        };
        let count = self.roll(4);
        let is_list = self.roll(2) == 0;
        let mut items = Vec::new();
        for index in 0..count {
            let item = match self.roll(6) {
                0 if depth < 3 => self.flow(depth + 1, column + 2),
                1 => "'a, b'".to_owned(),
                2 => "\"x\"".to_owned(),
                3 => "12".to_owned(),
                _ => "word".to_owned(),
            };
            items.push(if is_list { item } else { format!("k{index}: {item}") });
        }
        let trailing = if count > 0 && self.roll(4) == 0 { "," } else { "" };
        let (open, close) = if is_list { ('[', ']') } else { ('{', '}') };
        format!(
            "{open}{gap}{}{trailing}{gap}{close}",
            items.join(&format!(",{}{gap}", if gap.is_empty() { " " } else { "" }))
        )
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn edits_of_any_text_hold(
        dice in prop::collection::vec(any::<u8>(), 0..120),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..600), 1..12),
    ) {
        let text = Generator::text(dice);
        let reader = Reader::KustomizeField;
        let editor = Editor::new(&text, reader);
        let editor = editor.unwrap_or_else(|error| panic!("{error} in {}:\n{text}", error.span().line));
        prop_assert_eq!(editor.roots().len(), 1);
        let mut all = Vec::new();
        ways(&editor.roots()[0], &mut Vec::new(), &mut all);
        for (index, dice) in edits {
            let way = index.get(all.as_slice()).as_slice();
            match holds(&text, reader, 0, way, dice) {
                Ok(_) | Err(EditError::Ambiguous {
                    reason: Ambiguity::SharedLine | Ambiguity::Comments | Ambiguity::Notation,
                    ..
                }) => {}
                Err(EditError::Unsafe { .. }) if has_open_end(&text) => {}
                Err(error) => {
                    let edit = edit(&editor.roots()[0], way, dice);
                    prop_assert!(false, "{} at {}\n{:?}\n{}", error, error.span().line, edit.map(|it| it.0), text);
                }
            }
        }
    }

    #[test]
    fn several_edits_at_once_are_all_or_none(
        dice in prop::collection::vec(any::<u8>(), 0..120),
        picks in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..600), 2..6),
    ) {
        let text = Generator::text(dice);
        let editor = Editor::new(&text, Reader::KustomizeField).unwrap();
        let mut all = Vec::new();
        ways(&editor.roots()[0], &mut Vec::new(), &mut all);
        let edits: Vec<Edit> = picks.iter()
            .filter_map(|(index, dice)| edit(&editor.roots()[0], index.get(all.as_slice()).as_slice(), *dice))
            .map(|(edit, _)| edit)
            .collect();
        match editor.apply(&edits) {
            // The editor holds its result against the same edits of the tree before it lets go of
            // it.
            Ok(edited) => assert_rest_is_kept(&text, &edited),
            Err(EditError::Conflict { .. } | EditError::Ambiguous { .. } | EditError::Exists { .. }) => {}
            Err(EditError::Unsafe { .. }) if has_open_end(&text) => {}
            Err(error) => prop_assert!(false, "{}\n{:?}\n{}", error, edits, text),
        }
    }
}

fn files(folder: &FilePath, all: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() && !path.is_symlink() {
            files(&path, all);
        } else if path.extension().is_some_and(|it| it == "yaml" || it == "yml") {
            all.push(path);
        }
    }
}

/// How many edits were made and how many were refused.
#[derive(Debug, Default)]
struct Tally {
    files: usize,
    done: usize,
    refused: usize,
    unsafe_: usize,
}

fn edit_files(folder: &FilePath, most: usize, tally: &mut Tally) {
    let mut all = Vec::new();
    files(folder, &mut all);
    let step = all.len().div_ceil(most).max(1);
    for (number, file) in all.iter().enumerate().step_by(step) {
        let Ok(text) = std::fs::read_to_string(file) else { continue };
        if text.len() > 100_000 {
            continue;
        }
        let reader = if number % 2 == 0 { Reader::ArgoCd } else { Reader::KustomizeResource };
        let Ok(editor) = Editor::new(&text, reader) else { continue };
        tally.files += 1;
        for (document, root) in editor.roots().iter().enumerate().take(3) {
            let mut all = Vec::new();
            ways(root, &mut Vec::new(), &mut all);
            let stride = all.len().div_ceil(8).max(1);
            for (count, way) in all.iter().skip(number % stride).step_by(stride).enumerate() {
                match holds(&text, reader, document, way, number + count) {
                    Ok(done) => tally.done += usize::from(done),
                    Err(EditError::Unsafe { path, span }) => {
                        eprintln!("{}:{}: {path} {}", file.display(), span.line, number + count);
                        tally.unsafe_ += 1;
                    }
                    Err(_) => tally.refused += 1,
                }
            }
        }
    }
}

#[test]
fn edits_of_the_examples_hold() {
    let root = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut tally = Tally::default();
    edit_files(&root.join("examples"), 400, &mut tally);
    eprintln!("{tally:?}");
    assert!(tally.files > 20 && tally.done > 10 * tally.refused, "{tally:?}");
    assert_eq!(tally.unsafe_, 0, "{tally:?}");
}

#[test]
fn edits_of_the_corpus_hold() {
    let Some(corpus) = oarlock_samples::conformance("") else { return };
    let mut tally = Tally::default();
    edit_files(FilePath::new(&corpus), 3_000, &mut tally);
    eprintln!("{tally:?}");
    assert!(tally.files > 1_000 && tally.done > 5 * tally.refused, "{tally:?}");
    assert!(tally.unsafe_ * 500 < tally.done, "{tally:?}");
}
