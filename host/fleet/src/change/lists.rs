//! Which lists are matched element by element, and by which fields.

use std::collections::HashSet;

use oarlock_kubernetes::MergeKeys;
use serde_json::Value;

use super::path::Step;

/// Fields that identify elements of lists of which no schema says so, the likeliest first. They are
/// used only where every element has them, as scalars, and no two elements have the same.
const LIKELY_KEYS: &[&[&str]] = &[
    &["name"],
    &["key"],
    &["id"],
    &["containerPort", "protocol"],
    &["port", "protocol"],
    &["mountPath"],
    &["host"],
    &["path"],
];

/// What is known of the lists below one node of an object.
#[derive(Clone, Copy)]
pub(crate) struct Schema(MergeKeys);

impl Schema {
    /// What is known of a kind.
    pub(crate) fn of_kind(api_version: &str, kind: &str) -> Self {
        Self(MergeKeys::of_kind(api_version, kind).unwrap_or(MergeKeys::NONE))
    }

    /// What is known of a field.
    pub(crate) fn field(self, name: &str) -> Self {
        Self(self.0.field(name))
    }

    /// What is known of the elements of a list.
    pub(crate) fn elements(self) -> Self {
        Self(self.0.items())
    }

    /// The fields by which the elements of two versions of a list are matched, which are unique in
    /// both; the empty name for elements that are scalars. `None` if they have no identity.
    pub(crate) fn identity(self, before: &[Value], after: &[Value]) -> Option<Vec<&'static str>> {
        if let Some(keys) = self.0.keys() {
            let keys = if keys.is_empty() { vec![""] } else { keys.to_vec() };
            if identifies(&keys, before, false) && identifies(&keys, after, false) {
                return Some(keys);
            }
        }
        let likely =
            LIKELY_KEYS.iter().find(|keys| identifies(keys, before, true) && identifies(keys, after, true));
        likely.map(|keys| keys.to_vec())
    }
}

/// Whether the elements have these fields, as scalars, and no two the same. Where a schema names
/// the fields, some may be left out; where they are a guess, the first must be there.
fn identifies(keys: &[&'static str], elements: &[Value], strict: bool) -> bool {
    let mut seen = HashSet::with_capacity(elements.len());
    elements.iter().all(|element| {
        let values: Vec<Value> = keys.iter().map(|key| key_value(element, key)).collect();
        let fits = if keys == [""] {
            !element.is_object() && !element.is_array()
        } else {
            element.is_object() && values.iter().all(is_scalar) && (!strict || !values[0].is_null())
        };
        fits && !values.iter().all(Value::is_null) && seen.insert(values)
    })
}

fn is_scalar(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

/// The step to an element by its identity.
pub(crate) fn step(element: &Value, keys: &[&str]) -> Step {
    Step::Item(keys.iter().map(|key| ((*key).to_owned(), key_value(element, key))).collect())
}

/// The value of one of the fields that identify an element.
pub(crate) fn key_value(element: &Value, key: &str) -> Value {
    match (key, element.get(key)) {
        ("", _) => element.clone(),
        (_, Some(value)) => value.clone(),
        // The default of Kubernetes, without which adding the default would look like another port.
        ("protocol", None) => Value::from("TCP"),
        (_, None) => Value::Null,
    }
}
