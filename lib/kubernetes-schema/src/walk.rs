//! Walks an object beside its type.

use std::collections::BTreeMap;

use oarlock_kubernetes::MergeKeys;
use oarlock_model::{Pointer, Step, nearest};
use serde_json::{Map, Value};

use crate::fault::{Expected, Fault, FaultKind, described};
use crate::node::{Field, Id, Identity, List, Node, Nodes, Null, Object, Others, Shape};
use crate::table::Table;

/// The most faults of one object. With more, its type is the wrong one.
const MOST: usize = 100;

/// The most values that a message lists.
const MOST_VALUES: usize = 12;

/// A walk. Its depth is that of the object, which the parser has bounded.
pub(crate) struct Walk<'t> {
    table: &'t Table,
    path: Vec<Step>,
    faults: Vec<Fault>,
}

impl<'t> Walk<'t> {
    pub(crate) fn new(table: &'t Table) -> Self {
        Self { table, path: Vec::new(), faults: Vec::new() }
    }

    /// What was found.
    pub(crate) fn finish(mut self) -> Vec<Fault> {
        if self.faults.len() > MOST {
            self.faults.truncate(MOST);
            self.faults.push(Fault { path: Pointer::default(), kind: FaultKind::More });
        }
        self.faults
    }

    fn is_full(&self) -> bool {
        self.faults.len() > MOST
    }

    fn add(&mut self, kind: FaultKind) {
        if !self.is_full() {
            self.faults.push(Fault { path: self.path.iter().cloned().collect(), kind });
        }
    }

    fn within(&mut self, step: Step, walk: impl FnOnce(&mut Self)) {
        self.path.push(step);
        walk(self);
        self.path.pop();
    }

    /// A whole object.
    pub(crate) fn object(&mut self, nodes: &Nodes, root: Id, keys: MergeKeys, object: &Value) {
        self.value(nodes, nodes.get(root), keys, object);
    }

    /// A value that is not null, or whose null counts.
    fn value(&mut self, nodes: &Nodes, node: &Node, keys: MergeKeys, value: &Value) {
        if self.is_full() {
            return;
        }
        if value.is_null() && node.null != Null::Absent {
            match node.null {
                _ if matches!(node.shape, Shape::Any) => {}
                Null::Refused => self.wrong_type(&node.shape, value),
                Null::Allowed | Null::Defaulted | Null::Absent => {}
            }
            return;
        }
        match (&node.shape, value) {
            (Shape::Any, _) => {}
            (Shape::Metadata, value) => {
                let nodes = &self.table.nodes;
                let metadata = nodes.get(self.table.metadata);
                self.value(
                    nodes,
                    metadata,
                    MergeKeys::of_named_definition("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
                        .unwrap_or(MergeKeys::NONE),
                    value,
                );
            }
            (Shape::Either(choices), value) => {
                let fits = |id: &&Id| {
                    matches!(
                        (&nodes.get(**id).shape, value),
                        (Shape::Object(_) | Shape::Map(_), Value::Object(_))
                            | (Shape::List(_), Value::Array(_))
                            | (Shape::Scalar(_), Value::Bool(_) | Value::Number(_) | Value::String(_))
                    )
                };
                if let Some(choice) = choices.iter().find(fits).or(choices.first()) {
                    self.value(nodes, nodes.get(*choice), keys, value);
                }
            }
            (Shape::Object(object), Value::Object(map)) => self.fields(nodes, object, keys, map),
            (Shape::Map(each), Value::Object(map)) => {
                for (key, value) in map {
                    self.within(Step::Key(key.clone()), |walk| {
                        walk.element(nodes, *each, MergeKeys::NONE, value);
                    });
                }
            }
            (Shape::List(list), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let step = Step::Index(index);
                    self.within(step, |walk| walk.element(nodes, list.items, keys.items(), item));
                }
                self.identities(list, keys, items);
            }
            (Shape::Scalar(scalar), value) => {
                if let Some(kind) = scalar.check(value) {
                    self.add(kind);
                    return;
                }
            }
            (shape, value) => {
                self.wrong_type(shape, value);
                return;
            }
        }
        if let Some(allowed) = &node.allowed
            && !allowed.contains(value)
        {
            let shown = allowed.iter().take(MOST_VALUES).map(shown).collect();
            let more = allowed.len().saturating_sub(MOST_VALUES);
            self.add(FaultKind::NotAllowed { allowed: shown, more });
        }
    }

    fn wrong_type(&mut self, shape: &Shape, value: &Value) {
        let expected = match shape {
            Shape::List(_) => Expected::List,
            Shape::Scalar(scalar) => {
                if let Some(kind) = scalar.check(value) {
                    self.add(kind);
                }
                return;
            }
            Shape::Any | Shape::Either(_) => return,
            Shape::Object(_) | Shape::Map(_) | Shape::Metadata => Expected::Object,
        };
        self.add(FaultKind::WrongType { expected, found: described(value) });
    }

    fn fields(&mut self, nodes: &Nodes, object: &Object, keys: MergeKeys, map: &Map<String, Value>) {
        for (key, value) in map {
            if self.is_full() {
                return;
            }
            match (object.fields.get(key.as_str()), object.others) {
                (Some(field), _) => {
                    let node = nodes.get(field.node);
                    // A field that must be there is found to be missing below.
                    if value.is_null() && node.null == Null::Absent {
                        continue;
                    }
                    let step = Step::Key(key.clone());
                    self.within(step, |walk| walk.value(nodes, node, keys.field(key), value));
                }
                (None, Others::Unknown) => {
                    let names = || object.fields.keys().map(|name| &**name);
                    let elsewhere = object.elsewhere.get(key.as_str()).map(ToString::to_string);
                    let near = nearest(key, names()).map(str::to_owned);
                    let kind = FaultKind::UnknownField { near, elsewhere };
                    self.within(Step::Key(key.clone()), |walk| walk.add(kind));
                }
                (None, Others::Any) => {}
                (None, Others::Each(each)) => {
                    let step = Step::Key(key.clone());
                    self.within(step, |walk| walk.element(nodes, each, MergeKeys::NONE, value));
                }
            }
        }
        let is_missing = |name: &str, field: &Field| {
            let null = nodes.get(field.node).null;
            let is_there = |value: &Value| !value.is_null() || null != Null::Absent;
            field.is_required && null != Null::Defaulted && !map.get(name).is_some_and(is_there)
        };
        for (name, field) in &object.fields {
            if is_missing(name, field) {
                self.within(Step::Key(name.to_string()), |walk| walk.add(FaultKind::Missing));
            }
        }
    }

    /// An item of a list, or a value of a map.
    fn element(&mut self, nodes: &Nodes, id: Id, keys: MergeKeys, value: &Value) {
        let node = nodes.get(id);
        if value.is_null() && node.null == Null::Absent {
            if !matches!(node.shape, Shape::Any) {
                self.add(FaultKind::EmptyItem);
            }
            return;
        }
        self.value(nodes, node, keys, value);
    }

    /// Finds items of a list with one identity.
    fn identities(&mut self, list: &List, keys: MergeKeys, items: &[Value]) {
        match (&list.identity, keys.keys()) {
            (Identity::Keys(keys), _) => {
                let keys: Vec<_> = keys.iter().map(|(key, default)| (&**key, default.clone())).collect();
                self.repeated(items, &keys, true);
            }
            (Identity::Value, _) => self.repeated(items, &[], true),
            (Identity::None, Some([])) => self.repeated(items, &[], false),
            (Identity::None, Some(keys)) => {
                // The one default of a key in Kubernetes' own types.
                let default = |key| (key == "protocol").then(|| Value::from("TCP"));
                let keys: Vec<_> = keys.iter().map(|key| (*key, default(*key))).collect();
                self.repeated(items, &keys, false);
            }
            (Identity::None, None) => {}
        }
    }

    fn repeated(&mut self, items: &[Value], keys: &[(&str, Option<Value>)], is_refused: bool) {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for (index, item) in items.iter().enumerate() {
            let identity = if keys.is_empty() {
                item.to_string()
            } else {
                let of_key = |(key, default): &(&str, Option<Value>)| {
                    let value = item.get(key).filter(|value| !value.is_null()).or(default.as_ref());
                    value.map(Value::to_string)
                };
                // An item without one of the keys has another fault.
                let Some(values) = keys.iter().map(of_key).collect::<Option<Vec<_>>>() else { continue };
                values.join(",")
            };
            if let Some(first) = seen.get(&identity).copied() {
                let keys = keys.iter().map(|(key, _)| (*key).to_owned()).collect();
                let kind = FaultKind::Repeated { first, keys, is_refused };
                self.within(Step::Index(index), |walk| walk.add(kind));
            } else {
                seen.insert(identity, index);
            }
        }
    }
}

/// A value as JSON, no longer than a person reads.
fn shown(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}
