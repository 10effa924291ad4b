//! Schemas ready to hold values against.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::decimal::Decimal;
use super::draft::Draft;
use super::json::{Json, TYPES};
use super::location::Place;
use oarlock_go::Release;
use oarlock_go::regexp::Regexp;

/// The number of a schema among those of its compiler.
pub(super) type Id = usize;

/// A schema. What it does not ask for is nothing or none.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "keywords are what they are")]
pub(super) struct Schema {
    pub(super) place: Place,
    /// [`Schema::place`] as a text.
    pub(super) location: String,
    /// The resource that it is in.
    pub(super) resource: Id,
    pub(super) draft: Draft,
    pub(super) dynamic_anchors: BTreeMap<String, Id>,
    /// Whether the schema looks at all properties, or items.
    pub(super) all_properties: bool,
    pub(super) all_items: bool,
    /// How many items it looks at.
    pub(super) items_seen: usize,

    /// `true` or `false`.
    pub(super) flat: Option<bool>,
    pub(super) reference: Option<Id>,
    pub(super) recursive_reference: Option<Id>,
    pub(super) recursive_anchor: bool,
    /// `$dynamicRef`, and the anchor that it names.
    pub(super) dynamic_reference: Option<(Id, Option<String>)>,
    pub(super) dynamic_anchor: String,
    pub(super) types: Types,
    pub(super) constant: Option<Json>,
    pub(super) values: Option<Vec<Json>>,
    pub(super) format: Option<String>,
    pub(super) not: Option<Id>,
    pub(super) all_of: Vec<Id>,
    pub(super) any_of: Vec<Id>,
    pub(super) one_of: Vec<Id>,
    pub(super) condition: Option<Id>,
    pub(super) then: Option<Id>,
    pub(super) otherwise: Option<Id>,

    pub(super) min_properties: Option<usize>,
    pub(super) max_properties: Option<usize>,
    pub(super) required: Vec<String>,
    pub(super) properties: BTreeMap<String, Id>,
    pub(super) pattern_properties: Vec<(LazyPattern, Id)>,
    pub(super) additional_properties: Option<Additional>,
    pub(super) property_names: Option<Id>,
    pub(super) dependencies: BTreeMap<String, Dependency>,
    pub(super) dependent_required: BTreeMap<String, Vec<String>>,
    pub(super) dependent_schemas: BTreeMap<String, Id>,
    pub(super) unevaluated_properties: Option<Id>,

    pub(super) min_items: Option<usize>,
    pub(super) max_items: Option<usize>,
    pub(super) unique_items: bool,
    /// Schemas of items by their index: `prefixItems`, or a list in `items`.
    pub(super) first_items: Vec<Id>,
    /// What all other items must be.
    pub(super) other_items: Option<Additional>,
    pub(super) contains: Option<Id>,
    pub(super) min_contains: Option<usize>,
    pub(super) max_contains: Option<usize>,
    pub(super) unevaluated_items: Option<Id>,

    pub(super) min_length: Option<usize>,
    pub(super) max_length: Option<usize>,
    pub(super) pattern: Option<LazyPattern>,

    pub(super) minimum: Option<Decimal>,
    pub(super) maximum: Option<Decimal>,
    pub(super) exclusive_minimum: Option<Decimal>,
    pub(super) exclusive_maximum: Option<Decimal>,
    pub(super) multiple_of: Option<Decimal>,
}

/// What holds for the properties or items that nothing else is said of.
#[derive(Clone, Copy)]
pub(super) enum Additional {
    Allowed(bool),
    Schema(Id),
}

/// What the presence of a property asks for.
pub(super) enum Dependency {
    Properties(Vec<String>),
    Schema(Id),
}

/// A set of types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Types(u8);

impl Types {
    /// The types that a `type` names.
    pub(super) fn new(names: &Json) -> Self {
        let names: &[Json] = names.as_array().unwrap_or(std::slice::from_ref(names));
        let bit = |name: &Json| {
            let index = TYPES.iter().position(|known| Some(*known) == name.as_text());
            index.map_or(0, |index| 1 << index)
        };
        Self(names.iter().map(bit).fold(0, |set, bit| set | bit))
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a value is of one of the types.
    pub(super) fn have(self, value: &Json) -> bool {
        let kind = value.kind();
        self.names().any(|name| {
            name == kind || name == "integer" && value.as_number().is_some_and(|number| number.is_integer())
        })
    }

    pub(super) fn names(self) -> impl Iterator<Item = &'static str> {
        TYPES
            .into_iter()
            .enumerate()
            .filter(move |(index, _)| self.0 & (1 << index) != 0)
            .map(|(_, name)| name)
    }
}

/// A regular expression that is compiled when it is first needed.
pub(super) struct LazyPattern {
    pub(super) text: String,
    compiled: OnceCell<Option<Regexp>>,
}

impl LazyPattern {
    /// An expression.
    ///
    /// # Errors
    /// If it is none: Go's message.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        Regexp::check(text, Release::default())?;
        Ok(Self { text: text.to_owned(), compiled: OnceCell::new() })
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| Regexp::new(&self.text, Release::default()).ok());
        compiled.as_ref().is_some_and(|pattern| pattern.is_match(text))
    }
}
