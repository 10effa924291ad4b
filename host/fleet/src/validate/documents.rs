//! The objects of a file.

use oarlock_engine::Budget;
use oarlock_plugin::{Failure, Origin};
use oarlock_yaml::{Reader, parse, to_json};
use serde_json::Value;

use super::{ObjectGroup, Text, Written};

/// Reads the objects of a file of YAML or JSON, lists taken apart, as Argo CD reads manifests.
///
/// # Errors
/// If it is neither, or larger than what is read.
pub fn documents(name: &str, text: &[u8]) -> Result<ObjectGroup, Failure> {
    let at = |span: oarlock_yaml::Span| Origin::at(name, span.line, span.column);
    let mut budget = Budget::for_objects();
    let documents = parse(text, Reader::ArgoCd, budget.begin(name, text)?)
        .map_err(|error| Failure::new(error.message).at(at(error.span)))?;
    let mut group = ObjectGroup::default();
    let mut roots = Vec::new();
    for (index, document) in documents.into_iter().enumerate() {
        budget.charge(name, &document.root)?;
        if !document.root.is_null() {
            let origin = at(document.root.span);
            let failed = |message: String| Failure::new(message).at(origin.clone());
            let json = to_json(&document.root).map_err(|error| failed(error.to_string()))?;
            let object: Value = serde_json::from_str(&json).map_err(|error| failed(error.to_string()))?;
            let repeated = document
                .repeated
                .iter()
                .map(|repeated| (repeated.second.line, repeated.key.to_string()))
                .collect();
            let written =
                Written { object, origin: Some(origin), document: index, within: Vec::new(), repeated };
            add(written, &mut group.objects);
        }
        roots.push(document.root);
    }
    group.text = Text::Documents(roots);
    Ok(group)
}

/// Adds an object, or those of a list.
pub(super) fn add(mut written: Written, objects: &mut Vec<Written>) {
    let is_list =
        written.object.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"));
    let items = if is_list { written.object.get_mut("items").map(Value::take) } else { None };
    let Some(Value::Array(items)) = items else {
        if let Some(items) = items {
            written.object["items"] = items;
        }
        objects.push(written);
        return;
    };
    for (index, object) in items.into_iter().enumerate() {
        let step = ["items".to_owned(), index.to_string()];
        let within = written.within.iter().cloned().chain(step).collect();
        let repeated = std::mem::take(&mut written.repeated);
        let item =
            Written { object, origin: written.origin.clone(), document: written.document, within, repeated };
        add(item, objects);
    }
}
