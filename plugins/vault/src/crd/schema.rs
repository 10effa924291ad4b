//! Checks a value against the schema of its type, more strictly than the API server: fields that
//! are not known are mistakes.
//!
//! This is not `oarlock-json-schema`: each mistake has a code of its own, a hint, and perhaps the
//! nearest name, of which that crate's messages have none, and rules of the API server such as
//! nulls that count as missing are none of JSON Schema. The schemas are those of the types in this
//! crate, so a few keywords are all that there are, and the patterns do with a smaller engine.

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde_json::{Map, Value};

use crate::finding::{self, Check, Said, at};
use crate::suggestion;

/// One way in which a value is not as its schema says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) check: &'static Check,
    /// The field and what is wrong with it.
    pub(crate) message: Said,
    pub(crate) hint: String,
}

/// Every mistake in `value`, whose path is `path`.
pub(crate) fn mistakes(schema: &Value, value: &Value, path: &str) -> Vec<Mistake> {
    let mut walk = Walk { found: Vec::new(), patterns: BTreeMap::new() };
    walk.value(schema, value, path);
    walk.found
}

/// The depth of the walk is that of the schema, whatever the value.
struct Walk<'s> {
    found: Vec<Mistake>,
    patterns: BTreeMap<&'s str, Option<Regex>>,
}

impl<'s> Walk<'s> {
    fn add(&mut self, check: &'static Check, message: Said, hint: impl Into<String>) {
        self.found.push(Mistake { check, message, hint: hint.into() });
    }

    fn value(&mut self, schema: &'s Value, value: &Value, path: &str) {
        let schema = without_null(schema);
        if let Some(allowed) = constants(schema) {
            self.one_of(&allowed, value, path);
            return;
        }
        let wanted = type_of(schema);
        match (wanted, value) {
            ("object", Value::Object(map)) => self.object(schema, map, path),
            ("array", Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(&schema["items"], item, &format!("{path}[{index}]"));
                }
            }
            ("string", Value::String(text)) => self.pattern(schema, text, path),
            ("integer", Value::Number(number)) if number.is_i64() || number.is_u64() => {
                self.range(schema, number.as_f64().unwrap_or_default(), path);
            }
            ("boolean", Value::Bool(_)) | ("", _) => {}
            _ => {
                let hint = match (wanted, value) {
                    ("string", Value::Number(_) | Value::Bool(_)) => "put it in quotes",
                    ("boolean" | "integer", Value::String(_)) => "write it without quotes",
                    _ => "",
                };
                let message = at(path, format!(" is {}, not {}", article(value), with_article(wanted)));
                self.add(&finding::WRONG_TYPE, message, hint);
            }
        }
    }

    fn object(&mut self, schema: &'s Value, map: &Map<String, Value>, path: &str) {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            if let Some(each) = schema.get("additionalProperties") {
                for (key, value) in map {
                    self.value(each, value, &format!("{path}.{key}"));
                }
            }
            return;
        };
        let required = schema.get("required").and_then(Value::as_array);
        let required: Vec<&str> = required.into_iter().flatten().filter_map(Value::as_str).collect();
        for (key, value) in map {
            let path = &format!("{path}.{key}");
            match properties.get(key) {
                // The API server drops a null before it looks at the field.
                Some(_) if value.is_null() => {}
                Some(schema) => self.value(schema, value, path),
                None => {
                    let hint = suggestion::did_you_mean(key, properties.keys().map(String::as_str));
                    self.add(&finding::UNKNOWN_FIELD, at(path, " is no field of this kind"), hint);
                }
            }
        }
        for key in required {
            if map.get(key).is_none_or(Value::is_null) {
                self.add(&finding::REQUIRED, at(format!("{path}.{key}"), " is missing"), "");
            }
        }
    }

    fn one_of(&mut self, allowed: &[&str], value: &Value, path: &str) {
        match value.as_str() {
            Some(text) if allowed.contains(&text) => {}
            Some(text) => {
                let hint = format!("allowed are {}", suggestion::list(allowed));
                self.add(&finding::NOT_IN_ENUM, at(path, format!(" is `{text}`")), hint);
            }
            None => {
                let message = at(path, format!(" is {}, not a string", article(value)));
                self.add(&finding::WRONG_TYPE, message, format!("allowed are {}", suggestion::list(allowed)));
            }
        }
    }

    fn pattern(&mut self, schema: &'s Value, text: &str, path: &str) {
        let Some(pattern) = schema.get("pattern").and_then(Value::as_str) else { return };
        let regex = self.patterns.entry(pattern).or_insert_with(|| Regex::new(pattern).ok());
        if regex.as_ref().is_some_and(|regex| !regex.is_match(text)) {
            let hint = if pattern.contains("s|m|h") {
                "write one number and one unit: `60s`, `5m`, `1.5h`".to_owned()
            } else {
                format!("it must match `{pattern}`")
            };
            self.add(&finding::PATTERN, at(path, format!(" is `{text}`")), hint);
        }
    }

    fn range(&mut self, schema: &Value, number: f64, path: &str) {
        let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
        if let Some(minimum) = bound("minimum").filter(|minimum| number < *minimum) {
            self.add(&finding::RANGE, at(path, format!(" is {number}")), format!("the least is {minimum}"));
        }
        if let Some(maximum) = bound("maximum").filter(|maximum| number > *maximum) {
            self.add(&finding::RANGE, at(path, format!(" is {number}")), format!("the most is {maximum}"));
        }
    }
}

/// An `Option` in Rust is `anyOf` something and null; the something.
fn without_null(schema: &Value) -> &Value {
    let branches = schema.get("anyOf").and_then(Value::as_array);
    branches.into_iter().flatten().find(|branch| type_of(branch) != "null").unwrap_or(schema)
}

/// The type that a schema asks for, null aside.
fn type_of(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(name)) => name,
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or("")
        }
        _ => "",
    }
}

/// The allowed texts of an enum: a list, or one branch per variant where the variants are
/// documented.
fn constants(schema: &Value) -> Option<Vec<&str>> {
    if let Some(Value::Array(values)) = schema.get("enum") {
        return Some(values.iter().filter_map(Value::as_str).collect());
    }
    let branches = schema.get("oneOf")?.as_array()?;
    branches.iter().map(|branch| branch.get("const").and_then(Value::as_str)).collect()
}

fn article(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

fn with_article(name: &str) -> &'static str {
    match name {
        "object" => "a mapping",
        "array" => "a list",
        "integer" => "a whole number",
        "boolean" => "a boolean",
        _ => "a string",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::crd::schema_of;

    fn check(kind: &str, spec: &Value) -> Vec<(&'static str, String, String)> {
        let found = mistakes(schema_of(kind).unwrap(), spec, "spec");
        found.into_iter().map(|mistake| (mistake.check.code, mistake.message.text, mistake.hint)).collect()
    }

    fn with(key: &str, value: Value) -> Value {
        let mut spec = json!({"mount": "kv", "path": "a", "type": "kv-v2", "role": "r", "destination": {"name": "a", "create": true}});
        match key.split_once('.') {
            Some((outer, inner)) => spec[outer][inner] = value,
            None => spec[key] = value,
        }
        spec
    }

    #[test]
    fn a_good_spec_has_no_mistakes() {
        let mut spec = with("refreshAfter", json!("1.5h"));
        spec.as_object_mut().unwrap().remove("role");
        spec["vaultAuthRef"] = Value::Null;
        spec["rolloutRestartTargets"] = json!([{"kind": "argo.Rollout", "name": "web"}]);
        spec["destination"]["labels"] = json!({"a": "b"});
        assert_eq!(check("VaultStaticSecret", &spec), []);
    }

    #[test]
    fn each_mistake_has_its_code() {
        let static_secret = "VaultStaticSecret";
        for (kind, key, value, expected) in [
            (
                static_secret,
                "pth",
                json!("a"),
                ("V001", "`spec.pth` is no field of this kind", "did you mean `path`?"),
            ),
            (
                static_secret,
                "destination.creat",
                json!(true),
                ("V001", "`spec.destination.creat` is no field of this kind", "did you mean `create`?"),
            ),
            (static_secret, "mount", Value::Null, ("V002", "`spec.mount` is missing", "")),
            (static_secret, "destination", json!({}), ("V002", "`spec.destination.name` is missing", "")),
            (
                static_secret,
                "version",
                json!("3"),
                ("V003", "`spec.version` is a string, not a whole number", "write it without quotes"),
            ),
            (
                static_secret,
                "version",
                json!(1.5),
                ("V003", "`spec.version` is a number, not a whole number", ""),
            ),
            (
                static_secret,
                "destination.labels",
                json!({"a": 1}),
                ("V003", "`spec.destination.labels.a` is a number, not a string", "put it in quotes"),
            ),
            (
                static_secret,
                "type",
                json!("kv"),
                ("V004", "`spec.type` is `kv`", "allowed are `kv-v1`, `kv-v2`"),
            ),
            (
                static_secret,
                "rolloutRestartTargets",
                json!([{"kind": "Rollout", "name": "web"}]),
                (
                    "V004",
                    "`spec.rolloutRestartTargets[0].kind` is `Rollout`",
                    "allowed are `Deployment`, `DaemonSet`, `StatefulSet`, `argo.Rollout`",
                ),
            ),
            (
                static_secret,
                "refreshAfter",
                json!("1h30m"),
                (
                    "V005",
                    "`spec.refreshAfter` is `1h30m`",
                    "write one number and one unit: `60s`, `5m`, `1.5h`",
                ),
            ),
            (static_secret, "version", json!(-1), ("V006", "`spec.version` is -1", "the least is 0")),
            (
                "VaultDynamicSecret",
                "renewalPercent",
                json!(91),
                ("V006", "`spec.renewalPercent` is 91", "the most is 90"),
            ),
            (
                "VaultDynamicSecret",
                "requestHTTPMethod",
                json!("PATCH"),
                ("V004", "`spec.requestHTTPMethod` is `PATCH`", "allowed are `GET`, `POST`, `PUT`"),
            ),
            (
                "VaultPKISecret",
                "expiryOffset",
                json!("1d"),
                ("V005", "`spec.expiryOffset` is `1d`", "write one number and one unit: `60s`, `5m`, `1.5h`"),
            ),
        ] {
            let found = check(kind, &with(key, value.clone()));
            let (code, message, hint) = expected;
            let expected = (code, message.to_owned(), hint.to_owned());
            assert!(found.contains(&expected), "{key}: {value} gave {found:?}");
        }
    }

    #[test]
    fn days_are_allowed_for_a_certificate_only() {
        let found = check("VaultPKISecret", &with("ttl", json!("30d")));
        assert!(found.iter().all(|(code, ..)| *code != "V005"), "{found:?}");
    }

    #[test]
    fn blocks_of_the_auth_kinds() {
        assert_eq!(
            check("VaultAuth", &json!({"method": "approle", "kubernetes": {"tokenExpirationSeconds": 60}})),
            [
                (
                    "V004",
                    "`spec.method` is `approle`".to_owned(),
                    "allowed are `kubernetes`, `jwt`, `appRole`, `aws`, `gcp`".to_owned()
                ),
                (
                    "V006",
                    "`spec.kubernetes.tokenExpirationSeconds` is 60".to_owned(),
                    "the least is 600".to_owned()
                ),
            ]
        );
        let global = json!({"kubernetes": {"role": "app", "mount": "k8s", "namespace": "x", "rol": "y"}});
        assert_eq!(
            check("VaultAuthGlobal", &global),
            [(
                "V001",
                "`spec.kubernetes.rol` is no field of this kind".to_owned(),
                "did you mean `role`?".to_owned()
            )]
        );
        assert_eq!(check("VaultConnection", &json!({"address": "https://vault:8200"})), []);
    }
}
