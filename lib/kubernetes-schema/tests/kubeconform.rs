//! Objects of charts and kustomizations, as they are and with seeded mistakes, are held against
//! their types by `kubeconform -strict`, too: both find a mistake in the same objects.
//!
//! The schemas for kubeconform are made from Kubernetes' own OpenAPI document, with what the API
//! server asks of scalars added: ranges of integers, quantities, base64.

#![allow(clippy::unwrap_used)]

#[path = "common/mod.rs"]
mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use oarlock_kubernetes_schema::{Fault, FaultKind, Types};
use oarlock_samples::visibly;
use oarlock_yaml::{Limits, Reader, parse, to_json};
use serde_json::{Map, Value, json};

/// How many objects with a mistake are made.
const MUTANTS: usize = 4000;

/// What is required by the document and not by the API server, or the other way round.
const LENIENT: [(&str, &str); 10] = [
    ("StatefulSetSpec", "serviceName"),
    ("NetworkPolicySpec", "podSelector"),
    ("Event", "eventTime"),
    ("ConfigMapEnvSource", "name"),
    ("ConfigMapKeySelector", "name"),
    ("ConfigMapProjection", "name"),
    ("ConfigMapVolumeSource", "name"),
    ("SecretEnvSource", "name"),
    ("SecretKeySelector", "name"),
    ("SecretProjection", "name"),
];

#[test]
fn kubeconform_finds_mistakes_in_the_same_objects() {
    let kubeconform =
        std::env::var_os("OARLOCK_KUBECONFORM").map_or_else(|| "kubeconform".into(), PathBuf::from);
    if !Command::new(&kubeconform).arg("-v").output().is_ok_and(|output| output.status.success()) {
        visibly(
            "note: nothing is compared with kubeconform, which is neither in PATH nor OARLOCK_KUBECONFORM",
        );
        return;
    }
    let corpora = oarlock_samples::conformance("");
    // The example alone has fewer kinds than the corpora.
    let fewest = if corpora.is_some() { 500 } else { 300 };
    let objects = objects(corpora);
    let mutants = mutants(&objects);
    for (release, document) in common::documents() {
        let directory = tempfile::tempdir().unwrap();
        let (schemas, files) = (directory.path().join("schemas"), directory.path().join("objects"));
        write_schemas(document.as_object().unwrap(), &schemas);
        std::fs::create_dir(&files).unwrap();
        let types = Types::of(release);
        let mut ours = BTreeMap::new();
        for (index, object) in objects.iter().chain(&mutants).enumerate() {
            let text = |key: &str| object[key].as_str().unwrap_or_default();
            let Some(kind) = types.kind(text("apiVersion"), text("kind")) else { continue };
            let faults = kind.check(object).into_iter().filter(is_error);
            let name = format!("{index:06}.json");
            std::fs::write(files.join(&name), object.to_string()).unwrap();
            ours.insert(name, (object, faults.collect::<Vec<_>>()));
        }
        let theirs = invalid(&kubeconform, &schemas, &files);
        let is_same = |(name, (_, faults)): &(&String, &(&Value, Vec<Fault>))| {
            faults.is_empty() != theirs.contains_key(*name)
        };
        let differing: Vec<String> = ours
            .iter()
            .filter(|found| !is_same(found))
            .map(|(name, (object, faults))| {
                let messages: Vec<String> = faults.iter().map(Fault::message).collect();
                format!("{messages:?}\n  kubeconform: {:?}\n  {object}", theirs.get(name))
            })
            .collect();
        assert!(ours.len() > fewest && theirs.len() > 100, "{release}: too few are compared");
        assert!(
            differing.is_empty(),
            "{release}: {} of {} differ:\n{}",
            differing.len(),
            ours.len(),
            differing.iter().take(10).cloned().collect::<Vec<_>>().join("\n")
        );
        visibly(&format!(
            "kubeconform, Kubernetes {release}: the same {} of {} objects have mistakes",
            theirs.len(),
            ours.len()
        ));
    }
}

/// kubeconform knows no warnings.
fn is_error(fault: &Fault) -> bool {
    !matches!(fault.kind, FaultKind::EmptyItem | FaultKind::Repeated { .. })
}

/// The files in which kubeconform finds mistakes, and what it says.
fn invalid(kubeconform: &Path, schemas: &Path, files: &Path) -> BTreeMap<String, String> {
    let location = format!("{}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json", schemas.display());
    let output = Command::new(kubeconform)
        .args(["-strict", "-output", "json", "-n", "2", "-schema-location", &location])
        .arg(files)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let invalid = report["resources"].as_array().unwrap().iter().map(|resource| {
        // It is an error, too, if a name or namespace is of another type.
        let is_read = resource["status"] == "statusInvalid"
            || resource["msg"].as_str().is_some_and(|text| text.starts_with("error while parsing"));
        assert!(is_read, "{resource}");
        let file = Path::new(resource["filename"].as_str().unwrap()).file_name().unwrap();
        (file.to_string_lossy().into_owned(), resource["msg"].to_string())
    });
    invalid.collect()
}

/// Objects of the example, and of the conformance corpora where they are there.
fn objects(corpora: Option<PathBuf>) -> Vec<Value> {
    let mut roots = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/gitops"))];
    roots.extend(corpora);
    let mut files = Vec::new();
    for root in roots {
        search(&root, &mut files);
    }
    files.sort();
    let mut found = BTreeSet::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy();
        let is_output =
            name.starts_with("expected") || file.components().any(|part| part.as_os_str() == "gitops");
        if !is_output || !name.ends_with(".yaml") {
            continue;
        }
        let Ok(documents) = parse(&std::fs::read(&file).unwrap(), Reader::ArgoCd, Limits::default()) else {
            continue;
        };
        for document in documents {
            let Ok(json) = to_json(&document.root) else { continue };
            let Ok(object) = serde_json::from_str::<Value>(&json) else { continue };
            // kubeconform has no schemas for the values of schemas.
            let is_whole = object["kind"].is_string() && object["metadata"].is_object();
            if is_whole && object["kind"] != "CustomResourceDefinition" {
                found.insert(object.to_string());
            }
        }
    }
    found.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

fn search(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            search(&path, files);
        } else if path.is_file() {
            files.push(path);
        }
    }
}

/// Objects with one mistake each, the same on every run. Some are none: the new value may fit.
fn mutants(objects: &[Value]) -> Vec<Value> {
    let mut random = Random(0x0a41_0c4b);
    let values = [
        Value::Null,
        json!("text"),
        json!("80"),
        json!(7),
        json!(-1),
        json!(2.5),
        json!(1_099_511_627_776_i64),
        json!(u64::MAX),
        json!(true),
        json!([]),
        json!([null]),
        json!({}),
        json!({"a": 1}),
        json!("2026-11-30T00:00:00Z"),
        json!("1Gi"),
        json!("YQ=="),
    ];
    (0..MUTANTS)
        .map(|_| {
            let mut object = random.choose(objects).clone();
            // Deep enough to change a field of the kind.
            let mut place = &mut object;
            let mut depth = 0;
            loop {
                let count = match place {
                    Value::Object(map) => map.len(),
                    Value::Array(items) => items.len(),
                    _ => 0,
                };
                if count == 0 || depth > 1 && random.below(4) == 0 {
                    break;
                }
                let index = random.below(count);
                place = match place {
                    Value::Object(map) => {
                        let keys = ["apiVersion", "kind", "metadata"];
                        let key = map.keys().nth(index).unwrap().clone();
                        // Objects without a kind or name are no objects to kubeconform.
                        if depth == 0 && keys.contains(&key.as_str()) && random.below(8) > 0 {
                            depth = 1;
                            let spec = map.keys().find(|key| !keys.contains(&key.as_str())).cloned();
                            map.get_mut(&spec.unwrap_or_else(|| "metadata".to_owned())).unwrap()
                        } else {
                            map.get_mut(if depth == 0 && key != "metadata" && keys.contains(&key.as_str()) {
                                "metadata"
                            } else {
                                &key
                            })
                            .unwrap()
                        }
                    }
                    Value::Array(items) => &mut items[index],
                    _ => unreachable!("a value with values in it"),
                };
                depth += 1;
            }
            match (random.below(4), place) {
                (0, Value::Object(map)) => {
                    map.insert("unknownField".to_owned(), json!(1));
                }
                (1, Value::Object(map)) if !map.is_empty() => {
                    let key = map.keys().nth(random.below(map.len())).unwrap().clone();
                    map.shift_remove(&key);
                }
                (_, place) => *place = random.choose(&values).clone(),
            }
            object
        })
        .filter(|object| {
            object["metadata"].is_object() && object["kind"].is_string() && object["apiVersion"].is_string()
        })
        .collect()
}

/// Numbers that look random (SplitMix64), of a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % count as u64).unwrap()
    }

    fn choose<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// A schema for each kind, with what it leads to.
fn write_schemas(definitions: &Map<String, Value>, directory: &Path) {
    std::fs::create_dir(directory).unwrap();
    let converted: Map<String, Value> =
        definitions.iter().map(|(name, schema)| (name.clone(), object_schema(name, schema))).collect();
    for (name, schema) in definitions {
        let mut needed = BTreeSet::new();
        let mut open = vec![name.clone()];
        while let Some(next) = open.pop() {
            if needed.insert(next.clone()) {
                references(&converted[&next], &mut open);
            }
        }
        let needed: Map<String, Value> =
            needed.into_iter().map(|name| (name.clone(), converted[&name].clone())).collect();
        for gvk in schema["x-kubernetes-group-version-kind"].as_array().into_iter().flatten() {
            let text = |key: &str| gvk[key].as_str().unwrap();
            let group = text("group").split('.').next().unwrap_or_default();
            let dash = if group.is_empty() { "" } else { "-" };
            let file = format!("{}{dash}{group}-{}.json", text("kind").to_lowercase(), text("version"));
            let mut whole = converted[name].clone();
            whole["definitions"] = Value::Object(needed.clone());
            whole["$schema"] = json!("http://json-schema.org/draft-07/schema#");
            std::fs::write(directory.join(file), whole.to_string()).unwrap();
        }
    }
}

fn references(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(name) = map.get("$ref").and_then(Value::as_str) {
                found.push(name.trim_start_matches("#/definitions/").to_owned());
            }
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

fn object_schema(name: &str, schema: &Value) -> Value {
    let Some(properties) = schema["properties"].as_object() else {
        // What it holds is anything, but for the empty types.
        return json!({"type": "object"});
    };
    let short = name.rsplit('.').next().unwrap();
    let mut required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().map(|field| field.as_str().unwrap()).collect();
    required.retain(|field| !LENIENT.contains(&(short, field)));
    required.extend(LENIENT[3..].iter().filter(|(kind, _)| *kind == short).map(|(_, field)| *field));
    let fields = properties.iter().map(|(field, schema)| {
        let schema = value_schema(schema);
        let schema = if required.contains(&field.as_str()) { schema } else { or_null(&schema) };
        (field.clone(), schema)
    });
    let fields: Map<String, Value> = fields.collect();
    json!({"type": "object", "properties": fields, "required": required, "additionalProperties": false})
}

fn or_null(schema: &Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

fn value_schema(schema: &Value) -> Value {
    let quantity =
        "^\\s*[+-]?([0-9]*)(\\.[0-9]*)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?[0-9]{1,18})?\\s*$";
    // Go reads over line breaks.
    let base64 = "^[\\r\\n]*(([A-Za-z0-9+/][\\r\\n]*){4})*(([A-Za-z0-9+/][\\r\\n]*){2}=[\\r\\n]*=|([A-Za-z0-9+/][\\r\\n]*){3}=)?[\\r\\n]*$";
    let int32 = json!({"type": "integer", "minimum": i32::MIN, "maximum": i32::MAX});
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('.').next().unwrap();
        return match name {
            "Quantity" => {
                json!({"anyOf": [{"type": "number"}, {"type": "string", "pattern": quantity, "minLength": 1}]})
            }
            "IntOrString" => json!({"anyOf": [int32, {"type": "string"}]}),
            "Time" => json!({"type": "string", "format": "date-time"}),
            "MicroTime" => json!({"type": "string", "pattern": "\\.[0-9]{6}(Z|[+-])"}),
            "JSON" | "JSONSchemaPropsOrArray" | "JSONSchemaPropsOrBool" | "JSONSchemaPropsOrStringArray" => {
                json!({})
            }
            _ => json!({"$ref": reference}),
        };
    }
    match (schema["type"].as_str().unwrap(), schema["format"].as_str().unwrap_or_default()) {
        ("array", _) => json!({"type": "array", "items": or_null(&value_schema(&schema["items"]))}),
        ("object", _) => match schema.get("additionalProperties") {
            Some(each) => json!({"type": "object", "additionalProperties": or_null(&value_schema(each))}),
            None => json!({"type": "object"}),
        },
        ("integer", "int32") => int32,
        ("integer", _) => json!({"type": "integer", "minimum": i64::MIN, "maximum": i64::MAX}),
        ("string", "byte") => {
            json!({"type": "string", "pattern": base64})
        }
        (kind, _) => json!({"type": kind}),
    }
}
