//! Code of bundled plugins that is part of the program: no first run compiles, and the bytes are
//! those of code that this machine compiles.

use std::fs;
use std::path::Path;

use oarlock_engine::sandbox::{CodeCache, CodeOrigin, Engine, Library, PluginSource, Precompiled, Workload};
use oarlock_precompiled::PRECOMPILED;
use oarlock_tests::argocd::Server;
use oarlock_tests::{Run, Sandbox, repository, visibly};
use serde_json::{Value, json};

/// Whether the program was built with code; says so where it was not.
fn is_built_with_code() -> bool {
    if PRECOMPILED.is_empty() {
        visibly(
            "the program is built without precompiled plugins: `cargo xtask test` builds it with them; nothing is compared",
        );
    }
    !PRECOMPILED.is_empty()
}

fn library(code: &'static [Precompiled], cache: &Path) -> Library {
    let engine = Engine::new(Workload::Few).unwrap();
    let mut library = Library::new(engine, Some(CodeCache::new(cache.to_owned()))).precompiled(code);
    for bundled in oarlock_bundle::BUNDLED {
        library.add(bundled.name, PluginSource::Bundled(bundled));
    }
    library
}

#[test]
fn the_first_run_compiles_nothing() {
    if !is_built_with_code() {
        return;
    }
    let nowhere = tempfile::tempdir().unwrap();
    let cache = nowhere.path().join("cache");
    Run::new("render components/ua/users-v2/overlays/prod")
        .env("OARLOCK_CACHE_DIR", &cache)
        .at(&repository().join("examples/gitops"))
        .succeeds();
    assert!(!cache.exists(), "something was compiled");
    let listed = Run::new("plugins --output json")
        .env("OARLOCK_CACHE_DIR", &cache)
        .at(nowhere.path())
        .succeeds()
        .stdout;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    for plugin in listed.as_array().unwrap() {
        assert!(plugin["code"].as_str().unwrap().starts_with("precompiled for "), "{plugin}");
    }
    assert!(!cache.exists(), "something was compiled");
}

#[test]
fn code_from_the_build_and_from_this_machine_print_the_same() {
    if !is_built_with_code() {
        return;
    }
    let cache = tempfile::tempdir().unwrap();
    let (with, without) = (library(PRECOMPILED, cache.path()), library(&[], cache.path()));
    for name in with.names() {
        assert_eq!(with.code_origin(name).unwrap(), CodeOrigin::Embedded, "{name}");
        let compiled = CodeOrigin::Compiled { cached: false, unfit: None };
        assert_eq!(without.code_origin(name).unwrap(), compiled, "{name}");
    }
    let tree = repository().join("examples/gitops");
    let (with, without) = (Sandbox::of(with, &tree), Sandbox::of(without, &tree));
    for directory in ["components/ua/users-v2/overlays/prod", "components/ua/users-v2/overlays/dev"] {
        let render = |sandbox: &Sandbox| sandbox.render("kustomize", directory, &json!({})).unwrap();
        assert_eq!(render(&with), render(&without), "{directory}");
    }
    assert!(fs::read_dir(cache.path()).unwrap().next().is_some(), "the second library compiled");
}

#[test]
fn code_that_does_not_fit_is_compiled_here() {
    let cache = tempfile::tempdir().unwrap();
    let kustomize = oarlock_bundle::BUNDLED.iter().find(|bundled| bundled.name == "kustomize").unwrap();
    let code: &[Precompiled] = Vec::leak(vec![(kustomize.digest, b"not code".as_slice())]);
    let library = library(code, cache.path());
    let origin = library.code_origin("kustomize").unwrap();
    assert!(matches!(&origin, CodeOrigin::Compiled { cached: false, unfit: Some(_) }), "{origin:?}");
    library.get("kustomize").unwrap();
    let origin = library.code_origin("kustomize").unwrap();
    assert!(matches!(&origin, CodeOrigin::Compiled { cached: true, unfit: Some(_) }), "{origin:?}");
}

/// A server that reads its configuration again has two libraries for a moment.
#[test]
fn two_libraries_of_one_process_have_the_same_code() {
    if !is_built_with_code() {
        return;
    }
    let cache = tempfile::tempdir().unwrap();
    let tree = repository().join("examples/gitops");
    let render = |sandbox: &Sandbox| {
        sandbox.render("kustomize", "components/ua/users-v2/overlays/prod", &json!({})).unwrap()
    };
    let [first, second] = [(); 2].map(|()| Sandbox::of(library(PRECOMPILED, cache.path()), &tree));
    let expected = render(&first);
    assert_eq!(render(&second), expected);
    drop(first);
    assert_eq!(render(&second), expected);
    assert_eq!(render(&Sandbox::of(library(PRECOMPILED, cache.path()), &tree)), expected);
}

/// A copy of the code costs more page faults than the rest of a small render.
#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn code_runs_where_it_lies_in_the_program() {
    if !is_built_with_code() {
        return;
    }
    let server = Server::start("");
    let parts = server.executable_parts();
    // The program's own code, and that of each plugin.
    assert!(parts > PRECOMPILED.len(), "{parts} parts of the program are executable");
}
