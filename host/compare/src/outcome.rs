//! Compares two renders of one directory.

use std::path::PathBuf;

use oarlock_fleet::change::{
    Application, ApplicationKey, Edit, Object, ObjectChange, ObjectDiff, Options, RenderResult, Side,
    compare_sides,
};
use oarlock_yaml::{Limits, Reader, parse, to_json};
use serde::Serialize;
use serde_json::Value;

use crate::kind::ToolKind;
use crate::run::{Run, Seconds};

/// The most characters of a value that are shown.
const VALUE: usize = 100;

/// How two renders compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    /// The same bytes, or for charts the same objects in the same order.
    Same,
    /// The same objects, in other bytes or another order.
    SameObjects,
    /// Other objects.
    Differs,
    /// The tool refused it, and Oarlock did not.
    RefusedByTool,
    /// Oarlock refused it, and the tool did not.
    RefusedByOarlock,
    /// Both refused it.
    RefusedByBoth,
}

impl Status {
    /// The status in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::SameObjects => "same objects",
            Self::Differs => "differs",
            Self::RefusedByTool => "refused by tool",
            Self::RefusedByOarlock => "refused by oarlock",
            Self::RefusedByBoth => "refused by both",
        }
    }

    /// Whether Oarlock did what the tool did.
    pub(crate) fn is_equal(self) -> bool {
        matches!(self, Self::Same | Self::RefusedByBoth)
    }
}

/// One directory.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row {
    pub(crate) tool: ToolKind,
    pub(crate) directory: PathBuf,
    pub(crate) status: Status,
    /// How long the tool ran.
    pub(crate) tool_seconds: Seconds,
    /// How long Oarlock ran.
    pub(crate) oarlock_seconds: Seconds,
    /// Why the tool refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tool_error: Option<String>,
    /// Why Oarlock refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) oarlock_error: Option<String>,
    /// The differences: `-` the tool's, `+` Oarlock's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) differences: Vec<String>,
}

impl Row {
    /// Compares two renders.
    pub(crate) fn new(tool: ToolKind, directory: PathBuf, theirs: Run, ours: Run) -> Self {
        let (status, differences) = match (&theirs.output, &ours.output) {
            (Ok(theirs), Ok(ours)) => compare(tool, theirs, ours),
            (Err(_), Ok(_)) => (Status::RefusedByTool, Vec::new()),
            (Ok(_), Err(_)) => (Status::RefusedByOarlock, Vec::new()),
            (Err(_), Err(_)) => (Status::RefusedByBoth, Vec::new()),
        };
        Self {
            tool,
            directory,
            status,
            tool_seconds: theirs.time,
            oarlock_seconds: ours.time,
            tool_error: theirs.output.err().map(|why| why.to_string()),
            oarlock_error: ours.output.err().map(|why| why.to_string()),
            differences,
        }
    }
}

fn compare(tool: ToolKind, theirs: &[u8], ours: &[u8]) -> (Status, Vec<String>) {
    if theirs == ours {
        return (Status::Same, Vec::new());
    }
    let reader = match tool {
        ToolKind::Kustomize => Reader::KustomizeResource,
        // What is applied: `on` is a boolean, and there are several documents.
        ToolKind::Helm => Reader::ArgoCd,
    };
    let (theirs, ours) = match (objects(theirs, reader), objects(ours, reader)) {
        (Ok(theirs), Ok(ours)) => (theirs, ours),
        (Err(error), _) => return (Status::Differs, vec![format!("the tool's output is no YAML: {error}")]),
        (_, Err(error)) => return (Status::Differs, vec![format!("Oarlock's output is no YAML: {error}")]),
    };
    if theirs == ours {
        return match tool {
            ToolKind::Helm => (Status::Same, Vec::new()),
            ToolKind::Kustomize => {
                (Status::SameObjects, vec!["the bytes differ, the objects do not".to_owned()])
            }
        };
    }
    let differences = differences(theirs, ours);
    if differences.is_empty() {
        return (Status::SameObjects, vec!["the order of the objects differs".to_owned()]);
    }
    (Status::Differs, differences)
}

/// The objects of an output; documents without any do not count.
fn objects(text: &[u8], reader: Reader) -> Result<Vec<Value>, String> {
    let documents = parse(text, reader, Limits::default()).map_err(|error| error.to_string())?;
    let value = |node| {
        let json = to_json(node).map_err(|error| error.to_string())?;
        serde_json::from_str::<Value>(&json).map_err(|error| error.to_string())
    };
    let values: Result<Vec<Value>, String> = documents.iter().map(|document| value(&document.root)).collect();
    Ok(values?.into_iter().filter(|value| !value.is_null()).collect())
}

/// The objects and fields that differ. Values of Secrets are concealed.
fn differences(theirs: Vec<Value>, ours: Vec<Value>) -> Vec<String> {
    let side = |objects: Vec<Value>| Side {
        applications: vec![Application {
            key: ApplicationKey::default(),
            manifest: Value::Null,
            parent: None,
            file: None,
            outcome: RenderResult::Rendered(
                objects.into_iter().map(|manifest| Object { manifest, origin: None }).collect(),
            ),
            incomplete: None,
        }],
    };
    let (theirs, ours) = (side(theirs), side(ours));
    let comparison = compare_sides(&theirs, &ours, &Options::default());
    comparison.applications.iter().flat_map(|application| &application.objects).flat_map(object).collect()
}

/// The lines of one object.
fn object(object: &ObjectDiff<'_>) -> Vec<String> {
    let id = &object.id;
    let mut lines = vec![match &object.change {
        ObjectChange::Added => format!("+ {id}"),
        ObjectChange::Removed => format!("- {id}"),
        ObjectChange::Renamed { from } => format!("~ {id}, which the tool names {from}"),
        _ => format!("~ {id}"),
    }];
    for field in &object.fields {
        let path = &field.change.path;
        lines.extend(match &field.change.edit {
            Edit::Added { value, .. } => vec![format!("    + {path}: {}", short(value))],
            Edit::Removed { value } => vec![format!("    - {path}: {}", short(value))],
            Edit::Changed { before, after } => {
                vec![format!("    - {path}: {}", short(before)), format!("    + {path}: {}", short(after))]
            }
            Edit::Reordered { .. } => vec![format!("    ~ {path}: in another order")],
        });
    }
    lines
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(VALUE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str =
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  password: VALUE\n";
    const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: NAME\ndata:\n  a: \"1\"\n";

    fn compared(tool: ToolKind, theirs: &str, ours: &str) -> (Status, Vec<String>) {
        compare(tool, theirs.as_bytes(), ours.as_bytes())
    }

    #[test]
    fn bytes_count_for_kustomize_and_objects_for_helm() {
        let other = MAP.replace("\"1\"", "'1'");
        assert_eq!(compared(ToolKind::Kustomize, MAP, MAP).0, Status::Same);
        assert_eq!(compared(ToolKind::Kustomize, MAP, &other).0, Status::SameObjects);
        assert_eq!(
            compared(ToolKind::Helm, &format!("---\n# Source: a\n{MAP}---\n"), &other).0,
            Status::Same
        );
        let (first, second) = (MAP.replace("NAME", "one"), MAP.replace("NAME", "two"));
        let (there, back) = (format!("{first}---\n{second}"), format!("{second}---\n{first}"));
        let (status, lines) = compared(ToolKind::Helm, &there, &back);
        assert_eq!((status, lines[0].as_str()), (Status::SameObjects, "the order of the objects differs"));
        assert_eq!(compared(ToolKind::Helm, MAP, "a: [").0, Status::Differs);
    }

    #[test]
    fn differences_name_fields_and_no_secret() {
        let (status, lines) =
            compared(ToolKind::Kustomize, MAP, &MAP.replace("a: \"1\"", "a: \"2\"\n  b: \"3\""));
        assert_eq!(status, Status::Differs);
        assert_eq!(
            lines,
            ["~ ConfigMap NAME", "    - data.a: \"1\"", "    + data.a: \"2\"", "    + data.b: \"3\""]
        );
        let (status, lines) = compared(
            ToolKind::Kustomize,
            &SECRET.replace("VALUE", "hunter2"),
            &SECRET.replace("VALUE", "hunter3"),
        );
        assert_eq!(status, Status::Differs);
        let lines = lines.join("\n");
        assert!(lines.contains("password") && !lines.contains("hunter"), "{lines}");
        let (_, lines) = compared(ToolKind::Kustomize, MAP, "");
        assert_eq!(lines, ["- ConfigMap NAME"]);
    }
}
