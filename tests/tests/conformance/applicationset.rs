//! ApplicationSets: the component makes of each what the plugin makes of it natively.
//!
//! That this is what Argo CD's own code makes of them is tested with the plugin.

use std::fs;
use std::path::Path;

use oarlock_applicationset::{ApplicationSet, ApplicationSets, Cluster};
use oarlock_samples::conformance;
use serde_json::{Value, json};

use crate::conformance::{both_ways, demand_as_natively, entries, json_file};

type Case = crate::conformance::Case<()>;

#[test]
fn the_component_expands_as_natively() {
    let Some(corpus) = conformance("applicationsets") else { return };
    let cases: Vec<Case> = entries(&corpus.join("cases")).iter().filter_map(|path| case(path)).collect();
    // Some files are refused before there is an ApplicationSet.
    assert!(cases.len() > 500, "only {} cases", cases.len());
    demand_as_natively::<ApplicationSets, _>(&both_ways::<ApplicationSets, _>(&cases));
}

fn case(path: &Path) -> Option<Case> {
    let request = json_file(&path.join("request.json"));
    let namespace = request["namespace"].as_str().unwrap();
    let file = |field: &str| request[field].as_str().map(|name| fs::read(path.join(name)).unwrap());
    let clusters = match file("clusters") {
        Some(text) => Cluster::from_yaml(&text, namespace).ok()?,
        None => Vec::new(),
    };
    let repositories = request["repos"].as_object().unwrap().iter();
    let repositories: Vec<Value> =
        repositories.map(|(url, folder)| json!({"url": url, "path": folder})).collect();
    let sets = ApplicationSet::documents(&file("appset").unwrap()).ok()?;
    Some(Case {
        name: path.file_name().unwrap().to_string_lossy().into_owned(),
        tree: path.to_owned(),
        directory: ".".to_owned(),
        config: json!({
            "namespace": namespace,
            "clusters": clusters,
            "projects": request["projects"],
            "repositories": repositories,
            "report": true,
        }),
        objects: sets.into_iter().map(|(_, set)| set).collect(),
        expected: (),
    })
}
