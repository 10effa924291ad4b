//! Replica counts.

use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Node, ScalarKind, Text};

use super::field_spec::{FieldSpec, Leaf};
use super::scalar;
use crate::resource::{ResMap, Resource};

/// One entry of `replicas` in a kustomization.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Replica {
    /// The name that the resource has or had.
    pub(crate) name: Text,
    /// How many there are to be.
    pub(crate) count: i64,
}

/// Sets the number of replicas of the resources that have or had the name.
///
/// # Errors
/// If there is none of the kinds that the specifications name.
pub(crate) fn apply(resources: &mut ResMap, replica: &Replica, specs: &[FieldSpec]) -> Result<()> {
    let mut found = false;
    for resource in resources.iter_mut() {
        for spec in specs {
            if is_meant(resource, &replica.name, spec) {
                found = true;
                let mut set =
                    |node: &mut Node| scalar::replace(node, ScalarKind::Int, replica.count.to_string());
                spec.visit(resource, Some(Leaf::Plain), &mut set)?;
            }
        }
    }
    if found { Ok(()) } else { Err(nothing_found(resources, &replica.name, specs)) }
}

fn is_meant(resource: &Resource, name: &str, spec: &FieldSpec) -> bool {
    (resource.name() == name && spec.selects(resource))
        || (resource.previous.iter().any(|id| id.name == name)
            && resource.previous_ids().any(|id| id.name == name && id.gvk.is_selected_by(&spec.gvk)))
}

fn nothing_found(resources: &ResMap, name: &str, specs: &[FieldSpec]) -> Failure {
    let mut kinds: Vec<_> = specs.iter().map(|spec| spec.gvk.kind.as_str()).collect();
    kinds.dedup();
    let failure =
        Failure::new(format!("`replicas`: there is no `{name}` among the kinds {}", kinds.join(", ")));
    let of_another_kind = resources.iter().find(|resource| resource.name() == name);
    let of_another_name: Vec<_> = resources
        .iter()
        .filter(|resource| specs.iter().any(|spec| spec.selects(resource)))
        .map(|resource| format!("`{}`", resource.original_id().name))
        .take(5)
        .collect();
    match of_another_kind {
        Some(resource) => failure.hint(format!(
            "`{}` has the name, but its kind is none of these: patch it instead, or add its kind in `configurations`",
            resource.current_id()
        )),
        None if of_another_name.is_empty() => failure,
        None => failure.hint(format!("these are there: {}", of_another_name.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::TransformerConfig;
    use super::super::testing::{assert_resources, read, resources};
    use super::*;

    fn set(yaml: &str, replica: &str) -> Result<ResMap> {
        let mut map = resources(yaml);
        super::super::affix::apply_prefix(&mut map, "x-", &TransformerConfig::builtin().name_prefix)?;
        apply(&mut map, &read(replica), &TransformerConfig::builtin().replicas)?;
        Ok(map)
    }

    #[test]
    fn names_of_now_and_before_are_found() {
        for name in ["web", "x-web"] {
            let map = set(
                "
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 1}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: web}}
---
{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: web}}
",
                &format!("{{name: {name}, count: 3}}"),
            );
            assert_resources(
                &map.unwrap(),
                "
{apiVersion: apps/v1, kind: Deployment, metadata: {name: x-web}, spec: {replicas: 3}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: x-web}, spec: {replicas: 3}}
---
{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: x-web}}
",
            );
        }
    }

    #[test]
    fn nothing_found_is_an_error_that_says_what_is_there() {
        let cases = [
            ("Deployment", "db", "these are there: `web`"),
            (
                "DaemonSet",
                "x-web",
                "`apps/v1 DaemonSet x-web` has the name, but its kind is none of these: patch it instead, or add its kind in \
                 `configurations`",
            ),
        ];
        for (kind, name, hint) in cases {
            let yaml = format!("{{apiVersion: apps/v1, kind: {kind}, metadata: {{name: web}}}}");
            let failure = set(&yaml, &format!("{{name: {name}, count: 3}}")).unwrap_err();
            assert_eq!(
                failure.message,
                format!(
                    "`replicas`: there is no `{name}` among the kinds Deployment, StatefulSet, ReplicaSet, ReplicationController"
                )
            );
            assert_eq!(failure.hint.as_deref(), Some(hint));
        }
    }
}
