//! Generators that ask services: a forge, a plugin, a resource of the cluster. They take parameters
//! that were recorded.

use oarlock_go_template::{Map, Value};
use serde_json::Value as Json;

use super::{Generation, Object, object, put_values};
use crate::error::{ErrorKind, ExpandError, Result};
use crate::inputs::Service;
use crate::json::{to_map, to_value};
use crate::params::{Params, StringMaps, flatten, print};

impl Generation<'_, '_> {
    pub(super) fn service(&mut self, service: Service, own: &Object) -> Result<Vec<Params>> {
        let name = self.set.name();
        let recorded: Vec<&Object> = {
            let recorded = self.inputs.recorded.iter();
            let mine = recorded.filter(|recorded| {
                recorded.generator == service
                    && recorded.application_set.as_deref().is_none_or(|of| of == name)
            });
            let mut found = false;
            let sets = mine.inspect(|_| found = true).flat_map(|recorded| &recorded.parameters).collect();
            if !found {
                let field = service.field();
                return Err(ExpandError::new(
                    ErrorKind::Unsupported,
                    format!("the generator `{field}` asks a service, and no parameters are recorded for it"),
                ));
            }
            sets
        };
        let mut sets = Vec::with_capacity(recorded.len());
        for parameters in recorded {
            let set = if self.engine.is_go() { to_map(parameters) } else { flat(parameters)? };
            if service == Service::Plugin {
                let parameters = object(own, "input").get("parameters").map_or(Value::Nil, to_value);
                let input: Map = [("parameters", parameters)].into_iter().collect();
                set.insert("generator", [("input", input)].into_iter().collect::<Map>());
            }
            let values = object(own, "values");
            if service == Service::ClusterDecisionResource {
                // These are taken as they are.
                let values: Vec<_> = values
                    .iter()
                    .map(|(key, value)| (key, Json::as_str(value).unwrap_or_default()))
                    .collect();
                put_values(self.engine.is_go(), values, &set);
            } else {
                self.append_values(values, &set)?;
            }
            sets.push(set);
        }
        Ok(sets)
    }
}

/// A recorded set for fasttemplate: dotted keys and text.
fn flat(parameters: &Object) -> Result<Params> {
    let set = Map::new();
    for (key, value) in flatten(&to_map(parameters), StringMaps::Whole)? {
        set.insert(key, print(&value)?);
    }
    Ok(set)
}
