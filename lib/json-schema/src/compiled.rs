//! Schemas ready to hold values against.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::decimal::Decimal;
use crate::draft::Draft;
use crate::json::{Json, TYPES};
use crate::location::Place;
use oarlock_go::Release;
use oarlock_go::regexp::Regexp;

/// The number of a schema among those of its compiler.
pub(crate) type Id = usize;

/// A schema. What it does not ask for is nothing or none.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "keywords are what they are")]
pub(crate) struct Schema {
    pub(crate) place: Place,
    /// [`Schema::place`] as a text.
    pub(crate) location: String,
    /// The resource that it is in.
    pub(crate) resource: Id,
    pub(crate) draft: Draft,
    pub(crate) dynamic_anchors: BTreeMap<String, Id>,
    /// Whether the schema looks at all properties, or items.
    pub(crate) all_properties: bool,
    pub(crate) all_items: bool,
    /// How many items it looks at.
    pub(crate) items_seen: usize,

    /// `true` or `false`.
    pub(crate) flat: Option<bool>,
    pub(crate) reference: Option<Id>,
    pub(crate) recursive_reference: Option<Id>,
    pub(crate) recursive_anchor: bool,
    /// `$dynamicRef`, and the anchor that it names.
    pub(crate) dynamic_reference: Option<(Id, Option<String>)>,
    pub(crate) dynamic_anchor: String,
    pub(crate) types: Types,
    pub(crate) constant: Option<Json>,
    pub(crate) values: Option<Vec<Json>>,
    pub(crate) format: Option<String>,
    pub(crate) not: Option<Id>,
    pub(crate) all_of: Vec<Id>,
    pub(crate) any_of: Vec<Id>,
    pub(crate) one_of: Vec<Id>,
    pub(crate) condition: Option<Id>,
    pub(crate) then: Option<Id>,
    pub(crate) otherwise: Option<Id>,

    pub(crate) min_properties: Option<usize>,
    pub(crate) max_properties: Option<usize>,
    pub(crate) required: Vec<String>,
    pub(crate) properties: BTreeMap<String, Id>,
    pub(crate) pattern_properties: Vec<(LazyPattern, Id)>,
    pub(crate) additional_properties: Option<Additional>,
    pub(crate) property_names: Option<Id>,
    pub(crate) dependencies: BTreeMap<String, Dependency>,
    pub(crate) dependent_required: BTreeMap<String, Vec<String>>,
    pub(crate) dependent_schemas: BTreeMap<String, Id>,
    pub(crate) unevaluated_properties: Option<Id>,

    pub(crate) min_items: Option<usize>,
    pub(crate) max_items: Option<usize>,
    pub(crate) unique_items: bool,
    /// Schemas of items by their index: `prefixItems`, or a list in `items`.
    pub(crate) first_items: Vec<Id>,
    /// What all other items must be.
    pub(crate) other_items: Option<Additional>,
    pub(crate) contains: Option<Id>,
    pub(crate) min_contains: Option<usize>,
    pub(crate) max_contains: Option<usize>,
    pub(crate) unevaluated_items: Option<Id>,

    pub(crate) min_length: Option<usize>,
    pub(crate) max_length: Option<usize>,
    pub(crate) pattern: Option<LazyPattern>,

    pub(crate) minimum: Option<Decimal>,
    pub(crate) maximum: Option<Decimal>,
    pub(crate) exclusive_minimum: Option<Decimal>,
    pub(crate) exclusive_maximum: Option<Decimal>,
    pub(crate) multiple_of: Option<Decimal>,
}

/// What holds for the properties or items that nothing else is said of.
#[derive(Clone, Copy)]
pub(crate) enum Additional {
    Allowed(bool),
    Schema(Id),
}

/// What the presence of a property asks for.
pub(crate) enum Dependency {
    Properties(Vec<String>),
    Schema(Id),
}

/// A set of types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Types(u8);

impl Types {
    /// The types that a `type` names.
    pub(crate) fn new(names: &Json) -> Self {
        let names: &[Json] = names.as_array().unwrap_or(std::slice::from_ref(names));
        let bit = |name: &Json| {
            let index = TYPES.iter().position(|known| Some(*known) == name.as_text());
            index.map_or(0, |index| 1 << index)
        };
        Self(names.iter().map(bit).fold(0, |set, bit| set | bit))
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a value is of one of the types.
    pub(crate) fn have(self, value: &Json) -> bool {
        let kind = value.kind();
        self.names().any(|name| {
            name == kind || name == "integer" && value.as_number().is_some_and(|number| number.is_integer())
        })
    }

    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        TYPES
            .into_iter()
            .enumerate()
            .filter(move |(index, _)| self.0 & (1 << index) != 0)
            .map(|(_, name)| name)
    }
}

/// A regular expression that is compiled when it is first needed.
pub(crate) struct LazyPattern {
    pub(crate) text: String,
    compiled: OnceCell<Option<Regexp>>,
}

impl LazyPattern {
    /// An expression.
    ///
    /// # Errors
    /// If it is none: Go's message.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        Regexp::check(text, Release::default())?;
        Ok(Self { text: text.to_owned(), compiled: OnceCell::new() })
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| Regexp::new(&self.text, Release::default()).ok());
        compiled.as_ref().is_some_and(|pattern| pattern.is_match(text))
    }
}
