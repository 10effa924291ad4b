//! TOML into values, by the rules and in the words of `BurntSushi/toml`.

use std::collections::{HashMap, HashSet};

use oarlock_go::unicode::is_letter;
use oarlock_go_template::{List, Map, Value};

use super::lex::{Cursor, Fault, is_newline, is_space, shown, shown_or_end};
use super::tables::{Key, Node, Table, shown_key};
use super::{scalar, text};
use crate::profile::Profile;

/// How deep arrays and tables may nest within a value.
const MAX_DEPTH: usize = 100;

/// A document as a map.
///
/// # Errors
/// What is wrong, on which line, behind which key.
pub(super) fn read(text: &[u8], profile: Profile) -> Result<Map, String> {
    let text = match text {
        [0xFF, 0xFE, rest @ ..] | [0xFE, 0xFF, rest @ ..] | [0xEF, 0xBB, 0xBF, rest @ ..] => rest,
        text => text,
    };
    if text.iter().take(6).any(|byte| *byte == 0) {
        return Err(
            "toml: line 1: files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8"
                .to_owned(),
        );
    }
    let mut reader = Reader {
        cursor: Cursor::new(text, profile.has_toml_1_1()),
        root: Table::default(),
        context: Vec::new(),
        key: String::new(),
        key_line: 1,
        implicit: HashSet::new(),
        arrays: HashMap::new(),
        depth: 0,
    };
    match reader.document() {
        Ok(()) => Ok(reader.root.into_map()),
        Err(Fault { line, message }) => Err(match reader.last_key() {
            key if key.is_empty() => format!("toml: line {line}: {message}"),
            key => {
                let key = oarlock_go::strconv::quote(key.as_bytes());
                format!("toml: line {line} (last key {key}): {message}")
            }
        }),
    }
}

struct Reader<'t> {
    cursor: Cursor<'t>,
    root: Table,
    /// The table that keys go to.
    context: Key,
    /// The key whose value is being read.
    key: String,
    /// Where the key began that was read last.
    key_line: usize,
    /// Tables that are there only since a key leads through them: they may still be defined.
    implicit: HashSet<Key>,
    /// Whether a key's value is an array.
    arrays: HashMap<Key, bool>,
    depth: usize,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<(), Fault> {
        loop {
            match self.cursor.next()? {
                None => return Ok(()),
                Some(c) if is_space(c) || is_newline(c) => {}
                Some('#') => self.cursor.skip_comment()?,
                Some('[') => {
                    self.header()?;
                    self.end_of_line()?;
                }
                c => {
                    self.cursor.back(c);
                    self.entry()?;
                    self.end_of_line()?;
                }
            }
        }
    }

    fn end_of_line(&mut self) -> Result<(), Fault> {
        self.cursor.skip_spaces()?;
        match self.cursor.next()? {
            None => Ok(()),
            Some('#') => self.cursor.skip_comment(),
            Some(c) if is_newline(c) => Ok(()),
            c => {
                let found = shown(c);
                let message = format!(
                    "expected a top-level item to end with a newline, comment, or EOF, but got {found} instead"
                );
                Err(self.cursor.fault(message))
            }
        }
    }

    /// `[a.b]` or `[[a.b]]`; the first bracket has been taken.
    fn header(&mut self) -> Result<(), Fault> {
        let array = self.cursor.accept('[')?;
        self.key_line = self.cursor.line;
        let mut key = Vec::new();
        loop {
            self.cursor.skip_spaces()?;
            key.push(match self.cursor.peek()? {
                None | Some(']') => {
                    let message = "unexpected end of table name (table names cannot be empty)";
                    return Err(self.cursor.fault(message));
                }
                Some('.') => {
                    let message = "unexpected table separator (table names cannot be empty)";
                    return Err(self.cursor.fault(message));
                }
                _ => self.name()?,
            });
            self.cursor.skip_spaces()?;
            match self.cursor.next()? {
                Some('.') => {}
                Some(']') => break,
                c => {
                    let found = shown(c);
                    let message = format!("expected '.' or ']' to end table name, but got {found} instead");
                    return Err(self.cursor.fault(message));
                }
            }
        }
        if array {
            let c = self.cursor.next()?;
            if c != Some(']') {
                let found = shown(c);
                let message =
                    format!("expected end of table array name delimiter ']', but got {found} instead");
                return Err(self.cursor.fault(message));
            }
        }
        self.enter(&key, array)?;
        self.arrays.insert(self.context.clone(), false);
        Ok(())
    }

    /// One part of a key.
    fn name(&mut self) -> Result<String, Fault> {
        match self.cursor.next()? {
            Some(quote @ ('"' | '\'')) => text::single_line(&mut self.cursor, quote),
            c => {
                self.cursor.back(c);
                let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
                self.cursor.take_while(is_bare).map(str::to_owned)
            }
        }
    }

    /// `a.b =`.
    fn dotted_key(&mut self) -> Result<Key, Fault> {
        self.cursor.skip_spaces()?;
        self.key_line = self.cursor.line;
        match self.cursor.peek()? {
            None | Some('=') => return Err(self.cursor.fault("unexpected '=': key name appears blank")),
            Some('.') => return Err(self.cursor.fault("unexpected '.': keys cannot start with a '.'")),
            Some(_) => {}
        }
        let mut key = Vec::new();
        loop {
            self.cursor.skip_spaces()?;
            match self.cursor.peek()? {
                None | Some('=') => return Err(self.cursor.fault("unexpected '='")),
                Some('.') => return Err(self.cursor.fault("unexpected '.'")),
                Some(_) => key.push(self.name()?),
            }
            self.cursor.skip_spaces()?;
            match self.cursor.next()? {
                Some('.') => {}
                Some('=') => return Ok(key),
                None => return Err(self.cursor.fault("unexpected EOF; expected key separator '='")),
                c => {
                    let message = format!("expected '.' or '=', but got {} instead", shown(c));
                    return Err(self.cursor.fault_of(c, message));
                }
            }
        }
    }

    /// `a.b = 1`.
    fn entry(&mut self) -> Result<(), Fault> {
        let outer = self.context.clone();
        self.key_value(false)?;
        self.context = outer;
        self.key.clear();
        Ok(())
    }

    /// A key and its value. Where several keys are distinguished by their own tables, the way to
    /// the value comes back.
    fn key_value(&mut self, inline: bool) -> Result<(Key, Value), Fault> {
        let mut key = self.dotted_key()?;
        self.key = key.pop().unwrap_or_default();
        for part in &key {
            let mut context = self.context.clone();
            context.push(part.clone());
            self.implicit.insert(context.clone());
            self.enter(&context, false)?;
        }
        let (value, array) = self.value(false)?;
        let last = self.key.clone();
        self.define(&last, Node::Value(value.clone()))?;
        self.note(last.clone(), array);
        if inline {
            key.push(last);
        }
        Ok((key, value))
    }

    /// A value, and whether it is an array.
    fn value(&mut self, in_array: bool) -> Result<(Value, bool), Fault> {
        self.cursor.skip_spaces()?;
        let start = self.cursor.at;
        let c = self.cursor.next()?;
        let value = match c {
            Some('0'..='9') => {
                self.cursor.back(c);
                scalar::number_or_date(&mut self.cursor)?
            }
            Some('[') => return Ok((self.array()?, true)),
            Some('{') => self.inline_table(in_array)?,
            Some(quote @ ('"' | '\'')) => {
                if !self.cursor.accept(quote)? {
                    text::single_line(&mut self.cursor, quote)?.into()
                } else if self.cursor.accept(quote)? {
                    text::multi_line(&mut self.cursor, quote)?.into()
                } else {
                    "".into()
                }
            }
            Some('.') => return Err(self.cursor.fault("floats must start with a digit, not '.'")),
            Some('-' | '+') => scalar::signed(&mut self.cursor)?,
            Some('i' | 'n') if self.accepts("nf")? || self.accepts("an")? => {
                scalar::float(&self.cursor, start)?
            }
            Some(c) if is_letter(c) => {
                let start = self.cursor.at - c.len_utf8();
                self.cursor.take_while(is_letter)?;
                match self.cursor.since(start) {
                    "true" => true.into(),
                    "false" => false.into(),
                    word => {
                        let word = oarlock_go::strconv::quote(word.as_bytes());
                        return Err(self.cursor.fault(format!("expected value but found {word} instead")));
                    }
                }
            }
            None => return Err(self.cursor.fault("unexpected EOF; expected value")),
            c => {
                let message = format!("expected value but found {} instead", shown(c));
                return Err(self.cursor.fault_of(c, message));
            }
        };
        Ok((value, false))
    }

    /// Takes characters for as long as they are those.
    fn accepts(&mut self, word: &str) -> Result<bool, Fault> {
        for c in word.chars() {
            if !self.cursor.accept(c)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn deeper(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(self.cursor.fault("value nests too deep")) } else { Ok(()) }
    }

    /// Skips white space, line feeds and comments.
    fn skip_lines(&mut self) -> Result<Option<char>, Fault> {
        loop {
            match self.cursor.next()? {
                Some(c) if is_space(c) || is_newline(c) => {}
                Some('#') => self.cursor.skip_comment()?,
                c => return Ok(c),
            }
        }
    }

    /// Skips white space and comments of an inline table, and line feeds where it may have some.
    fn skip_in_table(&mut self) -> Result<Option<char>, Fault> {
        loop {
            match self.cursor.next()? {
                Some(c) if is_newline(c) && !self.cursor.is_1_1 => {
                    return Err(self.cursor.fault_before("newlines not allowed within inline tables"));
                }
                Some(c) if is_space(c) || is_newline(c) => {}
                Some('#') => self.cursor.skip_comment()?,
                c => return Ok(c),
            }
        }
    }

    fn array(&mut self) -> Result<Value, Fault> {
        self.deeper()?;
        self.note(self.key.clone(), true);
        let mut items = Vec::new();
        loop {
            match self.skip_lines()? {
                Some(',') => return Err(self.cursor.fault("unexpected comma")),
                Some(']') => break,
                c => self.cursor.back(c),
            }
            items.push(self.value(true)?.0);
            match self.skip_lines()? {
                Some(',') => {}
                Some(']') => break,
                c => {
                    let found = shown_or_end(c);
                    let message =
                        format!("expected a comma (',') or array terminator (']'), but got {found}");
                    return Err(self.cursor.fault(message));
                }
            }
        }
        self.depth -= 1;
        Ok(List::new(items).into())
    }

    fn inline_table(&mut self, in_array: bool) -> Result<Value, Fault> {
        self.deeper()?;
        let (outer, outer_key) = (self.context.clone(), std::mem::take(&mut self.key));
        let mut own = outer.clone();
        own.push(outer_key.clone());
        self.implicit.insert(own.clone());
        self.enter(&own, in_array)?;
        let table = Map::new();
        let mut c = self.skip_in_table()?;
        while c != Some('}') {
            if c == Some(',') {
                return Err(self.cursor.fault("unexpected comma"));
            }
            self.cursor.back(c);
            let (key, value) = self.key_value(true)?;
            self.place(&table, &key, value)?;
            self.context.clone_from(&own);
            c = self.skip_in_table()?;
            match c {
                Some(',') => {
                    self.cursor.skip_spaces()?;
                    c = match self.cursor.peek()? {
                        Some('}') if !self.cursor.is_1_1 => {
                            return Err(self.cursor.fault("trailing comma not allowed in inline tables"));
                        }
                        Some('}') => self.cursor.next()?,
                        _ => self.skip_in_table()?,
                    };
                    if c == Some('}') {
                        break;
                    }
                }
                Some('}') => {}
                c => {
                    let found = shown_or_end(c);
                    let message = format!(
                        "expected a comma or an inline table terminator '}}', but got {found} instead"
                    );
                    return Err(self.cursor.fault(message));
                }
            }
        }
        self.context = outer;
        self.key = outer_key;
        self.depth -= 1;
        Ok(table.into())
    }

    /// Puts a value into an inline table, below the tables that its key leads through.
    fn place(&self, table: &Map, key: &[String], value: Value) -> Result<(), Fault> {
        let Some((last, way)) = key.split_last() else { return Ok(()) };
        let mut holder = table.clone();
        for part in way {
            holder = match holder.get(part) {
                None => {
                    let inner = Map::new();
                    holder.insert(part.as_str(), inner.clone());
                    inner
                }
                Some(Value::Map(inner)) => inner,
                Some(_) => {
                    return Err(self.key_fault(format!("{:?} is not a table", self.context)));
                }
            };
        }
        holder.insert(last.as_str(), value);
        Ok(())
    }

    fn key_fault(&self, message: String) -> Fault {
        Fault { line: self.key_line, message }
    }

    /// Makes a table the one that keys go to; an array of tables gets a new one.
    fn enter(&mut self, key: &[String], array: bool) -> Result<(), Fault> {
        let Some((last, parents)) = key.split_last() else { return Ok(()) };
        let mut context = Vec::with_capacity(key.len());
        let mut table = &mut self.root;
        for part in parents {
            context.push(part.clone());
            if !table.contains(part) {
                self.implicit.insert(context.clone());
            }
            let Some(inner) = table.descend(part) else {
                let message = format!("Key '{}' was already created as a hash.", shown_key(&context));
                return Err(Fault { line: self.key_line, message });
            };
            table = inner;
        }
        if array && !table.append(last) {
            let shown = shown_key(key);
            let message = format!("Key '{shown}' was already created and cannot be used as an array.");
            return Err(self.key_fault(message));
        }
        self.context = context;
        if !array {
            self.define(last, Node::Table(Table::default()))?;
        }
        self.context.push(last.clone());
        Ok(())
    }

    /// Sets a key of the table that keys go to, once.
    fn define(&mut self, key: &str, node: Node) -> Result<(), Fault> {
        let mut full = Vec::with_capacity(self.context.len() + 1);
        let mut table = &mut self.root;
        let defined = |key: &[String]| format!("Key '{}' has already been defined.", shown_key(key));
        for part in &self.context {
            full.push(part.clone());
            let Some(inner) = table.descend(part) else {
                return Err(Fault { line: self.key_line, message: defined(&full) });
            };
            table = inner;
        }
        full.push(key.to_owned());
        let is_array = self.arrays.get(&full) == Some(&true);
        if table.contains(key) && is_array && !self.cursor.is_1_1 {
            // An array takes the place of whatever was there.
            self.implicit.remove(&full);
        } else if table.contains(key) {
            if !self.implicit.remove(&full) {
                return Err(Fault { line: self.key_line, message: defined(&full) });
            }
            if !is_array {
                return Ok(());
            }
        }
        table.insert(key, node);
        Ok(())
    }

    /// Remembers whether the value of a key is an array.
    fn note(&mut self, key: String, array: bool) {
        let mut full = self.context.clone();
        if !key.is_empty() {
            full.push(key);
        }
        self.arrays.insert(full, array);
    }

    /// The key that was read last, in full.
    fn last_key(&self) -> String {
        match (self.key.is_empty(), self.context.is_empty()) {
            (true, _) => shown_key(&self.context),
            (false, true) => self.key.clone(),
            (false, false) => format!("{}.{}", shown_key(&self.context), self.key),
        }
    }
}

#[cfg(test)]
mod tests;
