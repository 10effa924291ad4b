//! The fields of an Application's source, as the definition of Argo CD 3.5 has them, and what Argo
//! CD's Go types do with them when a file is merged over a source.

use oarlock_plugin::nearest;
use serde_json::{Map, Value};

/// A field and what it holds.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    shape: Shape,
    /// Whether a block that sets it says something. Argo CD's controller drops a block that says
    /// nothing.
    counts: bool,
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// A scalar, or a list of scalars.
    Plain,
    /// Names that users choose, with a scalar each.
    Names,
    /// A structure.
    Fields(&'static [Field]),
    /// A list of structures.
    Items(&'static [Field]),
    /// Anything: it is not read by Go's types but kept as it is.
    Raw,
}

/// A field that counts.
const fn field(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, counts: true }
}

/// A field that says how others are meant, and nothing by itself.
const fn modifier(name: &'static str) -> Field {
    Field { name, shape: Shape::Plain, counts: false }
}

const PLAIN: Shape = Shape::Plain;

pub(super) const HELM: &[Field] = &[
    field("valueFiles", PLAIN),
    field(
        "parameters",
        Shape::Items(&[field("name", PLAIN), field("value", PLAIN), field("forceString", PLAIN)]),
    ),
    field("releaseName", PLAIN),
    field("values", PLAIN),
    field("fileParameters", Shape::Items(&[field("name", PLAIN), field("path", PLAIN)])),
    field("version", PLAIN),
    field("passCredentials", PLAIN),
    field("ignoreMissingValueFiles", PLAIN),
    field("skipCrds", PLAIN),
    field("valuesObject", Shape::Raw),
    field("namespace", PLAIN),
    field("kubeVersion", PLAIN),
    field("apiVersions", PLAIN),
    field("skipTests", PLAIN),
    field("skipSchemaValidation", PLAIN),
];

pub(super) const KUSTOMIZE: &[Field] = &[
    field("namePrefix", PLAIN),
    field("nameSuffix", PLAIN),
    field("images", PLAIN),
    field("commonLabels", Shape::Names),
    field("version", PLAIN),
    field("commonAnnotations", Shape::Names),
    modifier("forceCommonLabels"),
    modifier("forceCommonAnnotations"),
    field("namespace", PLAIN),
    modifier("commonAnnotationsEnvsubst"),
    field("replicas", Shape::Items(&[field("name", PLAIN), field("count", PLAIN)])),
    field("patches", Shape::Items(PATCH)),
    field("components", PLAIN),
    field("ignoreMissingComponents", PLAIN),
    modifier("labelWithoutSelector"),
    field("kubeVersion", PLAIN),
    field("apiVersions", PLAIN),
    modifier("labelIncludeTemplates"),
];

const PATCH: &[Field] = &[
    field("path", PLAIN),
    field("patch", PLAIN),
    field(
        "target",
        Shape::Fields(&[
            field("group", PLAIN),
            field("version", PLAIN),
            field("kind", PLAIN),
            field("name", PLAIN),
            field("namespace", PLAIN),
            field("annotationSelector", PLAIN),
            field("labelSelector", PLAIN),
        ]),
    ),
    field("options", Shape::Names),
];

const JSONNET_VARIABLE: &[Field] = &[field("name", PLAIN), field("value", PLAIN), field("code", PLAIN)];

pub(super) const DIRECTORY: &[Field] = &[
    field("recurse", PLAIN),
    field(
        "jsonnet",
        Shape::Fields(&[
            field("extVars", Shape::Items(JSONNET_VARIABLE)),
            field("tlas", Shape::Items(JSONNET_VARIABLE)),
            field("libs", PLAIN),
        ]),
    ),
    field("exclude", PLAIN),
    field("include", PLAIN),
    // Since 3.6.
    field("disableExtensionFilter", PLAIN),
];

const PLUGIN: &[Field] = &[
    field("name", PLAIN),
    field("env", Shape::Items(&[field("name", PLAIN), field("value", PLAIN)])),
    field(
        "parameters",
        Shape::Items(&[
            field("name", PLAIN),
            field("string", PLAIN),
            field("array", PLAIN),
            field("map", Shape::Names),
        ]),
    ),
];

/// The fields of a source.
pub(super) const SOURCE: &[Field] = &[
    field("repoURL", PLAIN),
    field("path", PLAIN),
    field("targetRevision", PLAIN),
    field("helm", Shape::Fields(HELM)),
    field("kustomize", Shape::Fields(KUSTOMIZE)),
    field("directory", Shape::Fields(DIRECTORY)),
    field("plugin", Shape::Fields(PLUGIN)),
    field("chart", PLAIN),
    field("ref", PLAIN),
    field("name", PLAIN),
    field("tagPrefix", PLAIN),
];

/// Fields that a file in the repository does not change.
pub(super) const PROTECTED: [&str; 4] = ["chart", "path", "repoURL", "targetRevision"];

/// Whether a block says nothing, as Argo CD's controller sees it. A block with a field that there
/// is not stays, so that a misspelling is reported and not dropped with the block.
pub(super) fn says_nothing(fields: &[Field], block: &Map<String, Value>) -> bool {
    let is_known = |key: &String| fields.iter().any(|field| field.name == key);
    block.keys().all(is_known)
        && fields.iter().filter(|field| field.counts).all(|field| {
            let value = block.get(field.name).unwrap_or(&Value::Null);
            match (field.shape, value) {
                (Shape::Fields(fields), Value::Object(block)) => says_nothing(fields, block),
                // Values that are an empty mapping are values.
                (Shape::Raw, value) => value.is_null(),
                (_, value) => is_empty(value),
            }
        })
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

/// A name in a file that no field has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unknown {
    /// The keys that lead to it.
    pub(super) keys: Vec<String>,
    /// The field that was probably meant.
    pub(super) meant: Option<&'static str>,
}

/// Lays what a file says over a source, as the repo-server does: by a JSON merge patch whose result
/// is read into the Go value of before. So a `null` deletes nothing, fields are found whatever the
/// case of their letters, and an item of a list of structures keeps what the item at its place had
/// and it does not say itself.
pub(super) fn merge(
    fields: &[Field],
    base: &mut Map<String, Value>,
    patch: &Map<String, Value>,
) -> Vec<Unknown> {
    let mut unknown = Vec::new();
    for (key, value) in patch {
        let same = |field: &&Field| field.name == key || field.name.eq_ignore_ascii_case(key);
        let Some(field) = fields.iter().find(same) else {
            let meant = nearest(key, fields.iter().map(|field| field.name));
            unknown.push(Unknown { keys: vec![key.clone()], meant });
            continue;
        };
        let below = merge_field(field, base, value);
        unknown.extend(below.into_iter().map(|mut unknown| {
            unknown.keys.insert(0, key.clone());
            unknown
        }));
    }
    unknown
}

fn merge_field(field: &Field, base: &mut Map<String, Value>, patch: &Value) -> Vec<Unknown> {
    let name = field.name;
    match (field.shape, patch) {
        (_, Value::Null) => Vec::new(),
        (Shape::Fields(fields), Value::Object(patch)) => {
            let below = base.entry(name).or_insert(Value::Null);
            if !below.is_object() {
                *below = Value::Object(Map::new());
            }
            below.as_object_mut().map(|below| merge(fields, below, patch)).unwrap_or_default()
        }
        (Shape::Names, Value::Object(patch)) => {
            let mut names = base.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
            names.extend(
                patch.iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k.clone(), v.clone())),
            );
            base.insert(name.to_owned(), Value::Object(names));
            Vec::new()
        }
        (Shape::Items(fields), Value::Array(patch)) => {
            let mut old = match base.remove(name) {
                Some(Value::Array(old)) => old,
                _ => Vec::new(),
            };
            let mut unknown = Vec::new();
            old.resize(patch.len(), Value::Null);
            for (index, (old, patch)) in old.iter_mut().zip(patch).enumerate() {
                let Value::Object(patch) = patch else {
                    old.clone_from(patch);
                    continue;
                };
                if !old.is_object() {
                    *old = Value::Object(Map::new());
                }
                let Some(old) = old.as_object_mut() else { continue };
                unknown.extend(merge(fields, old, patch).into_iter().map(|mut unknown| {
                    unknown.keys.insert(0, index.to_string());
                    unknown
                }));
            }
            base.insert(name.to_owned(), Value::Array(old));
            unknown
        }
        (Shape::Raw, patch) => {
            let below = base.entry(name).or_insert(Value::Null);
            merge_patch(below, patch);
            Vec::new()
        }
        (_, patch) => {
            base.insert(name.to_owned(), patch.clone());
            Vec::new()
        }
    }
}

/// A JSON merge patch (RFC 7396).
fn merge_patch(base: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        base.clone_from(patch);
        return;
    };
    if !base.is_object() {
        *base = Value::Object(Map::new());
    }
    let Some(base) = base.as_object_mut() else { return };
    for (key, value) in patch {
        if value.is_null() {
            base.shift_remove(key);
        } else {
            merge_patch(base.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(object) => object,
            other => panic!("{other} is no object"),
        }
    }

    /// What Go's types make of these was printed by the libraries that Argo CD uses.
    #[test]
    fn a_file_is_merged_as_go_reads_it() {
        let base = json!({
            "kustomize": {"images": ["i1", "i2"], "commonLabels": {"a": "1", "b": "2"}, "namePrefix": "pre"},
            "helm": {
                "parameters": [{"name": "n", "value": "v", "forceString": true}, {"name": "n2", "value": "v2"}],
                "valuesObject": {"x": 1, "y": 2},
            },
        });
        for (patch, pointer, expected) in [
            (json!({"kustomize": null}), "/kustomize", base["kustomize"].clone()),
            (json!({"kustomize": {}}), "/kustomize", base["kustomize"].clone()),
            (
                json!({"kustomize": {"images": null, "commonLabels": {"a": null, "c": "3"}, "namePrefix": null}}),
                "/kustomize",
                json!({"images": ["i1", "i2"], "commonLabels": {"a": "1", "b": "2", "c": "3"}, "namePrefix": "pre"}),
            ),
            (json!({"kustomize": {"images": ["q"]}}), "/kustomize/images", json!(["q"])),
            (json!({"kustomize": {"Images": ["q"]}}), "/kustomize/images", json!(["q"])),
            (
                json!({"helm": {"parameters": [{"name": "z", "value": "y"}]}}),
                "/helm/parameters",
                json!([{"name": "z", "value": "y", "forceString": true}]),
            ),
            (
                json!({"helm": {"parameters": [{"name": "z", "forcestring": false}, {"name": "a"}, {"name": "b"}]}}),
                "/helm/parameters",
                json!([{"name": "z", "value": "v", "forceString": false}, {"name": "a", "value": "v2"}, {"name": "b"}]),
            ),
            (
                json!({"helm": {"valuesObject": {"x": null, "n": {"m": null, "k": 1}}}}),
                "/helm/valuesObject",
                json!({"y": 2, "n": {"k": 1}}),
            ),
            (json!({"directory": {"recurse": true}}), "/directory", json!({"recurse": true})),
        ] {
            let mut merged = object(base.clone());
            assert_eq!(merge(SOURCE, &mut merged, &object(patch.clone())), [], "{patch}");
            assert_eq!(Value::Object(merged).pointer(pointer), Some(&expected), "{patch}");
        }
    }

    #[test]
    fn fields_that_there_are_not_are_told() {
        let patch = json!({
            "kustomise": {}, "helm": {"parameters": [{"name": "a"}, {"nme": "b"}], "valuesObject": {"any": 1}},
            "plugin": {"zzz": 1},
        });
        let unknown = merge(SOURCE, &mut Map::new(), &object(patch));
        let reported: Vec<_> =
            unknown.iter().map(|unknown| (unknown.keys.join("."), unknown.meant)).collect();
        assert_eq!(
            reported,
            [
                ("kustomise".to_owned(), Some("kustomize")),
                ("helm.parameters.1.nme".to_owned(), Some("name")),
                ("plugin.zzz".to_owned(), None),
            ]
        );
    }

    #[test]
    fn blocks_that_say_nothing_are_those_of_argo_cd() {
        for (fields, block, expected) in [
            (HELM, json!({}), true),
            (
                HELM,
                json!({"releaseName": "", "valueFiles": [], "skipCrds": false, "valuesObject": null}),
                true,
            ),
            (HELM, json!({"valuesObject": {}}), false),
            (HELM, json!({"skipTests": true}), false),
            (KUSTOMIZE, json!({"forceCommonLabels": true, "labelWithoutSelector": true}), true),
            (KUSTOMIZE, json!({"ignoreMissingComponents": true}), false),
            (KUSTOMIZE, json!({"commonLabels": {}}), true),
            (DIRECTORY, json!({"recurse": false, "jsonnet": {"libs": []}}), true),
            (DIRECTORY, json!({"jsonnet": {"libs": ["a"]}}), false),
            (DIRECTORY, json!({"include": "*.yaml"}), false),
        ] {
            assert_eq!(says_nothing(fields, block.as_object().unwrap()), expected, "{block}");
        }
    }
}
