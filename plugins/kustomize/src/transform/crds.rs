//! Field specifications from the `crds` of a kustomization: `OpenAPI` definitions whose properties
//! are marked.
//!
//! The marks are extensions of `OpenAPI` that kustomize defines: `x-kubernetes-annotation`,
//! `x-kubernetes-label-selector`, `x-kubernetes-identity`, and
//! `x-kubernetes-object-ref-api-version`, `-kind` and `-name-key` for a field that names another
//! resource.

use std::collections::HashSet;

use oarlock_kubernetes::Gvk;
use oarlock_plugin::Result;
use oarlock_yaml::{Node, Text};

use super::config::TransformerConfig;
use super::field_spec::{FieldPath, FieldSpec};

/// The configuration that the definitions of one file ask for.
///
/// # Errors
/// If two marks contradict each other.
pub(crate) fn read(definitions: &Node) -> Result<TransformerConfig> {
    let mut config = TransformerConfig::default();
    for entry in definitions.as_mapping().into_iter().flatten() {
        if properties(&entry.value).is_some_and(is_kubernetes_type) {
            let kind = entry.key.text.rsplit('.').next().unwrap_or_default();
            let gvk = Gvk { kind: kind.into(), ..Gvk::default() };
            let mut walk =
                Walk { config: &mut config, definitions, gvk, path: Vec::new(), on_the_way: HashSet::new() };
            walk.definition(&entry.key.text)?;
        }
    }
    Ok(config)
}

fn properties(definition: &Node) -> Option<&Node> {
    let schema = definition.get("Schema").or_else(|| definition.get("schema"))?;
    schema.get("properties")
}

fn is_kubernetes_type(properties: &Node) -> bool {
    ["kind", "apiVersion", "metadata"].iter().all(|key| properties.get(key).is_some())
}

struct Walk<'a> {
    config: &'a mut TransformerConfig,
    definitions: &'a Node,
    gvk: Gvk,
    path: Vec<&'a str>,
    /// The definitions that the walk is in, so that one that refers to itself does not go on for
    /// ever.
    on_the_way: HashSet<&'a str>,
}

impl<'a> Walk<'a> {
    fn definition(&mut self, name: &'a str) -> Result<()> {
        let Some(properties) = self.definitions.get(name).and_then(properties).and_then(Node::as_mapping)
        else {
            return Ok(());
        };
        if !self.on_the_way.insert(name) {
            return Ok(());
        }
        for entry in properties {
            self.path.push(&entry.key.text);
            self.property(&entry.value)?;
            self.path.pop();
        }
        self.on_the_way.remove(name);
        Ok(())
    }

    fn property(&mut self, property: &'a Node) -> Result<()> {
        let mark = |name: &str| property.get(name).and_then(Node::as_str);
        if mark("x-kubernetes-annotation").is_some() {
            self.config.common_annotations.add(self.spec(&[]))?;
        }
        if mark("x-kubernetes-label-selector").is_some() {
            self.config.common_labels.add(self.spec(&[]))?;
        }
        if mark("x-kubernetes-identity").is_some() {
            self.config.name_prefix.add(self.spec(&[]))?;
        }
        let target = (mark("x-kubernetes-object-ref-api-version"), mark("x-kubernetes-object-ref-kind"));
        if let (Some(version), Some(kind)) = target {
            let name_key = mark("x-kubernetes-object-ref-name-key").unwrap_or("name");
            // The whole apiVersion counts as the version, so that only versions of the core group
            // are ever found.
            let target = Gvk { group: Text::default(), version: version.into(), kind: kind.into() };
            let referrer = self.spec(&[name_key]);
            self.config.add_name_reference(target, referrer)?;
        }
        match property.get("$ref").and_then(Node::as_str) {
            Some(reference) => self.definition(reference),
            None => Ok(()),
        }
    }

    fn spec(&self, more: &[&str]) -> FieldSpec {
        let path = [&self.path, more].concat().join("/");
        FieldSpec { gvk: self.gvk.clone(), path: FieldPath::new(path), create: false }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::node;
    use super::*;

    #[test]
    fn marks_become_field_specifications() {
        let definitions = node(
            "
example.com/v1.Bee:
  Schema:
    properties:
      apiVersion: {type: string}
      kind: {type: string}
      metadata: {type: object}
      spec: {$ref: example.com/v1.BeeSpec}
example.com/v1.BeeSpec:
  Schema:
    properties:
      hive: {x-kubernetes-object-ref-api-version: v1, x-kubernetes-object-ref-kind: Secret}
      queen:
        x-kubernetes-object-ref-api-version: v1
        x-kubernetes-object-ref-kind: ConfigMap
        x-kubernetes-object-ref-name-key: called
      selector: {x-kubernetes-label-selector: ''}
      notes: {x-kubernetes-annotation: ''}
      id: {x-kubernetes-identity: ''}
      parent: {$ref: example.com/v1.BeeSpec}
",
        );
        let config = read(&definitions).unwrap();
        let paths = |specs: &[FieldSpec]| {
            specs.iter().map(|spec| format!("{} {}", spec.gvk.kind, spec.path.as_str())).collect::<Vec<_>>()
        };
        assert_eq!(paths(&config.common_labels), ["Bee spec/selector"]);
        assert_eq!(paths(&config.common_annotations), ["Bee spec/notes"]);
        assert_eq!(paths(&config.name_prefix), ["Bee spec/id"]);
        let references: Vec<_> =
            config.name_reference.iter().map(|it| (it.target.kind.as_str(), paths(&it.referrers))).collect();
        assert_eq!(
            references,
            [
                ("Secret", vec!["Bee spec/hive/name".into()]),
                ("ConfigMap", vec!["Bee spec/queen/called".into()])
            ]
        );
    }
}
