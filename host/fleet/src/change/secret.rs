//! Values of Secrets → `«secret 1»`, before anything is compared or shown.
//!
//! Equal values have equal numbers, whether they are written as text or in base64, and nothing else
//! of a value is left: no hash, no length. While versions are compared a value is an opaque
//! placeholder; numbers are given afterwards, by first appearance in what is shown.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::compare::{Edit, FieldChange};
use super::path::Step;

/// What placeholders begin with, in Unicode's private use. Text of an object with secrets that
/// begins like this is taken for a secret, too, so that none can pass for another's placeholder.
const MARK: &str = "\u{f8ff}secret:";

/// The values of all Secrets of a comparison.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets {
    ids: HashMap<Vec<u8>, usize>,
    /// The number that a value is shown with, by its id.
    numbers: HashMap<usize, usize>,
}

impl Secrets {
    /// The object with placeholders for the values of Secrets; `None` if it holds no Secret.
    pub(crate) fn conceal(&mut self, object: &Value) -> Option<Value> {
        if !holds_secret(object) {
            return None;
        }
        let mut concealed = object.clone();
        self.conceal_in(&mut concealed);
        Some(concealed)
    }

    fn conceal_in(&mut self, value: &mut Value) {
        match value {
            Value::Object(map) => {
                let secret = is_secret(map);
                for (key, value) in map {
                    match key.as_str() {
                        "data" if secret => self.conceal_all(value, true),
                        "stringData" if secret => self.conceal_all(value, false),
                        "metadata" if secret => self.conceal_metadata(value),
                        _ => self.conceal_in(value),
                    }
                }
            }
            Value::Array(elements) => elements.iter_mut().for_each(|element| self.conceal_in(element)),
            Value::String(text) if text.starts_with(MARK) => self.conceal_all(value, false),
            _ => {}
        }
    }

    /// Annotations in which tools keep the object as they applied it, values and all.
    fn conceal_metadata(&mut self, metadata: &mut Value) {
        if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
            for (key, value) in annotations {
                if key.contains("last-applied") || key == "kapp.k14s.io/original" {
                    self.conceal_all(value, false);
                }
            }
        }
        self.conceal_in(metadata);
    }

    fn conceal_all(&mut self, value: &mut Value, encoded: bool) {
        match value {
            Value::Object(map) => map.values_mut().for_each(|value| self.conceal_all(value, encoded)),
            Value::Array(elements) => elements.iter_mut().for_each(|value| self.conceal_all(value, encoded)),
            _ => {
                let bytes = match &*value {
                    Value::String(text) if encoded => {
                        STANDARD.decode(text.trim()).unwrap_or_else(|_| text.as_bytes().to_vec())
                    }
                    Value::String(text) => text.as_bytes().to_vec(),
                    other => other.to_string().into_bytes(),
                };
                let next = self.ids.len();
                let id = *self.ids.entry(bytes).or_insert(next);
                *value = Value::String(format!("{MARK}{id}"));
            }
        }
    }

    /// Gives the placeholders of a value their numbers.
    pub(crate) fn number(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(id) = text.strip_prefix(MARK).and_then(|id| id.parse().ok()) {
                    let next = self.numbers.len() + 1;
                    *text = format!("«secret {}»", self.numbers.entry(id).or_insert(next));
                }
            }
            Value::Array(elements) => elements.iter_mut().for_each(|element| self.number(element)),
            Value::Object(map) => {
                // By key, so that the order in which a file has them does not count.
                let mut entries: Vec<(&String, &mut Value)> = map.iter_mut().collect();
                entries.sort_unstable_by_key(|(key, _)| *key);
                for (_, value) in entries {
                    self.number(value);
                }
            }
            _ => {}
        }
    }

    /// Gives the placeholders of changes their numbers.
    pub(crate) fn number_changes(&mut self, changes: &mut [FieldChange]) {
        for change in changes {
            change.path.steps_mut().iter_mut().for_each(|step| self.number_step(step));
            match &mut change.edit {
                Edit::Added { value, .. } | Edit::Removed { value } => self.number(value),
                Edit::Changed { before, after } => {
                    self.number(before);
                    self.number(after);
                }
                Edit::Reordered { before, after } => {
                    before.iter_mut().chain(after).for_each(|step| self.number_step(step));
                }
            }
        }
    }

    fn number_step(&mut self, step: &mut Step) {
        if let Step::Item(keys) = step {
            for (_, value) in keys {
                self.number(value);
            }
        }
    }
}

fn is_secret(map: &serde_json::Map<String, Value>) -> bool {
    map.get("kind").and_then(Value::as_str) == Some("Secret")
}

/// Whether the value is a Secret or has one in it, as templates of other objects have.
fn holds_secret(value: &Value) -> bool {
    match value {
        Value::Object(map) => is_secret(map) || map.values().any(holds_secret),
        Value::Array(elements) => elements.iter().any(holds_secret),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::compare;
    use super::*;

    #[test]
    fn objects_without_secrets_are_left_alone() {
        let mut secrets = Secrets::default();
        assert_eq!(secrets.conceal(&json!({"kind": "ConfigMap", "data": {"a": "b"}})), None);
    }

    #[test]
    fn equal_values_have_equal_numbers_in_every_spelling() {
        let mut secrets = Secrets::default();
        let mut concealed = secrets
            .conceal(&json!({
                "kind": "Secret",
                "metadata": {"annotations": {
                    "kubectl.kubernetes.io/last-applied-configuration": "{\"data\": {\"a\": \"aHVudGVyMg==\"}}",
                    "note": "shown",
                }},
                "data": {"a": "aHVudGVyMg==", "b": "b3RoZXI=", "nested": [{"name": "hunter2"}, 7, null]},
                "stringData": {"a": "hunter2"},
            }))
            .unwrap();
        secrets.number(&mut concealed);
        assert_eq!(
            concealed,
            json!({
                "kind": "Secret",
                "metadata": {"annotations": {
                    "kubectl.kubernetes.io/last-applied-configuration": "«secret 5»",
                    "note": "shown",
                }},
                "data": {
                    "a": "«secret 1»", "b": "«secret 2»",
                    "nested": [{"name": "«secret 1»"}, "«secret 3»", "«secret 4»"],
                },
                "stringData": {"a": "«secret 1»"},
            })
        );
    }

    #[test]
    fn secrets_in_templates_are_concealed_and_placeholders_cannot_be_forged() {
        let mut secrets = Secrets::default();
        let mut concealed = secrets
            .conceal(&json!({
                "kind": "Template",
                "objects": [{"kind": "Secret", "stringData": {"a": "x"}}],
                "forged": format!("{MARK}0"),
            }))
            .unwrap();
        secrets.number(&mut concealed);
        assert_eq!(concealed["objects"][0]["stringData"]["a"], "«secret 2»");
        assert_eq!(concealed["forged"], "«secret 1»");
    }

    #[test]
    fn numbers_follow_what_is_shown() {
        let mut secrets = Secrets::default();
        let secret = |b: &str| json!({"kind": "Secret", "stringData": {"a": "unchanged", "b": b}});
        let (before, after) =
            (secrets.conceal(&secret("old")).unwrap(), secrets.conceal(&secret("new")).unwrap());
        let mut changes = compare(&before, &after);
        secrets.number_changes(&mut changes);
        let shown = (changes[0].edit.before().unwrap(), changes[0].edit.after().unwrap());
        assert_eq!(shown, (&json!("«secret 1»"), &json!("«secret 2»")));
    }
}
