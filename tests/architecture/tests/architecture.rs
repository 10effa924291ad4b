//! Dependencies point one way: between crates by the table of layers, within a crate by the absence
//! of cycles, and outside of the workspace by the table of who may depend on what.

// What cannot be set up should fail right there.
#![allow(clippy::unwrap_used)]

use oarlock_architecture::{Crate, Kind, crates, cycles, describe, foreign_paths, graph};

/// Which folders the crates of a folder may depend on, the first row that fits counts. A folder
/// ends with `/` where all below it are meant.
const LAYERS: &[(&str, &[&str])] = &[
    ("lib/", &["lib/"]),
    ("plugins/sdk", &["lib/"]),
    ("plugins/build", &[]),
    // The digests of the components.
    ("plugins/bundle", &["plugins/build", "lib/model"]),
    ("plugins/", &["plugins/sdk", "lib/"]),
    ("examples/plugins/", &["plugins/sdk"]),
    ("host/engine", &["plugins/sdk", "plugins/bundle", "lib/"]),
    // ApplicationSets are expanded in the process while their plugin is not bundled.
    ("host/fleet", &["host/engine", "plugins/applicationset", "plugins/sdk", "lib/"]),
    // Builds the plugins of their authors as the bundled ones are built.
    ("host/author", &["host/engine", "plugins/build", "plugins/sdk", "lib/"]),
    ("host/process", &[]),
    ("host/distribution", &["host/process", "lib/"]),
    ("host/compare", &["host/engine", "host/fleet", "host/process", "lib/"]),
    ("host/doctor", &["host/engine", "host/fleet", "plugins/sdk", "lib/"]),
    ("host/vendor", &["host/distribution", "host/engine", "host/fleet", "plugins/sdk", "lib/"]),
    ("host/server", &["host/engine", "plugins/sdk", "lib/"]),
    (
        "host/cli",
        &[
            "host/author",
            "host/compare",
            "host/distribution",
            "host/doctor",
            "host/engine",
            "host/fleet",
            "host/server",
            "host/vendor",
            "plugins/sdk",
            "plugins/bundle",
            "plugins/precompiled",
            "lib/",
        ],
    ),
    ("xtask", &["plugins/build", "tests/samples", "lib/model"]),
    ("tests/guests/", &["plugins/sdk", "lib/"]),
    // What a workspace is made of is read in one place.
    ("tests/architecture", &["plugins/build"]),
    ("tests", &["host/", "lib/", "plugins/", "tests/"]),
    ("tests/", &["host/", "lib/", "plugins/", "tests/"]),
];

/// Crates from elsewhere that few may depend on; a name ends with `*` where all that begin so are
/// meant. Tests of whole programs may depend on all of them.
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
    ("ureq", &["host/distribution"]),
    ("tikv-*", &["host/cli"]),
    ("rayon", &["host/fleet", "host/doctor", "host/cli"]),
    ("rustix", &["host/"]),
];

/// What makes the outcome of a render depend on more than its input, or reads past the tree: parts
/// of the standard library, and where they may be used: a folder, or a module of a crate as
/// `folder module`. The first row that fits a path counts.
const EFFECTS: &[(&str, &[&str])] = &[
    ("std::time::Duration", &["lib/", "plugins/", "host/"]),
    ("std::time", TIMED),
    ("Instant::now", TIMED),
    // How old an entry of a cache is.
    ("SystemTime::now", &["host/server", "host/engine render_cache"]),
    ("std::fs", READERS),
    ("fs::", READERS),
    ("std::env", &["plugins/build", "host/engine sandbox", "host/distribution credentials", "host/cli"]),
    ("std::net::TcpListener", &["host/server"]),
    ("std::net::TcpStream", &["host/server"]),
    ("std::net::UdpSocket", &[]),
    ("std::net::ToSocketAddrs", &[]),
    (
        "std::process",
        &[
            "plugins/build",
            "host/author",
            "host/compare",
            "host/distribution helper",
            "host/process",
            "host/vendor fetch",
            "host/cli",
        ],
    ),
    // Several threads write a large text. The registry client waits before it tries again; a
    // program that is run has a time limit.
    (
        "std::thread",
        &[
            "host/engine sandbox",
            "host/engine writer",
            "host/fleet",
            "host/distribution registry",
            "host/process",
            "host/server",
            "host/cli",
        ],
    ),
];

/// Deadlines are the engine's, the server's, and those of programs that are run. How long other
/// tools take is compared, and how long compiling takes is reported.
const TIMED: &[&str] = &[
    "host/engine sandbox",
    "host/engine pipeline",
    "host/engine render_cache",
    "host/compare",
    "host/process",
    "host/doctor installation",
    "host/server",
    "host/cli",
];

/// Who reads and writes files.
const READERS: &[&str] = &[
    // Builds components.
    "plugins/build",
    // The tree of a test of a plugin.
    "plugins/sdk directory",
    // The tree on disk, components and their compiled code, renders of earlier runs, the operator's
    // file, a file that the command line names and a message shows, what is written.
    "host/engine diagnostic",
    "host/engine private_directory",
    "host/engine render_cache",
    "host/engine source",
    "host/engine sandbox",
    "host/engine pipeline",
    "host/engine writer",
    // Repositories and work trees.
    "host/fleet git",
    // A project of a plugin, and its cases.
    "host/author",
    // Directories that other tools render.
    "host/compare walk",
    // Credentials, image layouts, components that were fetched.
    "host/distribution",
    // Sockets, configuration and sizes as they are on disk, whatever plugins see of them.
    "host/doctor",
    // Copies, and the files that name them.
    "host/vendor",
    // Its sockets, and the limits of its container.
    "host/server",
    "host/cli",
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
fn libraries_and_plugins_have_no_effects() {
    let mut faults = Vec::new();
    let is_held = |package: &&Crate| {
        ["lib/", "plugins/", "host/"].iter().any(|folder| package.folder.starts_with(folder))
    };
    for package in crates().iter().filter(is_held) {
        for (module, found) in package.roots.iter().flat_map(|root| foreign_paths(root)) {
            let row =
                EFFECTS.iter().find(|(path, _)| found.path == *path || found.path.starts_with(&begin(path)));
            let place = format!("{} {module}", package.folder);
            if let Some((_, allowed)) = row
                && !allowed.iter().any(|row| *row == place || is_in(&package.folder, row))
            {
                faults.push(format!("{place}: {} at {}", found.path, found.place));
            }
        }
    }
    assert!(faults.is_empty(), "uses that EFFECTS has not:\n{}", faults.join("\n"));
}

/// How the paths below one begin.
fn begin(path: &str) -> String {
    if path.ends_with("::") { path.to_owned() } else { format!("{path}::") }
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
