//! The conformance corpus through the component: what the sandbox, the contract and the writer add must change nothing.
//!
//! Every case is rendered twice, by the engine as it is compiled natively and by the component in the sandbox, and both must say the same:
//! the same bytes, or the same failures. The corpus lies beside the checkout, or where `OARLOCK_CONFORMANCE` says; its README tells its
//! form. How many cases give kustomize's bytes is printed here and judged by the engine's own tests, per area and against a threshold.
//! `OARLOCK_CONFORMANCE_VERBOSE=1` names what fails.

// Helpers of tests are outside of `#[test]` functions; what cannot be set up should fail right there.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oarlock::manifest::Manifest;
use oarlock::sandbox::{SandboxError, Workload};
use oarlock::source::{Directory, TreePath};
use oarlock::writer::{Format, to_text};
use oarlock_kustomize::Kustomize;
use oarlock_plugin::{Application, Request, render_json};
use oarlock_tests::native::NativeHost;
use oarlock_tests::{Sandbox, repository, visibly};
use rayon::prelude::*;
use serde_json::{Value, json};

struct Case {
    name: String,
    tree: PathBuf,
    directory: String,
    config: Value,
    /// The text; nothing where an error is expected.
    expected: Option<String>,
}

#[test]
fn the_component_builds_as_kustomize_does() {
    let beside = repository().join("../shared/conformance");
    let corpus = std::env::var_os("OARLOCK_CONFORMANCE").map_or(beside, PathBuf::from).join("kustomize");
    if !corpus.is_dir() {
        visibly(&format!("no conformance corpus at {}: nothing is compared", corpus.display()));
        return;
    }
    let cases: Vec<Case> = cases(&corpus.join("cases")).chain(roots(&corpus.join("repos"))).collect();
    let empty = tempfile::tempdir().unwrap();
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let at_once = u32::try_from(threads * 8).unwrap();
    let sandbox = Sandbox::new(empty.path(), Workload::Many { at_once });
    // WebAssembly's stack lies on the thread's.
    let pool = rayon::ThreadPoolBuilder::new().stack_size(16 << 20).build().unwrap();
    let outcomes: Vec<(&Case, Outcome, Outcome)> = pool.install(|| {
        cases.par_iter().map(|case| (case, by_component(&sandbox, case), natively(case))).collect()
    });

    let differ: Vec<&str> = outcomes
        .iter()
        .filter(|(_, component, native)| component != native)
        .map(|(case, ..)| case.name.as_str())
        .collect();
    let failed: BTreeSet<&str> = outcomes
        .iter()
        .filter(|(case, component, _)| component.as_ref().ok() != case.expected.as_ref())
        .map(|(case, ..)| case.name.as_str())
        .collect();
    if std::env::var_os("OARLOCK_CONFORMANCE_VERBOSE").is_some() {
        for name in &failed {
            visibly(&format!("failed: {name}"));
        }
    }
    let all = cases.len();
    visibly(&format!("kustomize conformance (component): {}/{all}", all - failed.len()));
    visibly(&format!("kustomize conformance (component as natively): {}/{all}", all - differ.len()));
    assert!(failed.len() < all, "nothing passes: the corpus is not read rightly");
    assert!(differ.is_empty(), "rendered otherwise in the sandbox than natively: {differ:#?}");
}

/// The text of a render, or what its failures say.
type Outcome = Result<String, String>;

fn by_component(sandbox: &Sandbox, case: &Case) -> Outcome {
    let rendered = sandbox.over(&case.tree).render("kustomize", &case.directory, &case.config);
    match rendered {
        Ok(manifests) => to_text(&manifests, Format::Yaml).map_err(|error| error.to_string()),
        Err(SandboxError::Failed { failures, .. }) => Err(format!("{failures:#?}")),
        Err(error) => panic!("{}: {error}", case.name),
    }
}

fn natively(case: &Case) -> Outcome {
    let host = NativeHost::new(Arc::new(Directory::open(&case.tree).unwrap()));
    let request = Request {
        directory: TreePath::new(&case.directory).unwrap(),
        application: Application::default(),
        config: case.config.to_string(),
        manifests: Vec::new(),
    };
    let rendered = render_json::<Kustomize>(&host, request);
    let rendered = rendered.map_err(|failures| format!("{:#?}", failures.as_slice()))?;
    let manifests: Vec<Manifest> = rendered
        .into_iter()
        .map(|manifest| Manifest { origin: manifest.origin.clone(), json: manifest.into_json() })
        .collect();
    to_text(&manifests, Format::Yaml).map_err(|error| error.to_string())
}

fn cases(directory: &Path) -> impl Iterator<Item = Case> {
    entries(directory).into_iter().flat_map(|path| {
        let meta = json_file(&path.join("meta.json"));
        let case = |suffix: &str, reorder: &str, expected: Option<String>| Case {
            name: format!("{}{suffix}", path.file_name().unwrap().to_string_lossy()),
            tree: path.join("input"),
            directory: meta["dir"].as_str().unwrap().to_owned(),
            config: config(&meta["args"], reorder),
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
    json!({"reorder": reorder, "loadRestrictor": load_restrictor, "enableHelm": args.contains("--enable-helm")})
}

fn json_file(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}
