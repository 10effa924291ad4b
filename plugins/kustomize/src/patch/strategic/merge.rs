//! The walk over resource and patch: kyaml's `walk` with the visitor of `merge2`.
//!
//! It goes through the whole resource, where the patch says nothing too, and so do some of its
//! effects: nulls written as nothing go away, and elements of a list that have the same key become
//! one.

use std::collections::HashMap;

use oarlock_yaml::{Entry, Key, Mapping, Node, ScalarKind, Span, Text, Value, is_plain_text};

use super::directive::Directive;
use super::elements::{Elements, ITSELF, is_nothing, keys_in_use, label, pick, unite};
use super::error::MergeError;
use crate::schema::{Notes, Schema, SchemaRef};

/// From how many entries on a mapping of a patch gets an index.
const INDEXED: usize = 16;

/// What is to stand where a node of the resource stood.
#[derive(Debug)]
pub(super) enum Merged {
    /// The node of the resource, changed in place.
    Target,
    /// A node of the patch.
    Patch(Node),
    /// Nothing.
    Nothing,
}

/// What is merged into a list.
enum Origin {
    None,
    Itself,
    Patch(Vec<usize>),
}

impl Origin {
    fn positions<'a>(&'a self, dest: &'a [usize]) -> &'a [usize] {
        match self {
            Self::None => &[],
            Self::Itself => dest,
            Self::Patch(patch) => patch,
        }
    }
}

/// Merges a patch into a resource, over all that is known of types.
pub(super) struct Merger<'s> {
    pub(super) schema: &'s Schema,
    pub(super) notes: &'s Notes,
}

impl<'s> Merger<'s> {
    /// Merges a node of the patch into one of the resource; either may be missing.
    pub(super) fn merge(
        &self,
        target: Option<&mut Node>,
        patch: Option<Node>,
        schema: Option<SchemaRef<'s>>,
    ) -> Result<Merged, MergeError> {
        let schema =
            schema.or_else(|| self.schema_of(target.as_deref())).or_else(|| self.schema_of(patch.as_ref()));
        let Some(target) = target.filter(|target| !target.is_null()) else {
            return self.add(patch, schema);
        };
        let Some(patch) = patch else {
            return self.pass(target, schema);
        };
        if patch.is_null() {
            return Ok(Merged::Nothing);
        }
        match (&mut target.value, patch.value) {
            (Value::Scalar(_), Value::Scalar(scalar)) => {
                Ok(Merged::Patch(Node::new(Value::Scalar(scalar)).with_span(patch.span)))
            }
            (Value::Mapping(target), Value::Mapping(mut patch_fields)) => {
                match Directive::take(&mut patch_fields)? {
                    Directive::Delete => Ok(Merged::Nothing),
                    Directive::Replace => {
                        self.settle_fields(&mut patch_fields, schema)?;
                        Ok(Merged::Patch(Node::new(Value::Mapping(patch_fields)).with_span(patch.span)))
                    }
                    Directive::Merge => {
                        self.merge_fields(target, patch_fields, schema)?;
                        Ok(Merged::Target)
                    }
                }
            }
            (Value::Sequence(target), Value::Sequence(mut elements)) => {
                let Some(keys) = schema.and_then(SchemaRef::merge_keys) else {
                    return Ok(Merged::Patch(Node::new(Value::Sequence(elements)).with_span(patch.span)));
                };
                let schema = schema.and_then(SchemaRef::elements);
                match Directive::take_from_list(&mut elements)? {
                    Directive::Delete => Ok(Merged::Nothing),
                    Directive::Replace => {
                        self.settle_list(&mut elements, &keys, schema)?;
                        Ok(Merged::Patch(Node::new(Value::Sequence(elements)).with_span(patch.span)))
                    }
                    Directive::Merge => {
                        self.merge_list(target, elements, &keys, schema)?;
                        Ok(Merged::Target)
                    }
                }
            }
            (_, value) => Err(MergeError::mismatch(target, &Node::new(value).with_span(patch.span))),
        }
    }

    /// A node of the patch where the resource has none, or null.
    fn add(&self, patch: Option<Node>, schema: Option<SchemaRef<'s>>) -> Result<Merged, MergeError> {
        let Some(mut patch) = patch.filter(|patch| !patch.is_null()) else {
            return Ok(Merged::Nothing);
        };
        match &mut patch.value {
            Value::Scalar(_) => {}
            Value::Mapping(fields) => {
                // Here kustomize leaves a directive that it does not know where it is.
                if let Ok(Directive::Delete) = Directive::take(fields) {
                    return Ok(Merged::Nothing);
                }
                self.settle_fields(fields, schema)?;
            }
            // Nor does it look for a directive in a list that is added.
            Value::Sequence(elements) => {
                if let Some(keys) = schema.and_then(SchemaRef::merge_keys) {
                    self.settle_list(elements, &keys, schema.and_then(SchemaRef::elements))?;
                }
            }
        }
        Ok(Merged::Patch(patch))
    }

    /// A node of the resource of which the patch says nothing.
    fn pass(&self, target: &mut Node, schema: Option<SchemaRef<'s>>) -> Result<Merged, MergeError> {
        match &mut target.value {
            Value::Scalar(_) => {}
            Value::Mapping(fields) => self.merge_fields(fields, Mapping::default(), schema)?,
            Value::Sequence(elements) => {
                if let Some(keys) = schema.and_then(SchemaRef::merge_keys) {
                    self.pass_list(elements, &keys, schema.and_then(SchemaRef::elements))?;
                }
            }
        }
        Ok(Merged::Target)
    }

    fn merge_fields(
        &self,
        target: &mut Mapping,
        patch: Mapping,
        schema: Option<SchemaRef<'s>>,
    ) -> Result<(), MergeError> {
        let mut patch = PatchFields::new(patch);
        let mut error = None;
        target.entries_mut().retain_mut(|entry| {
            if error.is_some() {
                return true;
            }
            let patched = patch.take(&entry.key.text);
            let field = self.field(schema, &entry.key, patched.as_ref().map(|patched| &patched.key));
            let untouched = patched.is_none();
            let patched = patched.map(|patched| patched.value);
            // A null stays if the patch does not name it, unless it is written as nothing at all.
            if untouched && entry.value.is_null() {
                return entry.value.scalar_text().is_some_and(|text| !text.is_empty());
            }
            match self.merge(Some(&mut entry.value), patched, field) {
                Ok(Merged::Target) => true,
                Ok(Merged::Patch(mut node)) => {
                    carry_style(&entry.value, &mut node);
                    entry.value = node;
                    true
                }
                Ok(Merged::Nothing) => false,
                Err(inner) => {
                    error = Some(inner.within(&entry.key.text));
                    true
                }
            }
        });
        if let Some(error) = error {
            return Err(error);
        }
        for Entry { key, value } in patch.rest() {
            let field = self.field(schema, &key, None);
            if let Merged::Patch(node) =
                self.merge(None, Some(value), field).map_err(|error| error.within(&key.text))?
            {
                target.push(key, node);
            }
        }
        Ok(())
    }

    /// Makes a node of the patch fit to stand in the resource by itself: nulls go, directives are
    /// followed. kyaml comes to this by merging the node with itself. Says whether the node is to
    /// stay.
    pub(super) fn settle(&self, node: &mut Node, schema: Option<SchemaRef<'s>>) -> Result<bool, MergeError> {
        if node.is_null() {
            return Ok(false);
        }
        let schema = schema.or_else(|| self.schema_of(Some(node)));
        match &mut node.value {
            Value::Scalar(_) => {}
            Value::Mapping(fields) => {
                if Directive::take(fields)? == Directive::Delete {
                    return Ok(false);
                }
                self.settle_fields(fields, schema)?;
            }
            Value::Sequence(elements) => {
                if let Some(keys) = schema.and_then(SchemaRef::merge_keys) {
                    if Directive::take_from_list(elements)? == Directive::Delete {
                        return Ok(false);
                    }
                    self.settle_list(elements, &keys, schema.and_then(SchemaRef::elements))?;
                }
            }
        }
        Ok(true)
    }

    fn settle_fields(&self, fields: &mut Mapping, schema: Option<SchemaRef<'s>>) -> Result<(), MergeError> {
        let mut error = None;
        fields.entries_mut().retain_mut(|entry| {
            let field = self.field(schema, &entry.key, None);
            error.is_some()
                || self.settle(&mut entry.value, field).unwrap_or_else(|inner| {
                    error = Some(inner.within(&entry.key.text));
                    true
                })
        });
        error.map_or(Ok(()), Err)
    }

    /// Merges the elements of a patch into those of the resource.
    fn merge_list(
        &self,
        target: &mut Vec<Node>,
        patch: Vec<Node>,
        keys: &[&str],
        schema: Option<SchemaRef<'s>>,
    ) -> Result<(), MergeError> {
        let mut elements = Elements::new(std::mem::take(target));
        let dest = elements.all();
        let patch = elements.add_all(patch);
        *target = self.merge_elements(elements, dest, &Origin::Patch(patch), keys, schema)?;
        Ok(())
    }

    /// Walks a list of the resource of which the patch says nothing.
    fn pass_list(
        &self,
        target: &mut Vec<Node>,
        keys: &[&str],
        schema: Option<SchemaRef<'s>>,
    ) -> Result<(), MergeError> {
        let elements = Elements::new(std::mem::take(target));
        let dest = elements.all();
        *target = self.merge_elements(elements, dest, &Origin::None, keys, schema)?;
        Ok(())
    }

    /// Makes a list of the patch fit to stand in the resource by itself, by merging it with itself.
    fn settle_list(
        &self,
        list: &mut Vec<Node>,
        keys: &[&str],
        schema: Option<SchemaRef<'s>>,
    ) -> Result<(), MergeError> {
        let elements = Elements::new(std::mem::take(list));
        let dest = elements.all();
        *list = self.merge_elements(elements, dest, &Origin::Itself, keys, schema)?;
        Ok(())
    }

    fn merge_elements(
        &self,
        mut elements: Elements,
        mut dest: Vec<usize>,
        origin: &Origin,
        keys: &[&str],
        schema: Option<SchemaRef<'s>>,
    ) -> Result<Vec<Node>, MergeError> {
        let keys = if keys.is_empty() { ITSELF } else { keys };
        let mut all_values = elements.key_values(origin.positions(&dest), &dest, keys);
        if keys.len() > 1 {
            unite(&mut all_values);
        }

        if all_values.is_empty() {
            return Ok(elements.into_list(dest));
        }

        let mut result = Vec::new();
        let used = keys_in_use(&all_values, keys.len());
        let used_keys = pick(keys, &used);
        for values in &all_values {
            let values = pick(values, &used);
            let own = keys_in_use(std::slice::from_ref(&values), values.len());
            let (own_keys, own_values) = (pick(&used_keys, &own), pick(&values, &own));
            let old = elements.find(&dest, &own_keys, &own_values);
            let new = elements.find(origin.positions(&dest), &own_keys, &own_values);
            let element = self
                .merge_element(&mut elements, old, new, schema)
                .map_err(|error| error.within(&label(&values)))?;
            let values: Vec<&str> = values.iter().map(Text::as_str).collect();
            let list = if element.is_some() { &mut result } else { &mut dest };
            elements.set(list, element, &used_keys, &values)?;
        }
        // The patch's come first; those of the resource then take the places of the same keys, or
        // follow.
        elements.append(&mut result, &dest, &used_keys)?;
        Ok(elements.into_list(result))
    }

    /// Merges one element. The result is one of the two, or nothing.
    fn merge_element(
        &self,
        elements: &mut Elements,
        old: Option<usize>,
        new: Option<usize>,
        schema: Option<SchemaRef<'s>>,
    ) -> Result<Option<usize>, MergeError> {
        let result = match (old, new) {
            (None, None) => None,
            (Some(old), Some(new)) if old == new => {
                self.settle(&mut elements.nodes[old], schema)?.then_some(old)
            }
            (old, new) => {
                let patch = new.map(|new| elements.nodes[new].clone());
                let target = old.map(|old| &mut elements.nodes[old]);
                match self.merge(target, patch, schema)? {
                    Merged::Target => old,
                    Merged::Patch(node) => {
                        if let Some(new) = new {
                            elements.nodes[new] = node;
                        }
                        new
                    }
                    Merged::Nothing => None,
                }
            }
        };
        Ok(result.filter(|position| !is_nothing(&elements.nodes[*position])))
    }

    /// The schema of a field: the one that is written beside it, or else that of its type.
    fn field(
        &self,
        schema: Option<SchemaRef<'s>>,
        key: &Key,
        patched: Option<&Key>,
    ) -> Option<SchemaRef<'s>> {
        let noted = self.schema.noted(self.notes, key, patched);
        noted.or_else(|| schema.and_then(|schema| schema.field(&key.text)))
    }

    /// The schema of an object that says what it is, be it inside of another whose type is unknown.
    fn schema_of(&self, node: Option<&Node>) -> Option<SchemaRef<'s>> {
        let fields = node?.as_mapping()?;
        let text = |key| fields.get(key).and_then(Node::scalar_text).filter(|text| !text.is_empty());
        self.schema.kind(text("apiVersion")?, text("kind")?)
    }
}

/// Entries of a patch that are taken one by one.
struct PatchFields {
    entries: Vec<Option<Entry>>,
    positions: Option<HashMap<oarlock_yaml::Text, usize>>,
}

impl PatchFields {
    fn new(patch: Mapping) -> Self {
        let entries: Vec<_> = patch.into_iter().map(Some).collect();
        let positions = (entries.len() > INDEXED).then(|| {
            let keys = entries.iter().enumerate().rev();
            keys.filter_map(|(position, entry)| Some((entry.as_ref()?.key.text.clone(), position))).collect()
        });
        Self { entries, positions }
    }

    fn take(&mut self, key: &str) -> Option<Entry> {
        let position = match &self.positions {
            Some(positions) => *positions.get(key)?,
            None => self
                .entries
                .iter()
                .position(|entry| entry.as_ref().is_some_and(|entry| entry.key.text == key))?,
        };
        self.entries[position].take()
    }

    fn rest(self) -> impl Iterator<Item = Entry> {
        self.entries.into_iter().flatten()
    }
}

/// Gives a scalar of the patch the style of the one that it replaces, as kyaml's `FieldSetter`
/// does: in the place of a quoted string, a plain `5` or `true` becomes a string.
fn carry_style(old: &Node, new: &mut Node) {
    let made = old.span == Span::default();
    let (Some(old), Some(new)) = (old.as_scalar(), new.as_scalar_mut()) else {
        return;
    };
    // What a program made is written with quotes where it has to be.
    new.quoted = old.quoted || (made && old.kind == ScalarKind::String && !is_plain_text(&old.text));
    if new.quoted {
        new.kind = ScalarKind::String;
    }
}
