//! The conformance corpus: charts and what `helm template` of each profile's version prints,
//! compared byte for byte; where it fails, the cause.
//!
//! `OARLOCK_CONFORMANCE` names the folder of the corpora. `OARLOCK_CONFORMANCE_VERBOSE=1` names
//! what fails, `OARLOCK_CONFORMANCE_VERBOSE=diff` shows how; `OARLOCK_CONFORMANCE_ONLY` is a part
//! of the names of the cases to run.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its cases has to stop")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use oarlock_helm::functions::RenderState;
use oarlock_helm::values::Sources;
use oarlock_helm::{Log, Options, Profile, load_directory, template};
use oarlock_plugin::{DirectoryHost, Failure, Origin, TreePath};
use oarlock_samples::{conformance, visibly};
use serde_json::Value;

/// How many cases pass at least. Raise it as the corpus grows.
const FLOOR: usize = 534;

/// How deep templates nest needs some stack in a build without optimisation.
const STACK_BYTES: usize = 256 << 20;

/// The version of Helm that the corpus was made with; of others it has what differs.
const CORPUS: &str = "4.1.4";

#[test]
fn charts_render_as_with_helm_3_19() {
    compare_all(Profile::V3_19, "3.19.4");
}

#[test]
fn charts_render_as_with_helm_4_1() {
    compare_all(Profile::V4_1, CORPUS);
}

#[test]
fn charts_render_as_with_helm_4_2() {
    compare_all(Profile::V4_2, "4.2.1");
}

/// What a version of Helm gives for a case.
enum Expected {
    Text(String),
    /// The very text, as Helm says it.
    Error(String),
    /// Some error: the corpus has the words of one version alone.
    SomeError,
    /// Some text, of which the corpus has none.
    SomeText,
}

fn compare_all(profile: Profile, version: &str) {
    let Some(corpus) = conformance("helm") else { return };
    let only = std::env::var("OARLOCK_CONFORMANCE_ONLY").unwrap_or_default();
    let mut cases = entries(&corpus.join("cases"));
    cases.retain(|case| case.to_string_lossy().contains(&only));
    let renders_here = renders_here(&corpus, version);
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(BTreeMap::new());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let work = || {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = run(case, profile, &expected(case, version, &renders_here));
                    outcomes.lock().unwrap().insert(name(case), outcome);
                }
            };
            std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work).unwrap();
        }
    });
    let outcomes = outcomes.into_inner().unwrap();
    let passed = report(&outcomes, version);
    assert!(passed >= FLOOR || !only.is_empty(), "{passed} cases pass, at least {FLOOR} did before");
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

fn name(case: &Path) -> String {
    case.file_name().unwrap().to_string_lossy().into_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Helm takes several in one switch.
fn commas(texts: &[String]) -> Vec<String> {
    texts.iter().flat_map(|text| text.split(',')).map(str::to_owned).collect()
}

/// What a case asks for.
struct Case {
    chart: String,
    options: Options,
    sources: Sources,
}

impl Case {
    fn read(directory: &Path, profile: Profile) -> Self {
        let json: Value =
            serde_json::from_slice(&std::fs::read(directory.join("case.json")).unwrap()).unwrap();
        let mut options = Options {
            profile,
            release_name: json["release"].as_str().unwrap().to_owned(),
            namespace: json["namespace"].as_str().unwrap().to_owned(),
            kube_version: json["kubeVersion"].as_str().map(str::to_owned),
            api_versions: commas(&texts(&json["apiVersions"])),
            show_only: texts(&json["showOnly"]),
            include_crds: json["includeCRDs"].as_bool().unwrap_or_default(),
            ..Options::default()
        };
        let mut sources = Sources {
            files: texts(&json["values"]),
            set: texts(&json["set"]),
            string: texts(&json["setString"]),
            json: texts(&json["setJson"]),
            ..Sources::default()
        };
        let mut args = texts(&json["args"]).into_iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().unwrap();
            match arg.as_str() {
                "--set-file" => sources.file.push(value()),
                "--set-literal" => sources.literal.push(value()),
                "--set" => sources.set.push(value()),
                "--set-string" => sources.string.push(value()),
                "--set-json" => sources.json.push(value()),
                "--values" | "-f" => sources.files.push(value()),
                "--kube-version" => options.kube_version = Some(value()),
                "--api-versions" | "-a" => options.api_versions.extend(commas(&[value()])),
                "--show-only" | "-s" => options.show_only.push(value()),
                "--include-crds" => options.include_crds = true,
                "--skip-crds" | "--render-subchart-notes" => {}
                "--skip-tests" => options.skip_tests = true,
                "--no-hooks" => options.no_hooks = true,
                "--is-upgrade" => options.is_upgrade = true,
                "--skip-schema-validation" => options.skip_schema_validation = true,
                other => panic!("the corpus uses `{other}`"),
            }
        }
        Self { chart: json["chart"].as_str().unwrap().to_owned(), options, sources }
    }

    fn render(self, directory: &Path) -> Result<String, Failure> {
        let Self { chart, mut options, sources } = self;
        let log = Log::default();
        options.values = sources.merge(options.profile, &|path| {
            std::fs::read(directory.join(path)).map_err(|_| {
                Failure::new(format!("open {path}: no such file or directory")).at(Origin::file(path))
            })
        })?;
        let real = directory.join(chart).canonicalize().unwrap();
        let host = DirectoryHost::new(real.parent().unwrap()).unwrap();
        let inside = TreePath::new(real.file_name().unwrap().to_str().unwrap()).unwrap();
        let chart = load_directory(&host, &inside, options.profile, &log)?;
        template(chart, &options, &mut RenderState::new(options.seed), &log)?.to_text(&options)
    }
}

/// The cases that fail with the version of the corpus, and not with another one.
fn renders_here(corpus: &Path, version: &str) -> Vec<String> {
    if version == CORPUS {
        return Vec::new();
    }
    let path = corpus.join(format!("versions/{version}.json"));
    let json: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    texts(&json["cases"]["nowOk"])
}

fn expected(directory: &Path, version: &str, renders_here: &[String]) -> Expected {
    let text = |name: &str| std::fs::read_to_string(directory.join(name)).ok();
    if let Some(text) = text(&format!("expected@{version}.yaml")) {
        return Expected::Text(text);
    }
    match text("expected-error.txt") {
        Some(error) if version == CORPUS => Expected::Error(error),
        Some(_) if renders_here.contains(&name(directory)) => Expected::SomeText,
        Some(_) => Expected::SomeError,
        None => Expected::Text(text("expected.yaml").unwrap()),
    }
}

/// `None` for a case that passes, else what is wrong.
fn run(directory: &Path, profile: Profile, expected: &Expected) -> Option<String> {
    let result = std::panic::catch_unwind(|| Case::read(directory, profile).render(directory));
    let Ok(result) = result else { return Some("panicked".to_owned()) };
    match (result, expected) {
        (Ok(text), Expected::Text(expected)) => (text != *expected).then(|| difference(expected, &text)),
        (Ok(_), Expected::SomeText) | (Err(_), Expected::SomeError) => None,
        (Err(failure), Expected::Error(expected)) => {
            let (expected, found) = (cause(expected), cause(&failure.message));
            (expected != found).then(|| format!("expected error: {expected}\nfound error:    {found}"))
        }
        (Ok(_), Expected::Error(expected)) => {
            Some(format!("rendered, but expected error: {}", cause(expected)))
        }
        (Ok(_), Expected::SomeError) => Some("rendered, but expected an error".to_owned()),
        (Err(failure), Expected::Text(_) | Expected::SomeText) => Some(format!("failed: {failure}")),
    }
}

/// What a message says, without what Helm's command line puts around it and without paths that
/// differ.
fn cause(message: &str) -> String {
    let message = message.split("\n\nUse --debug").next().unwrap_or_default();
    let lines = message.lines().skip_while(|line| line.starts_with("level="));
    let message = lines.collect::<Vec<_>>().join("\n");
    let message = message.strip_prefix("Error: ").unwrap_or(&message).trim();
    // The path of a chart that is none is another one here.
    if let Some((before, _)) = message.split_once("unable to detect chart") {
        return format!("{before}unable to detect chart");
    }
    in_order(message)
}

/// The faults of values against a schema in order. Helm's library finds them in that of Go's maps,
/// which is another one in each run.
fn in_order(message: &str) -> String {
    if !message.contains("- at '") {
        return message.to_owned();
    }
    let sorted = |line: &str| {
        let properties = line.split_once(" properties ").and_then(|(before, after)| {
            let end = after.rfind('\'')? + 1;
            let mut names: Vec<&str> = after[..end].split(", ").collect();
            names.sort_unstable();
            Some(format!("{before} properties {}{}", names.join(", "), &after[end..]))
        });
        properties.unwrap_or_else(|| line.to_owned())
    };
    let mut lines: Vec<String> = message.lines().map(sorted).collect();
    lines.sort_unstable();
    lines.join("\n")
}

fn difference(expected: &str, found: &str) -> String {
    let mut shown = String::new();
    let (expected, found): (Vec<_>, Vec<_>) = (expected.lines().collect(), found.lines().collect());
    for (index, line) in expected.iter().enumerate() {
        if found.get(index) != Some(line) {
            let from = index.saturating_sub(2);
            for line in &expected[from..expected.len().min(index + 6)] {
                let _ = writeln!(shown, "  expected: {line}");
            }
            for line in found.iter().skip(from).take(8) {
                let _ = writeln!(shown, "  found:    {line}");
            }
            return format!("line {}:\n{shown}", index + 1);
        }
    }
    format!("{} lines expected, {} found", expected.len(), found.len())
}

/// Prints how many cases pass, by the group that their names begin with.
fn report(outcomes: &BTreeMap<String, Option<String>>, version: &str) -> usize {
    let verbose = std::env::var("OARLOCK_CONFORMANCE_VERBOSE").unwrap_or_default();
    let mut groups: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (name, outcome) in outcomes {
        let group = match name.split(['-', '_']).next().unwrap_or_default() {
            group @ ("syn" | "helm") => group,
            _ => "public",
        };
        let (passed, total) = groups.entry(group).or_default();
        *total += 1;
        *passed += usize::from(outcome.is_none());
        if let Some(outcome) = outcome {
            match verbose.as_str() {
                "diff" => visibly(&format!("✗ {name}: {outcome}")),
                "" => {}
                _ => visibly(&format!("✗ {name}: {}", outcome.lines().next().unwrap_or_default())),
            }
        }
    }
    for (group, (passed, total)) in &groups {
        visibly(&format!("helm {version} charts, {group}: {passed}/{total}"));
    }
    let passed = groups.values().map(|(passed, _)| passed).sum();
    visibly(&format!("helm {version} charts: {passed}/{} as helm template prints them", outcomes.len()));
    passed
}
