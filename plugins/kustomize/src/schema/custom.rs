//! The types of an OpenAPI document that a kustomization names.

use std::collections::HashMap;

use oarlock_kubernetes::{Gvk, MergeKeys};
use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Mapping, Node, Text};

use super::{Builtin, SchemaRef};

/// How many references may lead on to the next. More than that is a circle.
const MAX_REFERENCES: usize = 64;

/// The definitions of a document, found by kind and by name. They are read where a merge walks, not
/// before.
#[derive(Debug, Default)]
pub(crate) struct Definitions {
    /// The values of `definitions`.
    nodes: Vec<Node>,
    /// What becomes of Kubernetes' own.
    builtin: Builtin,
    by_name: HashMap<Text, usize>,
    by_kind: HashMap<(String, Text), usize>,
    /// Kinds that paths of the API lead to, and whether one of these paths goes through a
    /// namespace.
    namespaced: HashMap<Gvk, bool>,
}

impl Definitions {
    /// Takes the definitions from a document.
    pub(super) fn read(document: Node, builtin: Builtin) -> Result<Self> {
        let mut read = Self { builtin, ..Self::default() };
        let oarlock_yaml::Value::Mapping(mut document) = document.value else {
            return Err(Failure::new("the OpenAPI document is not a mapping")
                .hint("`kustomize openapi fetch` writes one that fits the cluster"));
        };
        read.read_paths(document.get("paths"));
        let Some(definitions) = document.remove("definitions").filter(|definitions| !definitions.is_null())
        else {
            return Ok(read);
        };
        let oarlock_yaml::Value::Mapping(definitions) = definitions.value else {
            return Err(Failure::new("`definitions` of the OpenAPI document is not a mapping"));
        };
        for entry in definitions {
            let position = read.nodes.len();
            for id in
                entry.value.get("x-kubernetes-group-version-kind").and_then(Node::as_sequence).unwrap_or(&[])
            {
                let text = |key| id.get(key).and_then(Node::scalar_text).unwrap_or("");
                let api_version = match text("group") {
                    "" => text("version").to_owned(),
                    group => format!("{group}/{}", text("version")),
                };
                read.by_kind.insert((api_version, text("kind").into()), position);
            }
            read.by_name.insert(entry.key.text, position);
            read.nodes.push(entry.value);
        }
        Ok(read)
    }

    /// Learns from the paths of the API which kinds have namespaces.
    fn read_paths(&mut self, paths: Option<&Node>) {
        for entry in paths.and_then(Node::as_mapping).into_iter().flat_map(Mapping::iter) {
            let Some(id) = entry.value.at(&["get", "x-kubernetes-group-version-kind"]) else { continue };
            let text = |key| id.get(key).and_then(Node::as_str).unwrap_or("").into();
            let gvk = Gvk { group: text("group"), version: text("version"), kind: text("kind") };
            *self.namespaced.entry(gvk).or_default() |= entry.key.text.contains("namespaces/{namespace}");
        }
    }

    /// Whether the document says that a kind has no namespaces.
    pub(super) fn is_cluster_scoped(&self, gvk: &Gvk) -> bool {
        self.namespaced.get(gvk) == Some(&false)
    }

    /// The schema of a kind.
    pub(super) fn kind(&self, api_version: &str, kind: &str) -> Option<SchemaRef<'_>> {
        let own = || {
            let position = self.by_kind.get(&(api_version.to_owned(), kind.into()))?;
            Some(SchemaRef::Custom(self, &self.nodes[*position]))
        };
        self.choose(own, || MergeKeys::of_kind(api_version, kind))
    }

    /// One of the document's or one of Kubernetes' own.
    fn choose<'a>(
        &'a self,
        own: impl FnOnce() -> Option<SchemaRef<'a>>,
        builtin: impl FnOnce() -> Option<MergeKeys>,
    ) -> Option<SchemaRef<'a>> {
        let builtin = || builtin().map(SchemaRef::Builtin);
        match self.builtin {
            Builtin::Dropped => own(),
            Builtin::Kept => own().or_else(builtin),
            Builtin::ReadAfter => builtin().or_else(own),
        }
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
    pub(super) fn resolve<'a>(&'a self, mut schema: &'a Node) -> Option<SchemaRef<'a>> {
        for _ in 0..MAX_REFERENCES {
            let Some(reference) = schema.get("$ref").and_then(Node::as_str).filter(|text| !text.is_empty())
            else {
                return Some(SchemaRef::Custom(self, schema));
            };
            let name = reference.strip_prefix("#/definitions/")?.replace("~1", "/").replace("~0", "~");
            let own = || Some(SchemaRef::Custom(self, &self.nodes[*self.by_name.get(name.as_str())?]));
            match self.choose(own, || MergeKeys::of_named_definition(&name))? {
                SchemaRef::Custom(_, found) => schema = found,
                builtin => return Some(builtin),
            }
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

#[cfg(test)]
mod tests {
    use oarlock_yaml::{Limits, Reader, parse_one};

    use super::*;
    use crate::schema::Schema;

    const DOCUMENT: &str = "
definitions:
  com.example.v1.Bee:
    x-kubernetes-group-version-kind: [{group: example.com, kind: Bee, version: v1}]
    properties:
      hives: {type: array, items: {$ref: '#/definitions/com.example.v1.Hive'}, x-kubernetes-patch-strategy: merge,
              x-kubernetes-patch-merge-key: id}
      names: {type: [array], items: {type: string}, x-kubernetes-patch-strategy: 'merge,retainKeys'}
      pairs: {type: array, x-kubernetes-patch-strategy: merge, x-kubernetes-list-map-keys: [a, b]}
      plain: {type: array, items: {type: string}}
      pod: {$ref: '#/definitions/io.k8s.api.core.v1.PodSpec'}
      volume: {$ref: '#/definitions/io.k8s.api.core.v1.Container'}
      map: {additionalProperties: {$ref: '#/definitions/com.example.v1.Hive'}}
      circle: {$ref: '#/definitions/com.example.v1.Circle'}
  com.example.v1.Circle: {$ref: '#/definitions/com.example.v1.Circle'}
  com.example.v1.Hive:
    properties:
      combs: {type: array, items: {}, x-kubernetes-patch-strategy: merge, x-kubernetes-patch-merge-key: number}
  io.k8s.api.core.v1.Container:
    properties:
      env: {type: array, x-kubernetes-patch-strategy: merge, x-kubernetes-patch-merge-key: own}
";

    fn keys(schema: &Schema, kind: &str, path: &str) -> Option<String> {
        let (api_version, kind) = kind.split_once(' ').unwrap();
        let found = path.split('.').fold(schema.kind(api_version, kind), |found, part| {
            found.and_then(|schema| if part == "[]" { schema.elements() } else { schema.field(part) })
        });
        found.and_then(SchemaRef::merge_keys).map(|keys| keys.join(","))
    }

    #[test]
    fn definitions_are_walked() {
        let document =
            parse_one(DOCUMENT.as_bytes(), Reader::KustomizeResource, Limits::default()).unwrap().unwrap();
        let schema = Schema::with_openapi(document, Builtin::Dropped).unwrap();
        for (path, expected) in [
            ("hives", Some("id")),
            ("hives.[].combs", Some("number")),
            ("names", Some("")),
            ("pairs", Some("a,b")),
            ("plain", None),
            ("map.anything.combs", Some("number")),
            ("circle", None),
            ("pod.containers", None),
            ("nothing", None),
        ] {
            assert_eq!(keys(&schema, "example.com/v1 Bee", path).as_deref(), expected, "{path}");
        }
        assert!(schema.kind("apps/v1", "Deployment").is_none());
        assert!(schema.was_asked());
    }

    #[test]
    fn builtin_types_may_be_kept_and_may_win() {
        for (builtin, pod, env, deployment) in [
            (Builtin::Dropped, None, Some("own"), None),
            (Builtin::Kept, Some("name"), Some("own"), Some("name")),
            (Builtin::ReadAfter, Some("name"), Some("name"), Some("name")),
        ] {
            let document = parse_one(DOCUMENT.as_bytes(), Reader::KustomizeResource, Limits::default())
                .unwrap()
                .unwrap();
            let schema = Schema::with_openapi(document, builtin).unwrap();
            assert_eq!(keys(&schema, "example.com/v1 Bee", "pod.containers").as_deref(), pod, "{builtin:?}");
            assert_eq!(keys(&schema, "example.com/v1 Bee", "volume.env").as_deref(), env, "{builtin:?}");
            let containers = "spec.template.spec.containers";
            assert_eq!(keys(&schema, "apps/v1 Deployment", containers).as_deref(), deployment, "{builtin:?}");
        }
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for text in ["[a]", "definitions: [a]"] {
            let document =
                parse_one(text.as_bytes(), Reader::KustomizeResource, Limits::default()).unwrap().unwrap();
            assert!(Schema::with_openapi(document, Builtin::Dropped).is_err(), "{text}");
        }
    }
}
