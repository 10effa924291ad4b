//! Labels: on the objects, and where it is asked for on selectors and templates.

use std::collections::BTreeMap;

use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Key, Node};

use super::config::{FieldSpecs, TransformerConfig};
use super::field_spec::{FieldSpec, Leaf, visit_all};
use super::scalar::wrong_kind;
use crate::resource::ResMap;

/// One entry of `labels` in a kustomization.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Label {
    /// The labels.
    pub(crate) pairs: BTreeMap<String, String>,
    /// Whether selectors and templates get them.
    pub(crate) include_selectors: bool,
    /// Whether templates get them.
    pub(crate) include_templates: bool,
    /// Further fields that get them.
    pub(crate) fields: FieldSpecs,
}

impl Label {
    /// The fields that get the labels.
    ///
    /// # Errors
    /// If a field of its own contradicts the configuration.
    pub(crate) fn specs(&self, config: &TransformerConfig) -> Result<FieldSpecs> {
        let mut specs = self.fields.clone();
        let mut merge = || {
            specs.merge(&config.labels)?;
            if self.include_selectors {
                return specs.merge(&config.common_labels);
            }
            if self.include_templates {
                specs.merge(&config.template_labels)?;
            }
            specs.add(FieldSpec::of_any("metadata/labels", true))
        };
        merge().map_err(|failure: Failure| failure.note("in the `fields` of `labels`"))?;
        Ok(specs)
    }
}

/// Sets labels in all fields that the specifications name.
///
/// # Errors
/// If such a field is not a mapping.
pub(crate) fn apply(
    resources: &mut ResMap,
    labels: &BTreeMap<String, String>,
    specs: &[FieldSpec],
) -> Result<()> {
    set_pairs(resources, labels, specs)
}

/// Sets pairs of keys and strings in mappings, for labels and annotations alike.
pub(super) fn set_pairs(
    resources: &mut ResMap,
    pairs: &BTreeMap<String, String>,
    specs: &[FieldSpec],
) -> Result<()> {
    if pairs.is_empty() {
        return Ok(());
    }
    let mut set = |node: &mut Node| {
        if node.is_null() {
            return Ok(());
        }
        let Some(mapping) = node.as_mapping_mut() else { return Err(wrong_kind("mapping", node)) };
        for (key, value) in pairs {
            mapping.insert(Key::plain(key.as_str()), Node::string(value.as_str()));
        }
        Ok(())
    };
    resources.iter_mut().try_for_each(|resource| visit_all(resource, specs, Some(Leaf::Mapping), &mut set))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_resources, read, resources};
    use super::*;

    const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template: {spec: {containers: []}}
";

    #[test]
    fn labels_go_where_they_are_asked_for() {
        let cases = [
            ("{pairs: {a: b}}", "{name: web, labels: {a: b}}", "{template: {spec: {containers: []}}}"),
            (
                "{pairs: {a: b}, includeTemplates: true}",
                "{name: web, labels: {a: b}}",
                "{template: {spec: {containers: []}, metadata: {labels: {a: b}}}}",
            ),
            (
                "{pairs: {a: '1'}, includeSelectors: true}",
                "{name: web, labels: {a: '1'}}",
                "{template: {spec: {containers: []}, metadata: {labels: {a: '1'}}}, selector: {matchLabels: {a: '1'}}}",
            ),
            (
                "{pairs: {a: b}, fields: [{path: spec/own, kind: Deployment, create: true}]}",
                "{name: web, labels: {a: b}}",
                "{template: {spec: {containers: []}}, own: {a: b}}",
            ),
        ];
        for (label, metadata, spec) in cases {
            let label: Label = read(label);
            let mut map = resources(DEPLOYMENT);
            let specs = label.specs(TransformerConfig::builtin()).unwrap();
            apply(&mut map, &label.pairs, &specs).unwrap();
            let resource = map.iter().next().unwrap();
            assert_same(resource.object.get("metadata").unwrap(), metadata);
            assert_same(resource.object.get("spec").unwrap(), spec);
        }
    }

    /// Compares without regard to the order of keys.
    #[track_caller]
    fn assert_same(found: &Node, expected: &str) {
        let json = |node: &Node| {
            serde_json::from_str::<serde_json::Value>(&oarlock_yaml::to_json(node).unwrap()).unwrap()
        };
        assert_eq!(json(found), json(&super::super::testing::node(expected)));
    }

    #[test]
    fn labels_that_are_there_are_replaced() {
        let mut map = resources("{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {x: 1, y: z}}}");
        apply(&mut map, &read("{x: '2'}"), &[FieldSpec::of_any("metadata/labels", true)]).unwrap();
        assert_resources(&map, "{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {x: '2', y: z}}}");
    }

    #[test]
    fn a_field_that_is_no_mapping_is_an_error() {
        let mut map = resources("{apiVersion: v1, kind: Pod, metadata: {name: a, labels: text}}");
        let failure =
            apply(&mut map, &read("{x: y}"), &[FieldSpec::of_any("metadata/labels", true)]).unwrap_err();
        assert_eq!(failure.message, "expected a mapping, found a string");
        assert_eq!(failure.notes, ["at the field `metadata/labels` of `v1 Pod a`"]);
    }
}
