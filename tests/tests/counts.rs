//! What components execute, counted: the same at each run, so that a change that makes a render
//! slower shows where times are too noisy to tell.
//!
//! `cargo xtask counts` runs this alone; `cargo xtask counts --write` renews the file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use oarlock_engine::manifest::Manifest;
use oarlock_engine::sandbox::{Engine, Library, PluginSource};
use oarlock_samples::{charts, overlay};
use oarlock_tests::{Sandbox, overwrites, repository, visibly};
use serde_json::{Value, json};

/// What was counted, below `tests/cases`.
const FILE: &str = "counts.json";

/// How far a count may be from the one in the file, in percent of it.
const TOLERANCE: u64 = 3;

const OVERLAY: &str = "examples/gitops/components/ua/users-v2/overlays/prod";
const CHART: &str = "examples/gitops/components/ua/message-broker";

#[test]
fn components_execute_as_many_instructions_as_before() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").join(FILE);
    // Another compiler makes other code of the same source.
    let compiler = env!("GUEST_COMPILER");
    if overwrites() {
        let text =
            serde_json::to_string_pretty(&json!({"compiler": compiler, "instructions": counts()})).unwrap();
        std::fs::write(&file, text + "\n").unwrap();
        return;
    }
    let expected: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    if expected["compiler"] != compiler {
        visibly(&format!(
            "tests/cases/{FILE} is of {}, this is {compiler}: nothing is compared; \
             `cargo xtask counts --write` renews it",
            expected["compiler"]
        ));
        return;
    }
    let expected: BTreeMap<String, u64> = serde_json::from_value(expected["instructions"].clone()).unwrap();
    let found = counts();
    let table = table(&expected, &found);
    visibly(&table);
    assert!(
        expected.keys().eq(found.keys()) && found.iter().all(|(case, count)| is_near(expected[case], *count)),
        "a count is more than {TOLERANCE} % from that in tests/cases/{FILE}; where that is meant, \
         `cargo xtask counts --write` renews the file\n{table}"
    );
}

/// Instructions by what was rendered.
fn counts() -> BTreeMap<String, u64> {
    let mut library = Library::new(Engine::counting().unwrap(), None);
    for bundled in oarlock_bundle::BUNDLED {
        library.add(bundled.name, PluginSource::Bundled(bundled));
    }
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    overlay::write(&path("overlay"), 1_000).unwrap();
    charts::write_umbrella(&path("umbrella"), 40).unwrap();
    charts::write_definitions(&path("definitions"), 10, 100).unwrap();

    let example = Sandbox::of(library, &repository());
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
    let without = json!({"skipCrds": true});
    let services = samples.services();
    samples.render_with(&services, "helm", "definitions", &without, none()).unwrap();
    counts.insert("helm: definitions, left out".to_owned(), services.executed());
    counts
}

/// Whether a count is as near to another as it should be.
fn is_near(expected: u64, found: u64) -> bool {
    expected.abs_diff(found) * 100 <= expected * TOLERANCE
}

/// What was expected beside what was found, for people.
fn table(expected: &BTreeMap<String, u64>, found: &BTreeMap<String, u64>) -> String {
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
