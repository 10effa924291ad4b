//! Parameters: what an Application sets becomes configuration of plugins, and what it may set is announced.

use oarlock_plugin::{Failure, nearest};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::proto::repository::ParameterAnnouncement;
use super::settings::{Announced, Collection, ItemType};
use crate::pipeline::LocatedProject;

/// A parameter as an Application sets it.
#[derive(Debug, Deserialize)]
struct Parameter {
    name: String,
    string: Option<String>,
    array: Option<Vec<String>>,
    map: Option<serde_json::Map<String, Value>>,
}

/// A plugin, and configuration of it.
pub(crate) type Override = (String, Map<String, Value>);

/// Configuration of plugins, by plugin, from the JSON text that Argo CD sends.
///
/// Where nothing is announced, parameters are left to the plugins, which see the same text.
///
/// # Errors
/// If a parameter is set that is not announced, or as something that it is not, or one is missing.
pub(crate) fn overrides(announced: &[Announced], parameters: &str) -> Result<Vec<Override>, Failure> {
    if announced.is_empty() {
        return Ok(Vec::new());
    }
    let parameters: Vec<Parameter> = match parameters {
        "" => Vec::new(),
        text => serde_json::from_str(text).map_err(|error| {
            Failure::new(format!("the parameters of the application are no list: {error}"))
        })?,
    };
    for parameter in announced.iter().filter(|announced| announced.required) {
        if !parameters.iter().any(|set| set.name == parameter.name) {
            return Err(Failure::new(format!("the application sets no parameter `{}`", parameter.name))
                .hint("set it under `spec.source.plugin.parameters`"));
        }
    }
    parameters.into_iter().map(|parameter| override_by(announced, &parameter)).collect()
}

fn override_by(announced: &[Announced], set: &Parameter) -> Result<Override, Failure> {
    let known = || announced.iter().map(|parameter| parameter.name.as_str());
    let parameter = announced.iter().find(|parameter| parameter.name == set.name).ok_or_else(|| {
        let failure = Failure::new(format!("there is no parameter `{}`", set.name));
        match nearest(&set.name, known()) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint(format!("there are {}", known().collect::<Vec<_>>().join(", "))),
        }
    })?;
    let wanted = |what: &str| Failure::new(format!("parameter `{}` is no {what}", set.name));
    let value = match parameter.collection_type {
        Collection::String => item(parameter, set.string.as_deref().ok_or_else(|| wanted("single value"))?)?,
        Collection::Array => {
            let items = set.array.as_ref().ok_or_else(|| wanted("array"))?;
            items.iter().map(|text| item(parameter, text)).collect::<Result<Value, _>>()?
        }
        Collection::Map => {
            let items = set.map.as_ref().ok_or_else(|| wanted("map"))?;
            let one = |(key, value): (&String, &Value)| {
                let text = value.as_str().ok_or_else(|| wanted("map of texts"))?;
                Ok((key.clone(), item(parameter, text)?))
            };
            Value::Object(items.iter().map(one).collect::<Result<_, Failure>>()?)
        }
    };
    let value = parameter.key.split('.').rev().fold(value, |value, key| json!({ key: value }));
    match value {
        Value::Object(config) => Ok((parameter.plugin.clone(), config)),
        _ => Err(Failure::new(format!("parameter `{}` sets nothing: it has no key", set.name))),
    }
}

/// One value as what it is announced to be.
fn item(parameter: &Announced, text: &str) -> Result<Value, Failure> {
    let wrong =
        |what: &str| Failure::new(format!("parameter `{}` is `{text}`, which is no {what}", parameter.name));
    match parameter.item_type {
        ItemType::String => Ok(text.into()),
        ItemType::Number => text.parse().map(Value::Number).map_err(|_| wrong("number")),
        ItemType::Boolean => text.parse().map(Value::Bool).map_err(|_| wrong("boolean: `true` or `false`")),
    }
}

/// What can be set in a directory, with the values that the repository gives.
pub(super) fn announcement(announced: &[Announced], project: &LocatedProject) -> Vec<ParameterAnnouncement> {
    announced.iter().map(|parameter| announce(parameter, project)).collect()
}

fn announce(parameter: &Announced, project: &LocatedProject) -> ParameterAnnouncement {
    let config = project.project.plugins.get(&parameter.plugin).map(|settings| &settings.config);
    let mut keys = parameter.key.split('.');
    let first = keys.next().and_then(|key| config?.get(key));
    let current = keys.fold(first, |value, key| value?.get(key));
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut announcement = ParameterAnnouncement {
        name: parameter.name.clone(),
        title: parameter.title.clone(),
        tooltip: parameter.tooltip.clone(),
        required: parameter.required,
        item_type: match parameter.item_type {
            ItemType::String => "string",
            ItemType::Number => "number",
            ItemType::Boolean => "boolean",
        }
        .to_owned(),
        ..ParameterAnnouncement::default()
    };
    match parameter.collection_type {
        Collection::String => {
            "string".clone_into(&mut announcement.collection_type);
            announcement.string = current.map(text).unwrap_or_default();
        }
        Collection::Array => {
            "array".clone_into(&mut announcement.collection_type);
            announcement.array = current.and_then(Value::as_array).into_iter().flatten().map(text).collect();
        }
        Collection::Map => {
            "map".clone_into(&mut announcement.collection_type);
            let entries = current.and_then(Value::as_object).into_iter().flatten();
            announcement.map = entries.map(|(key, value)| (key.clone(), text(value))).collect();
        }
    }
    announcement
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to_json(announcements: &[ParameterAnnouncement]) -> Value {
        let one = |a: &ParameterAnnouncement| {
            json!({
                "name": a.name, "title": a.title, "tooltip": a.tooltip, "required": a.required,
                "itemType": a.item_type, "collectionType": a.collection_type,
                "string": a.string, "array": a.array, "map": a.map,
            })
        };
        announcements.iter().map(one).collect()
    }

    fn announced() -> Vec<Announced> {
        serde_json::from_value(json!([
            {"name": "team", "title": "Team", "plugin": "hello", "key": "team"},
            {"name": "replicas", "itemType": "number", "plugin": "hello", "key": "size.replicas"},
            {"name": "hosts", "collectionType": "array", "plugin": "hello", "key": "hosts"},
            {"name": "switches", "collectionType": "map", "itemType": "boolean", "plugin": "other", "key": "switches"},
        ]))
        .unwrap()
    }

    fn set(parameters: &Value) -> Result<Value, String> {
        let overrides =
            overrides(&announced(), &parameters.to_string()).map_err(|failure| failure.message)?;
        Ok(overrides.into_iter().map(|(plugin, config)| json!({ plugin: config })).collect())
    }

    #[test]
    fn parameters_become_configuration() {
        assert_eq!(
            set(&json!([
                {"name": "team", "string": "ua"}, {"name": "replicas", "string": "3"},
                {"array": ["a", "b"], "name": "hosts"}, {"map": {"x": "true"}, "name": "switches"},
            ])),
            Ok(json!([
                {"hello": {"team": "ua"}}, {"hello": {"size": {"replicas": 3}}},
                {"hello": {"hosts": ["a", "b"]}}, {"other": {"switches": {"x": true}}},
            ]))
        );
        assert_eq!(overrides(&announced(), ""), Ok(Vec::new()));
        assert_eq!(overrides(&[], "no JSON at all"), Ok(Vec::new()), "left to the plugins");
    }

    #[test]
    fn what_is_not_announced_is_refused() {
        for (parameters, message) in [
            (json!([{"name": "taem", "string": "a"}]), "there is no parameter `taem`"),
            (json!([{"name": "team", "array": []}]), "parameter `team` is no single value"),
            (json!([{"name": "hosts", "string": "a"}]), "parameter `hosts` is no array"),
            (
                json!([{"name": "switches", "map": {"a": "yes"}}]),
                "parameter `switches` is `yes`, which is no boolean: `true` or `false`",
            ),
            (
                json!([{"name": "replicas", "string": "many"}]),
                "parameter `replicas` is `many`, which is no number",
            ),
        ] {
            assert_eq!(set(&parameters), Err(message.to_owned()));
        }
        let mut required = announced();
        required[0].required = true;
        assert_eq!(overrides(&required, "").unwrap_err().message, "the application sets no parameter `team`");
    }

    #[test]
    fn the_announcement_tells_current_values() {
        let text = b"plugins:\n  hello:\n    config:\n      team: ra\n      size:\n        replicas: 2\n      hosts: [a, b]\n";
        let project = LocatedProject::from_file("oarlock.yaml", text).unwrap();
        let announcement = to_json(&announcement(&announced(), &project));
        assert_eq!(announcement[0]["string"], "ra");
        assert_eq!(announcement[0]["title"], "Team");
        assert_eq!(
            (&announcement[1]["string"], &announcement[1]["itemType"]),
            (&json!("2"), &json!("number"))
        );
        assert_eq!(announcement[2]["array"], json!(["a", "b"]));
        assert_eq!(
            (&announcement[3]["map"], &announcement[3]["collectionType"]),
            (&json!({}), &json!("map"))
        );
    }
}
