//! The conformance corpus: kustomizations and what `kustomize build` makes of them, compared byte
//! for byte.
//!
//! `OARLOCK_CONFORMANCE` names the folder of the corpora. `OARLOCK_CONFORMANCE_VERBOSE=1` names
//! what fails, `OARLOCK_CONFORMANCE_VERBOSE=diff` shows how.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its cases has to stop")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use oarlock_helm::Helm;
use oarlock_kustomize::{Options, Reorder, build};
use oarlock_plugin::{DirectoryHost, Failure, TreePath};
use oarlock_samples::{conformance, visibly};
use oarlock_yaml::{Dialect, emit};
use serde_json::Value;

/// How many cases pass at least. Raise it as parity grows.
const FLOOR: usize = 809;

/// One kustomization to build.
struct Case {
    name: String,
    features: Vec<String>,
    tree: PathBuf,
    directory: String,
    options: Options,
    expected: Expected,
}

enum Expected {
    Text(PathBuf),
    Error,
}

#[test]
fn builds_are_those_of_kustomize() {
    let Some(corpus) = conformance("kustomize") else { return };
    let cases: Vec<Case> =
        cases(&corpus.join("cases")).into_iter().chain(roots(&corpus.join("repos"))).collect();
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(BTreeMap::new());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = run(case);
                    outcomes.lock().unwrap().insert(case.name.as_str(), outcome);
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap();
    let passed = report(&cases, &outcomes);
    assert!(passed >= FLOOR, "{passed} cases pass, at least {FLOOR} did before");
}

fn cases(directory: &Path) -> Vec<Case> {
    let case = |path: PathBuf| {
        let meta = json(&path.join("meta.json"));
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let fifo = path.join("expected-fifo.yaml");
        let case = |name: String, reorder, expected| Case {
            name,
            features: texts(&meta["features"]),
            tree: path.join("input"),
            directory: meta["dir"].as_str().unwrap().to_owned(),
            options: options(&meta["args"], reorder),
            expected,
        };
        let expected = match meta["expect"].as_str() {
            Some("error") => Expected::Error,
            _ => Expected::Text(path.join("expected.yaml")),
        };
        let mut both = vec![case(name.clone(), Reorder::Legacy, expected)];
        if fifo.exists() {
            both.push(case(format!("{name} in input order"), Reorder::None, Expected::Text(fifo)));
        }
        both
    };
    entries(directory).into_iter().flat_map(case).collect()
}

fn roots(directory: &Path) -> Vec<Case> {
    let repository = |path: PathBuf| {
        let roots = json(&path.join("roots.json"));
        let name = roots["repository"].as_str().unwrap().to_owned();
        let root = |root: &Value| {
            let directory = root["dir"].as_str().unwrap().to_owned();
            Case {
                name: format!("{name}: {directory}"),
                features: vec![format!("repository {name}")],
                tree: path.join("tree"),
                directory,
                options: options(&root["args"], Reorder::Legacy),
                expected: Expected::Text(path.join(root["expected"].as_str().unwrap())),
            }
        };
        roots["roots"].as_array().unwrap().iter().map(root).collect::<Vec<_>>()
    };
    entries(directory).into_iter().flat_map(repository).collect()
}

fn options(args: &Value, reorder: Reorder) -> Options {
    let args = texts(args);
    // The expectations were made with Helm 4.1.
    let mut options = Options { reorder, helm_profile: "4.1".to_owned(), ..Options::default() };
    let joined = args.join(" ");
    if joined.contains("--load-restrictor=LoadRestrictionsNone")
        || joined.contains("--load-restrictor LoadRestrictionsNone")
    {
        options.load_restrictor = oarlock_kustomize::LoadRestrictor::None;
    }
    options.enable_helm = joined.contains("--enable-helm");
    options
}

/// Nothing where the case passes, else what is wrong.
fn run(case: &Case) -> Result<(), String> {
    let host = DirectoryHost::new(&case.tree).unwrap().with_plugin::<Helm>();
    let built = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        render(&host, &case.directory, &case.options)
    }));
    let built = built.map_err(|_| "panicked".to_owned())?;
    match (&case.expected, built) {
        (Expected::Error, Err(_)) => Ok(()),
        (Expected::Error, Ok(_)) => Err("succeeded, an error was expected".to_owned()),
        (Expected::Text(_), Err(failure)) => Err(format!("failed: {failure}\n{}", failure.notes.join("\n"))),
        (Expected::Text(path), Ok(text)) => {
            let expected = std::fs::read_to_string(path).unwrap();
            if expected == text { Ok(()) } else { Err(difference(&expected, &text)) }
        }
    }
}

fn render(host: &DirectoryHost, directory: &str, options: &Options) -> Result<String, Failure> {
    let directory = TreePath::new(directory).map_err(|error| Failure::new(error.to_string()))?;
    let built = build(host, &directory, options).map_err(|failures| failures.into_vec().swap_remove(0))?;
    let mut text = String::new();
    for (index, resource) in built.iter().enumerate() {
        if index > 0 {
            text.push_str("---\n");
        }
        text.push_str(
            &emit(&resource.object, Dialect::Kustomize).map_err(|error| Failure::new(error.to_string()))?,
        );
    }
    Ok(text)
}

/// Prints how many pass, by feature, and returns how many do in all.
fn report(cases: &[Case], outcomes: &BTreeMap<&str, Result<(), String>>) -> usize {
    let verbose = std::env::var("OARLOCK_CONFORMANCE_VERBOSE").unwrap_or_default();
    if !verbose.is_empty() {
        for (name, outcome) in outcomes {
            if let Err(why) = outcome {
                let shown =
                    if verbose == "diff" { why.as_str() } else { why.lines().next().unwrap_or_default() };
                visibly(&format!("FAIL {name}: {shown}"));
            }
        }
    }
    let mut features: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut passed = 0;
    for case in cases {
        let good = usize::from(outcomes[case.name.as_str()].is_ok());
        passed += good;
        for feature in &case.features {
            let count = features.entry(feature).or_default();
            *count = (count.0 + good, count.1 + 1);
        }
    }
    for (feature, (good, all)) in features {
        visibly(&format!("{good:>4}/{all:<4} {feature}"));
    }
    visibly(&format!("conformance: {passed}/{} pass", cases.len()));
    passed
}

/// The first lines that differ, with what leads to them.
fn difference(expected: &str, found: &str) -> String {
    let same = expected.lines().zip(found.lines()).take_while(|(a, b)| a == b).count();
    let show = |text: &str, mark: char| {
        let lines: Vec<_> = text.lines().skip(same).take(12).map(|line| format!("{mark} {line}")).collect();
        lines.join("\n")
    };
    let before: Vec<_> = expected.lines().skip(same.saturating_sub(4)).take(same.min(4)).collect();
    format!(
        "differs at line {}\n  {}\n{}\n{}",
        same + 1,
        before.join("\n  "),
        show(expected, '-'),
        show(found, '+')
    )
}

fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}
