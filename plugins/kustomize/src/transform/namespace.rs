//! Namespaces: of the resources, of role-binding subjects, and of fields that a configuration
//! names.

use std::collections::HashMap;

use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Node, ScalarKind, Text};

use super::config::FieldSpecs;
use super::field_spec::{FieldPath, FieldSpec, Leaf, visit_all};
use super::lookup::field;
use super::scalar;
use crate::resource::{ResMap, Resource};

/// Options of the namespace transformer.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NamespaceArgs {
    /// The namespace; nothing happens where it is empty. A transformer configuration gives it as
    /// `metadata.namespace`.
    pub(crate) namespace: Text,
    /// Fields that get the namespace beside `metadata.namespace`.
    pub(crate) field_specs: FieldSpecs,
    /// Whether fields that have a namespace keep it.
    pub(crate) unset_only: bool,
    /// Which subjects of role bindings get the namespace.
    pub(crate) set_role_binding_subjects: Subjects,
}

/// Which subjects of `RoleBinding` and `ClusterRoleBinding` get the namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Subjects {
    /// Those with the name `default`.
    #[default]
    #[serde(alias = "")]
    DefaultOnly,
    /// Those of kind `ServiceAccount`.
    AllServiceAccounts,
    /// None.
    None,
}

/// Moves the resources into a namespace.
///
/// # Errors
/// If two resources are the same afterwards, or a field to be set is not a scalar.
pub(crate) fn apply(resources: &mut ResMap, args: &NamespaceArgs) -> Result<()> {
    if args.namespace.is_empty() {
        return Ok(());
    }
    let specs = WithoutSpecialCases::of(&args.field_specs);
    for resource in resources.iter_mut().filter(|resource| !resource.keeps_namespace) {
        resource.remember_id();
        move_one(resource, args, &specs)?;
    }
    check_conflicts(resources)
}

/// Moves one resource into a namespace, without the fields that specifications name and without a
/// memory of where it was.
///
/// # Errors
/// If a field to be set is not a scalar.
pub(super) fn set_alone(resource: &mut Resource, namespace: &str) -> Result<()> {
    let args = NamespaceArgs { namespace: namespace.into(), ..NamespaceArgs::default() };
    move_one(resource, &args, &WithoutSpecialCases::of(&[]))
}

fn move_one(resource: &mut Resource, args: &NamespaceArgs, specs: &WithoutSpecialCases) -> Result<()> {
    let mut set = |node: &mut Node| args.set(node);
    let gvk = resource.gvk();
    if !resource.is_cluster_scoped() {
        specs.of_namespaced.visit(resource, Some(Leaf::Plain), &mut set)?;
    }
    if is_role_binding(&gvk.kind) {
        set_subjects(resource, args)?;
    }
    let is_core = gvk.group.is_empty() && gvk.version == "v1";
    visit_all(resource, specs.for_kind(&gvk.kind, is_core), Some(Leaf::Text), &mut set)
}

impl NamespaceArgs {
    fn set(&self, node: &mut Node) -> Result<()> {
        if self.unset_only
            && node.as_scalar().is_some_and(|scalar| !node.is_null() && !scalar.text.is_empty())
        {
            return Ok(());
        }
        scalar::replace(node, ScalarKind::String, self.namespace.clone())
    }
}

fn is_role_binding(kind: &str) -> bool {
    kind == "RoleBinding" || kind == "ClusterRoleBinding"
}

/// Subjects are distinguished by their content, which no field specification can.
fn set_subjects(resource: &mut Resource, args: &NamespaceArgs) -> Result<()> {
    let (key, value) = match args.set_role_binding_subjects {
        Subjects::None => return Ok(()),
        Subjects::DefaultOnly => ("name", "default"),
        Subjects::AllServiceAccounts => ("kind", "ServiceAccount"),
    };
    let set = |subject: &mut Node| {
        let is_meant =
            field(subject, key)?.is_some_and(|found| !found.is_null() && found.scalar_text() == Some(value));
        match subject.as_mapping_mut() {
            Some(subject) if is_meant => {
                args.set(subject.get_or_insert_with("namespace", || Node::plain("")))
            }
            _ => Ok(()),
        }
    };
    let Some(subjects) = resource.object.get_mut("subjects").filter(|subjects| !subjects.is_null()) else {
        return Ok(());
    };
    let failure = scalar::wrong_kind("list", subjects);
    let outcome = match subjects.as_sequence_mut() {
        Some(subjects) => subjects.iter_mut().try_for_each(set),
        None => Err(failure),
    };
    outcome.map_err(|failure| FieldPath::new("subjects").blame(resource, failure))
}

/// The field specifications without those that have code of their own.
struct WithoutSpecialCases {
    /// The field that all namespaced resources have, whatever the specifications say.
    of_namespaced: FieldSpec,
    all: Vec<FieldSpec>,
    for_role_bindings: Vec<FieldSpec>,
    without_names: Vec<FieldSpec>,
}

impl WithoutSpecialCases {
    fn of(specs: &[FieldSpec]) -> Self {
        let all: Vec<_> =
            specs.iter().filter(|spec| spec.path.as_str() != "metadata/namespace").cloned().collect();
        // Only the core Namespace is renamed, not a custom resource of that kind.
        let without_names: Vec<_> =
            all.iter().filter(|spec| spec.path.as_str() != "metadata/name").cloned().collect();
        let for_role_bindings = without_names
            .iter()
            .filter(|spec| !is_role_binding(&spec.gvk.kind) || spec.path.as_str() != "subjects/namespace")
            .cloned()
            .collect();
        let of_namespaced = FieldSpec::of_any("metadata/namespace", true);
        Self { of_namespaced, all, for_role_bindings, without_names }
    }

    fn for_kind(&self, kind: &str, is_core: bool) -> &[FieldSpec] {
        if is_role_binding(kind) {
            &self.for_role_bindings
        } else if is_core {
            &self.all
        } else {
            &self.without_names
        }
    }
}

fn check_conflicts(resources: &ResMap) -> Result<()> {
    let mut seen = HashMap::with_capacity(resources.len());
    for resource in resources {
        if let Some(first) = seen.insert(resource.current_id().normalized(), resource) {
            let failure = Failure::new(format!(
                "`{}` and `{}` are the same in the namespace `{}`",
                first.original_id(),
                resource.original_id(),
                resource.namespace()
            ));
            let failure =
                failure.hint("give one of them another name, or build them as applications of their own");
            let failure = match &first.origin {
                Some(origin) => failure.note(format!("the first one is at `{origin}`")),
                None => failure,
            };
            return Err(super::locate(resource, failure));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::config::TransformerConfig;
    use super::super::testing::{assert_resources, read, resources};
    use super::*;

    fn move_to(args: &str, yaml: &str) -> Result<ResMap> {
        let mut args: NamespaceArgs = read(args);
        args.field_specs = TransformerConfig::builtin().namespace.clone();
        let mut map = resources(yaml);
        apply(&mut map, &args)?;
        Ok(map)
    }

    #[test]
    fn resources_move_and_cluster_scoped_ones_stay() {
        let map = move_to(
            "{namespace: prod}",
            "
{apiVersion: v1, kind: Service, metadata: {name: a}}
---
{apiVersion: v1, kind: Service, metadata: {name: b, namespace: dev}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: dev}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: c}}
---
{apiVersion: example.com/v1, kind: Namespace, metadata: {name: d}}
",
        );
        assert_resources(
            &map.unwrap(),
            "
{apiVersion: v1, kind: Service, metadata: {name: a, namespace: prod}}
---
{apiVersion: v1, kind: Service, metadata: {name: b, namespace: prod}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: prod}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: c}}
---
{apiVersion: example.com/v1, kind: Namespace, metadata: {name: d, namespace: prod}}
",
        );
    }

    #[test]
    fn a_namespace_that_is_there_is_kept_where_only_unset_ones_are_asked_for() {
        let map = move_to(
            "{namespace: prod, unsetOnly: true}",
            "
{apiVersion: v1, kind: Service, metadata: {name: a, namespace: ''}}
---
{apiVersion: v1, kind: Service, metadata: {name: b, namespace: dev}}
",
        );
        assert_resources(
            &map.unwrap(),
            "
{apiVersion: v1, kind: Service, metadata: {name: a, namespace: prod}}
---
{apiVersion: v1, kind: Service, metadata: {name: b, namespace: dev}}
",
        );
    }

    #[test]
    fn subjects_move_as_the_mode_says() {
        let cases = [
            ("", [Some("prod"), None, None]),
            (", setRoleBindingSubjects: defaultOnly", [Some("prod"), None, None]),
            (", setRoleBindingSubjects: allServiceAccounts", [Some("prod"), Some("prod"), None]),
            (", setRoleBindingSubjects: none", [None, None, None]),
        ];
        for (mode, expected) in cases {
            let map = move_to(
                &format!("{{namespace: prod{mode}}}"),
                "
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: a}
subjects:
- {kind: ServiceAccount, name: default}
- {kind: ServiceAccount, name: builder}
- {kind: User, name: someone}
",
            )
            .unwrap();
            let subjects = map.iter().next().unwrap().object.get("subjects").unwrap().as_sequence().unwrap();
            let namespaces: Vec<_> =
                subjects.iter().map(|subject| subject.get("namespace").and_then(Node::as_str)).collect();
            assert_eq!(namespaces, expected, "{mode}");
        }
    }

    #[test]
    fn two_that_become_the_same_are_an_error() {
        let failure = move_to(
            "{namespace: prod}",
            "
{apiVersion: v1, kind: Service, metadata: {name: a, namespace: x}}
---
{apiVersion: v1, kind: Service, metadata: {name: a, namespace: y}}
",
        )
        .unwrap_err();
        assert_eq!(
            failure.message,
            "`v1 Service x/a` and `v1 Service y/a` are the same in the namespace `prod`"
        );
    }
}
