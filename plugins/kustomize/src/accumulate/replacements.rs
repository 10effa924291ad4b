//! Files that `replacements` and `ValueAddTransformer` name.

use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Limits, Node, Value};
use serde::de::DeserializeOwned;

use super::Loader;
use crate::kustomization::origin;
use crate::transform::replacements::{Replacement, ReplacementField};
use crate::transform::value_add::{TargetFile, ValueAddArgs};

/// The replacements that fields hold or name. A file holds one or a list of them.
pub(super) fn load(fields: &[ReplacementField], loader: &Loader<'_>) -> Result<Vec<Replacement>> {
    let mut replacements = Vec::with_capacity(fields.len());
    for field in fields {
        let path = field.path.clone();
        match field.clone().inline()? {
            Some(replacement) => replacements.push(replacement),
            None => replacements.extend(read(loader, &path, |node| match node.value {
                Value::Sequence(nodes) => nodes,
                _ => vec![node],
            })?),
        }
    }
    Ok(replacements)
}

/// The arguments of a value-add transformer, with the targets of its file and its default value.
pub(super) fn value_add(mut args: ValueAddArgs, loader: &Loader<'_>) -> Result<ValueAddArgs> {
    args.value = args.value.trim().to_owned();
    if args.value.is_empty() {
        args.value = loader.root().file_name().unwrap_or_default().to_owned();
    }
    if !args.target_file_path.is_empty() {
        let files: Vec<TargetFile> = read(loader, &args.target_file_path, |node| vec![node])?;
        args.targets.extend(files.into_iter().flat_map(|file| file.targets));
    }
    Ok(args)
}

/// The typed values of a file.
fn read<T: DeserializeOwned>(
    loader: &Loader<'_>,
    path: &str,
    take_apart: impl FnOnce(Node) -> Vec<Node>,
) -> Result<Vec<T>> {
    let (file, text) = loader.read(path)?;
    let node = oarlock_yaml::parse_one(&text, Limits::default())
        .map_err(|error| Failure::new(error.message).at(origin(&file, error.span)))?;
    let typed = |node: Node| {
        oarlock_yaml::from_node(&node).map_err(|error| Failure::new(error.message).at(origin(&file, error.span)))
    };
    match node {
        None => Err(Failure::new(format!("`{file}` is empty")).at(origin(&file, oarlock_yaml::Span::default()))),
        Some(node) => take_apart(node).into_iter().map(typed).collect(),
    }
}
