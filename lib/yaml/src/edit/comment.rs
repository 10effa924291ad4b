//! Items of lists that become comments, and comments that become items.

use std::ops::Range;

use super::lines::{Lines, is_blank, is_comment};
use super::locate::{Target, matches};
use super::model::same;
use super::plan::{Change, ambiguous, children, indicator};
use super::{Ambiguity, EditError, Path, Step};
use crate::limits::Limits;
use crate::parse::{Element, Shape, parse, place};
use crate::{Node, Reader, Span, Text, Value};

/// Longer items are not looked for in comments, since each of their lines may be the last.
const MAX_LINES: usize = 200;

/// An item of a list that is commented out.
#[derive(Clone, Debug)]
pub struct CommentedItem {
    /// What the item is without the `#`.
    pub item: Node,
    /// Where its first line starts.
    pub span: Span,
    /// How many items stand before it.
    pub index: usize,
    /// What makes it an item of the list.
    pub(super) changes: Vec<Change>,
    /// How it is commented out.
    pub mark: Mark,
    /// Whether a comma stands behind it, in brackets.
    has_comma: bool,
}

/// How an item is commented out: the blanks around its `#`, which may be tabs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The blanks before the `#`.
    pub before: Text,
    /// The blanks between the `#` and the item.
    pub after: Text,
}

impl Mark {
    fn of(lines: Lines<'_>, line: &CommentLine<'_>) -> Self {
        let before = &lines.text[line.start..line.start + line.before];
        Self { before: before.into(), after: line.body[..line.indent().unwrap_or(0)].into() }
    }
}

/// Makes an item of a list a comment, in a certain way or the customary one. The target is the
/// item.
pub(super) fn comment(
    lines: Lines<'_>,
    reader: Reader,
    list: &Target<'_>,
    (index, way): (usize, Option<&Mark>),
    path: &Path,
) -> Result<Vec<Change>, EditError> {
    let Shape::Sequence { flow, items } = &list.element.shape else {
        return Err(list.wrong_kind(lines.text, path, "list"));
    };
    let item = &items[index];
    let refuse = |reason| {
        let span = place(lines.text, item.start);
        EditError::Ambiguous { path: path.clone(), span, reason }
    };
    if !lines.is_first(item.start) {
        return Err(refuse(Ambiguity::SharedLine));
    }
    let column = lines.column(item.start);
    let end = if *flow {
        let rest = lines.text[item.end()..lines.end(item.end())].trim_start();
        let rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        if !rest.is_empty() && !rest.starts_with('#') {
            return Err(refuse(Ambiguity::SharedLine));
        }
        lines.next(item.end())
    } else {
        lines.behind_block(item.end(), column)
    };
    let from = lines.start(item.start);
    let mut changes = Vec::new();
    let mut start = from;
    while start < end {
        let line = lines.line(start);
        let indent = line.len() - line.trim_start_matches(' ').len();
        let offset = start + indent.min(column);
        match way.filter(|_| !*flow) {
            // The indentation of the list gives way to that of the comment.
            Some(Mark { before, after }) if indent >= column => {
                changes.push(Change::new(start..start + column, format!("{before}#{after}")));
            }
            _ => {
                let mark = if offset == start + line.len() { "#" } else { "# " };
                changes.push(Change::new(offset..offset, mark));
            }
        }
        start = lines.next(start);
    }
    // What cannot be undone is not done.
    let below = comments_below(lines, end);
    let commented = apply(&lines.text[from..below], from, &changes);
    let local = Lines { text: &commented, newline: lines.newline };
    let shift = Shift { column: Some(column), flow: *flow };
    let found = find(local, 0..commented.len(), shift, reader).into_iter().next();
    let restored = found.map(|found| (apply(&commented, 0, &found.changes), found.item));
    match restored {
        Some((text, node))
            if text == lines.text[from..below]
                && list
                    .node
                    .as_sequence()
                    .and_then(|nodes| nodes.get(index))
                    .is_some_and(|it| same(it, &node)) =>
        {
            Ok(changes)
        }
        _ => Err(refuse(Ambiguity::Comments)),
    }
}

/// The end of the comments that follow a line without a gap.
fn comments_below(lines: Lines<'_>, mut start: usize) -> usize {
    while start < lines.text.len() && is_comment(lines.line(start)) {
        start = lines.next(start);
    }
    start
}

/// Applies changes, which are in order, to a part of a text that starts at an offset.
pub(super) fn apply(text: &str, offset: usize, changes: &[Change]) -> String {
    let mut out = String::with_capacity(text.len() + changes.len() * 8);
    let mut from = offset;
    for change in changes {
        out.push_str(&text[from - offset..change.range.start - offset]);
        out.push_str(&change.text);
        from = change.range.end;
    }
    out.push_str(&text[from - offset..]);
    out
}

/// The items of a list that are commented out, in the order of the text.
pub(super) fn commented(
    lines: Lines<'_>,
    reader: Reader,
    list: &Target<'_>,
    path: &Path,
) -> Result<Vec<CommentedItem>, EditError> {
    let element = list.element;
    let mut all = Vec::new();
    let mut gaps: Vec<Range<usize>> = Vec::new();
    let mut shift = Shift { column: None, flow: false };
    let items = children(element);
    match &element.shape {
        Shape::Sequence { flow: true, .. } if !items.is_empty() || spans_lines(lines, element) => {
            shift.flow = true;
            let mut from = lines.next(element.content);
            for item in &items {
                gaps.push(from..lines.start(item.start).max(from));
                from = lines.next(item.end);
            }
            gaps.push(from..lines.start(element.range.end - 1).max(from));
        }
        Shape::Sequence { flow: false, .. } => {
            let first = items.first().map_or(element.content, |first| first.start);
            shift.column = Some(lines.column(first));
            let start = lines.start(first);
            let mut from = if lines.is_first(first) { comments_above(lines, start) } else { start };
            for item in &items {
                gaps.push(from..lines.start(item.start).max(from));
                from = lines.next(item.end);
            }
            gaps.push(from..gap_below(lines, from));
        }
        Shape::Sequence { .. } | Shape::Scalar if list.node.is_null() || items.is_empty() => {
            if !list.node.is_null() && list.node.as_sequence().is_none() {
                return Err(list.wrong_kind(lines.text, path, "list"));
            }
            let from = lines.next(element.range.end);
            gaps.push(from..gap_below(lines, from));
        }
        _ => return Err(list.wrong_kind(lines.text, path, "list")),
    }
    for (index, gap) in gaps.into_iter().enumerate() {
        if gap.start >= gap.end {
            continue;
        }
        for mut found in find(lines, gap.clone(), shift, reader) {
            found.index = index;
            if shift.flow {
                add_commas(lines, element, &mut found, gap.start);
            } else if items.is_empty() && !list.node.is_null() {
                // `[]` gives way to the item.
                let Some(indicator) = indicator(&list.hops) else {
                    return Err(ambiguous(list, lines.text, path, Ambiguity::Notation));
                };
                found.changes.insert(0, Change::new(indicator..element.range.end, ""));
            }
            all.push(found);
        }
    }
    Ok(all)
}

/// The commented item that a step means: the only one that matches.
pub(super) fn select(
    found: Vec<CommentedItem>,
    step: &Step,
    path: &Path,
    list: Span,
) -> Result<CommentedItem, EditError> {
    let mut matching =
        found.into_iter().enumerate().filter(|(index, found)| matches(step, *index, &found.item));
    let Some((_, first)) = matching.next() else {
        return Err(EditError::NotFound { path: path.clone(), span: list });
    };
    match matching.next() {
        None => Ok(first),
        Some((_, other)) => {
            let (span, reason) = (other.span, Ambiguity::SeveralItems);
            Err(EditError::Ambiguous { path: path.clone(), span, reason })
        }
    }
}

fn spans_lines(lines: Lines<'_>, element: &Element) -> bool {
    lines.text[element.range.clone()].contains('\n')
}

fn comments_above(lines: Lines<'_>, mut start: usize) -> usize {
    while start > 0 {
        let above = lines.start(start - 1);
        let line = lines.line(above);
        if !is_comment(line) && !is_blank(line) {
            break;
        }
        start = above;
    }
    start
}

/// The end of the comments and blank lines from a line on.
fn gap_below(lines: Lines<'_>, mut start: usize) -> usize {
    while start < lines.text.len() && (is_comment(lines.line(start)) || is_blank(lines.line(start))) {
        start = lines.next(start);
    }
    start
}

/// How commented lines become lines of a list.
#[derive(Clone, Copy, Debug)]
struct Shift {
    /// The column of the list's `-`, where it has one.
    column: Option<usize>,
    /// Whether the list stands in brackets.
    flow: bool,
}

/// A line that is a comment.
#[derive(Clone, Copy, Debug)]
struct CommentLine<'t> {
    start: usize,
    /// How many blanks stand before the `#`.
    before: usize,
    /// What follows the `#`.
    body: &'t str,
}

impl CommentLine<'_> {
    /// How many blanks stand behind the `#`; none where nothing else does.
    fn indent(&self) -> Option<usize> {
        let content = self.body.trim_start_matches([' ', '\t']);
        (!content.is_empty()).then(|| self.body.len() - content.len())
    }

    fn is_item(&self) -> bool {
        let content = self.body.trim_start_matches([' ', '\t']);
        content == "-" || content.starts_with("- ") || content.starts_with("-\t")
    }
}

/// The commented items in a range of whole lines.
fn find(lines: Lines<'_>, gap: Range<usize>, shift: Shift, reader: Reader) -> Vec<CommentedItem> {
    let mut comments = Vec::new();
    let mut start = gap.start;
    // Whether a line follows the one before without a gap.
    while start < gap.end {
        let line = lines.line(start);
        let content = line.trim_start_matches([' ', '\t']);
        comments.push(content.strip_prefix('#').map(|body| CommentLine {
            start,
            before: line.len() - content.len(),
            body,
        }));
        start = lines.next(start);
    }
    let mut found = Vec::new();
    for run in comments.split(Option::is_none) {
        let run: Vec<CommentLine<'_>> = run.iter().copied().flatten().collect();
        let mut next = 0;
        while next < run.len() {
            let item = if shift.flow {
                flow_item(lines, &run[next..], reader)
            } else {
                block_item(lines, &run[next..], shift.column, reader)
            };
            next += item.as_ref().map_or(1, |(_, count)| *count);
            found.extend(item.map(|(item, _)| item));
        }
    }
    found
}

/// The item that starts with a comment, and how many lines it has.
fn block_item(
    lines: Lines<'_>,
    run: &[CommentLine<'_>],
    column: Option<usize>,
    reader: Reader,
) -> Option<(CommentedItem, usize)> {
    let first = run.first().filter(|first| first.is_item())?;
    let dash = first.indent()?;
    let column = column.unwrap_or_else(|| {
        // `# - a` had its dash where the `#` is, `#- a` too; but `#    - a` at the start of a line
        // had it where it is.
        let tight = first.before + dash.saturating_sub(1);
        if dash > 1 && tight % 2 == 1 { tight + 1 } else { tight }
    });
    let deeper = |line: &&CommentLine<'_>| line.indent().is_none_or(|indent| indent > dash);
    let mut count = 1 + run[1..].iter().take(MAX_LINES - 1).take_while(deeper).count();
    loop {
        while count > 1 && run[count - 1].indent().is_none() {
            count -= 1;
        }
        let changes: Vec<Change> = run[..count]
            .iter()
            .map(|line| match line.indent() {
                None => uncommented(line),
                Some(indent) => Change::new(
                    line.start..line.start + line.before + 1 + indent,
                    " ".repeat(column + indent - dash),
                ),
            })
            .collect();
        let end = lines.next(run[count - 1].start);
        let text = apply(&lines.text[first.start..end], first.start, &changes);
        if let Some(item) = only_item(&text, reader) {
            let span = place(lines.text, first.start);
            let mark = Mark::of(lines, first);
            return Some((CommentedItem { item, span, index: 0, changes, mark, has_comma: false }, count));
        }
        count -= 1;
        if count == 0 {
            return None;
        }
    }
}

/// Takes the `#` off, and one blank behind it.
fn uncommented(line: &CommentLine<'_>) -> Change {
    let mark = line.start + line.before;
    Change::new(mark..mark + 1 + usize::from(line.body.starts_with(' ')), "")
}

fn flow_item(lines: Lines<'_>, run: &[CommentLine<'_>], reader: Reader) -> Option<(CommentedItem, usize)> {
    let first = run.first()?;
    for count in (1..=run.len().min(MAX_LINES)).rev() {
        let changes: Vec<Change> = run[..count].iter().map(uncommented).collect();
        let bodies: Vec<&str> = run[..count].iter().map(|line| line.body.trim_end()).collect();
        let text = format!("[\n{}\n]", bodies.join("\n"));
        if run[count - 1].indent().is_some()
            && let Some(item) = only_item(&text, reader)
            && !item.is_null()
        {
            let span = place(lines.text, first.start);
            let has_comma = items(&format!("[\n{}\n, more]", bodies.join("\n")), reader).is_none();
            let mark = Mark::of(lines, first);
            return Some((CommentedItem { item, span, index: 0, changes, mark, has_comma }, count));
        }
    }
    None
}

/// The item of a list that has one.
fn only_item(text: &str, reader: Reader) -> Option<Node> {
    let [item] = <[_; 1]>::try_from(items(text, reader)?).ok()?;
    Some(item)
}

/// The items of a list.
fn items(text: &str, reader: Reader) -> Option<Vec<Node>> {
    let documents = parse(text.as_bytes(), reader, Limits::default()).ok()?;
    let [document] = <[_; 1]>::try_from(documents).ok()?;
    match document.root.value {
        Value::Sequence(items) => Some(items),
        _ => None,
    }
}

/// Adds the commas that the items around a commented one lack.
fn add_commas(lines: Lines<'_>, list: &Element, found: &mut CommentedItem, gap: usize) {
    let Shape::Sequence { items, .. } = &list.shape else { return };
    let has_comma = |from: usize, to: usize| {
        lines.text[from..to].lines().any(|line| line.split('#').next().is_some_and(|it| it.contains(',')))
    };
    if let Some(before) = found.index.checked_sub(1).and_then(|index| items.get(index))
        && !has_comma(before.end(), gap.max(before.end()))
    {
        found.changes.insert(0, Change::new(before.end()..before.end(), ","));
    }
    if items.get(found.index).is_some()
        && !found.has_comma
        && let Some(last) = found.changes.last()
    {
        let line = lines.start(last.range.start);
        let end = line + lines.line(line).trim_end().len();
        found.changes.push(Change::new(end..end, ","));
    }
}
