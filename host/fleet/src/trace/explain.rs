//! What each plugin of a pipeline did to one object.

use oarlock_engine::pipeline::Trace;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{FindError, ObjectQuery, Way};
use crate::change::{Edit, FieldChange, ObjectId, Origin, Secrets, compare};
use crate::comment::lines::{Lines, yaml};
use crate::findings::{EditKind, FieldReport};
use crate::objects::place;

/// The version of the JSON form. It rises when a reader of the form before would be misled.
pub const EXPLAIN_FORMAT_VERSION: u32 = 1;

/// The most lines of one step that are shown as text.
const MAX_LINES: usize = 2_000;

/// The longest line that is shown, in characters.
const MAX_WIDTH: usize = 500;

/// What each plugin of a pipeline did to one object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExplainReport {
    /// The version of this form. Readers refuse versions that they do not know.
    pub format_version: u32,
    /// The directory that was rendered.
    pub directory: String,
    /// The object.
    pub object: ObjectId,
    /// The plugins in the order in which they ran.
    pub steps: Vec<ExplainedStep>,
}

/// What one plugin did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExplainedStep {
    /// The plugin.
    pub plugin: String,
    /// What it did to the object.
    pub action: Action,
    /// Where the object is written down, where the plugin made it and says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The whole object, where the plugin made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Value>,
    /// The fields that differ, where the plugin changed it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldReport>,
}

/// What a plugin did to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// There was no such object before the plugin, nor after it.
    Absent,
    /// It made the object.
    Made,
    /// It changed the object.
    Changed,
    /// It left the object as it was.
    Unchanged,
    /// It took the object away; a later one made one of the same name.
    Removed,
}

/// What each plugin did to the object that a query means. Values of Secrets are not shown.
///
/// # Errors
/// If it means no object of the output, or several.
pub fn explain(trace: &Trace, directory: &str, query: &ObjectQuery) -> Result<ExplainReport, FindError> {
    let way = Way::of(trace, query)?;
    let mut secrets = Secrets::default();
    let mut steps = Vec::with_capacity(trace.steps.len());
    let mut before: Option<Value> = None;
    for (step, found) in trace.steps.iter().zip(way.steps) {
        let position = found.as_ref().map(|(position, _)| *position);
        let after = found.map(|(_, object)| secrets.conceal(&object).unwrap_or(object));
        let mut explained = ExplainedStep {
            plugin: step.plugin.clone(),
            action: Action::Absent,
            origin: None,
            manifest: None,
            fields: Vec::new(),
        };
        match (&before, &after) {
            (None, None) => {}
            (Some(_), None) => explained.action = Action::Removed,
            (None, Some(object)) => {
                explained.action = Action::Made;
                let manifest = position.and_then(|position| step.manifests.get(position));
                explained.origin = manifest.and_then(|manifest| manifest.origin.as_ref()).map(place);
                let mut shown = object.clone();
                secrets.number(&mut shown);
                explained.manifest = Some(shown);
            }
            (Some(was), Some(is)) => {
                let mut changes = compare(was, is);
                secrets.number_changes(&mut changes);
                explained.action = if changes.is_empty() { Action::Unchanged } else { Action::Changed };
                explained.fields = changes.iter().map(field).collect();
            }
        }
        steps.push(explained);
        before = after;
    }
    Ok(ExplainReport {
        format_version: EXPLAIN_FORMAT_VERSION,
        directory: directory.to_owned(),
        object: way.id,
        steps,
    })
}

fn field(change: &FieldChange) -> FieldReport {
    let names = |steps: &[crate::change::Step]| {
        Some(steps.iter().map(|step| Value::from(step.to_string())).collect())
    };
    let (edit, before, after) = match &change.edit {
        Edit::Added { value, .. } => (EditKind::Added, None, Some(value.clone())),
        Edit::Removed { value } => (EditKind::Removed, Some(value.clone()), None),
        Edit::Changed { before, after } => (EditKind::Changed, Some(before.clone()), Some(after.clone())),
        Edit::Reordered { before, after } => (EditKind::Reordered, names(before), names(after)),
    };
    FieldReport { path: change.path.to_string(), edit, before, after, noise: None }
}

impl ExplainReport {
    /// For people: a heading for each plugin, and a diff.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.object);
        for (number, step) in self.steps.iter().enumerate() {
            append!(text, "\n{}. {} ", number + 1, step.plugin);
            text.push_str(match step.action {
                Action::Absent => "does not have it",
                Action::Made => "made it",
                Action::Changed => "changed it",
                Action::Unchanged => "left it as it was",
                Action::Removed => "took it away",
            });
            if let Some(origin) = &step.origin {
                append!(text, " from {origin}");
            }
            text.push('\n');
            let mut lines = Lines::new(MAX_LINES, MAX_WIDTH);
            if let Some(manifest) = &step.manifest {
                lines.added(&yaml(manifest));
            }
            lines.fields(&step.fields);
            for line in &lines.list {
                append!(text, "   {} {}\n", line.sign.character(), line.text);
            }
            if lines.more > 0 {
                append!(text, "   … {} more lines; `--output json` has all\n", lines.more);
            }
        }
        text
    }
}
