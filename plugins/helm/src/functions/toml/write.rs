//! TOML as `BurntSushi/toml` writes it: simple keys before tables, tables indented by their depth.

use std::fmt::Write as _;

use oarlock_go_template::{Str, Value, fmt};

use super::time::to_toml;
use crate::profile::Profile;
use oarlock_sprig::as_time;

/// Why a value could not be written as TOML.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum WriteError {
    /// The text would be longer than a value may be.
    TooLong,
    /// TOML cannot hold the value: the message of `BurntSushi/toml`.
    Unsupported(String),
}

fn unsupported(message: &str) -> WriteError {
    WriteError::Unsupported(message.to_owned())
}

/// How deep values may nest.
const MAX_DEPTH: usize = 200;

/// A value as TOML, up to a number of bytes and one value more.
///
/// # Errors
/// For what TOML can't hold, and texts that are too long.
pub(super) fn write(value: &Value, most: usize, profile: Profile) -> Result<String, WriteError> {
    let mut writer = Writer { out: String::new(), most, profile };
    match (entries(value), value) {
        (Some(entries), _) => writer.table(&mut Vec::new(), entries)?,
        (None, Value::List(list)) if is_table_list(list)? => {
            return Err(unsupported("toml: top-level values must be Go maps or structs"));
        }
        (None, other) => writer.element(other, 0)?,
    }
    Ok(writer.out)
}

/// Whether all items are tables, and there are some.
fn is_table_list(items: &[Value]) -> Result<bool, WriteError> {
    if items.iter().any(Value::is_nil) {
        return Err(unsupported("toml: cannot encode array with nil element"));
    }
    Ok(!items.is_empty() && items.iter().all(|item| entries(item).is_some()))
}

fn is_table(value: &Value) -> Result<bool, WriteError> {
    match value {
        Value::Map(_) => Ok(!value.is_nil()),
        Value::List(list) => is_table_list(list),
        other => Ok(entries(other).is_some()),
    }
}

/// The entries of what becomes a table, in their order: a map, or a struct that is no text for
/// itself.
fn entries(value: &Value) -> Option<Vec<(Str, Value)>> {
    match value {
        Value::Map(map) => Some(map.snapshot()),
        Value::Object(object)
            if as_time(value).is_none() && object.json().is_none() && object.integer().is_none() =>
        {
            let fields = object.promoted_fields().into_iter();
            Some(fields.map(|(name, value)| (name.into(), value)).collect())
        }
        _ => None,
    }
}

struct Writer {
    out: String,
    most: usize,
    profile: Profile,
}

impl Writer {
    /// Whether there may be a value at this depth, and there is room for it.
    fn go_on(&self, depth: usize) -> Result<(), WriteError> {
        if depth > MAX_DEPTH {
            return Err(unsupported("toml: value nests too deep, or holds itself"));
        }
        if self.out.len() > self.most {
            return Err(WriteError::TooLong);
        }
        Ok(())
    }

    fn line(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    /// The entries of a table, whose key is written already.
    fn table(&mut self, path: &mut Vec<Str>, entries: Vec<(Str, Value)>) -> Result<(), WriteError> {
        self.go_on(path.len())?;
        let mut tables = Vec::new();
        for (key, value) in entries {
            if is_table(&value)? {
                tables.push((key, value));
            } else if !value.is_nil() {
                self.indent(path.len());
                self.key(&key);
                self.out.push_str(" = ");
                self.element(&value, 0)?;
                self.line();
            }
        }
        for (key, value) in tables {
            path.push(key);
            match &value {
                Value::List(list) => {
                    for table in list.iter().filter_map(self::entries) {
                        self.line();
                        self.header(path, "[[", "]]");
                        self.table(path, table)?;
                    }
                }
                value => {
                    if path.len() == 1 {
                        self.line();
                    }
                    self.header(path, "[", "]");
                    self.table(path, self::entries(value).unwrap_or_default())?;
                }
            }
            path.pop();
        }
        Ok(())
    }

    fn header(&mut self, path: &[Str], open: &str, close: &str) {
        self.indent(path.len() - 1);
        self.out.push_str(open);
        for (index, key) in path.iter().enumerate() {
            if index > 0 {
                self.out.push('.');
            }
            self.key(key);
        }
        self.out.push_str(close);
        self.line();
    }

    fn indent(&mut self, depth: usize) {
        self.out.extend(std::iter::repeat_n("  ", depth));
    }

    fn key(&mut self, key: &Str) {
        let text = key.to_text();
        if !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        {
            self.out.push_str(&text);
        } else {
            self.quoted(&text);
        }
    }

    fn quoted(&mut self, text: &str) {
        self.out.push('"');
        escape(&mut self.out, text);
        self.out.push('"');
    }

    /// A value behind its key.
    fn element(&mut self, value: &Value, depth: usize) -> Result<(), WriteError> {
        self.go_on(depth)?;
        if let Some(entries) = entries(value) {
            return self.inline(entries, depth);
        }
        match value {
            Value::String(text) => self.quoted(&text.to_text()),
            Value::Bool(boolean) => self.out.push_str(if *boolean { "true" } else { "false" }),
            Value::Int(_, int) => self.out.push_str(&int.to_string()),
            Value::Uint(_, uint) => self.out.push_str(&uint.to_string()),
            Value::Float(float) => self.out.push_str(&number(*float, self.profile)),
            Value::Bytes(bytes) => {
                let items: Vec<String> = bytes.iter().map(ToString::to_string).collect();
                let _ = write!(self.out, "[{}]", items.join(", "));
            }
            Value::List(list) => {
                is_table_list(list)?;
                self.out.push('[');
                for (index, item) in list.iter().enumerate() {
                    if index > 0 {
                        self.out.push_str(", ");
                    }
                    self.element(item, depth + 1)?;
                }
                self.out.push(']');
            }
            Value::Object(object) => match (as_time(value), object.integer()) {
                (Some(time), _) => self.out.push_str(&to_toml(time)),
                (None, Some(number)) => self.out.push_str(&number.to_string()),
                (None, None) => self.quoted(&object.display().unwrap_or_default()),
            },
            other => return Err(unsupported(&format!("toml: unexpected type: {}", other.type_name()))),
        }
        Ok(())
    }

    /// `{a = 1, b = 2}`, simple keys first.
    fn inline(&mut self, entries: Vec<(Str, Value)>, depth: usize) -> Result<(), WriteError> {
        let (mut simple, mut tables) = (Vec::new(), Vec::new());
        for (key, value) in entries {
            if is_table(&value)? { &mut tables } else { &mut simple }.push((key, value));
        }
        let trailing = !tables.is_empty();
        self.out.push('{');
        for (group, trailing) in [(simple, trailing), (tables, false)] {
            let last = group.len().saturating_sub(1);
            for (index, (key, value)) in group.into_iter().enumerate() {
                if value.is_nil() {
                    continue;
                }
                self.key(&key);
                self.out.push_str(" = ");
                self.element(&value, depth + 1)?;
                if trailing || index != last {
                    self.out.push_str(", ");
                }
            }
        }
        self.out.push('}');
        Ok(())
    }
}

/// Appends what stands between double quotes for a text.
pub(super) fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x08' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\x0c' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            // Writing to a string never fails.
            '\0'..='\x1f' | '\x7f' => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
}

fn number(float: f64, profile: Profile) -> String {
    if float.is_nan() {
        return "nan".to_owned();
    }
    if float.is_infinite() {
        return if float > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let text = fmt::format_float(float, if profile.has_toml_1_1() { b'g' } else { b'f' }, None);
    if text.contains(['.', 'e']) { text } else { format!("{text}.0") }
}
