//! The table of types says what Kubernetes' own OpenAPI document says, field by field.

#![allow(clippy::unwrap_used)]

#[path = "common/mod.rs"]
mod common;

use std::collections::BTreeSet;

use oarlock_kubernetes_schema::Release;
use serde_json::{Map, Value};

const TABLE: &str = include_str!("../src/types.txt");

/// Where the table and the document differ, for a reason.
const EXCEPTIONS: [(&str, &str); 11] = [
    // The document asks for them, the API server does not: it takes an empty value.
    ("api.apps.v1.StatefulSetSpec", "serviceName"),
    ("api.networking.v1.NetworkPolicySpec", "podSelector"),
    ("api.core.v1.Event", "metadata"),
    ("api.events.v1.Event", "eventTime"),
    // The API server refuses empty names, since 1.31 not by the document.
    ("api.core.v1.ConfigMapEnvSource", "name"),
    ("api.core.v1.ConfigMapKeySelector", "name"),
    ("api.core.v1.ConfigMapProjection", "name"),
    ("api.core.v1.ConfigMapVolumeSource", "name"),
    ("api.core.v1.SecretEnvSource", "name"),
    ("api.core.v1.SecretKeySelector", "name"),
    ("api.core.v1.SecretProjection", "name"),
];

/// The lines of the table that a release has, without their versions: `TYPE FIELD FORM`.
fn lines_of_table(release: Release) -> BTreeSet<String> {
    let minor: u32 = release.to_string()[2..].parse().unwrap();
    let mut name = "";
    let mut lines = BTreeSet::new();
    for line in TABLE.lines() {
        let (line, is_in) = match line.rsplit_once(' ').and_then(|(rest, range)| {
            let (first, last) = range.split_once('-')?;
            Some((rest, first.parse::<u32>().ok()?..=last.parse::<u32>().ok()?))
        }) {
            Some((rest, range)) => (rest, range.contains(&minor)),
            None => (line, true),
        };
        if let Some(found) = line.strip_prefix("type ") {
            name = found;
        } else if is_in && line.starts_with("kind ") {
            lines.insert(line.to_owned());
        } else if is_in {
            lines.insert(format!("{name}{line}"));
        }
    }
    lines
}

fn form(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return match reference.trim_start_matches("#/definitions/io.k8s.") {
            "apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON" => "any".to_owned(),
            "apimachinery.pkg.api.resource.Quantity" => "quantity".to_owned(),
            "apimachinery.pkg.apis.meta.v1.FieldsV1" | "apimachinery.pkg.runtime.RawExtension" => {
                "object".to_owned()
            }
            "apimachinery.pkg.apis.meta.v1.MicroTime" => "micro-time".to_owned(),
            "apimachinery.pkg.apis.meta.v1.Time" => "time".to_owned(),
            "apimachinery.pkg.util.intstr.IntOrString" => "int-or-string".to_owned(),
            name => {
                let schema = "apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";
                match name.strip_prefix(schema) {
                    Some("OrArray") => format!("{schema}|[{schema}]"),
                    Some("OrBool") => format!("{schema}|boolean"),
                    Some("OrStringArray") => format!("{schema}|[string]"),
                    _ => name.to_owned(),
                }
            }
        };
    }
    match (schema["type"].as_str().unwrap(), schema["format"].as_str().unwrap_or_default()) {
        ("array", _) => format!("[{}]", form(&schema["items"])),
        ("object", _) if schema.get("additionalProperties").is_none() => "object".to_owned(),
        ("object", _) => format!("{{{}}}", form(&schema["additionalProperties"])),
        ("string", "byte") => "bytes".to_owned(),
        ("integer", format) => format.to_owned(),
        (kind, _) => kind.to_owned(),
    }
}

fn lines_of_document(definitions: &Map<String, Value>, known: &BTreeSet<&str>) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for (name, schema) in definitions {
        let name = name.strip_prefix("io.k8s.").unwrap_or(name);
        for gvk in schema["x-kubernetes-group-version-kind"].as_array().into_iter().flatten() {
            let text = |key: &str| gvk[key].as_str().unwrap();
            let version = match text("group") {
                "" => text("version").to_owned(),
                group => format!("{group}/{}", text("version")),
            };
            // Lists are taken apart; what is not an object of a cluster is no kind here.
            let is_list = text("kind").ends_with("List")
                && !["APIGroupList", "APIResourceList"].contains(&text("kind"));
            if !is_list && !["DeleteOptions", "WatchEvent"].contains(&text("kind")) {
                lines.insert(format!("kind {version} {} {name}", text("kind")));
            }
        }
        if !known.contains(name) {
            continue;
        }
        let required: Vec<&str> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|field| field.as_str().unwrap())
            .collect();
        for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
            let mark = if required.contains(&field.as_str()) { "!" } else { "" };
            lines.insert(format!("{name} {field}{mark} {}", form(schema)));
        }
    }
    lines
}

#[test]
fn the_table_says_what_kubernetes_says() {
    let known: BTreeSet<&str> = TABLE.lines().filter_map(|line| line.strip_prefix("type ")).collect();
    for (release, document) in common::documents() {
        let is_exception = |line: &String| {
            EXCEPTIONS.iter().any(|(name, field)| {
                line.strip_prefix(name)
                    .and_then(|rest| rest.trim_start().strip_prefix(field))
                    .is_some_and(|rest| rest.starts_with(['!', ' ']))
            })
        };
        let (table, document) =
            (lines_of_table(release), lines_of_document(document.as_object().unwrap(), &known));
        let differing: Vec<&String> =
            table.symmetric_difference(&document).filter(|line| !is_exception(line)).collect();
        assert!(table.len() > 2000, "{release}: {}", table.len());
        assert!(differing.is_empty(), "{release}: {differing:#?}");
    }
}
