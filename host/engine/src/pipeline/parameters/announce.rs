//! What an Application may set, for Argo CD's UI.

use oarlock_plugin::{ItemType, Parameter, ParameterValue};
use serde_json::{Value, json};

use crate::pipeline::{Collection, LocatedProject, ParameterDeclaration};

/// What can be set in a directory, with the values that hold there: what the operator declares, and
/// where that is nothing what the plugins know of themselves.
pub(in crate::pipeline) fn announcements(
    declared: &[ParameterDeclaration],
    of_plugins: Vec<Parameter>,
    project: &LocatedProject,
) -> Vec<Parameter> {
    if declared.is_empty() {
        return of_plugins;
    }
    let announce = |declared: &ParameterDeclaration| {
        let own = of_plugins.iter().find(|parameter| parameter.name == declared.name);
        let or = |text: &str, own: Option<&String>| match (text, own) {
            ("", Some(own)) => own.clone(),
            (text, _) => text.to_owned(),
        };
        Parameter {
            name: declared.name.clone(),
            title: or(&declared.title, own.map(|own| &own.title)),
            tooltip: or(&declared.tooltip, own.map(|own| &own.tooltip)),
            required: declared.required,
            item_type: declared.item_type,
            value: match (declared.place(), own) {
                (Some((plugin, key)), _) => configured(declared.collection_type, plugin, key, project),
                (None, Some(own)) => own.value.clone(),
                (None, None) => value(declared.collection_type, None),
            },
        }
    };
    declared.iter().map(announce).collect()
}

/// What the repository configures.
fn configured(collection: Collection, plugin: &str, key: &str, project: &LocatedProject) -> ParameterValue {
    let config = project.project.plugins.get(plugin).map(|settings| &settings.config);
    let mut keys = key.split('.');
    let first = keys.next().and_then(|key| config?.get(key));
    value(collection, keys.fold(first, |value, key| value?.get(key)))
}

fn value(collection: Collection, current: Option<&Value>) -> ParameterValue {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match collection {
        Collection::String => ParameterValue::String(current.map(text).unwrap_or_default()),
        Collection::Array => {
            let items = current.and_then(Value::as_array).into_iter().flatten();
            ParameterValue::Array(items.map(text).collect())
        }
        Collection::Map => {
            let entries = current.and_then(Value::as_object).into_iter().flatten();
            ParameterValue::Map(entries.map(|(key, value)| (key.clone(), text(value))).collect())
        }
    }
}

/// The name of a type of values in Argo CD's announcements.
pub const fn item_type_name(item_type: ItemType) -> &'static str {
    match item_type {
        ItemType::String => "string",
        ItemType::Number => "number",
        ItemType::Boolean => "boolean",
    }
}

/// A parameter as argocd-cmp-server reads it from a command: the fields of `ParameterAnnouncement`
/// as JSON.
pub fn to_json(parameter: Parameter) -> Value {
    let Parameter { name, title, tooltip, required, item_type: items, value } = parameter;
    let (collection_type, value) = match value {
        ParameterValue::String(text) => ("string", json!(text)),
        ParameterValue::Array(items) => ("array", json!(items)),
        ParameterValue::Map(entries) => {
            ("map", entries.into_iter().map(|(key, value)| (key, Value::String(value))).collect())
        }
    };
    json!({
        "name": name, "title": title, "tooltip": tooltip, "required": required,
        "itemType": item_type_name(items), "collectionType": collection_type, collection_type: value,
    })
}

#[cfg(test)]
mod tests {
    use super::super::declared::tests::declared;
    use super::*;

    #[test]
    fn announcements_tell_current_values() {
        let text = b"plugins:\n  hello:\n    config:\n      team: ra\n      size:\n        replicas: 2\n      hosts: [a, b]\n";
        let project = LocatedProject::from_file("oarlock.yaml", text).unwrap();
        let images = ParameterValue::Array(vec!["web:1".to_owned()]);
        let own = vec![
            Parameter::new("images", "Images", "What runs", images),
            Parameter::new("name-prefix", "Name prefix", "", ParameterValue::String(String::new())),
        ];
        let announced: Vec<Value> =
            announcements(&declared(), own.clone(), &project).into_iter().map(to_json).collect();
        assert_eq!(announced[0]["string"], "ra");
        assert_eq!(announced[0]["title"], "Team");
        assert_eq!((&announced[1]["string"], &announced[1]["itemType"]), (&json!("2"), &json!("number")));
        assert_eq!(announced[2]["array"], json!(["a", "b"]));
        assert_eq!((&announced[3]["map"], &announced[3]["collectionType"]), (&json!({}), &json!("map")));
        // What goes to the plugins is in their words, as far as the operator has none.
        assert_eq!(
            announced[4],
            json!({
                "name": "images", "title": "Versions", "tooltip": "What runs", "required": false,
                "itemType": "string", "collectionType": "array", "array": ["web:1"],
            })
        );
        assert_eq!(announced.len(), 5);
        assert_eq!(announcements(&[], own.clone(), &project), own, "where nothing is declared, all are");
    }
}
