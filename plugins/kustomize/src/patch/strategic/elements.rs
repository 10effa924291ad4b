//! Lists whose elements are merged one by one, kyaml's associative sequences: finding elements by
//! their merge keys and placing them.
//!
//! The steps are kyaml's own, one by one, for their effects on odd lists are visible: an element
//! without its merge key empties a list, ports that leave out their protocol meet those that have
//! one, elements of the patch come first.

use std::collections::HashSet;

use oarlock_yaml::{Mapping, Node, Text, Value};

use super::error::MergeError;

/// The values that an element has for the merge keys, `""` for those that it lacks.
pub(super) type KeyValues = Vec<Text>;

/// The key of a set of scalars: the scalar is its own key.
pub(super) const ITSELF: &[&str] = &[""];

/// The text of a scalar; nothing for all else, as in go-yaml's nodes.
pub(super) fn raw_text(node: &Node) -> &str {
    node.scalar_text().unwrap_or("")
}

/// The elements of all lists at hand. The lists are positions in here, since one element may be in
/// several.
pub(super) struct Elements {
    pub(super) nodes: Vec<Node>,
}

impl Elements {
    pub(super) fn new(nodes: Vec<Node>) -> Self {
        Self { nodes }
    }

    /// The positions of all elements.
    pub(super) fn all(&self) -> Vec<usize> {
        (0..self.nodes.len()).collect()
    }

    pub(super) fn add_all(&mut self, nodes: Vec<Node>) -> Vec<usize> {
        let start = self.nodes.len();
        self.nodes.extend(nodes);
        (start..self.nodes.len()).collect()
    }

    /// The elements of one list, for good.
    pub(super) fn into_list(mut self, list: Vec<usize>) -> Vec<Node> {
        let mut seen = HashSet::with_capacity(list.len());
        let repeated: Vec<bool> = list.iter().rev().map(|position| !seen.insert(*position)).collect();
        let take = |(position, repeated): (usize, bool)| {
            let node = &mut self.nodes[position];
            if repeated { node.clone() } else { std::mem::replace(node, Node::null()) }
        };
        list.into_iter().zip(repeated.into_iter().rev()).map(take).collect()
    }

    /// The different key values of two lists, in order.
    pub(super) fn key_values(&self, first: &[usize], second: &[usize], keys: &[&str]) -> Vec<KeyValues> {
        let mut seen = HashSet::new();
        let mut all = Vec::new();
        for position in first.iter().chain(second) {
            let element = &self.nodes[*position];
            let values: KeyValues = if keys == ITSELF {
                vec![raw_text(element).into()]
            } else {
                keys.iter().map(|key| key_value(element, key).into()).collect()
            };
            if seen.insert(values.clone()) {
                all.push(values);
            }
        }
        all
    }

    /// The first element that has these values.
    pub(super) fn find(&self, list: &[usize], keys: &[&str], values: &[Text]) -> Option<usize> {
        list.iter().copied().find(|position| {
            let element = &self.nodes[*position];
            if keys == ITSELF {
                return raw_text(element) == values[0];
            }
            keys.iter()
                .zip(values)
                .all(|(key, value)| element.get(key).is_some_and(|found| raw_text(found) == value))
        })
    }

    /// Puts an element in the place of all that have these values, or last if there is none;
    /// without an element, removes them. kyaml's `ElementSetter`: it drops empty elements on the
    /// way, takes `""` for any value, and drops all that does not match if there is no value to
    /// look for.
    pub(super) fn set(
        &self,
        list: &mut Vec<usize>,
        element: Option<usize>,
        keys: &[&str],
        values: &[&str],
    ) -> Result<(), MergeError> {
        let by_fields = !keys[0].is_empty() && values.first().is_some_and(|value| !value.is_empty());
        let mut found = false;
        let mut result = Vec::with_capacity(list.len() + 1);
        for position in list.iter() {
            let node = &self.nodes[*position];
            if is_nothing(node) {
                continue;
            }
            if by_fields && node.as_mapping().is_none() {
                result.push(*position);
                continue;
            }
            if !matches(node, keys, values)? {
                if !values.is_empty() {
                    result.push(*position);
                }
                continue;
            }
            found = true;
            result.extend(element);
        }
        *list = result;
        if let Some(element) = element.filter(|element| !found && !self.nodes[*element].is_null()) {
            list.push(element);
        }
        Ok(())
    }

    /// Puts all elements of a list into another, each in the place of the one with the same key
    /// values, or last.
    pub(super) fn append(
        &self,
        list: &mut Vec<usize>,
        more: &[usize],
        keys: &[&str],
    ) -> Result<(), MergeError> {
        for position in more {
            let element = &self.nodes[*position];
            if keys == ITSELF {
                self.set(list, Some(*position), keys, &[raw_text(element)])?;
                continue;
            }
            if element.as_mapping().is_none() && !element.is_null() {
                return Err(MergeError::no_mapping(element, keys[0]));
            }
            let mut values = Vec::with_capacity(keys.len());
            for key in keys {
                match element.get(key) {
                    Some(value) => values.push(raw_text(value)),
                    None => list.push(*position),
                }
            }
            if keys.len() > 1 {
                self.set(list, None, keys, &values)?;
            }
            self.set(list, Some(*position), keys, &values)?;
        }
        Ok(())
    }
}

/// Whether an element has these values. `""` stands for any; keys beyond the values follow the last
/// one.
fn matches(element: &Node, keys: &[&str], values: &[&str]) -> Result<bool, MergeError> {
    if values.is_empty() {
        return Ok(false);
    }
    for (key, value) in keys.iter().zip(values) {
        let found = if key.is_empty() {
            let scalar = element.as_scalar().ok_or_else(|| MergeError::no_scalar(element))?;
            scalar.text == *value
        } else {
            let fields = element.as_mapping().ok_or_else(|| MergeError::no_mapping(element, key))?;
            fields.get(key).is_some_and(|found| value.is_empty() || raw_text(found) == *value)
        };
        if !found {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The value of a merge key, `""` if there is none.
fn key_value<'a>(element: &'a Node, key: &str) -> &'a str {
    element.get(key).filter(|value| !value.is_null()).map_or("", raw_text)
}

/// Whether an element is null or an empty mapping, which no list keeps.
pub(super) fn is_nothing(node: &Node) -> bool {
    match &node.value {
        Value::Mapping(fields) => Mapping::is_empty(fields),
        _ => node.is_null(),
    }
}

/// For which keys any element has a value; all keys if none has one.
pub(super) fn keys_in_use(all: &[KeyValues], keys: usize) -> Vec<bool> {
    let used: Vec<bool> = (0..keys).map(|key| all.iter().any(|values| !values[key].is_empty())).collect();
    if used.contains(&true) { used } else { vec![true; keys] }
}

/// The items that are in use.
pub(super) fn pick<T: Clone>(items: &[T], used: &[bool]) -> Vec<T> {
    items.iter().zip(used).filter(|(_, used)| **used).map(|(item, _)| item.clone()).collect()
}

/// An element in the path of an error.
pub(super) fn label(values: &[Text]) -> String {
    let values: Vec<&str> = values.iter().map(Text::as_str).filter(|value| !value.is_empty()).collect();
    format!("[{}]", values.join(","))
}

/// Fills in values that one element lacks and another, otherwise the same, has: a port without a
/// protocol is the one that has it.
pub(super) fn unite(all: &mut [KeyValues]) {
    for first in 0..all.len() {
        for second in 0..all.len() {
            if are_alike(&all[first], &all[second]) {
                let pairs = all[first].iter().zip(&all[second]);
                let united: KeyValues =
                    pairs.map(|(a, b)| if a.is_empty() { b.clone() } else { a.clone() }).collect();
                all[first].clone_from(&united);
                all[second] = united;
            }
        }
    }
}

/// Whether two elements have a value in common, and no two that differ.
fn are_alike(a: &[Text], b: &[Text]) -> bool {
    a.iter().zip(b).any(|(a, b)| a == b)
        && a.iter().zip(b).all(|(a, b)| a == b || a.is_empty() || b.is_empty())
}
