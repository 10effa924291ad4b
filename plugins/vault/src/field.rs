//! Fields of an object by the paths that messages have.

use oarlock_plugin::Manifest;
use serde_json::Value;

/// The keys that lead to a field, as far as the object has it. Keys with dots in them are found,
/// too.
pub(crate) fn keys(manifest: &Manifest, field: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut rest = field;
    let first = manifest.object().iter().filter(|(key, _)| follows(rest, key));
    let Some((key, mut value)) = first.max_by_key(|(key, _)| key.len()) else { return keys };
    keys.push(key.clone());
    rest = &rest[key.len()..];
    while let Some((key, below, length)) = step(value, rest) {
        keys.push(key);
        value = below;
        rest = &rest[length..];
    }
    keys
}

/// The next key below a value, what is there, and how much of the path it takes.
fn step<'v>(value: &'v Value, path: &str) -> Option<(String, &'v Value, usize)> {
    let bracketed = path.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(key, _)| key);
    match (value, bracketed) {
        (Value::Object(map), Some(key)) => Some((key.to_owned(), map.get(key)?, key.len() + 2)),
        (Value::Object(map), None) => {
            let path = path.strip_prefix('.')?;
            let found = map.iter().filter(|(key, _)| follows(path, key)).max_by_key(|(key, _)| key.len());
            found.map(|(key, below)| (key.clone(), below, key.len() + 1))
        }
        (Value::Array(items), Some(index)) => {
            Some((index.to_owned(), items.get(index.parse::<usize>().ok()?)?, index.len() + 2))
        }
        _ => None,
    }
}

/// Whether a path goes on with a key.
fn follows(path: &str, key: &str) -> bool {
    path.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_to_keys() {
        let object = json!({
            "data": {"tls": {"x": 1}, "tls.crt": "a"},
            "metadata": {"labels": {"a.b/c": "d"}},
            "spec": {"items": [{"a": 1}, {"b": [[2]]}]},
        });
        let manifest = Manifest::from_value(&object).unwrap();
        for (field, expected) in [
            ("data.tls.crt", &["data", "tls.crt"][..]),
            ("data.tls.x", &["data", "tls", "x"]),
            ("metadata.labels[a.b/c]", &["metadata", "labels", "a.b/c"]),
            ("spec.items[1].b[0][0]", &["spec", "items", "1", "b", "0", "0"]),
            ("spec.items[1].c", &["spec", "items", "1"]),
            ("spec.items[7].c", &["spec", "items"]),
            ("spec.missing.x", &["spec"]),
            ("status", &[]),
            ("", &[]),
        ] {
            assert_eq!(keys(&manifest, field), expected, "{field}");
        }
    }
}
