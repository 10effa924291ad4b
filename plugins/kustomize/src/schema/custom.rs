//! The types of an OpenAPI document that a kustomization names.

use std::collections::HashMap;

use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Node, Text};

use super::SchemaRef;

/// How many references may lead on to the next. More than that is a circle.
const MAX_REFERENCES: usize = 64;

/// The definitions of a document, found by kind and by name. They are read where a merge walks, not before.
#[derive(Debug)]
pub(crate) struct Definitions {
    /// The value of `definitions`.
    definitions: Vec<Node>,
    by_name: HashMap<Text, usize>,
    by_kind: HashMap<(String, Text), usize>,
}

impl Definitions {
    /// Takes the definitions from a document.
    pub(super) fn read(document: Node) -> Result<Self> {
        let mut read = Self { definitions: Vec::new(), by_name: HashMap::new(), by_kind: HashMap::new() };
        let oarlock_yaml::Value::Mapping(mut document) = document.value else {
            return Err(Failure::new("the OpenAPI document is not a mapping")
                .hint("`kustomize openapi fetch` writes one that fits the cluster"));
        };
        let Some(definitions) = document.remove("definitions").filter(|definitions| !definitions.is_null()) else {
            return Ok(read);
        };
        let oarlock_yaml::Value::Mapping(definitions) = definitions.value else {
            return Err(Failure::new("`definitions` of the OpenAPI document is not a mapping"));
        };
        for entry in definitions {
            let position = read.definitions.len();
            for id in entry.value.get("x-kubernetes-group-version-kind").and_then(Node::as_sequence).unwrap_or(&[]) {
                let text = |key| id.get(key).and_then(Node::scalar_text).unwrap_or("");
                let api_version = match text("group") {
                    "" => text("version").to_owned(),
                    group => format!("{group}/{}", text("version")),
                };
                read.by_kind.insert((api_version, text("kind").into()), position);
            }
            read.by_name.insert(entry.key.text, position);
            read.definitions.push(entry.value);
        }
        Ok(read)
    }

    /// The schema of a kind.
    pub(super) fn kind(&self, api_version: &str, kind: &str) -> Option<SchemaRef<'_>> {
        let position = self.by_kind.get(&(api_version.to_owned(), kind.into()))?;
        Some(SchemaRef::Custom(self, &self.definitions[*position]))
    }

    /// The schema of a field, or of any entry of a map.
    pub(super) fn field<'a>(&'a self, schema: &'a Node, name: &str) -> Option<SchemaRef<'a>> {
        let property = schema.get("properties").and_then(|properties| properties.get(name));
        let additional = || schema.get("additionalProperties").filter(|schema| schema.as_mapping().is_some());
        self.resolve(property.or_else(additional)?)
    }

    /// The schema of the elements of a list.
    pub(super) fn elements<'a>(&'a self, schema: &'a Node) -> Option<SchemaRef<'a>> {
        let is_list = match schema.get("type") {
            Some(types) => match types.as_sequence() {
                Some([one]) => one.as_str() == Some("array"),
                Some(_) => false,
                None => types.as_str() == Some("array"),
            },
            None => false,
        };
        let items = schema.get("items").filter(|_| is_list)?;
        self.resolve(items)
    }

    /// Follows references. What stands beside a reference does not count, as in kustomize.
    fn resolve<'a>(&'a self, mut schema: &'a Node) -> Option<SchemaRef<'a>> {
        for _ in 0..MAX_REFERENCES {
            let Some(reference) = schema.get("$ref").and_then(Node::as_str).filter(|text| !text.is_empty()) else {
                return Some(SchemaRef::Custom(self, schema));
            };
            let name = reference.strip_prefix("#/definitions/")?.replace("~1", "/").replace("~0", "~");
            schema = &self.definitions[*self.by_name.get(name.as_str())?];
        }
        None
    }
}

/// The merge keys that a list's schema gives; `None` if it gives no merge.
pub(super) fn merge_keys(schema: &Node) -> Option<Vec<&str>> {
    let strategy = schema.get("x-kubernetes-patch-strategy").and_then(Node::as_str)?;
    if !strategy.split(',').any(|part| part == "merge") {
        return None;
    }
    if let Some(keys) = schema.get("x-kubernetes-list-map-keys").and_then(Node::as_sequence) {
        return Some(keys.iter().filter_map(Node::as_str).collect());
    }
    Some(schema.get("x-kubernetes-patch-merge-key").and_then(Node::as_str).into_iter().collect())
}
