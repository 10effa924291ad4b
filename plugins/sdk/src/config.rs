//! Configuration as the host sends it, JSON, to the type that a plugin has for it. Each mistake
//! keeps its kind and its place, so that no message is taken apart, and several mistakes are
//! reported at once.

use std::fmt;

use oarlock_model::{Pointer, Step};
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Value;

/// How many mistakes of one configuration are reported. Each costs one more pass.
const MAX_MISTAKES: usize = 20;

/// What does not fit.
#[derive(Debug)]
pub(crate) struct Mistake {
    /// What is wrong, in serde's words.
    pub(crate) message: String,
    /// The name that is not known, and those that are, where that is the mistake.
    pub(crate) unknown: Option<(String, &'static [&'static str])>,
    /// The way to the value or key, innermost step first.
    steps: Vec<Step>,
    /// Whether it is the key of the last step that is wrong, and not its value.
    is_key: bool,
    /// The field that is missing, where that is the mistake.
    missing: Option<&'static str>,
}

impl Mistake {
    fn new(message: impl fmt::Display) -> Self {
        let message = message.to_string();
        Self { message, unknown: None, steps: Vec::new(), is_key: false, missing: None }
    }

    fn within(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// The way to the value or key.
    pub(crate) fn pointer(&self) -> Pointer {
        self.steps.iter().rev().cloned().collect()
    }

    /// The field for a message, as `` `a.b`:`` after a space; nothing where the whole is meant. A
    /// key that is wrong by itself is in the message, so the field is the one around it.
    pub(crate) fn field(&self) -> String {
        let field: Pointer = self.steps.iter().skip(usize::from(self.is_key)).rev().cloned().collect();
        if field.is_root() { String::new() } else { format!(" `{field}`:") }
    }
}

/// Reads a configuration.
///
/// # Errors
/// All that does not fit, at least one mistake.
pub(crate) fn read<T: DeserializeOwned>(json: &str) -> Result<T, Vec<Mistake>> {
    let mut value: Value = serde_json::from_str(json).map_err(|error| vec![Mistake::new(error)])?;
    let mut mistakes: Vec<Mistake> = Vec::new();
    let mut left_out: Vec<Vec<Step>> = Vec::new();
    loop {
        let mistake = match T::deserialize(Reader(&value)) {
            Ok(config) if mistakes.is_empty() => return Ok(config),
            Ok(_) => return Err(sorted(mistakes)),
            Err(mistake) => mistake,
        };
        let way: Vec<Step> = mistake.steps.iter().rev().cloned().collect();
        // That a field is missing because its value did not fit, or a value wrong because it lacks
        // what did not fit, is no second mistake.
        let follows = left_out.iter().any(|gone| match (mistake.missing, gone.split_last()) {
            (Some(field), Some((last, outer))) => {
                outer == way.as_slice() && *last == Step::Key(field.to_owned())
            }
            _ => !mistake.is_key && gone.starts_with(&way),
        });
        if !follows {
            mistakes.push(mistake);
        }
        let Some(gone) = leave_out(&mut value, way).filter(|_| left_out.len() + 1 < MAX_MISTAKES) else {
            return Err(sorted(mistakes));
        };
        left_out.push(gone);
    }
}

/// Mistakes in an order that does not depend on what was left out before.
fn sorted(mut mistakes: Vec<Mistake>) -> Vec<Mistake> {
    mistakes.sort_by_cached_key(|mistake| mistake.pointer().to_json_pointer());
    mistakes
}

/// Removes the innermost entry of a mapping on the way to a mistake, and says which that is.
fn leave_out(value: &mut Value, mut way: Vec<Step>) -> Option<Vec<Step>> {
    while matches!(way.last(), Some(Step::Index(_))) {
        way.pop();
    }
    let (last, outer) = way.split_last()?;
    let Step::Key(key) = last else { return None };
    let holder = outer.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key.as_str()),
        Step::Index(index) => value.get_mut(*index),
    })?;
    holder.as_object_mut()?.remove(key.as_str())?;
    Some(way)
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mistake {}

/// What was found, as `serde_json` says it.
struct Found<'a>(Unexpected<'a>);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Unexpected::Unit => f.write_str("null"),
            found => found.fmt(f),
        }
    }
}

impl serde::de::Error for Mistake {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message)
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format_args!("invalid type: {}, expected {expected}", Found(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format_args!("invalid value: {}, expected {expected}", Found(found)))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let message = <serde_json::Error as serde::de::Error>::unknown_field(field, expected);
        Self { unknown: Some((field.to_owned(), expected)), ..Self::new(message) }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let message = <serde_json::Error as serde::de::Error>::unknown_variant(variant, expected);
        Self { unknown: Some((variant.to_owned(), expected)), ..Self::new(message) }
    }

    fn missing_field(field: &'static str) -> Self {
        let message = <serde_json::Error as serde::de::Error>::missing_field(field);
        Self { missing: Some(field), ..Self::new(message) }
    }
}

/// A value that is read.
#[derive(Clone, Copy)]
struct Reader<'v>(&'v Value);

impl<'v> Deserializer<'v> for Reader<'v> {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), _, _) => visitor.visit_u64(number),
                (_, Some(number), _) => visitor.visit_i64(number),
                (_, _, Some(number)) => visitor.visit_f64(number),
                _ => Err(Mistake::new(format_args!("`{number}` is out of range"))),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => {
                let mut access = Items { items: items.iter().enumerate() };
                let value = visitor.visit_seq(&mut access)?;
                match access.items.next() {
                    None => Ok(value),
                    Some(_) => Err(Mistake::new(format_args!("a list of {} items is too long", items.len()))),
                }
            }
            Value::Object(entries) => visitor.visit_map(Entries { entries: entries.iter(), current: None }),
        }
    }

    fn deserialize_option<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Mistake> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'v>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'v>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(Variant { name, value: None }),
            Value::Object(entries) => {
                let mut entries = entries.iter();
                match (entries.next(), entries.next()) {
                    (Some((name, value)), None) => visitor.visit_enum(Variant { name, value: Some(value) }),
                    _ => {
                        Err(serde::de::Error::invalid_value(Unexpected::Map, &"a mapping with a single key"))
                    }
                }
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        <W: Visitor<'v>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct identifier
    }
}

struct Items<'v> {
    items: std::iter::Enumerate<std::slice::Iter<'v, Value>>,
}

impl<'v> SeqAccess<'v> for &mut Items<'v> {
    type Error = Mistake;

    fn next_element_seed<T: DeserializeSeed<'v>>(&mut self, seed: T) -> Result<Option<T::Value>, Mistake> {
        let Some((index, item)) = self.items.next() else { return Ok(None) };
        let item = seed.deserialize(Reader(item)).map_err(|mistake| mistake.within(Step::Index(index)));
        item.map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Entries<'v> {
    entries: serde_json::map::Iter<'v>,
    /// The entry whose key was read and whose value was not.
    current: Option<(&'v String, &'v Value)>,
}

impl<'v> MapAccess<'v> for Entries<'v> {
    type Error = Mistake;

    fn next_key_seed<K: DeserializeSeed<'v>>(&mut self, seed: K) -> Result<Option<K::Value>, Mistake> {
        self.current = self.entries.next();
        let Some((key, _)) = self.current else { return Ok(None) };
        let wrong = |mistake: Mistake| Mistake { is_key: true, ..mistake.within(Step::Key(key.clone())) };
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some).map_err(wrong)
    }

    fn next_value_seed<V: DeserializeSeed<'v>>(&mut self, seed: V) -> Result<V::Value, Mistake> {
        let Some((key, value)) = self.current.take() else {
            return Err(Mistake::new("a value was requested before its key"));
        };
        seed.deserialize(Reader(value)).map_err(|mistake| mistake.within(Step::Key(key.clone())))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// A variant: a name alone, or the only key of a mapping.
struct Variant<'v> {
    name: &'v str,
    value: Option<&'v Value>,
}

impl Variant<'_> {
    fn within(&self, mistake: Mistake) -> Mistake {
        mistake.within(Step::Key(self.name.to_owned()))
    }
}

impl<'v> EnumAccess<'v> for Variant<'v> {
    type Error = Mistake;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'v>>(self, seed: V) -> Result<(V::Value, Self), Mistake> {
        let name = seed.deserialize(BorrowedStrDeserializer::new(self.name));
        match name {
            Ok(name) => Ok((name, self)),
            Err(mistake) if self.value.is_some() => Err(Mistake { is_key: true, ..self.within(mistake) }),
            Err(mistake) => Err(mistake),
        }
    }
}

impl<'v> VariantAccess<'v> for Variant<'v> {
    type Error = Mistake;

    fn unit_variant(self) -> Result<(), Mistake> {
        match self.value {
            None | Some(Value::Null) => Ok(()),
            Some(_) => {
                let mistake = Mistake::new(format_args!("`{}` takes no value", self.name));
                Err(self.within(mistake))
            }
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'v>>(self, seed: T) -> Result<T::Value, Mistake> {
        let value = self.value.ok_or_else(|| needs_value(self.name))?;
        seed.deserialize(Reader(value)).map_err(|mistake| self.within(mistake))
    }

    fn tuple_variant<V: Visitor<'v>>(self, _len: usize, visitor: V) -> Result<V::Value, Mistake> {
        let value = self.value.ok_or_else(|| needs_value(self.name))?;
        Reader(value).deserialize_any(visitor).map_err(|mistake| self.within(mistake))
    }

    fn struct_variant<V: Visitor<'v>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        let value = self.value.ok_or_else(|| needs_value(self.name))?;
        Reader(value).deserialize_any(visitor).map_err(|mistake| self.within(mistake))
    }
}

fn needs_value(name: &str) -> Mistake {
    Mistake::new(format_args!("`{name}` needs a value"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Debug, Default, PartialEq, serde::Deserialize)]
    #[serde(default, rename_all = "camelCase", deny_unknown_fields)]
    struct Config {
        name: String,
        count: u8,
        mode: Mode,
        inner: Option<Box<Config>>,
        list: Vec<Config>,
        labels: BTreeMap<String, String>,
    }

    #[derive(Debug, Default, PartialEq, serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum Mode {
        #[default]
        Fast,
        Tuned {
            level: i64,
        },
    }

    #[derive(Debug, serde::Deserialize)]
    struct Strict {
        #[expect(dead_code, reason = "only its type matters")]
        team: u8,
    }

    fn mistakes<T: DeserializeOwned + fmt::Debug>(json: &str) -> Vec<String> {
        let shown = |mistake: &Mistake| {
            format!("{}:{} {mistake}", mistake.pointer().to_json_pointer(), mistake.field())
        };
        read::<T>(json).unwrap_err().iter().map(shown).collect()
    }

    #[test]
    fn what_fits_is_read_as_by_serde_json() {
        for json in [
            "{}",
            r#"{"name":"a","count":3,"inner":{"name":"b"},"list":[{},{"count":1}],"labels":{"a":"b"}}"#,
            r#"{"mode":"fast"}"#,
            r#"{"mode":{"tuned":{"level":-1}}}"#,
            r#"{"inner":null}"#,
        ] {
            let expected: Config = serde_json::from_str(json).unwrap();
            assert_eq!(read::<Config>(json).unwrap(), expected, "{json}");
        }
    }

    #[test]
    fn every_mistake_has_its_kind_and_place() {
        for (json, expected) in [
            (
                r#"{"nam":1,"list":[{"coun":1}],"count":"x"}"#,
                &[
                    "/count: `count`: invalid type: string \"x\", expected u8",
                    "/list/0/coun: `list[0]`: unknown field `coun`, expected one of `name`, `count`, `mode`, `inner`, `list`, `labels`",
                    "/nam: unknown field `nam`, expected one of `name`, `count`, `mode`, `inner`, `list`, `labels`",
                ][..],
            ),
            (r#"{"count":300}"#, &["/count: `count`: invalid value: integer `300`, expected u8"]),
            (r#"{"name":null}"#, &["/name: `name`: invalid type: null, expected a string"]),
            (r#"{"mode":"quick"}"#, &["/mode: `mode`: unknown variant `quick`, expected `fast` or `tuned`"]),
            (
                r#"{"mode":{"tuned":{"level":1.5}}}"#,
                &["/mode/tuned/level: `mode.tuned.level`: invalid type: floating point `1.5`, expected i64"],
            ),
            (
                r#"{"labels":{"a":1,"b":2}}"#,
                &[
                    "/labels/a: `labels.a`: invalid type: integer `1`, expected a string",
                    "/labels/b: `labels.b`: invalid type: integer `2`, expected a string",
                ],
            ),
        ] {
            assert_eq!(mistakes::<Config>(json), expected, "{json}");
        }
        assert_eq!(mistakes::<Strict>("{}"), ["/: missing field `team`"]);
        // That the field is missing then only follows.
        assert_eq!(
            mistakes::<Strict>(r#"{"team":"a"}"#),
            ["/team: `team`: invalid type: string \"a\", expected u8"]
        );
    }

    #[test]
    fn mistakes_are_bounded() {
        let many: Vec<String> = (0..100).map(|number| format!("\"x{number}\":1")).collect();
        assert_eq!(mistakes::<Config>(&format!("{{{}}}", many.join(","))).len(), MAX_MISTAKES);
    }
}
