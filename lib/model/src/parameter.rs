//! Parameters: what an Application may set for a plugin, and what it sets.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Result};

/// A parameter that an Application may set, as Argo CD shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in `spec.source.plugin.parameters`.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it does, in a sentence.
    pub tooltip: String,
    /// Whether a render without it fails.
    pub required: bool,
    /// What its values are.
    pub item_type: ItemType,
    /// What holds where the Application says nothing; its variant tells how many values the
    /// parameter takes.
    pub value: ParameterValue,
}

/// What the values of a parameter are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ItemType {
    /// Text.
    #[default]
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
}

/// The value of a parameter, by how many there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterValue {
    /// A single value.
    String(String),
    /// Values in an order.
    Array(Vec<String>),
    /// Values by name, in an order.
    Map(Vec<(String, String)>),
}

impl Parameter {
    /// An optional parameter of text.
    pub fn new(name: &str, title: &str, tooltip: &str, value: ParameterValue) -> Self {
        Self {
            name: name.to_owned(),
            title: title.to_owned(),
            tooltip: tooltip.to_owned(),
            required: false,
            item_type: ItemType::String,
            value,
        }
    }

    /// The same with values of another type.
    #[must_use]
    pub fn of(mut self, item_type: ItemType) -> Self {
        self.item_type = item_type;
        self
    }
}

/// A parameter as an Application sets it: Argo CD sends the fields that are there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SetParameter {
    /// Its name.
    pub name: String,
    /// A single value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub string: Option<String>,
    /// Values in an order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub array: Option<Vec<String>>,
    /// Values by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map: Option<BTreeMap<String, String>>,
}

impl SetParameter {
    /// The single value.
    ///
    /// # Errors
    /// If there is none.
    pub fn as_string(&self) -> Result<&str> {
        self.string.as_deref().ok_or_else(|| self.is_no("single value", "string"))
    }

    /// The values.
    ///
    /// # Errors
    /// If there are none.
    pub fn as_array(&self) -> Result<&[String]> {
        self.array.as_deref().ok_or_else(|| self.is_no("array", "array"))
    }

    /// The values by name.
    ///
    /// # Errors
    /// If there are none.
    pub fn as_map(&self) -> Result<&BTreeMap<String, String>> {
        self.map.as_ref().ok_or_else(|| self.is_no("map", "map"))
    }

    fn is_no(&self, what: &str, field: &str) -> Failure {
        Failure::new(format!("parameter `{}` is no {what}", self.name))
            .hint(format!("give it as `{field}` under `spec.source.plugin.parameters`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::Application;

    fn set(text: &str) -> Result<Vec<SetParameter>> {
        Application { parameters: text.to_owned(), ..Application::default() }.set_parameters()
    }

    #[test]
    fn parameters_are_read_as_argo_cd_sends_them() {
        for nothing in ["", "null", "[]"] {
            assert_eq!(set(nothing), Ok(Vec::new()), "{nothing}");
        }
        let all = set(
            r#"[{"name":"a","string":"1"},{"array":["x","y"],"name":"b"},{"map":{"k":"v"},"name":"c"},{"name":"d","string":""}]"#,
        )
        .unwrap();
        assert_eq!(all[0].as_string(), Ok("1"));
        assert_eq!(all[1].as_array().unwrap(), ["x", "y"]);
        assert_eq!(all[2].as_map().unwrap()["k"], "v");
        assert_eq!(all[3].as_string(), Ok(""));
    }

    #[test]
    fn another_shape_is_an_error() {
        let all = set(r#"[{"name":"a","array":[]}]"#).unwrap();
        assert_eq!(all[0].as_string().unwrap_err().message, "parameter `a` is no single value");
        assert_eq!(all[0].as_map().unwrap_err().message, "parameter `a` is no map");
        for text in ["{}", "no JSON", r#"[{"name":"a","string":1}]"#] {
            let message = set(text).unwrap_err().message;
            assert!(message.starts_with("the parameters of the Application cannot be read: "), "{message}");
        }
    }
}
