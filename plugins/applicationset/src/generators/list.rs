//! `list`: elements that are written out, or given as YAML.

use oarlock_go_template::Map;
use serde_json::Value as Json;

use super::{Generation, Object, failure, items, text};
use crate::error::Result;
use crate::json::{from_yaml, to_map};
use crate::params::{self, Params};

impl Generation<'_, '_> {
    pub(super) fn list(&mut self, own: &Object, is_rendered: bool) -> Result<Vec<Params>> {
        let mut sets = Vec::new();
        let elements = items(own, "elements");
        self.budget.allow(elements.len(), 0)?;
        for (index, element) in elements.iter().enumerate() {
            let set = match element {
                Json::Object(element) if self.engine.is_go() => to_map(element),
                Json::Object(element) => {
                    flat(element).map_err(|why| failure(format!("elements[{index}]: {why}")))?
                }
                // Rendering has made JSON of an element that was empty.
                Json::Null if is_rendered => params::nil(),
                other => {
                    let message = format!("elements[{index}] must be a mapping, not {}", kind(other));
                    return Err(failure(message));
                }
            };
            sets.push(set);
        }
        let yaml = text(own, "elementsYaml");
        if !yaml.is_empty() {
            self.append_yaml(yaml, &mut sets).map_err(|error| error.within("elementsYaml"))?;
        }
        Ok(sets)
    }

    /// Elements of `elementsYaml` are taken as they are, for fasttemplate too.
    fn append_yaml(&mut self, yaml: &str, sets: &mut Vec<Params>) -> Result<()> {
        let elements = match from_yaml(yaml.as_bytes()).map_err(|error| failure(error.message))? {
            Json::Array(elements) => elements,
            Json::Null => return Ok(()),
            other => return Err(failure(format!("must be a list of mappings, not {}", kind(&other)))),
        };
        self.budget.allow(sets.len() + elements.len(), 0)?;
        for element in &elements {
            sets.push(match element {
                Json::Object(element) => to_map(element),
                Json::Null => params::nil(),
                other => {
                    return Err(failure(format!("must be a list of mappings, but has {}", kind(other))));
                }
            });
        }
        Ok(())
    }
}

/// An element for fasttemplate: every value is text, and those of `values` get dotted keys.
fn flat(element: &Object) -> std::result::Result<Params, String> {
    if element.is_empty() {
        return Ok(params::nil());
    }
    let set = Map::new();
    for (key, value) in element {
        match value {
            Json::String(value) if key != "values" => {
                set.insert(key.as_str(), value.as_str());
            }
            Json::Object(values) if key == "values" => {
                for (key, value) in values {
                    let Json::String(value) = value else {
                        return Err(format!("`values.{key}` must be a string, not {}", kind(value)));
                    };
                    set.insert(format!("values.{key}"), value.as_str());
                }
            }
            _ if key == "values" => return Err("`values` must be a mapping".to_owned()),
            value => {
                let kind = kind(value);
                return Err(format!("`{key}` must be a string, not {kind}, unless `goTemplate` is true"));
            }
        }
    }
    Ok(set)
}

/// What a value is, for messages.
pub(super) fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "a list",
        Json::Object(_) => "a mapping",
    }
}
