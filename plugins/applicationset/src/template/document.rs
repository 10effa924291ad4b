//! Rendering whole documents: every string and every key of a map, by the type's table.

use oarlock_go_template::Map;
use serde_json::{Map as JsonMap, Value as Json};

use super::TemplateEngine;
use crate::error::Result;
use crate::json::number_of;
use crate::schema::{Struct, Type};

/// What becomes of the `values` of generators.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Render {
    /// They are rendered as all other strings are.
    Values,
    /// They are rendered as far as their keys are there.
    ValuesWhereKnown,
}

/// Renders an Application's template.
///
/// # Errors
/// If a string is no template or cannot be executed.
pub(crate) fn render_document(
    object: &JsonMap<String, Json>,
    of: &Struct,
    engine: &mut TemplateEngine<'_>,
    params: &Map,
) -> Result<JsonMap<String, Json>> {
    check(engine, params)?;
    Walk { engine, params, render: Render::Values }.object(object, of)
}

/// Renders a generator with the parameters of another.
///
/// # Errors
/// As [`render_document`].
pub(crate) fn render_generator(
    generator: &JsonMap<String, Json>,
    of: &Struct,
    engine: &mut TemplateEngine<'_>,
    params: &Map,
    render: Render,
) -> Result<JsonMap<String, Json>> {
    check(engine, params)?;
    Walk { engine, params, render }.object(generator, of)
}

/// Executes the empty template: fields without text are templates, too, which matters where the
/// options are wrong.
fn check(engine: &mut TemplateEngine<'_>, params: &Map) -> Result<()> {
    engine.replace("", params).map(drop)
}

struct Walk<'w, 'e> {
    engine: &'w mut TemplateEngine<'e>,
    params: &'w Map,
    render: Render,
}

impl Walk<'_, '_> {
    fn text(&mut self, text: &str) -> Result<String> {
        self.engine.replace(text, self.params)
    }

    fn object(&mut self, object: &JsonMap<String, Json>, of: &Struct) -> Result<JsonMap<String, Json>> {
        let mut out = JsonMap::new();
        for (name, value) in object {
            let rendered = match of.field(name) {
                Some(field) => {
                    let rendered = self.value(value, field.of)?;
                    if field.is_left_out(&rendered) {
                        continue;
                    }
                    rendered
                }
                // A setting of a service.
                None => self.json(value)?,
            };
            out.insert(name.clone(), rendered);
        }
        Ok(out)
    }

    fn value(&mut self, value: &Json, of: Type) -> Result<Json> {
        Ok(match (of, value) {
            (Type::Text | Type::IntOrText, Json::String(text)) => Json::String(self.text(text)?),
            (Type::Json, value) => self.json(value)?,
            (Type::TextMap, Json::Object(map)) => self.text_map(map)?,
            (Type::Values, Json::Object(map)) => self.values(map)?,
            (Type::BoolMap, Json::Object(map)) => {
                let mut out = JsonMap::new();
                for (key, value) in map {
                    out.insert(self.text(key)?, value.clone());
                }
                Json::Object(out)
            }
            (Type::List(item), Json::Array(items)) => {
                Json::Array(items.iter().map(|value| self.value(value, item.of)).collect::<Result<_>>()?)
            }
            (Type::Struct(of), Json::Object(object)) => Json::Object(self.object(object, of)?),
            _ => value.clone(),
        })
    }

    fn text_map(&mut self, map: &JsonMap<String, Json>) -> Result<Json> {
        let mut out = JsonMap::new();
        for (key, value) in sorted(map) {
            let value = self.text(value.as_str().unwrap_or_default())?;
            out.insert(self.text(key)?, Json::String(value));
        }
        Ok(Json::Object(out))
    }

    fn values(&mut self, map: &JsonMap<String, Json>) -> Result<Json> {
        if self.render == Render::Values {
            return self.text_map(map);
        }
        let mut out = JsonMap::new();
        for (key, value) in sorted(map) {
            let value = self.engine.replace_or_keep(value.as_str().unwrap_or_default(), self.params)?;
            out.insert(key.clone(), Json::String(value));
        }
        Ok(Json::Object(out))
    }

    /// JSON goes through Go's decoder: numbers become floats, and keys without a value vanish.
    fn json(&mut self, value: &Json) -> Result<Json> {
        Ok(match value {
            Json::String(text) => Json::String(self.text(text)?),
            Json::Array(items) => {
                Json::Array(items.iter().map(|value| self.json(value)).collect::<Result<_>>()?)
            }
            Json::Object(map) => {
                let mut out = JsonMap::new();
                for (key, value) in sorted(map) {
                    if !value.is_null() {
                        let value = self.json(value)?;
                        out.insert(self.text(key)?, value);
                    }
                }
                Json::Object(out)
            }
            Json::Number(number) => number.as_f64().and_then(number_of).map_or(Json::Null, Json::Number),
            Json::Null | Json::Bool(_) => value.clone(),
        })
    }
}

/// The entries by key. Go has them in random order; which one counts of two keys that render to one
/// text would be random, too.
fn sorted(map: &JsonMap<String, Json>) -> Vec<(&String, &Json)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by_key(|(key, _)| *key);
    entries
}
