//! What renders execute, counted: the same at each run, so that a change that makes a render slower
//! shows where times are too noisy to tell. Components are counted by wasmtime's fuel, native code
//! by valgrind.
//!
//! `cargo xtask counts` runs this alone; `cargo xtask counts --write` renews the files.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use oarlock_engine::manifest::Manifest;
use oarlock_engine::sandbox::{Engine, Library, Limits, PluginSource};
use oarlock_samples::{charts, overlay};
use oarlock_tests::{Sandbox, overwrites, repository, visibly};
use serde_json::{Value, json};

/// How far a count may be from the one in the file, in percent of it.
const TOLERANCE: u64 = 3;

const OVERLAY: &str = "examples/gitops/components/ua/users-v2/overlays/prod";
const CHART: &str = "examples/gitops/components/ua/message-broker";

/// Instructions by what was rendered.
type Counts = BTreeMap<String, u64>;

#[test]
fn components_execute_as_many_instructions_as_before() {
    compare("counts.json", env!("GUEST_COMPILER"), count_components);
}

/// The whole process of an example program in the profile of the tests. What it reads lies at the
/// same depth everywhere, since to follow a path takes a step for each of its parts.
#[test]
fn native_code_executes_as_many_instructions_as_before() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        visibly("valgrind is not here, so what native code executes is not counted");
        return;
    }
    if is_incremental() {
        visibly("built incrementally, which makes other code: `cargo xtask counts` counts native code");
        return;
    }
    let programs = ["build", "template"].map(example);
    if let Some(missing) = programs.iter().find(|program| !program.is_file()) {
        visibly(&format!("no {}: `cargo build --examples` makes it; nothing is counted", missing.display()));
        return;
    }
    // A twelfth of the instructions are the C library's, which allocates.
    let library = output(Command::new("getconf").arg("GNU_LIBC_VERSION"));
    let compiler = format!("{}, {}, {}", env!("GUEST_COMPILER"), std::env::consts::ARCH, library.trim());
    compare("native-counts.json", &compiler, || count_programs(&programs));
}

/// Compares counts with those in a file below `tests/cases`, or writes them there.
fn compare(file: &str, compiler: &str, count: impl FnOnce() -> Counts) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").join(file);
    // Another compiler makes other code of the same source.
    if overwrites() {
        let text =
            serde_json::to_string_pretty(&json!({"compiler": compiler, "instructions": count()})).unwrap();
        std::fs::write(&path, text + "\n").unwrap();
        return;
    }
    let expected: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    if expected["compiler"] != compiler {
        visibly(&format!(
            "tests/cases/{file} is of {}, this is {compiler}: nothing is compared; \
             `cargo xtask counts --write` renews it",
            expected["compiler"]
        ));
        return;
    }
    let expected: Counts = serde_json::from_value(expected["instructions"].clone()).unwrap();
    let found = count();
    let table = table(&expected, &found);
    visibly(&table);
    assert!(
        expected.keys().eq(found.keys()) && found.iter().all(|(case, count)| is_near(expected[case], *count)),
        "a count is more than {TOLERANCE} % from that in tests/cases/{file}; where that is meant, \
         `cargo xtask counts --write` renews the file\n{table}"
    );
}

fn count_components() -> Counts {
    let mut library = Library::new(Engine::counting().unwrap(), None);
    for bundled in oarlock_bundle::BUNDLED {
        library.add(bundled.name, PluginSource::Bundled(bundled));
    }
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    overlay::write(&path("overlay"), 1_000).unwrap();
    charts::write_umbrella(&path("umbrella"), 40).unwrap();
    charts::write_definitions(&path("definitions"), 10, 100).unwrap();
    charts::write_calls(&path("key"), r#"genPrivateKey "rsa""#, 1).unwrap();

    // A machine that has much else to do is not to fail here.
    let limits = Limits { deadline_seconds: 120, ..Limits::default() };
    let example = Sandbox::of(library, &repository()).limited(limits);
    let samples = example.over(scratch.path());
    let mut counts = BTreeMap::new();
    let mut count =
        |case: &str, sandbox: &Sandbox, plugin: &str, directory: &str, config: Value, manifests| {
            let services = sandbox.services();
            let rendered: Vec<Manifest> =
                sandbox.render_with(&services, plugin, directory, &config, manifests).unwrap();
            assert!(!rendered.is_empty(), "{case}");
            counts.insert(case.to_owned(), services.executed());
            rendered
        };
    let none = Vec::new;
    let manifests = count("kustomize: an overlay", &example, "kustomize", OVERLAY, json!({}), none());
    count("vault: an overlay's manifests", &example, "vault", OVERLAY, json!({}), manifests.clone());
    count("sync-wave: an overlay's manifests", &example, "sync-wave", OVERLAY, json!({}), manifests);
    count("kustomize: 1,000 resources", &samples, "kustomize", "overlay/overlay", json!({}), none());
    let values = json!({"valueFiles": ["values-prod.yaml"]});
    count("helm: a small chart", &example, "helm", CHART, values, none());
    count("helm: 40 subcharts", &samples, "helm", "umbrella", json!({}), none());
    count("helm: definitions", &samples, "helm", "definitions", json!({}), none());
    // Of what one call of a function does, this comes nearest to the default deadline.
    count("helm: an RSA key", &samples, "helm", "key", json!({}), none());
    let without = json!({"skipCrds": true});
    let services = samples.services();
    samples.render_with(&services, "helm", "definitions", &without, none()).unwrap();
    counts.insert("helm: definitions, left out".to_owned(), services.executed());
    counts
}

/// Whether cargo compiled this build incrementally: it puts less code of other crates inline then,
/// so that a tenth to a fifth more is executed.
fn is_incremental() -> bool {
    let variable = std::env::var("CARGO_INCREMENTAL");
    variable.map_or_else(|_| build_folder().join("incremental").is_dir(), |value| value != "0")
}

/// Where cargo puts what it builds with this test.
fn build_folder() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().to_owned()
}

/// What a command that succeeds prints.
fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// An example program of the same build as this test.
fn example(name: &str) -> PathBuf {
    build_folder().join("examples").join(name)
}

fn count_programs([build, template]: &[PathBuf; 2]) -> Counts {
    let scratch = tempfile::tempdir_in("/tmp").unwrap();
    let path = |name: &str| scratch.path().join(name);
    output(Command::new("cp").arg("-r").arg(repository().join("examples")).arg(path("examples")));
    overlay::write(&path("overlay"), 100).unwrap();
    charts::write_umbrella(&path("umbrella"), 10).unwrap();
    charts::write_definitions(&path("definitions"), 2, 100).unwrap();

    let mut counts = BTreeMap::new();
    let mut count = |case: &str, program: &Path, arguments: &[&Path]| {
        let out = path("callgrind.out");
        let printed = output(
            Command::new("valgrind")
                .args(["--tool=callgrind", "--quiet"])
                .arg(format!("--callgrind-out-file={}", out.display()))
                .arg(program)
                .args(arguments),
        );
        assert!(!printed.is_empty(), "{case}");
        let profile = std::fs::read_to_string(out).unwrap();
        let total = profile.lines().find_map(|line| line.strip_prefix("totals: "));
        counts.insert(case.to_owned(), total.unwrap().parse().unwrap());
    };
    count("kustomize: an overlay", build, &[scratch.path(), Path::new(OVERLAY)]);
    count("kustomize: 100 resources", build, &[scratch.path(), Path::new("overlay/overlay")]);
    let (chart, values) = (path(CHART), path(CHART).join("values-prod.yaml"));
    count("helm: a small chart", template, &[&chart, Path::new("--values"), &values]);
    count("helm: 10 subcharts", template, &[&path("umbrella")]);
    count("helm: definitions", template, &[&path("definitions"), Path::new("--include-crds")]);
    counts
}

/// Whether a count is as near to another as it should be.
fn is_near(expected: u64, found: u64) -> bool {
    expected.abs_diff(found) * 100 <= expected * TOLERANCE
}

/// What was expected beside what was found, for people.
fn table(expected: &Counts, found: &Counts) -> String {
    let mut table = format!("{:<36}{:>14}{:>14}\n", "instructions", "expected", "found");
    for (case, count) in found {
        let before = expected.get(case).copied();
        #[expect(clippy::cast_precision_loss, reason = "for people")]
        let change = before.map_or_else(
            || "new".to_owned(),
            |before| format!("{:+.1} %", (*count as f64 / before as f64 - 1.0) * 100.0),
        );
        let before = before.map_or_else(String::new, |before| before.to_string());
        let _ = writeln!(table, "{case:<36}{before:>14}{count:>14}  {change}");
    }
    table
}

#[test]
fn a_count_may_differ_a_little() {
    assert!(is_near(1_000, 1_030) && is_near(1_000, 970));
    assert!(!is_near(1_000, 1_031) && !is_near(1_000, 969));
}
