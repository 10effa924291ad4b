//! `vars`, which kustomize deprecates: fields of resources that others use as `$(NAME)`.

use std::collections::{BTreeMap, BTreeSet};

use oarlock_kubernetes::{Gvk, ObjectId};
use oarlock_plugin::{Failure, Origin, Result};
use oarlock_yaml::{Node, ScalarKind, Text, Value};

use super::config::TransformerConfig;
use super::field_spec::visit_all;
use super::scalar::wrong_kind;
use crate::resource::{ResMap, Resource};

mod expand;
mod value;

use expand::expand;
use value::VarValue;

/// One entry of `vars` in a kustomization.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Var {
    name: Text,
    #[serde(alias = "objRef")]
    objref: Object,
    #[serde(alias = "fieldRef")]
    fieldref: Field,
    /// Where the kustomization lists it.
    #[serde(skip)]
    origin: Option<Origin>,
}

impl Var {
    /// The same, listed at a place.
    pub(crate) fn at(self, origin: Origin) -> Self {
        Self { origin: Some(origin), ..self }
    }

    /// How it is written in a text.
    pub(crate) fn reference(&self) -> String {
        format!("$({})", self.name)
    }

    /// Where the kustomization lists it.
    pub(crate) fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    fn blame(&self, failure: Failure) -> Failure {
        match &self.origin {
            Some(origin) => failure.at(origin.clone()),
            None => failure,
        }
    }
}

/// The resource that has the value.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct Object {
    api_version: Text,
    group: Text,
    version: Text,
    kind: Text,
    name: Text,
    namespace: Text,
}

/// The field that has the value; `metadata.name` where none is given.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct Field {
    field_path: String,
}

impl Object {
    fn gvk(&self) -> Gvk {
        if self.api_version.is_empty() {
            let Self { group, version, kind, .. } = self.clone();
            return Gvk { group, version, kind };
        }
        let gvk = Gvk::from_api_version(&self.api_version, &self.kind);
        if gvk.group.is_empty() { Gvk { group: self.group.clone(), ..gvk } } else { gvk }
    }

    fn is_id(&self, gvk: &Gvk, id: &ObjectId) -> bool {
        // No namespace means any.
        let is_namespace = || match self.namespace.as_str() {
            "" => true,
            namespace => id.effective_namespace() == namespace,
        };
        id.name == self.name && id.gvk == *gvk && is_namespace()
    }

    fn is(&self, gvk: &Gvk, resource: &Resource) -> bool {
        (resource.name() == self.name && self.is_id(gvk, &resource.current_id()))
            || (resource.previous.iter().any(|id| id.name == self.name)
                && resource.previous_ids().any(|id| self.is_id(gvk, &id)))
    }
}

/// Lets the resources that variables mean remember it, so that later changes of their names do not
/// matter.
///
/// # Errors
/// If a variable means several resources.
pub(crate) fn mark(resources: &mut ResMap, vars: &[Var]) -> Result<()> {
    for var in vars {
        let gvk = var.objref.gvk();
        let mut found: Vec<_> =
            resources.iter_mut().filter(|resource| var.objref.is(&gvk, resource)).collect();
        match found.as_mut_slice() {
            [] => {}
            [resource] => resource.variables.push(var.name.clone()),
            [first, second, ..] => {
                return Err(Failure::new(format!(
                    "the variable `{}` means several resources: `{}` and `{}`",
                    var.name,
                    first.current_id(),
                    second.current_id()
                ))
                .hint("give its `objref` a `namespace`"));
            }
        }
    }
    Ok(())
}

/// Adds variables to those of a build.
///
/// # Errors
/// If one is there already.
pub(crate) fn add(variables: &mut Vec<Var>, more: impl IntoIterator<Item = Var>) -> Result<()> {
    for var in more {
        if variables.iter().any(|known| known.name == var.name) {
            return Err(Failure::new(format!("the variable `{}` is declared twice", var.name)).hint(
                "names of variables are the same for all kustomizations of a build: rename one of them",
            ));
        }
        variables.push(var);
    }
    Ok(())
}

/// Writes the values of the variables into the fields that the configuration names. Returns what is
/// odd about it: variables that are never used, or whose values are no scalars.
///
/// # Errors
/// If a variable has no value, or a field is of a kind that cannot hold variables.
pub(crate) fn resolve(
    resources: &mut ResMap,
    variables: &[Var],
    config: &TransformerConfig,
) -> Result<Vec<Failure>> {
    if variables.is_empty() {
        return Ok(Vec::new());
    }
    let mut values = Values { known: read_values(resources, variables)?, ..Values::default() };
    for resource in resources.iter_mut() {
        let mut set = |node: &mut Node| values.set(node);
        visit_all(resource, &config.var_reference, None, &mut set)?;
    }
    Ok(values.warnings())
}

/// The node that a variable has its value from, and its resource.
pub(crate) fn source_node<'r>(resources: &'r ResMap, var: &Var) -> Option<(&'r Resource, &'r Node)> {
    let owner = resources.iter().find(|resource| resource.variables.contains(&var.name))?;
    let path = if var.fieldref.field_path.is_empty() { "metadata.name" } else { &var.fieldref.field_path };
    Some((owner, super::lookup::find(&owner.object, &super::path::split_dots(path)).ok()??))
}

fn read_values(resources: &ResMap, variables: &[Var]) -> Result<BTreeMap<Text, VarValue>> {
    let mut owners = BTreeMap::new();
    for resource in resources {
        for name in &resource.variables {
            owners.entry(name).or_insert(resource);
        }
    }
    let value_of = |var: &Var| {
        let Some(owner) = owners.get(&var.name) else {
            let missing = format!("the variable `{}` has no resource: `{}` is not there", var.name, id(var));
            return Err(var.blame(Failure::new(missing)).hint(
                "its `objref` must have `apiVersion`, `kind` and `name` of a resource as they are written there",
            ));
        };
        let path = match var.fieldref.field_path.as_str() {
            "" => "metadata.name",
            path => path,
        };
        VarValue::read(&owner.object, path).ok_or_else(|| {
            let message =
                format!("the variable `{}` has no value: `{}` has no field `{path}`", var.name, id(var));
            super::locate(owner, Failure::new(message))
        })
    };
    variables.iter().map(|var| Ok((var.name.clone(), value_of(var)?))).collect()
}

fn id(var: &Var) -> ObjectId {
    ObjectId { gvk: var.objref.gvk(), name: var.objref.name.clone(), namespace: var.objref.namespace.clone() }
}

#[derive(Default)]
struct Values {
    known: BTreeMap<Text, VarValue>,
    used: BTreeSet<Text>,
    unfit: BTreeSet<Text>,
}

impl Values {
    /// Replaces what variables there are in a string, and in the strings of a list or mapping.
    fn set(&mut self, node: &mut Node) -> Result<()> {
        match &mut node.value {
            Value::Scalar(_) => {
                self.set_scalar(node);
                Ok(())
            }
            Value::Mapping(mapping) => mapping.iter_mut().try_for_each(|entry| {
                if entry.key.kind != ScalarKind::String {
                    return Err(Failure::new(format!("the key `{}` is no string", entry.key.text)));
                }
                self.set_scalar(&mut entry.value);
                Ok(())
            }),
            Value::Sequence(elements) => elements.iter_mut().try_for_each(|element| {
                if element.as_str().is_none() {
                    return Err(wrong_kind("string", element).hint("put the element in quotes"));
                }
                self.set_scalar(element);
                Ok(())
            }),
        }
    }

    fn set_scalar(&mut self, node: &mut Node) {
        if let Some(text) = node.as_str()
            && text.contains('$')
        {
            node.value = expand(text, |name| self.value(name)).into_node().value;
        }
    }

    fn value(&mut self, name: &str) -> Option<VarValue> {
        let (name, value) = self.known.get_key_value(name)?;
        match value {
            VarValue::Other => {
                self.unfit.insert(name.clone());
                None
            }
            value => {
                self.used.insert(name.clone());
                Some(value.clone())
            }
        }
    }

    fn warnings(&self) -> Vec<Failure> {
        let unfit = self.unfit.iter().map(|name| {
            Failure::new(format!("the variable `{name}` is not replaced, since its value is no scalar"))
                .hint("use `replacements` to copy lists and mappings")
        });
        let unused =
            self.known.keys().filter(|name| !self.used.contains(*name) && !self.unfit.contains(*name));
        let unused: Vec<_> = unused.map(|name| format!("`{name}`")).collect();
        let unused = (!unused.is_empty()).then(|| {
            Failure::new(format!("never replaced: the variables {}", unused.join(", "))).hint(
                "fields that may hold variables are listed by kustomize; add yours as `varReference` in `configurations`",
            )
        });
        unfit.chain(unused).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::affix::apply_prefix;
    use super::super::testing::{assert_resources, read, resources};
    use super::*;

    fn resolved(vars: &str, yaml: &str) -> Result<(ResMap, Vec<Failure>)> {
        let config = TransformerConfig::builtin();
        let mut map = resources(yaml);
        let vars: Vec<Var> = read(vars);
        let mut variables = Vec::new();
        mark(&mut map, &vars)?;
        add(&mut variables, vars)?;
        apply_prefix(&mut map, "x-", &config.name_prefix)?;
        let warnings = resolve(&mut map, &variables, config)?;
        Ok((map, warnings))
    }

    const SERVICE: &str =
        "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}], ratio: 1.50}}";

    #[test]
    fn values_are_those_of_the_end() {
        let (map, warnings) = resolved(
            "
- {name: NAME, objref: {apiVersion: v1, kind: Service, name: web}}
- {name: PORT, objref: {apiVersion: v1, kind: Service, name: web}, fieldref: {fieldPath: 'spec.ports[0].port'}}
- {name: UNUSED, objref: {apiVersion: v1, kind: Service, name: web}, fieldref: {fieldPath: spec.ratio}}
",
            &format!(
                "{SERVICE}\n---\n{}",
                "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{args: [$(NAME), '$(PORT)', 'a:$(PORT)', $(X), $$(X), a], \
                 env: [{value: '$(NAME).svc'}]}]}}"
            ),
        )
        .unwrap();
        let pod = map.iter().nth(1).unwrap().object.at(&["spec", "containers"]).unwrap();
        assert_eq!(
            oarlock_yaml::to_json(pod).unwrap(),
            r#"[{"args":["x-web",80,"a:80","$(X)","$(X)","a"],"env":[{"value":"x-web.svc"}]}]"#
        );
        let messages: Vec<_> = warnings.iter().map(|warning| warning.message.as_str()).collect();
        assert_eq!(messages, ["never replaced: the variables `UNUSED`"]);
    }

    #[test]
    fn what_is_no_string_stays() {
        let yaml = "{apiVersion: batch/v1, kind: Job, metadata: {name: x}, spec: {template: {spec: {containers: [{env: [{value: 5}]}]}}}}";
        let (map, _) =
            resolved("[{name: N, objref: {apiVersion: batch/v1, kind: Job, name: x}}]", yaml).unwrap();
        assert_resources(&map, &yaml.replace("name: x", "name: x-x"));
    }

    #[test]
    fn mistakes_are_named() {
        let cases = [
            (
                "[{name: A, objref: {apiVersion: v1, kind: Service, name: other}}]",
                "the variable `A` has no resource: `v1 Service other` is not there",
            ),
            (
                "[{name: A, objref: {apiVersion: v1, kind: Service, name: web}, fieldref: {fieldPath: spec.x}}]",
                "the variable `A` has no value: `v1 Service web` has no field `spec.x`",
            ),
            (
                "[{name: A, objref: {apiVersion: v1, kind: Service, name: web}}, {name: A, objref: {kind: X, name: y}}]",
                "the variable `A` is declared twice",
            ),
        ];
        for (vars, message) in cases {
            assert_eq!(resolved(vars, SERVICE).unwrap_err().message, message, "{vars}");
        }
    }

    #[test]
    fn one_variable_for_two_resources_is_an_error() {
        let two = "
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: a}}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: b}}
";
        let failure =
            resolved("[{name: A, objref: {apiVersion: v1, kind: Service, name: web}}]", two).unwrap_err();
        assert_eq!(
            failure.message,
            "the variable `A` means several resources: `v1 Service a/web` and `v1 Service b/web`"
        );
        resolved("[{name: A, objref: {apiVersion: v1, kind: Service, name: web, namespace: b}}]", two)
            .unwrap();
    }
}
