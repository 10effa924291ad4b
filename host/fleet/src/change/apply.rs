//! An object and the fields that changed → the object after the change.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::compare::{Edit, FieldChange};
use super::lists::step;
use super::path::{FieldPath, Step};

/// Why changes cannot be applied to an object: it is not the one that they were made from.
#[derive(Debug, thiserror::Error)]
#[error("the object has nothing at `{path}` that this change fits")]
pub struct ApplyError {
    /// The path of the first change that does not fit.
    pub path: FieldPath,
}

/// Applies what [`compare`](super::compare()) found, in its order.
///
/// # Errors
/// If the object is not equal to the one that was compared, as far as the changes can tell.
pub fn apply(object: &mut Value, changes: &[FieldChange]) -> Result<(), ApplyError> {
    apply_at(object, changes, 0)
}

fn apply_at(node: &mut Value, changes: &[FieldChange], depth: usize) -> Result<(), ApplyError> {
    let Some(first) = changes.first() else { return Ok(()) };
    if let (Edit::Changed { before, after }, true) = (&first.edit, first.path.steps().len() == depth) {
        if node != before {
            return Err(does_not_fit(first));
        }
        *node = after.clone();
        return Ok(());
    }
    match node {
        Value::Object(_) => apply_to_map(node, changes, depth),
        Value::Array(elements) => {
            let by_position = changes
                .iter()
                .any(|change| matches!(change.path.steps().get(depth), Some(Step::Position { .. })));
            if by_position {
                apply_by_position(elements, changes, depth)
            } else {
                apply_by_identity(elements, changes, depth)
            }
        }
        _ => Err(does_not_fit(first)),
    }
}

fn apply_to_map(node: &mut Value, changes: &[FieldChange], depth: usize) -> Result<(), ApplyError> {
    let Value::Object(map) = node else { return Ok(()) };
    for group in groups(changes, depth) {
        let Some(Step::Field(name)) = group[0].path.steps().get(depth) else {
            return Err(does_not_fit(&group[0]));
        };
        match &group[0].edit {
            Edit::Added { value, .. } if ends_at(&group[0], depth) => {
                if map.insert(name.clone(), value.clone()).is_some() {
                    return Err(does_not_fit(&group[0]));
                }
            }
            Edit::Removed { .. } if ends_at(&group[0], depth) => {
                if map.remove(name).is_none() {
                    return Err(does_not_fit(&group[0]));
                }
            }
            _ => apply_at(map.get_mut(name).ok_or_else(|| does_not_fit(&group[0]))?, group, depth + 1)?,
        }
    }
    Ok(())
}

fn apply_by_position(
    elements: &mut Vec<Value>,
    changes: &[FieldChange],
    depth: usize,
) -> Result<(), ApplyError> {
    let mut removed = HashSet::new();
    let mut added = Vec::new();
    for group in groups(changes, depth) {
        let change = &group[0];
        match (change.path.steps().get(depth), &change.edit) {
            (Some(Step::Position { before: None, after: Some(position) }), Edit::Added { value, .. }) => {
                added.push((*position, value.clone()));
            }
            (Some(Step::Position { before: Some(position), after: None }), Edit::Removed { .. }) => {
                removed.insert(*position);
            }
            (Some(Step::Position { before: Some(position), .. }), _) => {
                apply_at(elements.get_mut(*position).ok_or_else(|| does_not_fit(change))?, group, depth + 1)?;
            }
            _ => return Err(does_not_fit(change)),
        }
    }
    let kept = std::mem::take(elements).into_iter().enumerate();
    let kept = kept.filter(|(position, _)| !removed.contains(position)).map(|(_, value)| value);
    *elements = merged(kept, added);
    Ok(())
}

fn apply_by_identity(
    elements: &mut Vec<Value>,
    changes: &[FieldChange],
    depth: usize,
) -> Result<(), ApplyError> {
    let (at_list, at_elements): (Vec<_>, Vec<_>) =
        changes.iter().partition(|change| change.path.steps().len() == depth);
    let keys: Vec<&str> = changes.iter().find_map(identity_keys(depth)).unwrap_or_default();
    let mut kept: HashMap<Step, Value> =
        elements.iter().map(|element| (step(element, &keys), element.clone())).collect();
    let mut order: Vec<Step> = elements.iter().map(|element| step(element, &keys)).collect();
    if order.len() != kept.len() {
        return Err(does_not_fit(&changes[0]));
    }
    let mut added = Vec::new();
    let mut rest = at_elements.as_slice();
    while let Some(&change) = rest.first() {
        let Some(step) = change.path.steps().get(depth) else { return Err(does_not_fit(change)) };
        let size = rest.iter().take_while(|other| other.path.steps().get(depth) == Some(step)).count();
        let group: Vec<FieldChange> = rest[..size].iter().map(|&change| change.clone()).collect();
        rest = &rest[size..];
        match &change.edit {
            Edit::Added { value, position: Some(position) } if ends_at(change, depth) => {
                added.push((*position, value.clone()));
            }
            Edit::Removed { .. } if ends_at(change, depth) => {
                kept.remove(step).ok_or_else(|| does_not_fit(change))?;
            }
            _ => apply_at(kept.get_mut(step).ok_or_else(|| does_not_fit(change))?, &group, depth + 1)?,
        }
    }
    for change in at_list {
        match &change.edit {
            Edit::Reordered { after, .. } => order.clone_from(after),
            _ => return Err(does_not_fit(change)),
        }
    }
    let kept: Vec<Value> = order.iter().filter_map(|step| kept.remove(step)).collect();
    *elements = merged(kept.into_iter(), added);
    Ok(())
}

/// The names of the fields by which a change below a list finds its element.
fn identity_keys(depth: usize) -> impl Fn(&FieldChange) -> Option<Vec<&str>> {
    move |change| {
        let step = change.path.steps().get(depth).or_else(|| match &change.edit {
            Edit::Reordered { after, .. } => after.first(),
            _ => None,
        });
        match step {
            Some(Step::Item(keys)) => Some(keys.iter().map(|(name, _)| name.as_str()).collect()),
            _ => None,
        }
    }
}

/// Elements that were kept, with those that were added at their positions.
fn merged(mut kept: impl Iterator<Item = Value>, added: Vec<(usize, Value)>) -> Vec<Value> {
    let mut elements = Vec::new();
    for (position, value) in added {
        while elements.len() < position {
            match kept.next() {
                Some(element) => elements.push(element),
                None => break,
            }
        }
        elements.push(value);
    }
    elements.extend(kept);
    elements
}

/// Changes that go through the same child, which follow each other.
fn groups(changes: &[FieldChange], depth: usize) -> impl Iterator<Item = &[FieldChange]> {
    changes.chunk_by(move |one, other| one.path.steps().get(depth) == other.path.steps().get(depth))
}

fn ends_at(change: &FieldChange, depth: usize) -> bool {
    change.path.steps().len() == depth + 1
}

fn does_not_fit(change: &FieldChange) -> ApplyError {
    ApplyError { path: change.path.clone() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::super::compare;
    use super::*;

    /// Values with lists of all sorts: of scalars, of objects with names, with the same name twice.
    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..3).prop_map(Value::from),
            "[a-c]{0,2}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 48, 6, |inner| {
            let field = prop_oneof!["[a-c]", Just("name".to_owned()), Just("ports".to_owned())];
            let named =
                ("[a-e]", inner.clone()).prop_map(|(name, value)| json!({"name": name, "value": value}));
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec(named, 0..6).prop_map(Value::from),
                prop::collection::vec((field, inner), 0..5)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_changes_between_equal_values(value in value()) {
            prop_assert_eq!(compare(&value, &value.clone()), vec![]);
        }

        #[test]
        fn changes_lead_from_one_value_to_the_other(before in value(), after in value()) {
            let changes = compare(&before, &after);
            let mut applied = before.clone();
            apply(&mut applied, &changes).unwrap();
            prop_assert_eq!(&applied, &after);
            prop_assert_eq!(changes.is_empty(), before == after);
        }

        #[test]
        fn containers_lead_to_each_other(
            before in prop::collection::vec("[a-h]", 0..8),
            after in prop::collection::vec("[a-h]", 0..8),
        ) {
            let deployment = |names: &[String]| json!({
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"finalizers": names},
                "spec": {"template": {"spec": {"containers":
                    names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>()}}},
            });
            let (before, after) = (deployment(&before), deployment(&after));
            let mut applied = before.clone();
            apply(&mut applied, &compare(&before, &after)).unwrap();
            prop_assert_eq!(applied, after);
        }
    }

    #[test]
    fn changes_of_another_object_do_not_fit() {
        let changes = compare(&json!({"a": {"b": 1}}), &json!({"a": {"b": 2}}));
        for other in [json!({}), json!({"a": {"b": 3}}), json!({"a": []}), json!(null)] {
            let error = apply(&mut other.clone(), &changes).unwrap_err();
            assert_eq!(error.path.to_string(), "a.b", "{other}");
        }
    }
}
