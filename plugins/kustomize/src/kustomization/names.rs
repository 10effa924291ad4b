//! The names of fields. kustomize does not tell upper from lower case in them, since Go's JSON does
//! not.

use std::collections::HashMap;

use oarlock_plugin::{Failure, TreePath, nearest};
use oarlock_yaml::{Mapping, Node, Span, Text, Value};

use super::origin;

/// How many fields that no kustomization has are reported.
const MAX_MISTAKES: usize = 20;

/// Lists of paths or inline objects, which are read with their places.
pub(super) const LISTS: [&str; 8] = [
    "resources",
    "bases",
    "components",
    "generators",
    "transformers",
    "validators",
    "crds",
    "configurations",
];

/// Every other field.
const FIELDS: [&str; 26] = [
    "apiVersion",
    "kind",
    "metadata",
    "openapi",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "commonAnnotations",
    "patchesStrategicMerge",
    "patchesJson6902",
    "patches",
    "images",
    "imageTags",
    "replacements",
    "replicas",
    "vars",
    "sortOptions",
    "configMapGenerator",
    "secretGenerator",
    "helmGlobals",
    "helmCharts",
    "helmChartInflationGenerator",
    "generatorOptions",
    "buildMetadata",
];

/// Fields of fields, and of the configurations of built-in transformers.
const NESTED: [&str; 82] = [
    "apiVersion",
    "labelSelector",
    "annotationSelector",
    "includeSelectors",
    "includeTemplates",
    "newName",
    "newTag",
    "tagSuffix",
    "objref",
    "fieldref",
    "fieldPath",
    "fieldPaths",
    "sourceValue",
    "disableNameSuffixHash",
    "legacySortOptions",
    "orderFirst",
    "orderLast",
    "chartHome",
    "configHome",
    "releaseName",
    "additionalValuesFiles",
    "valuesFile",
    "valuesInline",
    "valuesMerge",
    "includeCRDs",
    "skipHooks",
    "apiVersions",
    "kubeVersion",
    "nameTemplate",
    "skipTests",
    "chartName",
    "chartVersion",
    "chartRepoUrl",
    "chartRepoName",
    "helmBin",
    "helmHome",
    "valuesLocal",
    "releaseNamespace",
    "extraArgs",
    "name",
    "namespace",
    "kind",
    "group",
    "version",
    "path",
    "patch",
    "digest",
    "count",
    "create",
    "options",
    "target",
    "source",
    "targets",
    "select",
    "reject",
    "fieldSpecs",
    "filePathPosition",
    "selector",
    "literals",
    "files",
    "envs",
    "env",
    "behavior",
    "type",
    "immutable",
    "delimiter",
    "index",
    "encoding",
    "imageTag",
    "replica",
    "prefix",
    "suffix",
    "replacements",
    "jsonOp",
    "paths",
    "patches",
    "unsetOnly",
    "setRoleBindingSubjects",
    "value",
    "targetFilePath",
    "annotations",
    "labels",
];

/// Where values may be `null` on purpose.
const FREE_VALUES: [&str; 2] = ["valuesInline", "valuesLocal"];

/// Where a key with `null` is a key with an empty text.
const TEXT_MAPS: [&str; 6] =
    ["commonLabels", "commonAnnotations", "openapi", "pairs", "labels", "annotations"];

/// Field names as they are documented, since kustomize does not tell upper from lower case; values
/// of `null` left out, since they mean nothing.
///
/// Of two spellings of a field the one counts that comes last in the order of bytes, in which Go's
/// JSON has them; a warning tells of it.
pub(super) fn canonical(
    file: &TreePath,
    mapping: Mapping,
    mut warn: impl FnMut(Failure),
    mistakes: &mut Vec<Failure>,
) -> Node {
    let mut fields = Mapping::default();
    let mut spelled: HashMap<&str, (Text, Span)> = HashMap::new();
    for mut entry in mapping {
        let known = FIELDS.iter().chain(&LISTS).find(|field| field.eq_ignore_ascii_case(&entry.key.text));
        let Some(field) = known else {
            let failure = Failure::new(format!("a kustomization has no field `{}`", entry.key.text))
                .at(origin(file, entry.key.span));
            let names = [&FIELDS[..], &LISTS[..]].concat();
            // So many that more would help nobody.
            if mistakes.len() < MAX_MISTAKES {
                mistakes.push(match nearest(&entry.key.text, names) {
                    Some(name) => failure.hint(format!("is `{name}` meant?")),
                    None => failure,
                });
            }
            continue;
        };
        if entry.value.is_null() {
            continue;
        }
        let (name, span) = (entry.key.text.clone(), entry.key.span);
        if let Some((other, place)) = spelled.get(*field) {
            let (line, other_line, counts) = (span.line, place.line, (&name).max(other));
            let message = format!(
                "`{other}` in line {other_line} and `{name}` in line {line} are the same field; `{counts}` counts"
            );
            warn(Failure::new(message).at(origin(file, span)).hint("merge the two, or remove one of them"));
            if counts == other {
                continue;
            }
        }
        spelled.insert(*field, (name, span));
        tidy(&mut entry.value, field);
        entry.key.text = (*field).into();
        fields.insert(entry.key, entry.value);
    }
    Node::new(Value::Mapping(fields))
}

/// Below a field: names as they are documented, and no `null`.
pub(crate) fn tidy(node: &mut Node, field: &str) {
    match &mut node.value {
        Value::Mapping(mapping) if TEXT_MAPS.contains(&field) => {
            for entry in mapping.iter_mut().filter(|entry| entry.value.is_null()) {
                entry.value = Node::string("").with_span(entry.value.span);
            }
        }
        Value::Mapping(mapping) => {
            mapping.retain(|entry| !entry.value.is_null());
            for entry in mapping.iter_mut() {
                if let Some(name) = NESTED.iter().find(|name| name.eq_ignore_ascii_case(&entry.key.text)) {
                    entry.key.text = (*name).into();
                }
                if !FREE_VALUES.contains(&entry.key.text.as_str()) {
                    tidy(&mut entry.value, &entry.key.text);
                }
            }
        }
        Value::Sequence(nodes) => nodes.iter_mut().for_each(|node| tidy(node, "")),
        Value::Scalar(_) => {}
    }
}
