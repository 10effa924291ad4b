//! The conformance corpora through the components: what the sandbox, the contract and the writer
//! add must change nothing.
//!
//! Every case is rendered twice, by the engine as it is compiled natively and by the component in
//! the sandbox, and both must say the same: the same manifests, or the same failures.
//! `OARLOCK_CONFORMANCE` names the folder of the corpora; their READMEs describe their form.
//! `OARLOCK_CONFORMANCE_VERBOSE=1` names what fails.

mod applicationset;
mod helm;
mod kustomize;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oarlock_engine::manifest::Manifest;
use oarlock_engine::sandbox::{SandboxError, Workload};
use oarlock_engine::source::{Directory, TreePath};
use oarlock_plugin::{Application, Failure, Failures, Plugin, Request, render_json};
use oarlock_tests::native::NativeHost;
use oarlock_tests::{Sandbox, visibly};
use rayon::prelude::*;
use serde_json::Value;

/// What is rendered, and what the tool that is compared with makes of it.
struct Case<E> {
    name: String,
    tree: PathBuf,
    directory: String,
    config: Value,
    /// The objects that it starts from.
    objects: Vec<Value>,
    expected: E,
}

/// The manifests of a render, or its failures.
type Outcome = Result<Vec<Manifest>, Vec<Failure>>;

/// A case that was rendered both ways.
struct RenderedCase<'a, E> {
    case: &'a Case<E>,
    component: Outcome,
    native: Outcome,
}

/// Renders each case by the plugin's component and by the plugin as it is compiled natively.
fn both_ways<P: Plugin, E: Sync>(cases: &[Case<E>]) -> Vec<RenderedCase<'_, E>> {
    let empty = tempfile::tempdir().unwrap();
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let at_once = u32::try_from(threads * 8).unwrap();
    let sandbox = Sandbox::new(empty.path(), Workload::Many { at_once });
    // WebAssembly's stack lies on the thread's, and native code of a debug build takes much for
    // templates within templates.
    let pool = rayon::ThreadPoolBuilder::new().stack_size(64 << 20).build().unwrap();
    let rendered = |case| RenderedCase {
        case,
        component: by_component::<P, E>(&sandbox, case),
        native: natively::<P, E>(case),
    };
    pool.install(|| cases.par_iter().map(rendered).collect())
}

fn by_component<P: Plugin, E>(sandbox: &Sandbox, case: &Case<E>) -> Outcome {
    let sandbox = sandbox.over(&case.tree);
    let objects =
        case.objects.iter().map(|object| Manifest { json: object.to_string(), origin: None }).collect();
    match sandbox.render_with(&sandbox.services(), P::NAME, &case.directory, &case.config, objects) {
        Ok(manifests) => Ok(manifests),
        Err(SandboxError::Failed { failures, .. }) => Err(failures),
        Err(error) => panic!("{}: {error}", case.name),
    }
}

fn natively<P: Plugin, E>(case: &Case<E>) -> Outcome {
    let host = NativeHost::new(Arc::new(Directory::open(&case.tree).unwrap()));
    let objects = case.objects.iter().map(oarlock_plugin::Manifest::from_value);
    let request = Request {
        directory: TreePath::new(&case.directory).unwrap(),
        application: Application::default(),
        config: case.config.to_string(),
        manifests: objects.collect::<Result<_, _>>().unwrap(),
    };
    let rendered = render_json::<P>(&host, request).map_err(Failures::into_vec)?;
    let manifest = |manifest: oarlock_plugin::Manifest| Manifest {
        origin: manifest.origin.clone(),
        json: manifest.into_json(),
    };
    Ok(rendered.into_iter().map(manifest).collect())
}

/// Prints in how many cases the component did as it does natively, and demands that of all.
fn demand_as_natively<P: Plugin, E>(rendered: &[RenderedCase<'_, E>]) {
    let differ: Vec<&str> = rendered
        .iter()
        .filter(|rendered| rendered.component != rendered.native)
        .map(|rendered| rendered.case.name.as_str())
        .collect();
    let all = rendered.len();
    visibly(&format!("{} conformance (component as natively): {}/{all}", P::NAME, all - differ.len()));
    assert!(differ.is_empty(), "rendered otherwise in the sandbox than natively: {differ:#?}");
}

/// Prints how many cases give what is expected; those that fail by name, where that is asked for.
fn report<P: Plugin>(failed: &[&str], all: usize) {
    if std::env::var_os("OARLOCK_CONFORMANCE_VERBOSE").is_some() {
        for name in failed {
            visibly(&format!("failed: {name}"));
        }
    }
    visibly(&format!("{} conformance (component): {}/{all}", P::NAME, all - failed.len()));
    assert!(failed.len() < all, "nothing passes: the corpus is not read rightly");
}

fn json_file(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}
