//! The schema of `oarlock.yaml`, with the configurations of plugins: each says the schema of its
//! own, so that nothing here knows one.

use oarlock_model::pointer_part;
use oarlock_plugin::Descriptor;
use schemars::Schema;
use serde_json::{Map, Value, json};

use super::{PluginSettings, Project};

/// The schema of `oarlock.yaml`, for these plugins as they describe themselves. The configuration
/// of others may be anything, and so may that of one that has no schema.
pub fn project_schema(plugins: &[Descriptor]) -> Schema {
    let mut schema = schemars::schema_for!(Project);
    let settings = settings_reference();
    let (mut known, mut definitions) = (Map::new(), Map::new());
    for plugin in plugins {
        let Ok(Value::Object(mut config)) = serde_json::from_str(&plugin.config_schema) else { continue };
        // An `oarlock.yaml` may refine one in a directory above, and then says less than all.
        for keyword in ["$schema", "$id", "required"] {
            config.remove(keyword);
        }
        // The names of definitions of the host start with a capital letter, which no plugin has.
        let place = format!("#/$defs/{}", pointer_part(&plugin.name));
        let mut config = Value::Object(config);
        move_references(&mut config, &place);
        known.insert(
            plugin.name.clone(),
            json!({
                "description": plugin.summary,
                "allOf": [settings],
                "properties": {"config": {"anyOf": [{"$ref": place}, {"type": "null"}]}},
            }),
        );
        definitions.insert(plugin.name.clone(), config);
    }
    if let Some(plugins) = schema.pointer_mut("/properties/plugins").and_then(Value::as_object_mut) {
        plugins.insert("properties".to_owned(), known.into());
    }
    if let Some(all) = schema.pointer_mut("/$defs").and_then(Value::as_object_mut) {
        all.append(&mut definitions);
    }
    schema
}

/// Where the schema has the settings of any plugin.
fn settings_reference() -> Value {
    json!({"$ref": format!("#/$defs/{}", <PluginSettings as schemars::JsonSchema>::schema_name())})
}

/// Makes references of a schema lead to where it is going to be.
fn move_references(schema: &mut Value, place: &str) {
    match schema {
        Value::Array(schemas) => schemas.iter_mut().for_each(|schema| move_references(schema, place)),
        Value::Object(keywords) => {
            for (keyword, value) in keywords {
                match (keyword.as_str(), value) {
                    ("$ref", Value::String(reference)) => {
                        if let Some(inner) = reference.strip_prefix('#') {
                            *reference = format!("{place}{inner}");
                        }
                    }
                    // Values, which may look like schemas.
                    ("default" | "const" | "enum" | "examples", _) => {}
                    // Schemas by names, which may be those of keywords.
                    (
                        "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas",
                        Value::Object(schemas),
                    ) => schemas.values_mut().for_each(|schema| move_references(schema, place)),
                    (_, value) => move_references(value, place),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use oarlock_plugin::Stage;

    use super::*;

    fn described(name: &str, schema: &Value) -> Descriptor {
        Descriptor {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            stage: Stage::Transformer,
            summary: format!("what {name} does"),
            config_schema: schema.to_string(),
        }
    }

    #[test]
    fn a_plugin_brings_the_schema_of_its_configuration() {
        let config = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["rules"],
            "properties": {
                "rules": {"type": "array", "items": {"$ref": "#/$defs/Rule"}},
                "default": {"$ref": "#/$defs/Wave"},
                "like": {"$ref": "#", "default": {"$ref": "#/kept"}},
            },
            "$defs": {"Rule": {"properties": {"wave": {"$ref": "#/$defs/Wave"}}}, "Wave": {"type": "integer"}},
        });
        let schema = project_schema(&[described("sync-wave", &config), described("odd", &json!(true))]);
        let at = |pointer: &str| schema.pointer(pointer).unwrap_or_else(|| panic!("{pointer}"));
        assert_eq!(
            at("/properties/plugins/properties"),
            &json!({"sync-wave": {
                "description": "what sync-wave does",
                "allOf": [{"$ref": "#/$defs/PluginSettings"}],
                "properties": {"config": {"anyOf": [{"$ref": "#/$defs/sync-wave"}, {"type": "null"}]}},
            }})
        );
        assert_eq!(at("/properties/plugins/additionalProperties/$ref"), "#/$defs/PluginSettings");
        assert!(schema.pointer("/$defs/PluginSettings/properties/config").is_some());
        let moved = at("/$defs/sync-wave");
        assert_eq!(moved["properties"]["rules"]["items"]["$ref"], "#/$defs/sync-wave/$defs/Rule");
        assert_eq!(moved["properties"]["default"]["$ref"], "#/$defs/sync-wave/$defs/Wave");
        assert_eq!(
            moved["properties"]["like"],
            json!({"$ref": "#/$defs/sync-wave", "default": {"$ref": "#/kept"}})
        );
        assert_eq!(moved["$defs"]["Rule"]["properties"]["wave"]["$ref"], "#/$defs/sync-wave/$defs/Wave");
        assert!(moved.get("$schema").is_none() && moved.get("required").is_none());
    }
}
