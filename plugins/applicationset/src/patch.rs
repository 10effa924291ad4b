//! `templatePatch`: a strategic merge patch of the typed Application, as
//! `k8s.io/apimachinery/pkg/util/strategicpatch` applies it.

mod strategic;

use serde_json::{Map as JsonMap, Value as Json};

use crate::error::{ErrorKind, ExpandError, Result};
use crate::json::from_yaml;
use crate::schema::{APPLICATION, Names, decode, encode};

/// Applies a rendered patch to an Application. `spec.project` stays what it is.
///
/// # Errors
/// If the text is no patch of an Application, or cannot be merged.
pub(crate) fn apply(application: &JsonMap<String, Json>, text: &str) -> Result<JsonMap<String, Json>> {
    let failure = |message: String| ExpandError::new(ErrorKind::Patch, format!("`templatePatch`: {message}"));
    // Go's decoder is stricter than its reader of YAML, and decides by the first character which
    // one reads.
    let patch: Json = if text.trim().starts_with('{') {
        serde_json::from_str(text).map_err(|error| failure(error.to_string()))?
    } else {
        from_yaml(text.as_bytes()).map_err(|error| failure(error.message))?
    };
    let fits = decode(&patch, &APPLICATION, Names::AnyCase, &mut Vec::new());
    fits.map_err(|error| failure(error.to_string()))?;

    let mut merged = encode(application, &APPLICATION);
    if let Json::Object(patch) = patch {
        merged = strategic::merge(merged, patch, &APPLICATION)
            .map_err(|error| ExpandError { kind: error.kind, ..failure(error.message) })?;
    }
    let mut patched = decode(&Json::Object(merged), &APPLICATION, Names::AnyCase, &mut Vec::new())
        .map_err(|error| failure(error.to_string()))?;
    set_project(&mut patched, application);
    Ok(patched)
}

fn set_project(patched: &mut JsonMap<String, Json>, application: &JsonMap<String, Json>) {
    let project = application.get("spec").and_then(|spec| spec.get("project")).cloned();
    let spec = patched.entry("spec").or_insert_with(|| Json::Object(JsonMap::new()));
    if let Json::Object(spec) = spec {
        match project {
            Some(project) => spec.insert("project".to_owned(), project),
            None => spec.remove("project"),
        };
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn patched(patch: &str) -> Result<Json> {
        let application = json!({
            "metadata": {
                "name": "a",
                "labels": {"a": "base", "b": "base"},
                "finalizers": ["f1", "f2"],
            },
            "spec": {
                "project": "default",
                "source": {
                    "repoURL": "u",
                    "path": "p",
                    "helm": {"valueFiles": ["v"], "valuesObject": {"x": 1, "w": {"z": 2}}},
                },
                "destination": {"server": "s"},
                "syncPolicy": {"automated": {"prune": true}, "syncOptions": ["A=1"]},
                "info": [{"name": "i1", "value": "v1"}],
            },
        });
        let application = application.as_object().unwrap().clone();
        apply(&application, patch).map(|patched| Json::Object(encode(&patched, &APPLICATION)))
    }

    #[rstest]
    #[case::labels("metadata: {labels: {a: new, b: null, c: x}}", "/metadata/labels", json!({"a": "new", "c": "x"}))]
    #[case::finalizers("metadata: {finalizers: [f3, f2]}", "/metadata/finalizers", json!(["f3", "f1", "f2"]))]
    #[case::no_finalizers("metadata: {finalizers: null}", "/metadata/finalizers", json!(null))]
    #[case::deleted_finalizer(
        "metadata: {$deleteFromPrimitiveList/finalizers: [f1]}", "/metadata/finalizers", json!(["f2"])
    )]
    #[case::finalizer_order(
        "metadata: {$setElementOrder/finalizers: [f2, f1]}", "/metadata/finalizers", json!(["f2", "f1"])
    )]
    #[case::project("spec: {project: evil}", "/spec/project", json!("default"))]
    #[case::lists("spec: {info: [{name: i2, value: v2}]}", "/spec/info", json!([{"name": "i2", "value": "v2"}]))]
    #[case::replaced("spec: {syncPolicy: {$patch: replace, syncOptions: [B=1]}}", "/spec/syncPolicy",
        json!({"syncOptions": ["B=1"]}))]
    #[case::deleted("spec: {syncPolicy: {$patch: delete}}", "/spec/syncPolicy", json!({}))]
    #[case::retained("spec: {syncPolicy: {$retainKeys: [syncOptions], syncOptions: [B=1]}}", "/spec/syncPolicy",
        json!({"syncOptions": ["B=1"]}))]
    #[case::scalar_of_values("spec: {source: {helm: {valuesObject: {x: 2, m: {a: 1}}}}}",
        "/spec/source/helm/valuesObject", json!({"x": 2, "w": {"z": 2}, "m": {"a": 1}}))]
    #[case::empty("", "/metadata/name", json!("a"))]
    #[case::json("  {\"metadata\": {\"name\": \"b\"}}", "/metadata/name", json!("b"))]
    #[case::another_case("Metadata: {Name: b}", "/metadata/name", json!("a"))]
    #[case::whole_patch_deletes("$patch: delete", "/spec/project", json!("default"))]
    fn merges(#[case] patch: &str, #[case] pointer: &str, #[case] expected: Json) {
        let patched = patched(patch).unwrap();
        assert_eq!(patched.pointer(pointer).cloned().unwrap_or_default(), expected, "{patched}");
    }

    #[rstest]
    #[case("just words")]
    #[case("metadata: {labels: {a: 5}}")]
    #[case("{\"spec\": {\"revisionHistoryLimit\": 3.0}}")]
    #[case("metadata: [")]
    #[case("{\"spec\": {},}")]
    #[case("spec: {source: {helm: {valuesObject: {w: {v: 3}}}}}")]
    #[case("spec: {syncPolicy: {$patch: upsert}}")]
    #[case("spec: {syncPolicy: {$retainKeys: [automated], syncOptions: [B=1]}}")]
    #[case("spec: {$setElementOrder/info: [{name: i1}]}")]
    #[case("metadata: {$setElementOrder/finalizers: f1}")]
    fn refused(#[case] patch: &str) {
        assert!(patched(patch).is_err());
    }

    #[test]
    fn references_to_owners_merge_by_uid() {
        let application = json!({"metadata": {"ownerReferences": [
            {"apiVersion": "v1", "kind": "A", "name": "a", "uid": "1"},
            {"apiVersion": "v1", "kind": "B", "name": "b", "uid": "2"},
        ]}});
        let patch = "metadata: {ownerReferences: [{uid: '2', name: new}, {uid: '1', $patch: delete}]}";
        let patched = apply(application.as_object().unwrap(), patch).unwrap();
        let names: Vec<_> = patched["metadata"]["ownerReferences"]
            .as_array()
            .unwrap()
            .iter()
            .map(|owner| owner["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["new"]);
    }
}
