//! Configuration that plugins have where a request says nothing else. Whoever sets it knows which
//! keys a plugin has: to ask would take an instance before each first render.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

/// Top-level keys of configurations, by plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults(BTreeMap<String, Map<String, Value>>);

impl FromIterator<(String, Map<String, Value>)> for Defaults {
    fn from_iter<I: IntoIterator<Item = (String, Map<String, Value>)>>(plugins: I) -> Self {
        Self(plugins.into_iter().collect())
    }
}

impl Defaults {
    /// The defaults of a plugin; `None` where it has none.
    pub(crate) fn of(&self, plugin: &str) -> Option<&Map<String, Value>> {
        self.0.get(plugin)
    }
}

/// A configuration as JSON text with defaults for the keys that it lacks. Its values stay the text
/// that they are: reading them might change a number.
#[expect(clippy::zero_sized_map_values, reason = "only the keys count, and values may be any number")]
pub(super) fn lay_under(config: String, defaults: &Map<String, Value>) -> String {
    let Ok(written) = serde_json::from_str::<BTreeMap<String, IgnoredAny>>(&config) else { return config };
    let missing: Map<String, Value> = defaults
        .iter()
        .filter(|(key, _)| !written.contains_key(*key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let Some(rest) = config.trim_start().strip_prefix('{').filter(|_| !missing.is_empty()) else {
        return config;
    };
    let mut text = Value::Object(missing).to_string();
    if !written.is_empty() {
        text.pop();
        text.push(',');
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn defaults_fill_in_what_is_missing() {
        let defaults = json!({"a": 1, "b": "x"});
        let Value::Object(defaults) = defaults else { unreachable!() };
        for (config, expected) in [
            ("{}", r#"{"a":1,"b":"x"}"#),
            (" { } ", r#"{"a":1,"b":"x"}"#),
            (r#"{"a":1.0}"#, r#"{"b":"x","a":1.0}"#),
            (r#"{"c":12345678901234567890123.0}"#, r#"{"a":1,"b":"x","c":12345678901234567890123.0}"#),
            (r#"{"b":null,"a":{"c":2}}"#, r#"{"b":null,"a":{"c":2}}"#),
            ("[]", "[]"),
            ("{", "{"),
        ] {
            assert_eq!(lay_under(config.to_owned(), &defaults), expected, "{config}");
        }
    }
}
