//! What is wrong with an object.

use oarlock_model::{Pointer, Step};
use serde_json::Value;

use crate::release::Release;

/// One thing that is wrong with an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The field. A field that is missing is one, too.
    pub path: Pointer,
    /// What is wrong with it.
    pub kind: FaultKind,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum FaultKind {
    /// The type has no such field: the API server drops it, or refuses the object.
    UnknownField {
        /// A field with a name like it.
        near: Option<String>,
        /// The versions of Kubernetes that have the field, as `1.34 and later`.
        elsewhere: Option<String>,
    },
    /// The value is of another type.
    WrongType {
        /// What the type is.
        expected: Expected,
        /// What stands there, with its article: `a string`.
        found: &'static str,
    },
    /// The value is of the right JSON type, but not of the form that is read: what it must be.
    Malformed(&'static str),
    /// The value is not one of those that are allowed.
    NotAllowed {
        /// Those that are, as JSON; the first of many.
        allowed: Vec<String>,
        /// How many more there are.
        more: usize,
    },
    /// A field is missing that must be there.
    Missing,
    /// An item of a list, or a value of a map, is null, so that it becomes empty.
    EmptyItem,
    /// An item of a list has the identity of another one.
    Repeated {
        /// The index of the first one.
        first: usize,
        /// The fields that are the identity; none where the whole item is.
        keys: Vec<String>,
        /// Whether the API server refuses the object. It does for custom kinds; of its own kinds it
        /// merges the items when they are applied.
        is_refused: bool,
    },
    /// A rule of a CustomResourceDefinition does not hold, such as a pattern.
    Rule(String),
    /// The rules of a CustomResourceDefinition cannot be read.
    UnreadableRules(String),
    /// There are more faults in the object, which are left out.
    More,
}

/// What a value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// `true` or `false`.
    Boolean,
    /// An integer.
    Integer,
    /// A number.
    Number,
    /// A string.
    String,
    /// An integer or a string.
    IntegerOrString,
    /// A quantity: a string or a number.
    Quantity,
    /// An object.
    Object,
    /// A list.
    List,
}

impl Expected {
    /// With its article.
    pub fn described(self) -> &'static str {
        match self {
            Self::Boolean => "a boolean",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::String => "a string",
            Self::IntegerOrString => "an integer or a string",
            Self::Quantity => "a quantity",
            Self::Object => "an object",
            Self::List => "a list",
        }
    }
}

impl Fault {
    /// What is wrong, with the field, in one sentence. Names stand in backticks.
    pub fn message(&self) -> String {
        let path = if self.path.is_root() { "the object".to_owned() } else { format!("`{}`", self.shown()) };
        match &self.kind {
            FaultKind::UnknownField { .. } => format!("unknown field {path}"),
            FaultKind::WrongType { expected, found } => {
                format!("{path} is {found}, not {}", expected.described())
            }
            FaultKind::Malformed(expected) => format!("{path} is not {expected}"),
            FaultKind::NotAllowed { .. } => format!("{path} is none of the allowed values"),
            FaultKind::Missing => format!("{path} is missing"),
            FaultKind::EmptyItem => format!("{path} is null"),
            FaultKind::Repeated { first, keys, .. } if keys.is_empty() => {
                format!("{path} repeats item {first} of the list")
            }
            FaultKind::Repeated { first, keys, .. } => {
                format!("{path} has the {} of item {first} of the list", keys.join(" and "))
            }
            FaultKind::Rule(rule) => format!("{path}: {rule}"),
            FaultKind::UnreadableRules(error) => {
                format!("the rules of its CustomResourceDefinition cannot be read: {error}")
            }
            FaultKind::More => "there is more wrong with the object".to_owned(),
        }
    }

    /// How to fix it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match &self.kind {
            FaultKind::UnknownField { elsewhere: Some(versions), .. } => {
                Some(format!("Kubernetes {versions} has it"))
            }
            FaultKind::UnknownField { near: Some(near), .. } => Some(format!("did you mean `{near}`?")),
            FaultKind::WrongType { expected: Expected::String, found: "a number" | "a boolean" } => {
                Some("put it in quotes".to_owned())
            }
            FaultKind::WrongType { expected: Expected::Boolean | Expected::Integer, found: "a string" } => {
                Some("write it without quotes".to_owned())
            }
            FaultKind::NotAllowed { allowed, more } => {
                let more = if *more > 0 { format!(" and {more} more") } else { String::new() };
                Some(format!("allowed are {}{more}", allowed.join(", ")))
            }
            FaultKind::EmptyItem => {
                Some("the API server takes it for an empty value; leave it out".to_owned())
            }
            _ => None,
        }
    }

    /// The path, with names no longer than a person reads.
    fn shown(&self) -> Pointer {
        const LONGEST: usize = 100;
        let short = |step: &Step| match step {
            Step::Key(key) if key.chars().count() > LONGEST => {
                Step::Key(key.chars().take(LONGEST).chain(['…']).collect())
            }
            step => step.clone(),
        };
        self.path.steps().iter().map(short).collect()
    }
}

/// Versions as people write them, of a range of minor versions.
pub(crate) fn versions(first: u8, last: u8) -> String {
    match (first > Release::OLDEST.minor(), last < Release::NEWEST.minor()) {
        (_, false) => format!("1.{first} and later"),
        (false, true) => format!("1.{last} and earlier"),
        (true, true) if first == last => format!("1.{first}"),
        (true, true) => format!("1.{first} to 1.{last}"),
    }
}

/// A value in a word or two, with its article.
pub(crate) fn described(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
