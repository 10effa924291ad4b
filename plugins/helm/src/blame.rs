//! Where the objects of a chart come from: the template and the line that printed each value.

use std::collections::HashMap;

use oarlock_go_template::WrittenBy;
use oarlock_plugin::{Assignment, Cause, FieldHistory, ObjectHistory, Origin};
use oarlock_yaml::{Node, Value, to_json};

use crate::functions::Written;
use crate::manifest::{self, ChartManifest, Lines};
use crate::profile::Profile;
use crate::template::RenderedChart;
use crate::text::text_of;
use crate::yaml;

/// The histories of the objects of a render, in the order in which Helm prints them.
pub(crate) fn histories(
    rendered: &RenderedChart,
    written: &HashMap<String, Written>,
    profile: Profile,
) -> Vec<ObjectHistory> {
    let mut histories = Vec::new();
    for crd in &rendered.crds {
        let text = text_of(&crd.file.data);
        let mut lines = Lines::new(&text);
        for (offset, document) in manifest::split(&text, profile) {
            let first = lines.line_at(offset);
            let printed = manifest::with_end(&text, offset, document);
            let Ok(node) = yaml::read(printed.as_bytes()) else { continue };
            let place = |line: u32| {
                let line = first.saturating_add(line).saturating_sub(1);
                Some(Origin::at(crd.file.path.as_ref(), line, 0))
            };
            add(&node, "crds", &place, &mut histories);
        }
    }
    for document in rendered.resources.iter().chain(&rendered.hooks) {
        let Ok(node) = document.read() else { continue };
        let lines = origins(document, rendered, written);
        let place = |line: u32| {
            let index = (line as usize).checked_sub(1)?;
            lines.get(index)?.clone()
        };
        add(&node, "template", &place, &mut histories);
    }
    histories
}

/// Where the lines of a document were written.
pub(crate) fn origins(
    document: &ChartManifest,
    rendered: &RenderedChart,
    written: &HashMap<String, Written>,
) -> Vec<Option<Origin>> {
    let Some(Written { text, lines }) = written.get(&document.source) else { return Vec::new() };
    let before = text.get(..document.offset).unwrap_or_default();
    let first = before.bytes().filter(|byte| *byte == b'\n').count();
    let origin = |line: &Option<WrittenBy>| {
        let WrittenBy { template, line } = line.as_ref()?;
        let path = rendered.paths.get(&**template)?;
        Some(Origin::at(path.as_str(), u32::try_from(*line).ok()?, 0))
    };
    lines.iter().skip(first).take(document.text.lines().count()).map(origin).collect()
}

fn add(document: &Node, by: &str, place: &dyn Fn(u32) -> Option<Origin>, histories: &mut Vec<ObjectHistory>) {
    for object in manifest::object_nodes(document) {
        let made_by = Cause { by: by.to_owned(), origin: place(object.span.line) };
        let mut fields = Vec::new();
        collect(object, String::new(), &mut |pointer, node| {
            let Ok(value) = to_json(node) else { return };
            let origin = place(node.span.line);
            let cause = Cause { by: by.to_owned(), origin: None };
            let assignments = vec![Assignment { value, origin, cause }];
            fields.push(FieldHistory { pointer, assignments });
        });
        histories.push(ObjectHistory { made_by, changed_by: Vec::new(), fields });
    }
}

/// Visits the values that hold no others, with their JSON pointers.
fn collect(node: &Node, pointer: String, visit: &mut dyn FnMut(String, &Node)) {
    match &node.value {
        Value::Mapping(mapping) if !mapping.is_empty() => {
            for entry in mapping {
                let key = entry.key.text.replace('~', "~0").replace('/', "~1");
                collect(&entry.value, format!("{pointer}/{key}"), visit);
            }
        }
        Value::Sequence(elements) if !elements.is_empty() => {
            for (position, element) in elements.iter().enumerate() {
                collect(element, format!("{pointer}/{position}"), visit);
            }
        }
        _ => visit(pointer, node),
    }
}
