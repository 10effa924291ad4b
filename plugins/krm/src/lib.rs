//! KRM functions as plugins: what `kustomize fn run`, kpt and kustomize's `transformers` do around
//! a function, done around a plugin.
//!
//! A function maps a [`ResourceList`]: it reads `functionConfig`, changes `items` and reports
//! `results`. [`run`] calls one with the manifests of a request. Behaviour is that of the KRM
//! Functions Specification (`kubernetes-sigs/kustomize`,
//! `cmd/config/docs/api-conventions/functions-spec.md`).
//!
//! ```
//! use oarlock_krm::run;
//! use oarlock_plugin::{Manifest, MemoryHost, serde_json::{Map, json}};
//!
//! let host = MemoryHost::default();
//! let pod = Manifest::from_json(r#"{"kind": "Pod", "metadata": {"name": "a"}}"#.to_owned())?;
//! let made = run(&host, Map::new(), vec![pod], |list| {
//!     for item in &mut list.items {
//!         item["metadata"]["namespace"] = json!("shop");
//!     }
//!     Ok(())
//! })?;
//! assert_eq!(made[0].namespace(), "shop");
//! # Ok::<(), oarlock_plugin::Failures>(())
//! ```

use std::collections::BTreeMap;

use oarlock_plugin::{Failure, Failures, Host, Level, Manifest, Origin};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The page that says how to move a function over: its code compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/plugins/migration.md")]
struct MigrationPage;

/// Annotations that an orchestrator lends to items, by what they say. The second name of each is
/// that of the first version of the specification, which functions still read.
const PATH: [&str; 2] = ["internal.config.kubernetes.io/path", "config.kubernetes.io/path"];
const INDEX: [&str; 2] = ["internal.config.kubernetes.io/index", "config.kubernetes.io/index"];
const ID: [&str; 2] = ["internal.config.kubernetes.io/id", "config.kubernetes.io/id"];

/// What a function is given, and what it makes of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceList {
    /// `config.kubernetes.io/v1`.
    pub api_version: String,
    /// `ResourceList`.
    pub kind: String,
    /// The objects, to be changed, removed and added to.
    #[serde(default)]
    pub items: Vec<Map<String, Value>>,
    /// How the function is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function_config: Option<Map<String, Value>>,
    /// What the function reports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<FunctionResult>,
}

/// Something that a function reports.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FunctionResult {
    /// What there is to say.
    pub message: String,
    /// How much it matters.
    pub severity: Severity,
    /// The object that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_ref: Option<ResourceRef>,
    /// The field that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<Field>,
    /// The file that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<File>,
}

/// How much a result matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The render fails.
    #[default]
    Error,
    /// The user is warned.
    Warning,
    /// A line of the log.
    Info,
}

/// Identifies an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceRef {
    /// Group and version.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Namespace; empty if the object has none.
    pub namespace: String,
}

/// A field of an object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Field {
    /// As `spec.containers[0].image`.
    pub path: String,
    /// What it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed_value: Option<Value>,
}

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct File {
    /// From the root of the repository.
    pub path: String,
}

/// Runs a function over the manifests of a request.
///
/// The configuration becomes `functionConfig`: as it is if it has a `kind`, else as the `data` of a
/// ConfigMap, as kpt's `configMap`. Items carry the usual annotations for path, index and id, and
/// lose them behind the function. An item that keeps its id keeps its origin, and one that was not
/// changed is passed on as the original text. Results of severity `error` make the render fail,
/// even if the function does not; warnings and infos are reported.
///
/// # Errors
/// What the function fails with, and its results of severity `error`.
pub fn run(
    host: &dyn Host,
    config: Map<String, Value>,
    manifests: Vec<Manifest>,
    function: impl FnOnce(&mut ResourceList) -> Result<(), Failures>,
) -> Result<Vec<Manifest>, Failures> {
    let mut list = ResourceList {
        api_version: "config.kubernetes.io/v1".to_owned(),
        kind: "ResourceList".to_owned(),
        items: lend(&manifests),
        function_config: Some(function_config(config)),
        results: Vec::new(),
    };
    let done = function(&mut list);
    let mut failures = Vec::new();
    for result in list.results {
        let failure = failure(&result, &manifests);
        match result.severity {
            Severity::Error => failures.push(failure),
            Severity::Warning => host.warn(failure),
            Severity::Info => host.log(Level::Info, &failure.message),
        }
    }
    if let Err(reasons) = done {
        return Err(reasons.and(failures));
    }
    Failures::check(failures)?;
    Ok(take_back(list.items, manifests))
}

fn function_config(config: Map<String, Value>) -> Map<String, Value> {
    if config.contains_key("kind") {
        return config;
    }
    let mut wrapped = Map::new();
    wrapped.insert("apiVersion".to_owned(), json!("v1"));
    wrapped.insert("kind".to_owned(), json!("ConfigMap"));
    wrapped.insert("metadata".to_owned(), json!({"name": "function-input"}));
    wrapped.insert("data".to_owned(), Value::Object(config));
    wrapped
}

/// The objects with the annotations that functions know.
fn lend(manifests: &[Manifest]) -> Vec<Map<String, Value>> {
    let mut indices = BTreeMap::<&str, usize>::new();
    let annotated = manifests.iter().enumerate().map(|(id, manifest)| {
        let mut lent = manifest.clone();
        let mut set = |names: [&str; 2], value: &str| {
            for name in names {
                lent.set_annotation(name, value);
            }
        };
        set(ID, &id.to_string());
        if let Some(origin) = &manifest.origin {
            let index = indices.entry(&origin.path).or_default();
            set(PATH, &origin.path);
            set(INDEX, &index.to_string());
            *index += 1;
        }
        lent.object().clone()
    });
    annotated.collect()
}

/// The items as manifests, without what was lent.
fn take_back(items: Vec<Map<String, Value>>, manifests: Vec<Manifest>) -> Vec<Manifest> {
    let mut originals: Vec<_> = manifests.into_iter().map(Some).collect();
    let returned = items.into_iter().map(|mut item| {
        let id = strip(&mut item);
        // Of two items of one id, the second is a copy that the function made.
        let original = id.and_then(|id| originals.get_mut(id)?.take());
        match original {
            Some(original) if is_same(original.object(), &item) => original,
            Some(original) => Manifest::new(item).with_origin(original.origin),
            None => Manifest::new(item),
        }
    });
    returned.collect()
}

/// Removes the annotations that were lent, and gives the id.
fn strip(item: &mut Map<String, Value>) -> Option<usize> {
    let annotations = item.get_mut("metadata")?.get_mut("annotations")?.as_object_mut()?;
    let mut id = None;
    for name in [ID, PATH, INDEX].into_iter().flatten() {
        let value = annotations.shift_remove(name);
        if ID.contains(&name) {
            id = id.or(value.as_ref().and_then(Value::as_str).and_then(|text| text.parse().ok()));
        }
    }
    if annotations.is_empty()
        && let Some(metadata) = item.get_mut("metadata").and_then(Value::as_object_mut)
    {
        metadata.shift_remove("annotations");
    }
    id
}

/// Whether an item is what it was, apart from an empty `annotations` that was filled and emptied.
fn is_same(original: &Map<String, Value>, item: &Map<String, Value>) -> bool {
    let annotations = original.get("metadata").and_then(|metadata| metadata.get("annotations"));
    let was_empty = annotations.is_some_and(|value| value.as_object().is_none_or(Map::is_empty));
    if !was_empty {
        return original == item;
    }
    let mut original = original.clone();
    if let Some(metadata) = original.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.shift_remove("annotations");
    }
    original == *item
}

/// A result as a message, at the field that it is about.
fn failure(result: &FunctionResult, manifests: &[Manifest]) -> Failure {
    let mut failure = Failure::new(result.message.clone());
    let object = result.resource_ref.as_ref().and_then(|wanted| {
        manifests.iter().find(|manifest| {
            manifest.kind() == wanted.kind
                && manifest.name() == wanted.name
                && manifest.namespace() == wanted.namespace
                && (wanted.api_version.is_empty() || manifest.api_version() == wanted.api_version)
        })
    });
    let origin = object.and_then(|manifest| manifest.origin.as_ref());
    let field = result.field.as_ref().filter(|field| !field.path.is_empty());
    if let Some(origin) = origin {
        failure = failure.at(match field {
            Some(field) => origin.within(keys(&field.path)),
            None => origin.clone(),
        });
    } else {
        if let Some(file) = &result.file {
            failure = failure.at(Origin::file(file.path.clone()));
        }
        if let Some(ResourceRef { kind, name, .. }) = &result.resource_ref {
            failure = failure.note(format!("{kind} {name}"));
        }
        if let Some(field) = field {
            failure = failure.note(format!("field `{}`", field.path));
        }
    }
    match field.and_then(|field| field.proposed_value.as_ref()) {
        Some(Value::String(proposed)) => failure.hint(format!("write `{proposed}`")),
        Some(proposed) => failure.hint(format!("write `{proposed}`")),
        None => failure,
    }
}

/// `spec.containers[0].image` as keys.
fn keys(path: &str) -> Vec<String> {
    let parts = path.split(['.', '[']).map(|part| part.trim_end_matches(']'));
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use oarlock_plugin::MemoryHost;

    use super::*;

    fn manifest(name: &str, line: u32) -> Manifest {
        let text = format!(r#"{{"kind":  "Pod","apiVersion":"v1","metadata":{{"name":"{name}"}}}}"#);
        Manifest::from_json(text).unwrap().with_origin(Some(Origin::at("app/pods.yaml", line, 1)))
    }

    fn config(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn items_have_path_index_and_id_and_lose_them() {
        let host = MemoryHost::default();
        let generated = Manifest::from_json(r#"{"kind":"Pod","metadata":{}}"#.to_owned()).unwrap();
        let given = vec![manifest("a", 1), manifest("b", 5), generated];
        let made = run(&host, Map::new(), given.clone(), |list| {
            assert_eq!(
                (list.api_version.as_str(), list.kind.as_str()),
                ("config.kubernetes.io/v1", "ResourceList")
            );
            let annotations = &list.items[1]["metadata"]["annotations"];
            for prefix in ["", "internal."] {
                let annotation = |name: &str| &annotations[&format!("{prefix}config.kubernetes.io/{name}")];
                assert_eq!(annotation("path"), "app/pods.yaml");
                assert_eq!((annotation("index"), annotation("id")), (&json!("1"), &json!("1")));
            }
            assert!(list.items[2]["metadata"]["annotations"].get(PATH[0]).is_none());
            Ok(())
        });
        let texts =
            |manifests: Vec<Manifest>| manifests.into_iter().map(Manifest::into_json).collect::<Vec<_>>();
        assert_eq!(texts(made.unwrap()), texts(given), "not a byte is different");
    }

    #[test]
    fn items_keep_their_origin_and_new_ones_have_none() {
        let host = MemoryHost::default();
        let made = run(&host, Map::new(), vec![manifest("a", 1), manifest("b", 5)], |list| {
            list.items.remove(0);
            list.items[0].insert("spec".to_owned(), json!({}));
            let mut copy = list.items[0].clone();
            copy["metadata"]["name"] = json!("copy");
            list.items.push(copy);
            list.items.insert(0, config(&json!({"kind": "Service", "metadata": {"name": "new"}})));
            Ok(())
        });
        let made = made.unwrap();
        let found: Vec<_> =
            made.iter().map(|one| (one.name(), one.origin.as_ref().map(|origin| origin.line))).collect();
        assert_eq!(found, [("new", None), ("b", Some(5)), ("copy", None)]);
        assert!(made.iter().all(|one| one.annotations().next().is_none()), "{made:?}");
        assert_eq!(made[1].at(&["spec"]), Some(&json!({})));
    }

    #[test]
    fn annotations_of_the_object_stay() {
        let host = MemoryHost::default();
        for (metadata, expected) in [
            (json!({"annotations": {"a": "b"}}), json!({"annotations": {"a": "b"}})),
            // What was not changed is passed on as it came, with what is empty.
            (json!({"annotations": null}), json!({"annotations": null})),
            (json!({"annotations": {}}), json!({"annotations": {}})),
        ] {
            let given = Manifest::new(config(&json!({"kind": "Pod", "metadata": metadata})));
            let made = run(&host, Map::new(), vec![given], |_| Ok(())).unwrap();
            assert_eq!(made[0].object()["metadata"], expected);
        }
    }

    #[test]
    fn configuration_is_an_object_or_becomes_one() {
        let host = MemoryHost::default();
        for (given, expected) in [
            (
                json!({"apiVersion": "a/v1", "kind": "Setter"}),
                json!({"apiVersion": "a/v1", "kind": "Setter"}),
            ),
            (
                json!({"namespace": "shop"}),
                json!({
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": "function-input"},
                    "data": {"namespace": "shop"},
                }),
            ),
        ] {
            let ran = run(&host, config(&given), Vec::new(), |list| {
                assert_eq!(json!(list.function_config), expected);
                Ok(())
            });
            ran.unwrap();
        }
    }

    /// A function in another process would print this.
    fn reports(results: &Value) -> impl FnOnce(&mut ResourceList) -> Result<(), Failures> {
        let text = json!({"apiVersion": "v1", "kind": "ResourceList", "results": results}).to_string();
        move |list| {
            let printed: ResourceList = serde_json::from_str(&text).unwrap();
            list.results = printed.results;
            Ok(())
        }
    }

    #[test]
    fn results_are_messages_at_their_places() {
        let host = MemoryHost::default();
        let results = json!([
            {"message": "loaded", "severity": "info"},
            {"message": "odd", "severity": "warning", "file": {"path": "app/x.yaml", "index": 0}},
            {
                "message": "no tag",
                "resourceRef": {"apiVersion": "v1", "kind": "Pod", "name": "b"},
                "field": {"path": "spec.containers[0].image", "currentValue": "a", "proposedValue": "a:1"},
            },
            {"message": "gone", "severity": "error", "resourceRef": {"kind": "Pod", "name": "c"}, "field": {"path": "spec"}},
        ]);
        let failures = run(&host, Map::new(), vec![manifest("b", 5)], reports(&results)).unwrap_err();
        let [first, second] = failures.as_slice() else { panic!("{failures:?}") };
        assert_eq!((first.message.as_str(), first.hint.as_deref()), ("no tag", Some("write `a:1`")));
        let within =
            Origin::at("app/pods.yaml", 5, 1).within(["spec", "containers", "0", "image"].map(str::to_owned));
        assert_eq!(first.origin, Some(within));
        assert_eq!(second.notes, ["Pod c", "field `spec`"]);
        assert_eq!(host.log_lines(), ["loaded"]);
        let [warning] = &host.warnings()[..] else { panic!("{:?}", host.warnings()) };
        assert_eq!(warning.origin, Some(Origin::file("app/x.yaml")));
    }

    #[test]
    fn a_function_that_fails_says_why_with_its_results() {
        let host = MemoryHost::default();
        let failures = run(&host, Map::new(), Vec::new(), |list| {
            list.results.push(FunctionResult { message: "one".into(), ..FunctionResult::default() });
            Err(Failure::new("exit status 1").into())
        });
        let failures = failures.unwrap_err();
        let messages: Vec<_> = failures.as_slice().iter().map(|failure| failure.message.as_str()).collect();
        assert_eq!(messages, ["exit status 1", "one"]);
    }
}
