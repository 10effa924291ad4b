//! ApplicationSets expanded by Argo CD's own code, where `OARLOCK_CONFORMANCE` names the folder of
//! the cases: every one must give the same Applications, or fail where Argo CD fails.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use oarlock_applicationset::{
    Application, ApplicationSet, Checkout, Cluster, Expansion, Inputs, Repositories, expand, normalize_url,
};
use oarlock_plugin::{DirectoryHost, TreePath};
use serde_json::Value as Json;

/// How many cases there are at least, so that an empty folder is no success.
const FEWEST_CASES: usize = 518;

struct Trees(BTreeMap<String, DirectoryHost>);

impl Repositories for Trees {
    fn checkout(&self, url: &str, _: &str) -> Option<Checkout<'_>> {
        self.0.get(&normalize_url(url)).map(|host| Checkout { host, root: TreePath::root() })
    }
}

struct Case {
    folder: PathBuf,
    request: Json,
}

impl Case {
    fn read(folder: PathBuf) -> Self {
        let request = serde_json::from_slice(&fs::read(folder.join("request.json")).unwrap()).unwrap();
        Self { folder, request }
    }

    fn text(&self, field: &str) -> &str {
        self.request[field].as_str().unwrap()
    }

    fn run(&self) -> Result<Expansion, String> {
        let file = |name: &str| fs::read(self.folder.join(name)).unwrap();
        let namespace = self.text("namespace");
        let clusters = match self.request["clusters"].as_str() {
            None => Vec::new(),
            Some(name) => Cluster::from_yaml(&file(name), namespace).map_err(|error| error.to_string())?,
        };
        let repos = self.request["repos"].as_object().unwrap().iter();
        let trees = repos.map(|(url, folder)| {
            (normalize_url(url), DirectoryHost::new(&self.folder.join(folder.as_str().unwrap())).unwrap())
        });
        let trees = Trees(trees.collect());
        let projects: Vec<String> = self.request["projects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap().to_owned())
            .collect();
        let sets =
            ApplicationSet::from_yaml(&file(self.text("appset"))).map_err(|(_, error)| error.to_string())?;
        let [set] = &*sets else { return Err(format!("{} ApplicationSets", sets.len())) };
        let inputs = Inputs {
            clusters: &clusters,
            repositories: &trees,
            projects: Some(&projects),
            namespace,
            ..Inputs::default()
        };
        expand(set, inputs).map_err(|error| error.to_string())
    }

    /// What Argo CD answers: none where the whole set fails.
    fn expected(&self) -> Option<Json> {
        let newest =
            ["expected-3.4.4.json", "expected-error-3.4.4.txt", "expected.json", "expected-error.txt"];
        let name = newest.into_iter().find(|name| self.folder.join(name).exists()).expect("an expectation");
        (!name.contains("error"))
            .then(|| serde_json::from_slice(&fs::read(self.folder.join(name)).unwrap()).unwrap())
    }

    /// Why the answer is not Argo CD's.
    fn check(&self) -> Result<(), String> {
        let is_refused_by_the_api_server = self.request.get("admission").is_some();
        match (self.run(), self.expected()) {
            (Err(_), None) => Ok(()),
            (Err(_), Some(_)) if is_refused_by_the_api_server => Ok(()),
            (Err(error), Some(_)) => Err(format!("failed: {error}")),
            (Ok(expansion), None) => {
                Err(format!("made {} Applications, not an error", expansion.applications.len()))
            }
            (Ok(expansion), Some(expected)) => {
                let found: Vec<Json> = expansion.applications.iter().map(Application::to_json).collect();
                same(&Json::Array(found), &expected)?;
                let held_back = self.request.get("heldBack").and_then(Json::as_array).into_iter().flatten();
                for name in held_back.filter_map(Json::as_str) {
                    if !expansion.held_back.contains_key(name) {
                        return Err(format!("`{name}` is not held back"));
                    }
                }
                Ok(())
            }
        }
    }
}

/// Equal JSON, numbers by their value.
fn same(found: &Json, expected: &Json) -> Result<(), String> {
    let differs = || Err(format!("found {found}\n  expected {expected}"));
    match (found, expected) {
        (Json::Number(found), Json::Number(expected)) if found.as_f64() == expected.as_f64() => Ok(()),
        (Json::Array(found), Json::Array(expected)) if found.len() == expected.len() => {
            found.iter().zip(expected).try_for_each(|(found, expected)| same(found, expected))
        }
        (Json::Object(found), Json::Object(expected)) if found.len() == expected.len() => {
            found.iter().try_for_each(|(key, found)| match expected.get(key) {
                Some(expected) => same(found, expected).map_err(|why| format!("{key}: {why}")),
                None => differs(),
            })
        }
        (found, expected) if found == expected => Ok(()),
        _ => differs(),
    }
}

#[test]
fn as_argo_cd_expands() {
    let Some(cases) = oarlock_samples::conformance("applicationsets/cases") else { return };
    let mut folders: Vec<PathBuf> =
        fs::read_dir(&cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let mut failed = Vec::new();
    for folder in &folders {
        if let Err(why) = Case::read(folder.clone()).check() {
            failed.push(format!("{}: {why}", folder.file_name().unwrap().display()));
        }
    }
    let passed = folders.len() - failed.len();
    println!("ApplicationSets: {passed} of {} as Argo CD has them", folders.len());
    assert!(failed.is_empty(), "{passed} of {}\n{}", folders.len(), failed.join("\n"));
    assert!(folders.len() >= FEWEST_CASES, "only {} cases", folders.len());
}
