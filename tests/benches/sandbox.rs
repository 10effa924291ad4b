//! What the sandbox costs: the same renders natively and in Wasm, an instance, compilation,
//! loading.
//!
//! Figures are processor time of the thread, the least of many runs: other programs on the machine
//! make it larger, never smaller. A native render is measured twice: the first in a process, which
//! builds its tables as each call in Wasm does, and later ones, which find them built.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use oarlock_engine::sandbox::{
    CodeCache, Engine, Library, Limits, PluginSource, RenderRequest, Services, Workload,
};
use oarlock_engine::source::{Directory, TreePath};
use oarlock_helm::Helm;
use oarlock_kustomize::Kustomize;
use oarlock_plugin::{Application, Failures, Manifest, render_json};
use oarlock_samples::{charts, overlay};
use oarlock_tests::native::NativeHost;
use rustix::time::{ClockId, clock_gettime};

/// A plugin, compiled natively.
type Native = fn(&NativeHost, oarlock_plugin::Request<String>) -> Result<Vec<Manifest>, Failures>;

/// A render that is measured.
struct Case {
    name: &'static str,
    plugin: &'static str,
    native: Native,
    /// Where it lies, below the checkout or below the directory of samples.
    directory: &'static str,
    is_sample: bool,
    /// The plugin's configuration.
    config: &'static str,
    runs: usize,
}

const CASES: [Case; 5] = [
    Case {
        name: "users-v2, prod",
        plugin: "kustomize",
        native: |host, request| render_json::<Kustomize>(host, request),
        directory: "examples/gitops/components/ua/users-v2/overlays/prod",
        is_sample: false,
        config: "{}",
        runs: 400,
    },
    Case {
        name: "an overlay of 1,000 resources",
        plugin: "kustomize",
        native: |host, request| render_json::<Kustomize>(host, request),
        directory: "overlay/overlay",
        is_sample: true,
        config: "{}",
        runs: 30,
    },
    Case {
        name: "a small chart",
        plugin: "helm",
        native: |host, request| render_json::<Helm>(host, request),
        directory: "examples/gitops/components/ua/message-broker",
        is_sample: false,
        config: r#"{"valueFiles": ["values-prod.yaml"]}"#,
        runs: 200,
    },
    Case {
        name: "a chart of 40 subcharts",
        plugin: "helm",
        native: |host, request| render_json::<Helm>(host, request),
        directory: "umbrella",
        is_sample: true,
        config: "{}",
        runs: 60,
    },
    Case {
        name: "a chart of 10 CRDs",
        plugin: "helm",
        native: |host, request| render_json::<Helm>(host, request),
        directory: "definitions",
        is_sample: true,
        config: "{}",
        runs: 60,
    },
];

/// First renders that are measured, each in a process of its own.
const PROCESSES: usize = 15;

/// Has this program measure one first render: the number of the case, and the directory of samples.
const FIRST: &str = "--first";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, case, samples] = arguments.as_slice()
        && flag == FIRST
    {
        let case = &CASES[case.parse::<usize>().expect("a number")];
        let (host, request) = (host(case, Path::new(samples)), native_request(case));
        println!("{}", spent(|| render(case, &host, request)).as_nanos());
        return;
    }
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let samples = scratch.path();
    overlay::write(&samples.join("overlay"), 1_000).expect("an overlay");
    charts::write_umbrella(&samples.join("umbrella"), 40).expect("a chart");
    charts::write_definitions(&samples.join("definitions"), 10, 100).expect("a chart");

    let cache = CodeCache::new(samples.join("cache"));
    let engine = Engine::new(Workload::Many { at_once: 8 }).expect("an engine");
    let library = |cache| {
        let mut library = Library::new(engine.clone(), cache);
        for bundled in oarlock_bundle::BUNDLED {
            library.add(bundled.name, PluginSource::Bundled(bundled));
        }
        Arc::new(library)
    };
    let shared = library(Some(cache.clone()));
    for plugin in ["kustomize", "helm"] {
        shared.get(plugin).expect("compiles");
    }
    let services = |tree: &Arc<Directory>| {
        Arc::new(Services::new(Arc::clone(tree) as _, Arc::clone(&shared), Limits::default()))
    };

    println!("## What the sandbox costs\n");
    println!("| what | natively, first | natively, later | in Wasm | against first | against later |");
    println!("|---|---:|---:|---:|---:|---:|");
    for (number, case) in CASES.iter().enumerate() {
        let first = (0..PROCESSES).map(|_| first(number, samples)).min().expect("some");
        let host = host(case, samples);
        let later = least(case.runs, || render(case, &host, native_request(case)));
        let tree = tree(case, samples);
        let plugin = shared.get(case.plugin).expect("loads");
        let wasm = least(case.runs, || plugin.render(&services(&tree), request(case)).expect("renders"));
        let ratio = |native: Duration| wasm.as_secs_f64() / native.as_secs_f64();
        println!(
            "| {} | {} | {} | {} | {:.2} | {:.2} |",
            case.name,
            ms(first),
            ms(later),
            ms(wasm),
            ratio(first),
            ratio(later)
        );
    }

    println!("\n| what | time |");
    println!("|---|---:|");
    let tree = tree(&CASES[0], samples);
    let nowhere = TreePath::new("examples/plugins/hello/src").expect("a path");
    let plugin = shared.get("kustomize").expect("loads");
    let instance = least(2_000, || plugin.detect(&services(&tree), &nowhere).expect("answers"));
    println!("| instantiate kustomize, ask one question, drop | {} |", ms(instance));
    let load = least(100, || library(Some(cache.clone())).get("kustomize").expect("loads"));
    println!("| load compiled kustomize from the code cache | {} |", ms(load));
}

/// A first render in a process of its own.
fn first(case: usize, samples: &Path) -> Duration {
    let this = std::env::current_exe().expect("this program");
    let output = Command::new(this).args([FIRST, &case.to_string()]).arg(samples).output().expect("it runs");
    let nanoseconds = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number");
    Duration::from_nanos(nanoseconds)
}

fn render(case: &Case, host: &NativeHost, request: oarlock_plugin::Request<String>) -> Vec<String> {
    let manifests = (case.native)(host, request).expect("renders");
    manifests.into_iter().map(Manifest::into_json).collect()
}

fn tree(case: &Case, samples: &Path) -> Arc<Directory> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let root = if case.is_sample { samples } else { &checkout };
    Arc::new(Directory::open(root).expect("a directory"))
}

fn host(case: &Case, samples: &Path) -> NativeHost {
    NativeHost::new(tree(case, samples))
}

fn request(case: &Case) -> RenderRequest {
    RenderRequest {
        directory: TreePath::new(case.directory).expect("a path"),
        application: Application::default(),
        config: case.config.to_owned(),
        manifests: Vec::new(),
    }
}

fn native_request(case: &Case) -> oarlock_plugin::Request<String> {
    let RenderRequest { directory, application, config, .. } = request(case);
    oarlock_plugin::Request { directory, application, config, manifests: Vec::new() }
}

/// The least processor time of so many runs.
fn least<T>(runs: usize, mut work: impl FnMut() -> T) -> Duration {
    (0..runs).map(|_| spent(&mut work)).min().expect("at least one")
}

/// The processor time that this thread spends.
fn spent<T>(work: impl FnOnce() -> T) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).expect("below a second"))
    };
    let begun = now();
    black_box(work());
    now().saturating_sub(begun)
}

fn ms(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1e3)
}
