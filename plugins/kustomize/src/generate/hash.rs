//! The hash of a generated resource's content, which its name ends in: a change of the content
//! becomes a change of the name, so that workloads restart.

use std::fmt::Write as _;

use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Key, Mapping, Node, ScalarKind, Value};
use sha2::{Digest, Sha256};

use crate::resource::{ResMap, Resource};

/// How many characters of the hash are used.
const LENGTH: usize = 10;

/// Adds the hash to the name of each resource that needs one.
///
/// # Errors
/// If the content of one cannot be written as JSON.
pub(crate) fn add_hashes(resources: &mut ResMap) -> Result<()> {
    if !resources.iter().any(needs_hash) {
        return Ok(());
    }
    for resource in resources.iter_mut().filter(|resource| needs_hash(resource)) {
        let name = format!("{}-{}", resource.name(), hash(&resource.object)?);
        resource.remember_id();
        if let Some(metadata) = resource.object.get_mut("metadata").and_then(Node::as_mapping_mut) {
            metadata.insert("name", Node::string(name));
        }
    }
    Ok(())
}

fn needs_hash(resource: &Resource) -> bool {
    resource.generated.is_some_and(|generated| generated.needs_hash)
}

/// The hash of what counts of a ConfigMap or Secret, as `api/hasher` computes it.
fn hash(object: &Node) -> Result<String> {
    let json = match object.get("kind").and_then(Node::as_str) {
        Some("ConfigMap") => content(object, "ConfigMap", &["data"], &["binaryData"]),
        Some("Secret") => content(object, "Secret", &["data", "type"], &["stringData"]),
        _ => to_sorted_json(object),
    }?;
    let digest = Sha256::digest(json.as_bytes());
    let mut hex = String::with_capacity(LENGTH);
    for byte in &digest[..LENGTH / 2] {
        let _ = write!(hex, "{byte:02x}");
    }
    // Digits and vowels that could form words give way to consonants.
    Ok(hex
        .chars()
        .map(|c| match c {
            '0' => 'g',
            '1' => 'h',
            '3' => 'k',
            'a' => 'm',
            'e' => 't',
            other => other,
        })
        .collect())
}

/// The JSON of the parts that count. `always` are there even if absent, then as an empty text;
/// `maps` only if they are mappings.
fn content(object: &Node, kind: &str, always: &[&str], maps: &[&str]) -> Result<String> {
    let value = |node: Option<&Node>| match node {
        None => Node::string(""),
        Some(node) if node.is_null() => Node::string(""),
        Some(Node { value: Value::Scalar(scalar), .. }) => Node::string(scalar.text.clone()),
        Some(node) => node.clone(),
    };
    let mut parts = Mapping::default();
    parts.push("kind", Node::string(kind));
    // kustomize looks for the name under a key `metadata/name`, which is never there; so the hash
    // does not depend on it.
    parts.push("name", Node::string(""));
    for field in always {
        parts.push(*field, value(object.get(field)));
    }
    for field in maps {
        if let Some(map) = object.get(field).filter(|node| node.as_mapping().is_some()) {
            parts.push(*field, map.clone());
        }
    }
    to_sorted_json(&Node::new(Value::Mapping(parts)))
}

/// Compact JSON with sorted keys and Go's escapes of what HTML would take amiss.
fn to_sorted_json(node: &Node) -> Result<String> {
    let mut node = node.clone();
    sort_keys(&mut node);
    let json = oarlock_yaml::to_json(&node).map_err(|error| Failure::new(error.to_string()))?;
    if !json.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return Ok(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(escaped, "\\u{:04x}", u32::from(c));
            }
            _ => escaped.push(c),
        }
    }
    Ok(escaped)
}

fn sort_keys(node: &mut Node) {
    match &mut node.value {
        Value::Mapping(mapping) => {
            for entry in mapping.entries_mut() {
                entry.key = Key { kind: ScalarKind::String, ..entry.key.clone() };
                sort_keys(&mut entry.value);
            }
            mapping.entries_mut().sort_by(|a, b| a.key.text.cmp(&b.key.text));
        }
        Value::Sequence(nodes) => nodes.iter_mut().for_each(sort_keys),
        Value::Scalar(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_kustomize() {
        // From the tables of api/hasher's own tests.
        for (yaml, expected) in [
            ("kind: ConfigMap\nmetadata: {name: ''}", "6ct58987ht"),
            ("kind: ConfigMap\nmetadata: {name: ''}\ndata: {one: ''}", "9g67k2htb6"),
            ("kind: ConfigMap\nmetadata: {name: ''}\ndata: {two: 2, one: '', three: 3}", "7757f9kkct"),
            ("kind: ConfigMap\nmetadata: {name: ''}\nbinaryData: {one: ''}", "6mtk2m274t"),
            ("kind: Secret\ntype: my-type\nmetadata: {name: ''}", "5gmgkf8578"),
        ] {
            let node = oarlock_yaml::parse_one(
                yaml.as_bytes(),
                oarlock_yaml::Reader::KustomizeResource,
                oarlock_yaml::Limits::default(),
            );
            let node = node.unwrap().unwrap();
            assert_eq!(hash(&node).unwrap(), expected, "{yaml}");
        }
    }
}
