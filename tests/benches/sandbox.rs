//! What the sandbox costs: the same render native and in Wasm, instantiation, compilation, loading; medians of one run.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oarlock_engine::sandbox::{
    CodeCache, Engine, Library, Limits, PluginSource, RenderRequest, Services, Workload,
};
use oarlock_engine::source::{Directory, TreePath};
use oarlock_plugin::{Application, Plugin as _, render_json};
use oarlock_tests::native::NativeHost;

const OVERLAY: &str = "examples/gitops/components/ua/users-v2/overlays/prod";

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let tree = Arc::new(Directory::open(&root).expect("the checkout is a directory"));
    let cache = tempfile::tempdir().expect("a temporary directory");
    let cache = CodeCache::new(cache.path().join("cache"));
    let engine = Engine::new(Workload::Many { at_once: 8 }).expect("an engine");
    let library = |cache| {
        let mut library = Library::new(engine.clone(), cache);
        for bundled in oarlock_bundle::BUNDLED {
            library.add(bundled.name, PluginSource::Bundled(bundled));
        }
        Arc::new(library)
    };
    let directory = TreePath::new(OVERLAY).expect("a path");

    println!("## Sandbox, medians\n");
    println!("| what | time |");
    println!("|---|---:|");
    let cold = median(3, || library(None).get("kustomize").expect("compiles"));
    row("compile kustomize (once per machine and version)", cold);
    library(Some(cache.clone())).get("kustomize").expect("compiles");
    row(
        "load compiled kustomize",
        median(101, || library(Some(cache.clone())).get("kustomize").expect("loads")),
    );

    let shared = library(Some(cache));
    let plugin = shared.get("kustomize").expect("loads");
    let services = || Arc::new(Services::new(tree.clone(), Arc::clone(&shared), Limits::default()));
    let nowhere = TreePath::new("examples/plugins/hello/src").expect("a path");
    let detect = median(1001, || plugin.detect(&services(), &nowhere).expect("answers"));
    row("instantiate, ask one question, drop", detect);

    let wasm = median(201, || {
        let request = RenderRequest {
            directory: directory.clone(),
            application: Application::default(),
            config: "{}".to_owned(),
            manifests: Vec::new(),
        };
        plugin.render(&services(), request).expect("renders")
    });
    let host = NativeHost::new(tree.clone());
    let native = median(201, || {
        let request = oarlock_plugin::Request {
            directory: directory.clone(),
            application: Application::default(),
            config: "{}".to_owned(),
            manifests: Vec::new(),
        };
        let manifests = render_json::<oarlock_kustomize::Kustomize>(&host, request).expect("renders");
        manifests.into_iter().map(oarlock_plugin::Manifest::into_json).collect::<Vec<_>>()
    });
    row("render users-v2 prod natively", native);
    row("render users-v2 prod in Wasm", wasm);
    println!("\nWasm against native: {:.2}×", wasm.as_secs_f64() / native.as_secs_f64());
    black_box(oarlock_kustomize::Kustomize::describe());
}

fn median<T>(runs: usize, mut work: impl FnMut() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            black_box(work());
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[runs / 2]
}

fn row(what: &str, time: Duration) {
    println!("| {what} | {:.3} ms |", time.as_secs_f64() * 1e3);
}
