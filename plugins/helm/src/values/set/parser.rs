//! The little language of `--set`.

use oarlock_go_template::{ANY_LIST, List, Map, Value, fmt};
use serde::de::IgnoredAny;

use super::SetError;
use oarlock_go::json::{Read, read};

/// The largest index of a list.
const MAX_INDEX: usize = 65536;
/// How deep names may nest.
const MAX_NESTED_NAME_LEVEL: usize = 30;

/// What the values are.
pub(super) enum Mode<'a> {
    Typed,
    Text,
    Literal,
    Json,
    File(&'a dyn Fn(&str) -> Result<Value, SetError>),
}

/// Why the parser stops.
enum Stop {
    /// The line ends; not always an error.
    End,
    Error(SetError),
}

impl Stop {
    fn error(message: String) -> Self {
        Self::Error(SetError(message))
    }
}

type Step<T = ()> = Result<T, Stop>;

pub(super) struct Parser<'a> {
    text: Vec<char>,
    at: usize,
    mode: Mode<'a>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(line: &str, mode: Mode<'a>) -> Self {
        Self { text: line.chars().collect(), at: 0, mode }
    }

    pub(super) fn parse(mut self, values: &Map) -> Result<(), SetError> {
        loop {
            match self.key(values, 0) {
                Ok(()) => {}
                Err(Stop::End) => return Ok(()),
                Err(Stop::Error(error)) => return Err(error),
            }
        }
    }

    fn next(&mut self) -> Option<char> {
        let character = self.text.get(self.at).copied();
        self.at += usize::from(character.is_some());
        character
    }

    /// The text up to one of the characters, and which one; none at the end. A `\` takes the
    /// meaning off the next character.
    fn until(&mut self, stops: &[char]) -> (String, Option<char>) {
        let mut text = String::new();
        while let Some(character) = self.next() {
            if stops.contains(&character) {
                return (text, Some(character));
            }
            if character == '\\' && !matches!(self.mode, Mode::Literal) {
                match self.next() {
                    Some(escaped) => text.push(escaped),
                    None => return (text, None),
                }
            } else {
                text.push(character);
            }
        }
        (text, None)
    }

    fn key(&mut self, data: &Map, level: usize) -> Step {
        let stops: &[char] =
            if matches!(self.mode, Mode::Literal) { &['=', '[', '.'] } else { &['=', '[', ',', '.'] };
        let (key, stop) = self.until(stops);
        match stop {
            None if key.is_empty() => Err(Stop::End),
            None => Err(Stop::error(format!("key {key:?} has no value"))),
            Some('[') => {
                let index = self.index()?;
                let mut items = match data.get(&key) {
                    None => Vec::new(),
                    Some(Value::List(list)) => list.to_vec(),
                    Some(other) => return Err(unable(&other, "[]interface {}")),
                };
                let result = self.item(&mut items, index, level);
                put(data, &key, Value::List(List::new(items)));
                result
            }
            Some('=') => self.value(&mut |value| put(data, &key, value)),
            Some(',') => {
                put(data, &key, Value::string(""));
                Err(Stop::error(format!("key {key:?} has no value (cannot end with ,)")))
            }
            Some(_) => {
                let inner = match data.get(&key) {
                    None => Map::new(),
                    Some(Value::Map(map)) => map,
                    Some(other) => return Err(unable(&other, "map[string]interface {}")),
                };
                let result = self.inner(&inner, level);
                if result.is_ok() && inner.is_empty() {
                    return Err(Stop::error(format!("key map {key:?} has no value")));
                }
                if !inner.is_empty() {
                    put(data, &key, Value::Map(inner));
                }
                result
            }
        }
    }

    /// A key below another one.
    fn inner(&mut self, data: &Map, level: usize) -> Step {
        if level >= MAX_NESTED_NAME_LEVEL {
            return Err(Stop::error(format!(
                "value name nested level is greater than maximum supported nested level of {MAX_NESTED_NAME_LEVEL}"
            )));
        }
        self.key(data, level + 1)
    }

    fn index(&mut self) -> Step<i64> {
        let (text, stop) = self.until(&[']']);
        if stop.is_none() {
            return Err(Stop::End);
        }
        text.parse().map_err(|_| {
            Stop::error(format!("error parsing index: strconv.Atoi: parsing {text:?}: invalid syntax"))
        })
    }

    /// What follows the index of a list.
    fn item(&mut self, list: &mut Vec<Value>, index: i64, level: usize) -> Step {
        let Ok(index) = usize::try_from(index) else {
            return Err(Stop::error(format!("negative {index} index not allowed")));
        };
        let (junk, stop) = self.until(&['[', '.', '=']);
        if !junk.is_empty() {
            let junk: Vec<String> = junk.chars().map(fmt::quote_rune).collect();
            let message = format!("unexpected data at end of array index: [{}]", junk.join(" "));
            return Err(Stop::error(message));
        }
        match stop {
            None => Err(Stop::End),
            Some('=') => {
                let mut fault = None;
                let result = self.value(&mut |value| fault = put_item(list, index, value).err());
                match (fault, result) {
                    (Some(fault), _) => Err(fault),
                    // A list that ends without a value has the empty text.
                    (None, Err(Stop::End)) => Ok(()),
                    (None, result) => result,
                }
            }
            Some('[') => {
                let next = self.index()?;
                let mut inner = match list.get(index) {
                    None | Some(Value::Nil) => Vec::new(),
                    Some(Value::List(inner)) => inner.to_vec(),
                    Some(other) => return Err(unable(other, "[]interface {}")),
                };
                // Nested lists count as levels, so that no line can make the parser recurse without
                // end.
                if level >= MAX_NESTED_NAME_LEVEL {
                    return Err(Stop::error(format!(
                        "lists nest deeper than the maximum supported level of {MAX_NESTED_NAME_LEVEL}"
                    )));
                }
                self.item(&mut inner, next, level + 1)?;
                put_item(list, index, Value::List(List::with_type(&ANY_LIST, inner)))
            }
            Some(_) => {
                let inner = match list.get(index) {
                    Some(Value::Map(inner)) => inner.clone(),
                    _ => Map::new(),
                };
                // The item is there even when the line ends before its value.
                if let Some(item) = list.get_mut(index) {
                    *item = Value::Map(inner.clone());
                }
                self.inner(&inner, level)?;
                put_item(list, index, Value::Map(inner))
            }
        }
    }

    /// What follows `=`.
    fn value(&mut self, put: &mut dyn FnMut(Value)) -> Step {
        match self.mode {
            Mode::Literal => {
                let text: String = self.text[self.at..].iter().collect();
                self.at = self.text.len();
                put(Value::string(text));
                return Ok(());
            }
            Mode::Json => return self.json(put),
            _ => {}
        }
        match self.text.get(self.at) {
            None => {
                put(Value::string(""));
                Err(Stop::End)
            }
            Some('{') => {
                self.at += 1;
                let list = self.list()?;
                put(Value::List(List::new(list)));
                Ok(())
            }
            Some(_) => {
                let (text, _) = self.until(&[',']);
                put(self.read(text)?);
                Ok(())
            }
        }
    }

    fn json(&mut self, put: &mut dyn FnMut(Value)) -> Step {
        if self.is_empty_value() {
            put(Value::Nil);
            return Ok(());
        }
        let rest: String = self.text[self.at..].iter().collect();
        let invalid = || Stop::error("invalid JSON".to_owned());
        // One steps over a value however deep it is, the other reads it as Go does.
        let mut values = serde_json::Deserializer::from_str(&rest).into_iter::<IgnoredAny>();
        let Some(Ok(_)) = values.next() else { return Err(invalid()) };
        let json = &rest[..values.byte_offset()];
        let Ok(Read { value, unfit: None }) = read(json.as_bytes()) else { return Err(invalid()) };
        put(value);
        self.at += json.chars().count();
        self.is_empty_value();
        Ok(())
    }

    /// Steps over white space and a comma, and tells whether there was nothing else.
    fn is_empty_value(&mut self) -> bool {
        loop {
            match self.text.get(self.at) {
                None => return true,
                Some(',') => {
                    self.at += 1;
                    return true;
                }
                Some(space) if space.is_whitespace() => self.at += 1,
                Some(_) => return false,
            }
        }
    }

    fn list(&mut self) -> Step<Vec<Value>> {
        let mut list = Vec::new();
        loop {
            let (item, stop) = self.until(&[',', '}']);
            if stop.is_none() {
                return Err(Stop::error("list must terminate with '}'".to_owned()));
            }
            list.push(self.read(item)?);
            if stop == Some('}') {
                self.at += usize::from(self.text.get(self.at) == Some(&','));
                return Ok(list);
            }
        }
    }

    fn read(&self, text: String) -> Step<Value> {
        match self.mode {
            Mode::Typed => Ok(typed(text)),
            Mode::File(read) => read(&text).map_err(Stop::Error),
            _ => Ok(Value::string(text)),
        }
    }
}

/// What a text looks like. What starts with a zero is no number, but for the zero itself.
fn typed(text: String) -> Value {
    for (word, value) in [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Nil)] {
        if text.eq_ignore_ascii_case(word) {
            return value;
        }
    }
    if (text == "0" || !text.starts_with('0'))
        && let Ok(number) = text.parse()
    {
        return Value::int64(number);
    }
    Value::string(text)
}

fn put(data: &Map, key: &str, value: Value) {
    if !key.is_empty() {
        data.insert(key, value);
    }
}

fn put_item(list: &mut Vec<Value>, index: usize, value: Value) -> Step {
    if index > MAX_INDEX {
        let message = format!("index of {index} is greater than maximum supported index of {MAX_INDEX}");
        return Err(Stop::error(message));
    }
    if list.len() <= index {
        list.resize(index + 1, Value::Nil);
    }
    list[index] = value;
    Ok(())
}

/// Helm lets Go's type assertion fail and tells what it said.
fn unable(found: &Value, wanted: &str) -> Stop {
    let found = if matches!(found, Value::Nil) { "nil" } else { found.type_name() };
    Stop::error(format!("unable to parse key: interface conversion: interface {{}} is {found}, not {wanted}"))
}
