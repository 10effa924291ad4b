//! Parameters: what an Application sets becomes configuration of plugins or goes to them as it is,
//! and what it may set is announced.

use oarlock_plugin::{Application, Failure, ItemType, SetParameter};
use serde_json::{Map, Value, json};

use super::unknown;
use crate::pipeline::{Collection, ParameterDeclaration};

/// A plugin, and configuration of it.
pub(in crate::pipeline) type Override = (String, Map<String, Value>);

/// Takes what an Application sets apart: configuration of plugins as the operator's file says, and
/// what is left for plugins that know parameters of their own.
///
/// Where the operator declares nothing, all is left to the plugins.
///
/// # Errors
/// If a parameter is set that is not declared, or as something that it is not, or one is missing.
pub(in crate::pipeline) fn split_parameters(
    declared: &[ParameterDeclaration],
    application: &mut Application,
) -> Result<Vec<Override>, Failure> {
    if declared.is_empty() {
        return Ok(Vec::new());
    }
    let set = application.set_parameters()?;
    for parameter in declared.iter().filter(|declared| declared.required) {
        if !set.iter().any(|set| set.name == parameter.name) {
            return Err(Failure::new(format!("the application sets no parameter `{}`", parameter.name))
                .hint("set it under `spec.source.plugin.parameters`"));
        }
    }
    let mut overrides = Vec::new();
    let mut left = Vec::new();
    for parameter in set {
        let Some(known) = declared.iter().find(|known| known.name == parameter.name) else {
            return Err(unknown(&parameter.name, declared.iter().map(|known| known.name.as_str())));
        };
        match known.place() {
            Some((plugin, key)) => overrides.push(override_by(known, plugin, key, &parameter)?),
            None => left.push(parameter),
        }
    }
    application.parameters = match left.as_slice() {
        [] => String::new(),
        left => serde_json::to_string(left).unwrap_or_default(),
    };
    Ok(overrides)
}

fn override_by(
    known: &ParameterDeclaration,
    plugin: &str,
    key: &str,
    set: &SetParameter,
) -> Result<Override, Failure> {
    let value = match known.collection_type {
        Collection::String => item(known, set.as_string()?)?,
        Collection::Array => {
            set.as_array()?.iter().map(|text| item(known, text)).collect::<Result<Value, _>>()?
        }
        Collection::Map => {
            let one = |(key, text): (&String, &String)| Ok((key.clone(), item(known, text)?));
            Value::Object(set.as_map()?.iter().map(one).collect::<Result<_, Failure>>()?)
        }
    };
    let value = key.split('.').rev().fold(value, |value, key| json!({ key: value }));
    match value {
        Value::Object(config) => Ok((plugin.to_owned(), config)),
        _ => Err(Failure::new(format!("parameter `{}` sets nothing: it has no key", set.name))),
    }
}

/// One value as what it is announced to be.
fn item(parameter: &ParameterDeclaration, text: &str) -> Result<Value, Failure> {
    let wrong =
        |what: &str| Failure::new(format!("parameter `{}` is `{text}`, which is no {what}", parameter.name));
    match parameter.item_type {
        ItemType::String => Ok(text.into()),
        ItemType::Number => text.parse().map(Value::Number).map_err(|_| wrong("number")),
        ItemType::Boolean => text.parse().map(Value::Bool).map_err(|_| wrong("boolean: `true` or `false`")),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// One parameter of each shape; the last is what a plugin has, under a title of the operator's.
    pub(in crate::pipeline::parameters) fn declared() -> Vec<ParameterDeclaration> {
        serde_json::from_value(json!([
            {"name": "team", "title": "Team", "plugin": "hello", "key": "team"},
            {"name": "replicas", "itemType": "number", "plugin": "hello", "key": "size.replicas"},
            {"name": "hosts", "collectionType": "array", "plugin": "hello", "key": "hosts"},
            {"name": "switches", "collectionType": "map", "itemType": "boolean", "plugin": "other", "key": "switches"},
            {"name": "images", "title": "Versions"},
        ]))
        .unwrap()
    }

    /// What becomes configuration, and what goes to the plugins.
    fn set(declared: &[ParameterDeclaration], parameters: &str) -> Result<(Value, String), String> {
        let mut application = Application { parameters: parameters.to_owned(), ..Application::default() };
        let overrides = split_parameters(declared, &mut application).map_err(|failure| failure.message)?;
        let overrides = overrides.into_iter().map(|(plugin, config)| json!({ plugin: config })).collect();
        Ok((overrides, application.parameters))
    }

    #[test]
    fn parameters_become_configuration_or_go_to_the_plugins() {
        let parameters = json!([
            {"name": "team", "string": "ua"}, {"name": "replicas", "string": "3"},
            {"array": ["a", "b"], "name": "hosts"}, {"map": {"x": "true"}, "name": "switches"},
            {"array": ["web:1"], "name": "images"},
        ]);
        let configuration = json!([
            {"hello": {"team": "ua"}}, {"hello": {"size": {"replicas": 3}}},
            {"hello": {"hosts": ["a", "b"]}}, {"other": {"switches": {"x": true}}},
        ]);
        let left = r#"[{"name":"images","array":["web:1"]}]"#.to_owned();
        assert_eq!(set(&declared(), &parameters.to_string()), Ok((configuration, left)));
        assert_eq!(set(&declared(), ""), Ok((json!([]), String::new())));
        let text = r#"[{"name":"anything"}]"#;
        assert_eq!(set(&[], text), Ok((json!([]), text.to_owned())), "left to the plugins");
    }

    #[test]
    fn what_is_not_declared_is_refused() {
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
            assert_eq!(set(&declared(), &parameters.to_string()), Err(message.to_owned()));
        }
        let mut required = declared();
        required[0].required = true;
        assert_eq!(set(&required, ""), Err("the application sets no parameter `team`".to_owned()));
    }
}
