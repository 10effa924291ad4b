//! Name prefixes and suffixes.

use oarlock_kubernetes::Gvk;
use oarlock_plugin::Result;
use oarlock_yaml::{Node, Text};

use super::config::FieldSpecs;
use super::field_spec::Leaf;
use super::scalar;
use crate::resource::{ResMap, Resource};

/// Kinds whose names stay: group (empty for any) and kind. The names of the first two mean
/// something, and a namespace is renamed by the namespace transformer.
const SPARED: [(&str, &str); 3] =
    [("", "CustomResourceDefinition"), ("apiregistration.k8s.io", "APIService"), ("", "Namespace")];

/// Puts a prefix before the names of all resources.
///
/// # Errors
/// If a name is not a scalar.
pub(crate) fn apply_prefix(resources: &mut ResMap, prefix: &str, specs: &FieldSpecs) -> Result<()> {
    apply(resources, prefix, specs, |resource| &mut resource.prefixes, |name| format!("{prefix}{name}"))
}

/// Puts a suffix after the names of all resources.
///
/// # Errors
/// If a name is not a scalar.
pub(crate) fn apply_suffix(resources: &mut ResMap, suffix: &str, specs: &FieldSpecs) -> Result<()> {
    apply(resources, suffix, specs, |resource| &mut resource.suffixes, |name| format!("{name}{suffix}"))
}

fn apply(
    resources: &mut ResMap,
    affix: &str,
    specs: &FieldSpecs,
    record: fn(&mut Resource) -> &mut Vec<Text>,
    rename: impl Fn(&str) -> String,
) -> Result<()> {
    for resource in resources.iter_mut() {
        let original = resource.original_id().gvk;
        if is_spared(&original) {
            continue;
        }
        for spec in specs.iter().filter(|spec| original.is_selected_by(&spec.gvk)) {
            if spec.path.as_str() == "metadata/name" && !affix.is_empty() {
                // kustomize remembers affixes in a list with commas, where one with a comma counts
                // as two.
                record(resource).extend(affix.split(',').map(Text::new));
                resource.remember_id();
            }
            let mut set = |node: &mut Node| {
                let text = rename(node.scalar_text().unwrap_or_default());
                scalar::respell(node, text)
            };
            spec.visit(resource, Some(Leaf::Text), &mut set)?;
        }
    }
    Ok(())
}

fn is_spared(gvk: &Gvk) -> bool {
    SPARED.iter().any(|(group, kind)| gvk.kind == *kind && (group.is_empty() || gvk.group == *group))
}

#[cfg(test)]
mod tests {
    use super::super::config::TransformerConfig;
    use super::super::testing::{assert_resources, read, resources};
    use super::*;

    #[test]
    fn names_get_affixes_and_what_they_were_is_remembered() {
        let config = TransformerConfig::builtin();
        let mut map = resources("{apiVersion: v1, kind: Service, metadata: {name: web}}");
        apply_prefix(&mut map, "prod-", &config.name_prefix).unwrap();
        apply_suffix(&mut map, "-v1", &config.name_suffix).unwrap();
        apply_prefix(&mut map, "eu-", &config.name_prefix).unwrap();
        assert_resources(&map, "{apiVersion: v1, kind: Service, metadata: {name: eu-prod-web-v1}}");
        let resource = map.iter().next().unwrap();
        assert_eq!(resource.prefixes, ["prod-", "eu-"]);
        assert_eq!(resource.suffixes, ["-v1"]);
        let names: Vec<_> = resource.previous.iter().map(|id| id.name.as_str()).collect();
        assert_eq!(names, ["web", "prod-web", "prod-web-v1"]);
    }

    #[test]
    fn some_names_stay() {
        let yaml = "
{apiVersion: v1, kind: Namespace, metadata: {name: a}}
---
{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: b}}
---
{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name: c}}
";
        let mut map = resources(yaml);
        apply_prefix(&mut map, "x-", &TransformerConfig::builtin().name_prefix).unwrap();
        assert_resources(&map, yaml);
    }

    #[test]
    fn specifications_of_ones_own_replace_the_builtin_ones() {
        let specs: FieldSpecs = read("[{kind: Thing, path: spec/id, create: true}]");
        let mut map = resources(
            "
{apiVersion: v1, kind: Thing, metadata: {name: a}}
---
{apiVersion: v1, kind: Other, metadata: {name: a}, spec: {id: b}}
",
        );
        apply_suffix(&mut map, "-x", &specs).unwrap();
        assert_resources(
            &map,
            "
{apiVersion: v1, kind: Thing, metadata: {name: a}, spec: {id: -x}}
---
{apiVersion: v1, kind: Other, metadata: {name: a}, spec: {id: b}}
",
        );
    }
}
