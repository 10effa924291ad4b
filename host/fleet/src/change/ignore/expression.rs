//! The part of jq's language that names places: an expression and an object → paths.

use regex::Regex;
use serde_json::Value;

/// How many steps one expression may take in any object. Argo CD gives it a second.
const STEPS: usize = 1_000;

/// How many more it may take for each node of the object, so that work is linear in what is given.
const STEPS_A_NODE: usize = 64;

/// One step of a path in an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Field(String),
    Index(usize),
}

impl Key {
    pub(super) fn get<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        match self {
            Self::Field(name) => value.get(name),
            Self::Index(index) => value.get(index),
        }
    }

    pub(super) fn get_mut<'a>(&self, value: &'a mut Value) -> Option<&'a mut Value> {
        match self {
            Self::Field(name) => value.get_mut(name),
            Self::Index(index) => value.get_mut(index),
        }
    }
}

/// An expression that names places.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    /// `.`
    Identity,
    /// `.name`, `.["name"]`
    Field(String),
    /// `.[2]`, `.[-1]`
    Index(i64),
    /// `.[]`
    Each,
    /// `..`
    Everywhere,
    /// `E?`
    Optional(Box<Expression>),
    /// `E | F`, and `E.name`
    Pipe(Box<Expression>, Box<Expression>),
    /// `E, F`
    Both(Box<Expression>, Box<Expression>),
    /// `select(C)`
    Select(Box<Condition>),
}

/// What `select` takes.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    Literal(Value),
    Path(Expression),
    Compare(Box<Condition>, Comparison, Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    /// `C | D`
    Pipe(Box<Condition>, Box<Condition>),
    Not,
    StartsWith(String),
    EndsWith(String),
    Contains(String),
    Test(Regex),
    Has(String),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
}

/// A place that an expression has come to. A place that is not in the object holds null.
type Place<'a> = (Vec<Key>, &'a Value);

/// Why an evaluation ends: a type that does not fit, or too many steps.
enum Stop {
    Misfit,
    Exhausted,
}

impl Expression {
    /// The places in the object that the expression names; `None` if jq would answer with an error.
    pub(super) fn paths(&self, object: &Value) -> Option<Vec<Vec<Key>>> {
        let mut steps = STEPS.saturating_add(size(object).saturating_mul(STEPS_A_NODE));
        let mut places = Vec::new();
        self.visit(&(Vec::new(), object), &mut steps, &mut places).ok()?;
        Some(places.into_iter().filter(|(path, _)| is_there(object, path)).map(|(path, _)| path).collect())
    }

    fn visit<'a>(&self, from: &Place<'a>, steps: &mut usize, found: &mut Vec<Place<'a>>) -> Result<(), Stop> {
        let (path, value) = from;
        // A step copies the path.
        *steps = steps.checked_sub(1 + path.len()).ok_or(Stop::Exhausted)?;
        let to = |key: Key, value: &'a Value| {
            let mut longer = path.clone();
            longer.push(key);
            (longer, value)
        };
        match self {
            Self::Identity => found.push(from.clone()),
            Self::Field(name) => match value {
                Value::Object(_) | Value::Null => {
                    found.push(to(Key::Field(name.clone()), value.get(name).unwrap_or(&Value::Null)));
                }
                _ => return Err(Stop::Misfit),
            },
            Self::Index(index) => match value {
                Value::Array(elements) => {
                    let distance = usize::try_from(index.unsigned_abs()).map_err(|_| Stop::Misfit)?;
                    let index =
                        if *index < 0 { elements.len().checked_sub(distance) } else { Some(distance) };
                    let index = index.ok_or(Stop::Misfit)?;
                    found.push(to(Key::Index(index), elements.get(index).unwrap_or(&Value::Null)));
                }
                Value::Null => {}
                _ => return Err(Stop::Misfit),
            },
            Self::Each => {
                let children = children(value).ok_or(Stop::Misfit)?;
                found.extend(children.map(|(key, child)| to(key, child)));
            }
            Self::Everywhere => {
                found.push(from.clone());
                for (key, child) in children(value).into_iter().flatten() {
                    self.visit(&to(key, child), steps, found)?;
                }
            }
            Self::Optional(inner) => {
                let mut maybe = Vec::new();
                match inner.visit(from, steps, &mut maybe) {
                    Err(Stop::Exhausted) => return Err(Stop::Exhausted),
                    Ok(()) | Err(Stop::Misfit) => found.append(&mut maybe),
                }
            }
            Self::Pipe(first, second) => {
                let mut between = Vec::new();
                first.visit(from, steps, &mut between)?;
                for place in &between {
                    second.visit(place, steps, found)?;
                }
            }
            Self::Both(first, second) => {
                first.visit(from, steps, found)?;
                second.visit(from, steps, found)?;
            }
            Self::Select(condition) => {
                let selected = condition.values(value, steps)?.iter().filter(|value| is_true(value)).count();
                found.extend(std::iter::repeat_n(from.clone(), selected));
            }
        }
        Ok(())
    }
}

impl Condition {
    /// The values of a condition, of which jq may have several.
    fn values(&self, value: &Value, steps: &mut usize) -> Result<Vec<Value>, Stop> {
        *steps = steps.checked_sub(1).ok_or(Stop::Exhausted)?;
        Ok(match self {
            Self::Literal(literal) => vec![literal.clone()],
            Self::Path(expression) => {
                let mut places = Vec::new();
                expression.visit(&(Vec::new(), value), steps, &mut places)?;
                places.into_iter().map(|(_, value)| value.clone()).collect()
            }
            Self::Compare(left, comparison, right) => {
                let (left, right) = (left.values(value, steps)?, right.values(value, steps)?);
                *steps = steps.checked_sub(left.len() * right.len()).ok_or(Stop::Exhausted)?;
                let pairs = right.iter().flat_map(|right| left.iter().map(move |left| left == right));
                pairs.map(|equal| Value::from(equal == matches!(comparison, Comparison::Equal))).collect()
            }
            Self::And(left, right) | Self::Or(left, right) => self.both(left, right, value, steps)?,
            Self::Pipe(left, right) => {
                let mut values = Vec::new();
                for value in left.values(value, steps)? {
                    values.extend(right.values(&value, steps)?);
                }
                values
            }
            Self::Not => vec![Value::from(!is_true(value))],
            Self::StartsWith(text) => vec![Value::from(string(value)?.starts_with(text.as_str()))],
            Self::EndsWith(text) => vec![Value::from(string(value)?.ends_with(text.as_str()))],
            Self::Contains(text) => vec![Value::from(string(value)?.contains(text.as_str()))],
            Self::Test(pattern) => vec![Value::from(pattern.is_match(string(value)?))],
            Self::Has(name) => match value {
                Value::Object(map) => vec![Value::from(map.contains_key(name))],
                _ => return Err(Stop::Misfit),
            },
        })
    }

    /// `and` and `or`, which leave the right side alone where the left decides.
    fn both(&self, left: &Self, right: &Self, value: &Value, steps: &mut usize) -> Result<Vec<Value>, Stop> {
        let decides = matches!(self, Self::Or(..));
        let mut values = Vec::new();
        for left in left.values(value, steps)? {
            if is_true(&left) == decides {
                values.push(Value::from(decides));
            } else {
                values.extend(right.values(value, steps)?.iter().map(|right| Value::from(is_true(right))));
            }
        }
        Ok(values)
    }
}

fn is_true(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false))
}

fn string(value: &Value) -> Result<&str, Stop> {
    value.as_str().ok_or(Stop::Misfit)
}

/// The number of nodes of a value.
fn size(value: &Value) -> usize {
    1 + children(value).into_iter().flatten().map(|(_, child)| size(child)).sum::<usize>()
}

fn is_there(object: &Value, path: &[Key]) -> bool {
    path.iter().try_fold(object, |at, key| key.get(at)).is_some()
}

fn children(value: &Value) -> Option<Box<dyn Iterator<Item = (Key, &Value)> + '_>> {
    match value {
        Value::Object(map) => {
            Some(Box::new(map.iter().map(|(name, value)| (Key::Field(name.clone()), value))))
        }
        Value::Array(elements) => {
            Some(Box::new(elements.iter().enumerate().map(|(index, value)| (Key::Index(index), value))))
        }
        _ => None,
    }
}
