//! Replacements that are kept in files of their own.

use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Node, Value};

use super::super::{ReadFile, origin, read_node, typed};
use super::{Replacement, ReplacementField};

/// The replacements of all entries, those of files among them: a file holds one or a list.
///
/// # Errors
/// If a file cannot be read, or an entry has both a file and a replacement.
pub(crate) fn load(entries: &[ReplacementField], read: ReadFile<'_>) -> Result<Vec<Replacement>> {
    let mut replacements = Vec::with_capacity(entries.len());
    for entry in entries {
        match entry.inline()? {
            Some(replacement) => replacements.push(replacement),
            None => load_file(&entry.path, read, &mut replacements)?,
        }
    }
    Ok(replacements)
}

fn load_file(path: &str, read: ReadFile<'_>, replacements: &mut Vec<Replacement>) -> Result<()> {
    let (file, mut node) = read_node(path, read)?;
    match &mut node.value {
        Value::Sequence(list) => {
            for entry in list.iter_mut() {
                keep_known(entry, &REPLACEMENT);
            }
            replacements.extend(typed::<Vec<Replacement>>(&file, &node)?);
        }
        Value::Mapping(_) => {
            keep_known(&mut node, &REPLACEMENT);
            replacements.push(typed(&file, &node)?);
        }
        Value::Scalar(_) => {
            return Err(Failure::new(format!(
                "`{path}` holds a {} where a replacement is wanted",
                node.kind_name()
            ))
            .at(origin(&file, node.span))
            .hint("a file of `replacements` has `source` and `targets`, or is a list of such"));
        }
    }
    Ok(())
}

/// The fields of a mapping, and the fields of those that hold mappings or lists of them.
struct Known(&'static [(&'static str, Option<&'static Known>)]);

const OPTIONS: Known = Known(&[("delimiter", None), ("index", None), ("encoding", None), ("create", None)]);
const SELECTOR: Known = Known(&[
    ("group", None),
    ("version", None),
    ("kind", None),
    ("name", None),
    ("namespace", None),
    ("labelSelector", None),
    ("annotationSelector", None),
]);
const SOURCE: Known = Known(&[
    ("group", None),
    ("version", None),
    ("kind", None),
    ("name", None),
    ("namespace", None),
    ("fieldPath", None),
    ("options", Some(&OPTIONS)),
]);
const TARGET: Known = Known(&[
    ("select", Some(&SELECTOR)),
    ("reject", Some(&SELECTOR)),
    ("fieldPaths", None),
    ("options", Some(&OPTIONS)),
]);
const REPLACEMENT: Known =
    Known(&[("source", Some(&SOURCE)), ("sourceValue", None), ("targets", Some(&TARGET))]);

/// Drops fields that nobody knows: kustomize is strict in the kustomization itself, but not in
/// files of replacements.
fn keep_known(node: &mut Node, known: &Known) {
    match &mut node.value {
        Value::Sequence(list) => list.iter_mut().for_each(|element| keep_known(element, known)),
        Value::Mapping(mapping) => {
            mapping.retain(|entry| known.0.iter().any(|(key, _)| entry.key.text == *key));
            for (key, below) in known.0 {
                if let (Some(value), Some(below)) = (mapping.get_mut(key), below) {
                    keep_known(value, below);
                }
            }
        }
        Value::Scalar(_) => {}
    }
}
