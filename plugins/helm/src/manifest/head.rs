//! What Helm reads of a manifest: kind, name and annotations.

use oarlock_yaml::{Mapping, Node, ScalarKind, Value as Yaml};

use crate::profile::Profile;
use crate::yaml::YamlError;

/// The head of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// `kind`, empty where it is absent.
    pub kind: String,
    /// `metadata.annotations`, numbers and truth values as text.
    pub annotations: Vec<(String, String)>,
}

/// Go's type of `metadata`, as its messages spell it.
const METADATA: &str = "struct { Name string \"json:\\\"name\\\"\"; Annotations map[string]string \"json:\\\"annotations\\\"\" }";

impl Head {
    /// Reads the head of a document.
    ///
    /// # Errors
    /// If a field of the head is of another type.
    pub fn read(document: &Node, profile: Profile) -> Result<Self, YamlError> {
        let package = if profile.before_4() { "releaseutil" } else { "util" };
        let Some(mapping) = mapping(document, &format!("value of type {package}.SimpleHead"))? else {
            return Ok(Self::default());
        };
        // Fields are looked at in the order of their names, as in the JSON that lies between; names
        // are compared without case.
        if let Some(version) = field(mapping, "apiVersion") {
            text_of(version, "SimpleHead.apiVersion")?;
        }
        let kind = field(mapping, "kind")
            .map(|kind| text_of(kind, "SimpleHead.kind"))
            .transpose()?
            .unwrap_or_default();
        let mut head = Self { kind, annotations: Vec::new() };
        let Some(metadata) = field(mapping, "metadata") else { return Ok(head) };
        let wanted = format!("struct field SimpleHead.metadata of type {METADATA}");
        let Some(metadata) = self::mapping(metadata, &wanted)? else { return Ok(head) };
        if let Some(annotations) = field(metadata, "annotations") {
            // The struct of `metadata` has no name.
            let wanted = "struct field .metadata.annotations of type map[string]string";
            for entry in self::mapping(annotations, wanted)?.into_iter().flatten() {
                let value = text_of(&entry.value, ".metadata.annotations")?;
                head.annotations.push((entry.key.text.to_string(), value));
            }
        }
        if let Some(name) = field(metadata, "name") {
            text_of(name, ".metadata.name")?;
        }
        Ok(head)
    }
}

fn field<'a>(mapping: &'a Mapping, name: &str) -> Option<&'a Node> {
    mapping.get(name).or_else(|| {
        mapping.iter().find(|entry| entry.key.text.eq_ignore_ascii_case(name)).map(|entry| &entry.value)
    })
}

fn mapping<'a>(node: &'a Node, wanted: &str) -> Result<Option<&'a Mapping>, YamlError> {
    match node.as_mapping() {
        None if !node.is_null() => Err(YamlError::mismatch(node, wanted)),
        mapping => Ok(mapping),
    }
}

fn text_of(node: &Node, way: &str) -> Result<String, YamlError> {
    match &node.value {
        Yaml::Scalar(scalar) if scalar.kind == ScalarKind::Null => Ok(String::new()),
        Yaml::Scalar(scalar) => Ok(scalar.coerced_text().to_string()),
        _ => Err(YamlError::mismatch(node, &format!("struct field {way} of type string"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Head, YamlError> {
        Head::read(&crate::yaml::read(text.as_bytes())?, Profile::V4_1)
    }

    #[test]
    fn says_which_field_is_of_another_type() {
        for (text, wanted) in [
            ("- a", "array into Go value of type util.SimpleHead"),
            ("kind: [a]", "array into Go struct field SimpleHead.kind of type string"),
            ("metadata: {name: {}}", "object into Go struct field .metadata.name of type string"),
            (
                "metadata: {annotations: x}",
                "string into Go struct field .metadata.annotations of type map[string]string",
            ),
            (
                "metadata: {annotations: {a: []}}",
                "array into Go struct field .metadata.annotations of type string",
            ),
        ] {
            let message = read(text).unwrap_err().message;
            assert!(message.ends_with(&format!("json: cannot unmarshal {wanted}")), "{message}");
        }
        let head = read("kind: 1\nmetadata: {annotations: {a: 1, b: true, c: }}").unwrap();
        assert_eq!(head.kind, "1");
        assert_eq!(head.annotations.len(), 3);
    }
}
