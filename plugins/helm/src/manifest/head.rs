//! What Helm reads of a manifest: kind, name and annotations.

use oarlock_yaml::{Mapping, Node, ScalarKind, Value as Yaml};

use crate::yaml::{self, YamlError};

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
    /// If the text is not YAML, or a field of the head is of another type.
    pub fn read(text: &str) -> Result<Self, YamlError> {
        let node = yaml::read(text.as_bytes())?;
        let Some(mapping) = mapping(&node, "value of type util.SimpleHead")? else {
            return Ok(Self::default());
        };
        // Fields are looked at in the order of their names, as in the JSON that lies between; names are compared without case.
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
            let wanted = "struct field SimpleHead.metadata.annotations of type map[string]string";
            for entry in self::mapping(annotations, wanted)?.into_iter().flatten() {
                let value = text_of(&entry.value, "SimpleHead.metadata.annotations")?;
                head.annotations.push((entry.key.text.to_string(), value));
            }
        }
        if let Some(name) = field(metadata, "name") {
            text_of(name, "SimpleHead.metadata.name")?;
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
