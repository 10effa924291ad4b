//! Holds values against a schema. What is checked in which order is that of the library that Helm uses, so that messages are in its order.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use regex::Regex;
use serde_json::{Map, Value as Json};

use super::fault::Fault;
use super::meta::{escaped, type_of};
use super::reference::{Document, Draft, Target};
use super::{format, keywords};
use crate::log::Log;

/// How deep schemas may lead into one another.
const MAX_DEPTH: usize = 300;

/// Holds values against the schemas of a document.
pub(super) struct Validator<'a> {
    pub(super) document: &'a Document<'a>,
    patterns: RefCell<HashMap<String, Option<Regex>>>,
    log: &'a Log,
}

/// A value that is held against a schema: where it is, and which schemas it is being held against.
#[derive(Clone)]
pub(super) struct Place<'p> {
    pub(super) location: String,
    above: Option<&'p Place<'p>>,
    schema: *const Json,
    /// Whether this is the value of the place above.
    same_value: bool,
    depth: usize,
}

/// What schemas have looked at, for `unevaluatedProperties` and `unevaluatedItems`.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) properties: BTreeSet<String>,
    pub(super) items: BTreeSet<usize>,
}

impl Seen {
    pub(super) fn add(&mut self, other: Seen) {
        self.properties.extend(other.properties);
        self.items.extend(other.items);
    }
}

pub(super) type Checked = Result<Seen, Fault>;

impl<'a> Validator<'a> {
    pub(super) fn new(document: &'a Document<'a>, log: &'a Log) -> Self {
        Self { document, patterns: RefCell::default(), log }
    }

    /// Holds values against the whole document.
    pub(super) fn run(&self, values: &Json) -> Result<(), String> {
        let root = Place {
            location: String::new(),
            above: None,
            schema: std::ptr::null(),
            same_value: false,
            depth: 0,
        };
        let Err(fault) = self.check(self.document.root, values, &root) else { return Ok(()) };
        let mut text = String::new();
        for fault in fault.flattened() {
            fault.write(0, &mut text);
        }
        Err(text)
    }

    pub(super) fn draft(&self) -> Draft {
        self.document.draft
    }

    /// Whether a text matches a pattern. Patterns were looked at before.
    pub(super) fn matches(&self, pattern: &str, text: &str) -> bool {
        let mut patterns = self.patterns.borrow_mut();
        let compiled = patterns.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }

    /// Holds a value that lies below against a schema.
    pub(super) fn below(&self, schema: &Json, value: &Json, step: &str, place: &Place<'_>) -> Checked {
        let location = format!("{}/{}", place.location, escaped(step));
        self.check(schema, value, &place.next(location, false))
    }

    /// Holds the same value against a further schema.
    pub(super) fn same(&self, schema: &Json, value: &Json, place: &Place<'_>) -> Checked {
        self.check(schema, value, &place.next(place.location.clone(), true))
    }

    fn check(&self, schema: &Json, value: &Json, place: &Place<'_>) -> Checked {
        let fields = match schema {
            Json::Object(fields) => fields,
            Json::Bool(false) => return Err(Fault::new(&place.location, "false schema")),
            _ => return Ok(Seen::default()),
        };
        let place = Place { schema, ..place.clone() };
        if place.is_cycle() {
            return Err(Fault::new(&place.location, "the schema refers to itself without end"));
        }
        if place.depth > MAX_DEPTH {
            let text = format!("schemas lead into one another deeper than the limit of {MAX_DEPTH}");
            return Err(Fault::new(&place.location, text));
        }
        self.check_fields(fields, value, &place)
    }

    fn check_fields(&self, fields: &Map<String, Json>, value: &Json, place: &Place<'_>) -> Checked {
        let at = &place.location;
        let reference = fields.get("$ref").and_then(Json::as_str);
        if self.draft() < Draft::Draft2019
            && let Some(reference) = reference
        {
            // Older drafts ignore what stands beside a reference.
            return self.follow(reference, value, place);
        }
        if let Some(text) = keywords::value_fault(fields, value) {
            return Err(Fault::new(at, text));
        }
        if self.draft() < Draft::Draft2019
            && let Some(Json::String(name)) = fields.get("format")
            && let Some(text) = format::fault(name, value)
        {
            return Err(Fault::new(at, text));
        }
        let mut seen = Seen::default();
        let mut faults = Vec::new();
        if let Some(reference) = reference {
            take(self.follow(reference, value, place), &mut seen, &mut faults);
        }
        match value {
            Json::Object(object) => self.object(fields, object, place, &mut seen, &mut faults),
            Json::Array(array) => self.array(fields, array, place, &mut seen, &mut faults),
            Json::String(text) => {
                faults.extend(keywords::text_faults(fields, text, |pattern| self.matches(pattern, text), at));
            }
            Json::Number(number) => {
                let number = number.as_f64().unwrap_or_default();
                faults.extend(keywords::number_faults(fields, number, self.draft(), at));
            }
            Json::Bool(_) | Json::Null => {}
        }
        for key in ["$dynamicRef", "$recursiveRef"] {
            if let Some(Json::String(reference)) = fields.get(key) {
                take(self.follow(reference, value, place), &mut seen, &mut faults);
            }
        }
        self.combined(fields, value, place, &mut seen, &mut faults);
        self.unevaluated(fields, value, place, &mut seen, &mut faults);
        match Fault::group(at, faults) {
            Some(fault) => Err(fault),
            None => Ok(seen),
        }
    }

    fn follow(&self, reference: &str, value: &Json, place: &Place<'_>) -> Checked {
        match self.document.resolve(reference) {
            Ok(Target::Schema(schema)) => {
                self.same(schema, value, place).map_err(|fault| Fault::reference(&place.location, fault))
            }
            Ok(Target::Anything) => {
                self.log.say(format!(
                    "the reference `{reference}` of a schema is taken for one that everything fits"
                ));
                Ok(Seen::default())
            }
            Err(text) => Err(Fault::new(&place.location, text)),
        }
    }

    /// `not`, `allOf`, `anyOf`, `oneOf` and `if`.
    fn combined(
        &self,
        fields: &Map<String, Json>,
        value: &Json,
        place: &Place<'_>,
        seen: &mut Seen,
        faults: &mut Vec<Fault>,
    ) {
        let at = &place.location;
        if let Some(schema) = fields.get("not")
            && self.same(schema, value, place).is_ok()
        {
            faults.push(Fault::new(at, "'not' failed"));
        }
        let each = |keyword: &str| -> Option<Vec<Checked>> {
            let schemas = fields.get(keyword)?.as_array().filter(|schemas| !schemas.is_empty())?;
            Some(schemas.iter().map(|schema| self.same(schema, value, place)).collect())
        };
        if let Some(checked) = each("allOf") {
            let mut causes = Vec::new();
            for checked in checked {
                take(checked, seen, &mut causes);
            }
            if !causes.is_empty() {
                faults.push(Fault::new(at, "'allOf' failed").because(causes));
            }
        }
        for keyword in ["anyOf", "oneOf"] {
            let Some(checked) = each(keyword) else { continue };
            let matched: Vec<usize> =
                checked.iter().enumerate().filter(|(_, one)| one.is_ok()).map(|(index, _)| index).collect();
            let mut causes = Vec::new();
            for checked in checked {
                take(checked, seen, &mut causes);
            }
            match (keyword, matched.as_slice()) {
                ("anyOf", []) => faults.push(Fault::new(at, "'anyOf' failed").because(causes)),
                ("oneOf", []) => {
                    faults.push(Fault::new(at, "'oneOf' failed, none matched").because(causes));
                }
                ("oneOf", [first, second, ..]) => {
                    let text = format!("'oneOf' failed, subschemas {first}, {second} matched");
                    faults.push(Fault::new(at, text));
                }
                _ => {}
            }
        }
        if self.draft() >= Draft::Draft7
            && let Some(schema) = fields.get("if")
        {
            let branch = match self.same(schema, value, place) {
                Ok(more) => {
                    seen.add(more);
                    "then"
                }
                Err(_) => "else",
            };
            if let Some(schema) = fields.get(branch) {
                take(self.same(schema, value, place), seen, faults);
            }
        }
    }

    fn unevaluated(
        &self,
        fields: &Map<String, Json>,
        value: &Json,
        place: &Place<'_>,
        seen: &mut Seen,
        faults: &mut Vec<Fault>,
    ) {
        if self.draft() < Draft::Draft2019 {
            return;
        }
        if let (Some(schema), Json::Object(object)) = (fields.get("unevaluatedProperties"), value) {
            for (name, value) in object {
                if !seen.properties.contains(name) {
                    faults.extend(self.below(schema, value, name, place).err());
                    seen.properties.insert(name.clone());
                }
            }
        }
        if let (Some(schema), Json::Array(array)) = (fields.get("unevaluatedItems"), value) {
            for (index, value) in array.iter().enumerate() {
                if seen.items.insert(index) {
                    faults.extend(self.below(schema, value, &index.to_string(), place).err());
                }
            }
        }
    }
}

/// Keeps what was seen, or the fault.
pub(super) fn take(checked: Checked, seen: &mut Seen, faults: &mut Vec<Fault>) {
    match checked {
        Ok(more) => seen.add(more),
        Err(fault) => faults.push(fault),
    }
}

impl<'p> Place<'p> {
    /// A place of its own, for what has no way to it.
    pub(super) fn nowhere(&'p self) -> Place<'p> {
        self.next(String::new(), false)
    }

    fn next(&'p self, location: String, same_value: bool) -> Place<'p> {
        Place { location, above: Some(self), schema: std::ptr::null(), same_value, depth: self.depth + 1 }
    }

    /// Whether the value is being held against this very schema already.
    fn is_cycle(&self) -> bool {
        let mut place = self;
        while place.same_value {
            let Some(above) = place.above else { return false };
            if std::ptr::eq(above.schema, self.schema) {
                return true;
            }
            place = above;
        }
        false
    }
}

/// The name of a value's type, a whole number being an integer where that is wanted.
pub(super) fn is_of_type(value: &Json, wanted: &str) -> bool {
    type_of(value) == wanted
        || wanted == "integer" && value.as_f64().is_some_and(|number| number.fract() == 0.0)
}
