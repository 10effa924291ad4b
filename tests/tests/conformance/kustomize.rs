//! Kustomizations, compared byte for byte.
//!
//! How many of them give kustomize's bytes is printed here and judged by the engine's own tests,
//! per area and against a threshold.

use std::fs;
use std::path::Path;

use oarlock_engine::writer::{Format, to_text};
use oarlock_kustomize::Kustomize;
use oarlock_samples::conformance;
use serde_json::{Value, json};

use crate::conformance::{Outcome, both_ways, demand_as_natively, entries, json_file, report};

/// The text is expected; nothing where that is an error.
type Case = crate::conformance::Case<Option<String>>;

#[test]
fn the_component_builds_as_kustomize_does() {
    let Some(corpus) = conformance("kustomize") else { return };
    let cases: Vec<Case> = cases(&corpus.join("cases")).chain(roots(&corpus.join("repos"))).collect();
    let rendered = both_ways::<Kustomize, _>(&cases);
    let failed: Vec<&str> = rendered
        .iter()
        .filter(|rendered| text(&rendered.component) != rendered.case.expected)
        .map(|rendered| rendered.case.name.as_str())
        .collect();
    report::<Kustomize>(&failed, cases.len());
    demand_as_natively::<Kustomize, _>(&rendered);
}

/// What is printed; nothing where the render failed.
fn text(outcome: &Outcome) -> Option<String> {
    to_text(outcome.as_ref().ok()?, Format::Yaml).ok()
}

fn cases(directory: &Path) -> impl Iterator<Item = Case> {
    entries(directory).into_iter().flat_map(|path| {
        let meta = json_file(&path.join("meta.json"));
        let case = |suffix: &str, reorder: &str, expected: Option<String>| Case {
            name: format!("{}{suffix}", path.file_name().unwrap().to_string_lossy()),
            tree: path.join("input"),
            directory: meta["dir"].as_str().unwrap().to_owned(),
            config: config(&meta["args"], reorder),
            objects: Vec::new(),
            expected,
        };
        let expected =
            (meta["expect"] != "error").then(|| fs::read_to_string(path.join("expected.yaml")).unwrap());
        let in_order = fs::read_to_string(path.join("expected-fifo.yaml")).ok();
        let in_order = in_order.map(|text| case(" in input order", "none", Some(text)));
        [case("", "legacy", expected)].into_iter().chain(in_order).collect::<Vec<_>>()
    })
}

fn roots(directory: &Path) -> impl Iterator<Item = Case> {
    entries(directory).into_iter().flat_map(|path| {
        let roots = json_file(&path.join("roots.json"));
        let case = |root: &Value| {
            let directory = root["dir"].as_str().unwrap().to_owned();
            Case {
                name: format!("{}: {directory}", roots["repository"].as_str().unwrap()),
                tree: path.join("tree"),
                directory,
                config: config(&root["args"], "legacy"),
                objects: Vec::new(),
                expected: Some(fs::read_to_string(path.join(root["expected"].as_str().unwrap())).unwrap()),
            }
        };
        roots["roots"].as_array().unwrap().iter().map(case).collect::<Vec<_>>()
    })
}

/// The flags of `kustomize build` as configuration of the plugin.
fn config(args: &Value, reorder: &str) -> Value {
    let args: Vec<&str> = args.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let args = args.join(" ").replace('=', " ");
    let load_restrictor =
        if args.contains("--load-restrictor LoadRestrictionsNone") { "none" } else { "rootOnly" };
    json!({
        "reorder": reorder,
        "loadRestrictor": load_restrictor,
        "enableHelm": args.contains("--enable-helm"),
        // The expectations were made with Helm 4.1.
        "helmProfile": "4.1",
    })
}
