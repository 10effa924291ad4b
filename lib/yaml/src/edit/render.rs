//! Values to the text that is put in place.

use std::fmt::Write as _;

use crate::analyze::{Tabs, allows_block, analyze, is_break, is_printable};
use crate::resolve::is_plain_text;
use crate::{Node, Scalar, ScalarKind, Value};

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
    Folded,
}

impl Style {
    /// The style of a scalar, by its text.
    pub(super) fn of(text: &str) -> Self {
        match text.as_bytes().first() {
            Some(b'\'') => Self::Single,
            Some(b'"') => Self::Double,
            Some(b'|') => Self::Literal,
            Some(b'>') => Self::Folded,
            _ => Self::Plain,
        }
    }
}

/// Where a value is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surroundings {
    /// In brackets or braces.
    pub(super) flow: bool,
    /// The column of the mapping or list that holds the value.
    pub(super) column: usize,
    /// How much deeper than its key a list stands.
    pub(super) list_indent: usize,
    /// The column of a comment that follows: lines of a block scalar stand deeper, or it would be
    /// one of them.
    pub(super) comment: Option<usize>,
    pub(super) newline: &'static str,
}

/// A scalar, in a style where that is possible.
pub(super) fn scalar(scalar: &Scalar, style: Style, at: Surroundings) -> String {
    match scalar.kind {
        ScalarKind::String => string(&scalar.text, style, at),
        ScalarKind::Null => "null".to_owned(),
        ScalarKind::Binary => format!("!!binary {}", double_quoted(&scalar.text)),
        ScalarKind::Bool | ScalarKind::Int | ScalarKind::Float | ScalarKind::Timestamp => {
            scalar.text.to_string()
        }
    }
}

fn string(text: &str, style: Style, at: Surroundings) -> String {
    let is_block = matches!(style, Style::Literal | Style::Folded);
    if is_block && !at.flow && can_be_block(text) {
        return block(text, style, at);
    }
    match style {
        Style::Plain | Style::Literal | Style::Folded if can_be_plain(text, at.flow) => text.to_owned(),
        Style::Double => double_quoted(text),
        _ if can_be_single(text) => format!("'{}'", text.replace('\'', "''")),
        _ => double_quoted(text),
    }
}

/// Whether every reader takes a text without quotes for that text.
fn can_be_plain(text: &str, flow: bool) -> bool {
    is_plain_text(text)
        && analyze(text, Tabs::Quoted).plain
        && !matches!(text, "<<" | "=")
        && !(text.contains(':')
            && text.starts_with(|first: char| first.is_ascii_digit() || "+-".contains(first)))
        && !(flow && text.contains([',', '[', ']', '{', '}', '?', '#', ':']))
}

fn can_be_single(text: &str) -> bool {
    let analysis = analyze(text, Tabs::Quoted);
    analysis.single_quoted && !analysis.multiline
}

fn can_be_block(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    !body.is_empty()
        && allows_block(text)
        && !body.starts_with([' ', '\n'])
        && !body.ends_with('\n')
        && !text.contains(['\r', '\u{85}', '\u{2028}', '\u{2029}'])
}

/// A block scalar. Folded text would need its lines cut where they may be, so that only a single
/// line keeps that style.
fn block(text: &str, style: Style, at: Surroundings) -> String {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let folded = style == Style::Folded && !body.contains('\n');
    let mut out = String::from(if folded { ">" } else { "|" });
    if body.len() == text.len() {
        out.push('-');
    }
    let indent = at.comment.map_or(0, |column| column + 1).max(at.column + 2);
    for line in body.split('\n') {
        out.push_str(at.newline);
        if !line.is_empty() {
            let _ = write!(out, "{:indent$}{line}", "");
        }
    }
    out
}

fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        // Writing to a string never fails.
        let _ = match character {
            '"' | '\\' => write!(out, "\\{character}"),
            '\n' => write!(out, "\\n"),
            '\t' => write!(out, "\\t"),
            '\r' => write!(out, "\\r"),
            '\u{10000}'.. => write!(out, "{character}"),
            _ if is_printable(character) && !is_break(character) => write!(out, "{character}"),
            _ => match u32::from(character) {
                code @ ..=0xFF => write!(out, "\\x{code:02X}"),
                code => write!(out, "\\u{code:04X}"),
            },
        };
    }
    out.push('"');
    out
}

/// A key, with its colon.
fn key(text: &str, at: Surroundings) -> String {
    format!("{}:", string(text, Style::Plain, Surroundings { flow: true, ..at }))
}

/// An entry of a mapping. Further lines are indented for a mapping at the column.
pub(super) fn entry(name: &str, value: &Node, at: Surroundings) -> String {
    let mut out = key(name, at);
    after(value, at, at.list_indent, &mut out);
    out
}

/// An item of a list: with its dash, where the list is a block.
pub(super) fn item(value: &Node, at: Surroundings) -> String {
    if at.flow {
        return flow(value, at);
    }
    let mut out = String::from("-");
    match &value.value {
        Value::Mapping(mapping) if !mapping.is_empty() => {
            let inner = Surroundings { column: at.column + 2, ..at };
            for (index, child) in mapping.iter().enumerate() {
                if index == 0 {
                    out.push(' ');
                } else {
                    let _ = write!(out, "{}{:2$}", at.newline, "", inner.column);
                }
                out.push_str(&entry(&child.key.text, &child.value, inner));
            }
        }
        Value::Sequence(items) if !items.is_empty() => {
            let inner = Surroundings { column: at.column + 2, ..at };
            for (index, child) in items.iter().enumerate() {
                if index == 0 {
                    out.push(' ');
                } else {
                    let _ = write!(out, "{}{:2$}", at.newline, "", inner.column);
                }
                out.push_str(&item(child, inner));
            }
        }
        _ => after(value, at, 2, &mut out),
    }
    out
}

/// What follows a `:` or `-`.
fn after(value: &Node, at: Surroundings, list_indent: usize, out: &mut String) {
    match &value.value {
        Value::Mapping(mapping) if !at.flow && !mapping.is_empty() => {
            let inner = Surroundings { column: at.column + 2, ..at };
            for child in mapping {
                let _ = write!(out, "{}{:2$}", at.newline, "", inner.column);
                out.push_str(&entry(&child.key.text, &child.value, inner));
            }
        }
        Value::Sequence(items) if !at.flow && !items.is_empty() => {
            let inner = Surroundings { column: at.column + list_indent, ..at };
            for child in items {
                let _ = write!(out, "{}{:2$}", at.newline, "", inner.column);
                out.push_str(&item(child, inner));
            }
        }
        Value::Scalar(value) => {
            let style = if value.text.contains('\n') { Style::Literal } else { Style::Plain };
            out.push(' ');
            out.push_str(&scalar(value, style, at));
        }
        _ => {
            out.push(' ');
            out.push_str(&flow(value, Surroundings { flow: true, ..at }));
        }
    }
}

/// A value on one line.
fn flow(value: &Node, at: Surroundings) -> String {
    let at = Surroundings { flow: true, ..at };
    match &value.value {
        Value::Scalar(value) => scalar(value, Style::Plain, at),
        Value::Sequence(items) => {
            let items: Vec<String> = items.iter().map(|item| flow(item, at)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Mapping(mapping) => {
            let entries = mapping.iter().map(|entry| self::entry(&entry.key.text, &entry.value, at));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}
