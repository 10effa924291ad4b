//! A value that is added to fields, or into the file paths that they hold.

use oarlock_plugin::{Failure, Result};

use super::lookup::find_or_make;
use super::path::split;
use super::scalar;
use super::{ReadFile, namespace, read_node, typed};
use crate::resource::{ResMap, Resource, Selector};

/// Options of the value-add transformer.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ValueAddArgs {
    /// The value; the name of the kustomization's directory where it is empty.
    pub(crate) value: String,
    /// Where it is added.
    pub(crate) targets: Vec<Target>,
    /// A file with further targets.
    pub(crate) target_file_path: String,
}

/// Completes the arguments: the value is the name of the directory where none is given, and targets
/// of a file are added.
///
/// # Errors
/// If the file cannot be read.
pub(crate) fn load(mut args: ValueAddArgs, directory: &str, read: ReadFile<'_>) -> Result<ValueAddArgs> {
    args.value = match args.value.trim() {
        "" => directory.to_owned(),
        value => value.to_owned(),
    };
    if !args.target_file_path.is_empty() {
        let (file, node) = read_node(&args.target_file_path, read)?;
        if let Some(targets) = node.get("targets") {
            args.targets.extend(typed::<Vec<Target>>(&file, targets)?);
        }
    }
    Ok(args)
}

/// Where a value is added.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Target {
    /// The resources; all where there is none.
    selector: Option<Selector>,
    /// The field, which is made where it is absent.
    field_path: String,
    /// Where in the file path that the field holds the value is put, from 1; with 0 it takes the
    /// place of the field's value.
    file_path_position: i64,
}

/// Adds the value to all targets.
///
/// # Errors
/// If there is no target, a target names no field, or a field cannot hold the value.
pub(crate) fn apply(resources: &mut ResMap, args: &ValueAddArgs) -> Result<()> {
    if args.targets.is_empty() {
        return Err(Failure::new("the value is to be added nowhere").hint("give at least one of `targets`"));
    }
    for target in &args.targets {
        target.check()?;
        let selector = target.selector.clone().unwrap_or_default().compile()?;
        for resource in resources.iter_mut() {
            if selector.matches(resource)? {
                let outcome = target.add(resource, &args.value);
                outcome.map_err(|failure| super::locate(resource, failure))?;
            }
        }
    }
    Ok(())
}

impl Target {
    fn check(&self) -> Result<()> {
        if self.field_path.is_empty() {
            return Err(Failure::new("a target has no `fieldPath`").hint("say which field gets the value"));
        }
        if self.file_path_position < 0 {
            return Err(Failure::new(format!(
                "`filePathPosition` is {}, a negative number",
                self.file_path_position
            ))
            .hint("count from 1; 0 replaces the whole field"));
        }
        Ok(())
    }

    fn add(&self, resource: &mut Resource, value: &str) -> Result<()> {
        if self.field_path == "metadata/namespace" {
            return namespace::set_alone(resource, value);
        }
        let Some(field) = find_or_make(&mut resource.object, &split(&self.field_path, '/'))? else {
            return Ok(());
        };
        let old = field.scalar_text().unwrap_or_default();
        let new = match usize::try_from(self.file_path_position) {
            Ok(position @ 1..) => insert_part(old, position - 1, value),
            _ => value.to_owned(),
        };
        scalar::respell(field, new)
    }
}

/// Puts a part into a file path. An absolute path stays one; a position that is too large means the
/// end.
fn insert_part(path: &str, position: usize, part: &str) -> String {
    let (root, relative) = match path.strip_prefix('/') {
        Some(relative) => ("/", relative),
        None => ("", path),
    };
    let mut parts: Vec<_> = relative.split('/').filter(|part| !part.is_empty()).collect();
    parts.insert(position.min(parts.len()), part);
    let mut clean: Vec<&str> = Vec::new();
    for part in parts {
        match part {
            "" | "." => {}
            ".." if clean.last().is_some_and(|last| *last != "..") => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    format!("{root}{}", clean.join("/"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_resources, read, resources};
    use super::*;

    #[test]
    fn parts_go_into_paths() {
        let cases = [
            ("", 0, "PEACH"),
            ("/", 0, "/PEACH"),
            ("pie", 0, "PEACH/pie"),
            ("/pie", 0, "/PEACH/pie"),
            ("raw", 1, "raw/PEACH"),
            ("/raw", 9, "/raw/PEACH"),
            ("a/nice/warm/pie", 3, "a/nice/warm/PEACH/pie"),
            ("/a/nice/warm/pie", 3, "/a/nice/warm/PEACH/pie"),
        ];
        for (path, position, expected) in cases {
            assert_eq!(insert_part(path, position, "PEACH"), expected, "{path}");
        }
    }

    #[test]
    fn fields_get_the_value() {
        let args: ValueAddArgs = read(
            "
value: blue
targets:
- {fieldPath: metadata/namespace}
- {selector: {kind: Pod}, fieldPath: spec/project}
- {selector: {name: b.*}, fieldPath: 'spec/file', filePathPosition: 2}
",
        );
        let mut map = resources(
            "
{apiVersion: v1, kind: Pod, metadata: {name: a}}
---
{apiVersion: v1, kind: Thing, metadata: {name: bee}, spec: {file: /x/y}}
",
        );
        apply(&mut map, &args).unwrap();
        assert_resources(
            &map,
            "
{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: blue}, spec: {project: blue}}
---
{apiVersion: v1, kind: Thing, metadata: {name: bee, namespace: blue}, spec: {file: /x/blue/y}}
",
        );
    }

    #[test]
    fn incomplete_arguments_are_refused() {
        let cases = [
            ("{value: a}", "the value is to be added nowhere"),
            ("{value: a, targets: [{}]}", "a target has no `fieldPath`"),
            (
                "{value: a, targets: [{fieldPath: b, filePathPosition: -1}]}",
                "`filePathPosition` is -1, a negative number",
            ),
        ];
        for (args, message) in cases {
            assert_eq!(apply(&mut ResMap::default(), &read(args)).unwrap_err().message, message, "{args}");
        }
    }

    #[test]
    fn a_mapping_cannot_hold_the_value() {
        let mut map = resources("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {}}");
        let failure = apply(&mut map, &read("{value: a, targets: [{fieldPath: spec}]}")).unwrap_err();
        assert_eq!(failure.message, "expected a scalar, found a mapping");
    }
}
