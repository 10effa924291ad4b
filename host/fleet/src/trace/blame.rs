//! Where an object and its values come from.

use std::collections::HashMap;

use oarlock_engine::manifest::Manifest;
use oarlock_engine::pipeline::Trace;
use oarlock_engine::sandbox::SandboxError;
use oarlock_plugin::{Assignment, Cause, ObjectHistory};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::field::{Leaf, leaves, select};
use super::{FieldError, FindError, ObjectQuery, Way};
use crate::change::{ObjectId, Origin, Secrets};
use crate::objects::place;

/// The version of the JSON form. It rises when a reader of the form before would be misled.
pub const BLAME_FORMAT_VERSION: u32 = 1;

/// What is shown in the place of a value of a Secret.
const SECRET: &str = "«secret»";

/// Where an object and its values come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BlameReport {
    /// The version of this form. Readers refuse versions that they do not know.
    pub format_version: u32,
    /// The directory that was rendered.
    pub directory: String,
    /// The object.
    pub object: ObjectId,
    /// What made it.
    pub made_by: ValueSource,
    /// What changed it, in this order.
    pub changed_by: Vec<ValueSource>,
    /// Its fields, or those that were asked for, in their order.
    pub fields: Vec<FieldBlame>,
}

/// What acted on an object or a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ValueSource {
    /// The plugin.
    pub plugin: String,
    /// What in the plugin acted, in a word of its tool, as `patches`, where the plugin says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Where it is written that it acts; of what made an object, where the object is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// A field and where its value comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldBlame {
    /// The field: `spec.template.spec.containers[web].image`.
    pub path: String,
    /// The field as a JSON pointer.
    pub pointer: String,
    /// What it holds.
    pub value: Value,
    /// Where that is written, if it is known: a change there changes the field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// What gave it to the field.
    pub source: ValueSource,
    /// What the field held before, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Earlier>,
}

/// A value that a field held before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Earlier {
    /// The value.
    pub value: Value,
    /// Where it is written, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// What gave it to the field.
    pub source: ValueSource,
}

/// Why nothing is known.
#[derive(Debug, thiserror::Error)]
pub enum BlameError {
    /// There is no such object.
    #[error(transparent)]
    Object(#[from] FindError),
    /// It has no such field.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// A plugin broke.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}

/// Where the object that a query means comes from, and its fields at and below a path. Values of
/// Secrets are not shown.
///
/// # Errors
/// If it means no object of the output or several, there is no such field, or a plugin breaks.
pub fn blame(
    trace: &Trace,
    directory: &str,
    query: &ObjectQuery,
    path: Option<&str>,
) -> Result<BlameReport, BlameError> {
    let way = Way::of(trace, query)?;
    let mut known = Known::default();
    let mut last = Value::Null;
    for (number, (step, found)) in trace.steps.iter().zip(way.steps).enumerate() {
        let Some((position, object)) = found else {
            known = Known::default();
            continue;
        };
        let history = trace.blame(number, position)?;
        known.step(&step.plugin, &object, step.manifests.get(position), history);
        last = object;
    }
    let concealed = Secrets::default().conceal(&last);
    let all = leaves(&last);
    let chosen = match path {
        Some(path) => select(&all, path)?,
        None => all.iter().collect(),
    };
    let is_secret = |leaf: &Leaf<'_>| {
        concealed.as_ref().is_some_and(|concealed| concealed.pointer(&leaf.pointer) != Some(leaf.value))
    };
    let fields = chosen.into_iter().filter_map(|leaf| known.field(leaf, is_secret(leaf))).collect();
    Ok(BlameReport {
        format_version: BLAME_FORMAT_VERSION,
        directory: directory.to_owned(),
        object: way.id,
        made_by: known.made_by.unwrap_or_else(|| ValueSource::of("", &Cause::default())),
        changed_by: known.changed_by,
        fields,
    })
}

/// What is known of an object after a step.
#[derive(Default)]
struct Known {
    made_by: Option<ValueSource>,
    changed_by: Vec<ValueSource>,
    /// What the fields held, by their paths.
    fields: HashMap<String, Vec<Earlier>>,
}

impl Known {
    /// Takes what a plugin says of an object, or else how the object differs from before.
    fn step(
        &mut self,
        plugin: &str,
        object: &Value,
        manifest: Option<&Manifest>,
        history: Option<ObjectHistory>,
    ) {
        let is_new = self.made_by.is_none();
        let origin = manifest.and_then(|manifest| manifest.origin.as_ref()).map(place);
        let history = history.unwrap_or_default();
        let told: HashMap<&str, &[Assignment]> = history
            .fields
            .iter()
            .map(|field| (field.pointer.as_str(), field.assignments.as_slice()))
            .collect();
        let mut fields = HashMap::new();
        let mut acted = false;
        for leaf in leaves(object) {
            let path = leaf.path.to_string();
            let mut values = self.fields.remove(&path).unwrap_or_default();
            match told.get(leaf.pointer.as_str()).filter(|told| !told.is_empty()) {
                Some(told) => values.extend(told.iter().map(|assignment| Earlier::of(plugin, assignment))),
                None if values.last().is_some_and(|last| last.value == *leaf.value) => {}
                None => {
                    acted = true;
                    let source = ValueSource { plugin: plugin.to_owned(), by: None, origin: None };
                    let origin = origin.clone().filter(|_| is_new);
                    values.push(Earlier { value: leaf.value.clone(), origin, source });
                }
            }
            fields.insert(path, values);
        }
        acted |= !self.fields.is_empty();
        self.fields = fields;
        let changes = history.changed_by.iter().map(|cause| ValueSource::of(plugin, cause));
        if is_new {
            let by = Some(history.made_by.by).filter(|by| !by.is_empty());
            self.made_by = Some(ValueSource { plugin: plugin.to_owned(), by, origin });
        } else if acted && history.changed_by.is_empty() {
            self.changed_by.push(ValueSource { plugin: plugin.to_owned(), by: None, origin: None });
        }
        self.changed_by.extend(changes);
    }

    fn field(&self, leaf: &Leaf<'_>, is_secret: bool) -> Option<FieldBlame> {
        let path = leaf.path.to_string();
        let mut before = self.fields.get(&path)?.clone();
        let Earlier { origin, source, .. } = before.pop()?;
        let value = if is_secret { Value::from(SECRET) } else { leaf.value.clone() };
        if is_secret {
            for earlier in &mut before {
                earlier.value = Value::from(SECRET);
            }
        }
        Some(FieldBlame { path, pointer: leaf.pointer.clone(), value, origin, source, before })
    }
}

impl Earlier {
    fn of(plugin: &str, assignment: &Assignment) -> Self {
        Self {
            value: serde_json::from_str(&assignment.value).unwrap_or_default(),
            origin: assignment.origin.as_ref().map(place),
            source: ValueSource::of(plugin, &assignment.cause),
        }
    }
}

impl ValueSource {
    fn of(plugin: &str, cause: &Cause) -> Self {
        Self {
            plugin: plugin.to_owned(),
            by: Some(cause.by.clone()).filter(|by| !by.is_empty()),
            origin: cause.origin.as_ref().map(place),
        }
    }

    /// The plugin, and what in it acted.
    fn name(&self) -> String {
        match &self.by {
            Some(by) => format!("{}: {by}", self.plugin),
            None => self.plugin.clone(),
        }
    }
}

impl BlameReport {
    /// For people: a line for the object and each change, and one for each field.
    pub fn text(&self) -> String {
        let at = |origin: &Option<Origin>| {
            origin.as_ref().map(|origin| format!(" at {origin}")).unwrap_or_default()
        };
        let mut text = format!("{}\n", self.object);
        append!(text, "  made by {}{}\n", self.made_by.name(), at(&self.made_by.origin));
        for source in &self.changed_by {
            append!(text, "  changed by {}{}\n", source.name(), at(&source.origin));
        }
        text.push('\n');
        for field in &self.fields {
            append!(text, "{}: {}\n", field.path, shown(&field.value));
            append!(text, "    {}\n", line(field.origin.as_ref(), &field.source));
            for earlier in field.before.iter().rev() {
                append!(
                    text,
                    "    before: {}  {}\n",
                    shown(&earlier.value),
                    line(earlier.origin.as_ref(), &earlier.source)
                );
            }
        }
        text
    }
}

/// Where a value is written, and what brought it here if that is elsewhere.
fn line(origin: Option<&Origin>, source: &ValueSource) -> String {
    let place = origin.map_or_else(|| "place unknown".to_owned(), ToString::to_string);
    match &source.origin {
        Some(via) if origin.is_none_or(|origin| origin.file != via.file) => {
            format!("{place}  {} at {via}", source.name())
        }
        _ => format!("{place}  {}", source.name()),
    }
}

/// A value on one line.
fn shown(value: &Value) -> String {
    const MAX_CHARACTERS: usize = 100;
    let text = match value {
        Value::String(text) if text == SECRET => text.clone(),
        value => value.to_string(),
    };
    match text.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
