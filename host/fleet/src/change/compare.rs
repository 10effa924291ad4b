//! Two versions of an object → the fields that differ.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::lists::{Schema, step};
use super::path::{FieldPath, Step};
use super::sequence::align;

/// One difference between two versions of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    /// Where it is.
    pub path: FieldPath,
    /// What happened there.
    pub edit: Edit,
}

/// What happened at one place of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// A field or an element was added.
    Added {
        /// What it holds.
        value: Value,
        /// The position of an element among those after the change, from 0; `None` for fields.
        position: Option<usize>,
    },
    /// A field or an element was removed.
    Removed {
        /// What it held.
        value: Value,
    },
    /// A value was replaced by another.
    Changed {
        /// The value before.
        before: Value,
        /// The value after.
        after: Value,
    },
    /// Elements of a list that are there before and after stand in another order.
    Reordered {
        /// Their order before.
        before: Vec<Step>,
        /// Their order after.
        after: Vec<Step>,
    },
}

impl Edit {
    /// The value before the change, if there was one.
    pub fn before(&self) -> Option<&Value> {
        match self {
            Self::Removed { value } | Self::Changed { before: value, .. } => Some(value),
            Self::Added { .. } | Self::Reordered { .. } => None,
        }
    }

    /// The value after the change, if there is one.
    pub fn after(&self) -> Option<&Value> {
        match self {
            Self::Added { value, .. } | Self::Changed { after: value, .. } => Some(value),
            Self::Removed { .. } | Self::Reordered { .. } => None,
        }
    }
}

/// The differences between two versions of an object, by path; none if they are equal. The order
/// of the keys of a map does not count.
pub fn compare(before: &Value, after: &Value) -> Vec<FieldChange> {
    let text =
        |key: &str| after.get(key).or_else(|| before.get(key)).and_then(Value::as_str).unwrap_or_default();
    let schema = Schema::of_kind(text("apiVersion"), text("kind"));
    let mut comparison = Comparison { path: FieldPath::default(), changes: Vec::new() };
    comparison.values(before, after, schema);
    comparison.changes
}

struct Comparison {
    path: FieldPath,
    changes: Vec<FieldChange>,
}

impl Comparison {
    fn values(&mut self, before: &Value, after: &Value, schema: Schema) {
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => self.maps(before, after, schema),
            (Value::Array(before), Value::Array(after)) => self.lists(before, after, schema),
            _ if before == after => {}
            _ => self.note(Edit::Changed { before: before.clone(), after: after.clone() }),
        }
    }

    fn maps(&mut self, before: &Map<String, Value>, after: &Map<String, Value>, schema: Schema) {
        let mut names: Vec<&String> =
            before.keys().chain(after.keys().filter(|name| !before.contains_key(*name))).collect();
        names.sort_unstable();
        for name in names {
            self.path.push(Step::Field(name.clone()));
            match (before.get(name), after.get(name)) {
                (Some(before), Some(after)) => self.values(before, after, schema.field(name)),
                (Some(value), None) => self.note(Edit::Removed { value: value.clone() }),
                (None, Some(value)) => self.note(Edit::Added { value: value.clone(), position: None }),
                (None, None) => {}
            }
            self.path.pop();
        }
    }

    fn lists(&mut self, before: &[Value], after: &[Value], schema: Schema) {
        match schema.identity(before, after) {
            Some(keys) => self.identified(before, after, &keys, schema.elements()),
            None => self.positions(before, after, schema.elements()),
        }
    }

    /// Lists whose elements have an identity.
    fn identified(&mut self, before: &[Value], after: &[Value], keys: &[&str], schema: Schema) {
        let old: Vec<Step> = before.iter().map(|element| step(element, keys)).collect();
        let new: Vec<Step> = after.iter().map(|element| step(element, keys)).collect();
        let old_places: HashMap<&Step, usize> = old.iter().zip(0..).collect();
        let new_places: HashMap<&Step, usize> = new.iter().zip(0..).collect();
        let kept = |steps: &[Step], others: &HashMap<&Step, usize>| -> Vec<Step> {
            steps.iter().filter(|step| others.contains_key(step)).cloned().collect()
        };
        let (kept_before, kept_after) = (kept(&old, &new_places), kept(&new, &old_places));
        if kept_before != kept_after {
            self.note(Edit::Reordered { before: kept_before, after: kept_after });
        }
        for (step, value) in old.iter().zip(before) {
            if !new_places.contains_key(step) {
                self.note_at(step.clone(), Edit::Removed { value: value.clone() });
            }
        }
        for (position, (step, value)) in new.iter().zip(after).enumerate() {
            if let Some(&place) = old_places.get(step) {
                self.path.push(step.clone());
                self.values(&before[place], value, schema);
                self.path.pop();
            } else {
                let edit = Edit::Added { value: value.clone(), position: Some(position) };
                self.note_at(step.clone(), edit);
            }
        }
    }

    /// Lists whose elements have nothing but their position.
    fn positions(&mut self, before: &[Value], after: &[Value], schema: Schema) {
        let references = |list| -> Vec<&Value> { Vec::from_iter(list) };
        let (mut old, mut new) = (0, 0);
        let end = (before.len(), after.len());
        for (old_end, new_end) in align(&references(before), &references(after)).into_iter().chain([end]) {
            while old < old_end || new < new_end {
                let pair = before[old..old_end].first().zip(after[new..new_end].first());
                if let Some((was, is)) = pair.filter(|(was, is)| is_alike(was, is)) {
                    self.path.push(Step::Position { before: Some(old), after: Some(new) });
                    self.values(was, is, schema);
                    self.path.pop();
                    (old, new) = (old + 1, new + 1);
                } else {
                    // Elements of different types, or of one side alone.
                    if old < old_end {
                        let step = Step::Position { before: Some(old), after: None };
                        self.note_at(step, Edit::Removed { value: before[old].clone() });
                        old += 1;
                    }
                    if new < new_end {
                        let step = Step::Position { before: None, after: Some(new) };
                        let edit = Edit::Added { value: after[new].clone(), position: Some(new) };
                        self.note_at(step, edit);
                        new += 1;
                    }
                }
            }
            (old, new) = (old_end + 1, new_end + 1);
        }
    }

    fn note(&mut self, edit: Edit) {
        self.changes.push(FieldChange { path: self.path.clone(), edit });
    }

    fn note_at(&mut self, step: Step, edit: Edit) {
        self.path.push(step);
        self.note(edit);
        self.path.pop();
    }
}

/// Whether one value may be a later version of the other rather than something else in its place.
fn is_alike(one: &Value, other: &Value) -> bool {
    one.is_object() == other.is_object() && one.is_array() == other.is_array()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The paths that differ, with `+`, `-`, `~` or `order`.
    fn paths(before: &Value, after: &Value) -> Vec<String> {
        let sign = |edit: &Edit| match edit {
            Edit::Added { .. } => "+",
            Edit::Removed { .. } => "-",
            Edit::Changed { .. } => "~",
            Edit::Reordered { .. } => "order ",
        };
        compare(before, after).iter().map(|change| format!("{}{}", sign(&change.edit), change.path)).collect()
    }

    fn pod(spec: Value) -> Value {
        let mut pod = json!({"apiVersion": "v1", "kind": "Pod"});
        pod["spec"] = spec;
        pod
    }

    #[test]
    fn elements_of_known_kinds_are_matched_by_their_merge_keys() {
        let ports = |list: Value| pod(json!({"containers": [{"name": "web", "ports": list}]}));
        for (before, after, expected) in [
            (
                pod(json!({"containers": [{"name": "a", "image": "1"}, {"name": "b"}]})),
                pod(json!({"containers": [{"name": "new"}, {"name": "a", "image": "2"}]})),
                vec!["-spec.containers[b]", "+spec.containers[new]", "~spec.containers[a].image"],
            ),
            (
                ports(json!([{"containerPort": 80}])),
                ports(json!([{"containerPort": 80, "protocol": "TCP"}])),
                vec!["+spec.containers[web].ports[80/TCP].protocol"],
            ),
            (
                ports(json!([{"containerPort": 53, "protocol": "TCP"}])),
                ports(json!([{"containerPort": 53, "protocol": "UDP"}])),
                vec!["-spec.containers[web].ports[53/TCP]", "+spec.containers[web].ports[53/UDP]"],
            ),
            (
                pod(json!({"volumes": [{"name": "a"}, {"name": "b"}]})),
                pod(json!({"volumes": [{"name": "b"}, {"name": "a"}]})),
                vec!["order spec.volumes"],
            ),
            (
                json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"finalizers": ["a", "b"]}}),
                json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"finalizers": ["b", "c"]}}),
                vec!["-metadata.finalizers[a]", "+metadata.finalizers[c]"],
            ),
            // The same name twice identifies nothing.
            (
                pod(json!({"containers": [{"name": "a", "image": "1"}, {"name": "a", "image": "2"}]})),
                pod(json!({"containers": [{"name": "a", "image": "1"}, {"name": "a", "image": "3"}]})),
                vec!["~spec.containers[1].image"],
            ),
        ] {
            assert_eq!(paths(&before, &after), expected);
        }
    }

    #[test]
    fn elements_of_unknown_kinds_are_matched_by_what_is_unique_or_by_position() {
        for (before, after, expected) in [
            (
                json!({"rules": [{"host": "a", "x": 1}, {"host": "b"}]}),
                json!({"rules": [{"host": "b"}, {"host": "a", "x": 2}]}),
                vec!["order rules", "~rules[a].x"],
            ),
            (
                json!({"args": ["a", "b", "c"]}),
                json!({"args": ["a", "x", "c", "d"]}),
                vec!["~args[1]", "+args[3]"],
            ),
            (json!({"args": ["a", "b", "c"]}), json!({"args": ["b", "c"]}), vec!["-args[0]"]),
            (
                json!({"list": [{"k": 1}, [1]]}),
                json!({"list": [{"k": 2}, [2]]}),
                vec!["~list[0].k", "~list[1][0]"],
            ),
            (json!({"list": [{"k": 1}]}), json!({"list": ["k"]}), vec!["-list[0]", "+list[0]"]),
            (json!({"a": 1}), json!({"a": "1"}), vec!["~a"]),
            (json!({"a": null}), json!({}), vec!["-a"]),
            (json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1}), vec![]),
        ] {
            assert_eq!(paths(&before, &after), expected, "{before} {after}");
        }
    }
}
