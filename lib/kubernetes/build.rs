//! Turns the tables of facts under `data/` into sorted statics, so that nothing is parsed at run
//! time.
//!
//! kustomize parses its OpenAPI document, some megabytes of it, whenever a patch is applied. Of all
//! that a merge only needs which lists are merged by which keys, so only the fields on the way to
//! such lists are written out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=data");
    let data = Path::new("data");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));

    let merge_keys = read(&data.join("merge-keys.json"));
    let mut text = String::new();
    merge_tables(&mut text, object(&merge_keys["gvk"]), object(&merge_keys["definitions"]));
    std::fs::write(out.join("merge_keys.rs"), text).expect("OUT_DIR is writable");

    let scopes = read(&data.join("scope-and-order.json"));
    std::fs::write(out.join("scope.rs"), scope_table(&scopes)).expect("OUT_DIR is writable");

    let mut text = String::new();
    for (table, kinds) in [("FIRST", &scopes["legacyOrderFirst"]), ("LAST", &scopes["legacyOrderLast"])] {
        let kinds: Vec<&str> =
            kinds.as_array().expect("a list of kinds").iter().filter_map(Value::as_str).collect();
        writeln!(text, "const {table}: [&str; {}] = {kinds:?};", kinds.len()).expect("writing to a string");
    }
    std::fs::write(out.join("kustomize_order.rs"), text).expect("OUT_DIR is writable");
}

/// Writes the tables `DEFINITIONS`, `NAMES` and `KINDS`.
fn merge_tables(text: &mut String, kinds: &Map<String, Value>, definitions: &Map<String, Value>) {
    let useful = useful(definitions);
    let numbers: BTreeMap<&str, usize> =
        useful.iter().enumerate().map(|(number, name)| (*name, number)).collect();
    let number = |name: &str| numbers.get(name).map_or("None".to_owned(), |number| format!("Some({number})"));

    text.push_str("static DEFINITIONS: &[&[Field]] = &[\n");
    for name in &useful {
        text.push_str("    &[\n");
        let fields: BTreeMap<&String, &Value> = object(&definitions[*name]).iter().collect();
        for (field, rule) in fields {
            if let Some(target) = rule.get("ref").and_then(Value::as_str) {
                if let Some(target) = numbers.get(target) {
                    writeln!(text, "        Field {{ name: {field:?}, leads: Leads::Object({target}) }},")
                        .expect("writing to a string");
                }
            } else if is_merged(rule) {
                let items = rule.get("items").and_then(Value::as_str).map_or("None".to_owned(), number);
                writeln!(
                    text,
                    "        Field {{ name: {field:?}, leads: Leads::List {{ keys: &{:?}, items: {items} }} }},",
                    keys(rule),
                )
                .expect("writing to a string");
            }
        }
        text.push_str("    ],\n");
    }
    text.push_str("];\n\n");

    text.push_str("/// The definitions' names, in their order.\nstatic NAMES: &[&str] = &[\n");
    for name in &useful {
        writeln!(text, "    {name:?},").expect("writing to a string");
    }
    text.push_str("];\n\n");

    let mut sorted: Vec<(&str, &str, String)> = kinds
        .iter()
        .map(|(kind, definition)| {
            let (api_version, kind) = kind.split_once(' ').expect("`apiVersion Kind`");
            (kind, api_version, number(definition.as_str().expect("the name of a definition")))
        })
        .collect();
    sorted.sort();
    text.push_str("static KINDS: &[(&str, &str, Option<u16>)] = &[\n");
    for (kind, api_version, definition) in sorted {
        writeln!(text, "    ({kind:?}, {api_version:?}, {definition}),").expect("writing to a string");
    }
    text.push_str("];\n\n");
}

/// The definitions from which a merged list can be reached, by name.
fn useful(definitions: &Map<String, Value>) -> BTreeSet<&str> {
    let mut useful = BTreeSet::new();
    loop {
        let before = useful.len();
        for (name, fields) in definitions {
            let leads = |rule: &Value| {
                let target = rule.get("ref").and_then(Value::as_str);
                is_merged(rule) || target.is_some_and(|target| useful.contains(target))
            };
            if object(fields).values().any(leads) {
                useful.insert(name.as_str());
            }
        }
        if useful.len() == before {
            return useful;
        }
    }
}

/// Whether a field is a list whose elements are merged one by one. A field with a `ref` takes its
/// schema from there, strategy and all.
fn is_merged(rule: &Value) -> bool {
    let strategy = rule.get("strategy").and_then(Value::as_str).unwrap_or_default();
    rule.get("ref").is_none() && strategy.split(',').any(|part| part == "merge")
}

/// The merge keys of a list; none for a set of scalars.
fn keys(rule: &Value) -> Vec<&str> {
    match rule.get("listMapKeys").and_then(Value::as_array) {
        Some(keys) => keys.iter().filter_map(Value::as_str).collect(),
        None => rule.get("mergeKey").and_then(Value::as_str).into_iter().collect(),
    }
}

/// The table `SCOPES`.
fn scope_table(scopes: &Value) -> String {
    let kinds = |list: &'static str, scope: &'static str| {
        let kinds = scopes[list].as_array().expect("a list of `apiVersion Kind`").iter();
        kinds.map(move |kind| {
            let (api_version, kind) =
                kind.as_str().and_then(|kind| kind.split_once(' ')).expect("`apiVersion Kind`");
            let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
            ((kind, group, version), scope)
        })
    };
    let mut sorted: Vec<_> =
        kinds("clusterScoped", "Cluster").chain(kinds("namespaced", "Namespaced")).collect();
    sorted.sort_unstable();
    let mut text = "static SCOPES: &[(&str, &str, &str, Scope)] = &[\n".to_owned();
    for ((kind, group, version), scope) in sorted {
        writeln!(text, "    ({kind:?}, {group:?}, {version:?}, Scope::{scope}),")
            .expect("writing to a string");
    }
    text.push_str("];\n");
    text
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("the data file is readable");
    serde_json::from_str(&text).expect("the data file is JSON")
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().expect("an object")
}
