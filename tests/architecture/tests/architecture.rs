//! Dependencies point one way: between crates by the table of layers, within a crate by the absence of cycles, and outside of the workspace
//! by the table of who may depend on what.

// What cannot be set up should fail right there.
#![allow(clippy::unwrap_used)]

use oarlock_architecture::{Crate, Kind, crates, cycles, describe, graph};

/// Which folders the crates of a folder may depend on, the first row that fits counts. A folder ends with `/` where all below it are meant.
const LAYERS: &[(&str, &[&str])] = &[
    ("lib/", &["lib/"]),
    ("plugins/sdk", &["lib/"]),
    ("plugins/build", &[]),
    ("plugins/bundle", &["plugins/build"]),
    ("plugins/", &["plugins/sdk", "lib/"]),
    ("examples/plugins/", &["plugins/sdk"]),
    ("host/engine", &["plugins/sdk", "plugins/bundle", "lib/"]),
    // ApplicationSets are expanded in the process while their plugin is not bundled.
    ("host/fleet", &["host/engine", "plugins/applicationset", "plugins/sdk", "lib/"]),
    ("host/server", &["host/engine", "plugins/sdk", "lib/"]),
    ("host/cli", &["host/engine", "host/fleet", "host/server", "plugins/sdk", "plugins/precompiled", "lib/"]),
    ("xtask", &["plugins/build"]),
    ("tests/guests/", &["plugins/sdk", "lib/"]),
    ("tests/architecture", &[]),
    ("tests", &["host/", "lib/", "plugins/", "tests/"]),
    ("tests/", &["host/", "lib/", "plugins/", "tests/"]),
];

/// Crates from elsewhere that few may depend on; a name ends with `*` where all that begin so are meant. Tests of whole programs may depend
/// on all of them.
const HEAVY: &[(&str, &[&str])] = &[
    ("wasmtime*", &["host/engine"]),
    ("wasmparser", &["host/engine", "plugins/build"]),
    ("wit-component", &["plugins/build"]),
    ("wit-parser", &["plugins/build"]),
    ("wit-bindgen", &["plugins/sdk"]),
    ("tokio*", &["host/server"]),
    ("tonic*", &["host/server"]),
    ("hyper*", &["host/server"]),
    ("redis", &["host/server"]),
    ("opentelemetry*", &["host/server"]),
    ("prometheus-client", &["host/server"]),
    ("prost*", &["host/server"]),
    ("tracing-*", &["host/server"]),
    ("gix*", &["host/fleet"]),
    ("clap*", &["host/cli"]),
    ("indicatif", &["host/cli"]),
    ("ureq", &["host/cli"]),
    ("tikv-*", &["host/cli"]),
    ("rayon", &["host/fleet", "host/cli"]),
    ("rustix", &["host/"]),
];

fn is_in(folder: &str, row: &str) -> bool {
    if row.ends_with('/') { folder.starts_with(row) } else { folder == row }
}

fn is_named(name: &str, row: &str) -> bool {
    row.strip_suffix('*').map_or(name == row, |start| name.starts_with(start))
}

/// Edges that the table of layers has not. What tests of a crate need is not held to it.
fn wrong_edges(crates: &[Crate]) -> Vec<String> {
    let mut faults = Vec::new();
    for package in crates {
        let Some((_, allowed)) = LAYERS.iter().find(|(row, _)| is_in(&package.folder, row)) else {
            faults.push(format!("{} has no row in LAYERS", package.folder));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|found| found.kind != Kind::Development) {
            let Some(folder) = &dependency.folder else { continue };
            if !allowed.iter().any(|row| is_in(folder, row)) {
                faults.push(format!("{} → {folder}", package.folder));
            }
        }
    }
    faults
}

fn wrong_crates(crates: &[Crate]) -> Vec<String> {
    let mut faults = Vec::new();
    for package in crates.iter().filter(|package| !format!("{}/", package.folder).starts_with("tests/")) {
        for dependency in package.dependencies.iter().filter(|found| found.kind == Kind::Normal) {
            let row = HEAVY.iter().find(|(name, _)| is_named(&dependency.name, name));
            if let Some((_, allowed)) = row
                && !allowed.iter().any(|row| is_in(&package.folder, row))
            {
                faults.push(format!("{} → {}", package.folder, dependency.name));
            }
        }
    }
    faults
}

#[test]
fn crates_depend_on_lower_layers() {
    let faults = wrong_edges(&crates());
    assert!(faults.is_empty(), "dependencies between crates that LAYERS has not:\n{}", faults.join("\n"));
}

#[test]
fn heavy_crates_have_one_user() {
    let faults = wrong_crates(&crates());
    assert!(faults.is_empty(), "dependencies that HEAVY has not:\n{}", faults.join("\n"));
}

#[test]
fn modules_of_a_crate_form_no_cycle() {
    let mut faults = Vec::new();
    for package in crates() {
        for root in &package.roots {
            let graph = graph(root);
            faults.extend(
                cycles(&graph).iter().map(|cycle| format!("{}: {}", package.name, describe(cycle, &graph))),
            );
        }
    }
    assert!(faults.is_empty(), "modules depend on each other in cycles:\n{}", faults.join("\n"));
}

#[test]
fn a_wrong_edge_is_found() {
    let mut all = crates();
    let engine = all.iter().position(|package| package.folder == "host/engine").unwrap();
    let tokio = all.iter().flat_map(|package| &package.dependencies).find(|found| found.name == "tokio");
    let upwards =
        all.iter().flat_map(|package| &package.dependencies).find(|found| found.name == "oarlock-server");
    let added = [tokio.unwrap().clone(), upwards.unwrap().clone()];
    all[engine].dependencies.extend(added);
    assert!(wrong_crates(&all).contains(&"host/engine → tokio".to_owned()));
    assert!(wrong_edges(&all).contains(&"host/engine → host/server".to_owned()));
}

#[test]
fn a_cycle_is_found_with_its_edges() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    file("lib.rs", "mod a;\nmod b;\nmod c;\npub use c::Parsed;\n");
    file("a.rs", "use crate::b::{self, X};\n#[cfg(test)]\nmod tests { use crate::c::Y; }\n");
    file("b.rs", "fn f() { let _ = vec![crate::Parsed]; }\n");
    file("c.rs", "//! See [`crate::b`].\nfn g() { super::a::h(); }\n");
    let graph = graph(&directory.path().join("lib.rs"));
    let found = cycles(&graph);
    assert_eq!(found.len(), 1);
    let text = describe(&found[0], &graph);
    for edge in ["a → b: crate::b", "b → c: crate::Parsed at", "b.rs:1", "c → a: crate::a::h"] {
        assert!(text.contains(edge), "{edge} in {text}");
    }
    assert!(!text.contains("a → c"), "{text}");
}
