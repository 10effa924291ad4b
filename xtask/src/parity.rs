//! How much of the conformance corpus each version of kustomize prints as Oarlock does under the profile of that version.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::chores::workspace;

/// Versions of kustomize, and the profile that is to be theirs.
const VERSIONS: [(&str, &str); 5] =
    [("v5.4.3", "5.5"), ("v5.5.0", "5.5"), ("v5.6.0", "5.6"), ("v5.7.1", "5.7"), ("v5.8.1", "5.8")];

/// Flags of `kustomize build` that a case may have, as configuration of the plugin.
const FLAGS: [(&str, &str); 2] = [
    ("--load-restrictor=LoadRestrictionsNone", r#""loadRestrictor": "none""#),
    ("--load-restrictor LoadRestrictionsNone", r#""loadRestrictor": "none""#),
];

/// A kustomization of the corpus.
struct Case {
    name: String,
    tree: PathBuf,
    directory: String,
    flags: Vec<String>,
}

/// Measures and prints a row for each version; with `--verbose` what differs, too.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let verbose = args.iter().any(|arg| arg == "--verbose");
    let built = workspace().join("target/release/oarlock");
    let oarlock = std::env::var_os("OARLOCK_BIN").map_or(built, PathBuf::from);
    if !oarlock.is_file() {
        bail!("there is no {}; `cargo build --release` builds it", oarlock.display());
    }
    let cases = cases(&corpus()?)?;
    println!("{} cases of the corpus, those with charts left out\n", cases.len());
    println!("{:<10} {:<8} equal", "kustomize", "profile");
    for (version, profile) in VERSIONS {
        let kustomize = kustomize(version)?;
        let differing = measure(&cases, &kustomize, &oarlock, profile);
        println!("{version:<10} {profile:<8} {}/{}", cases.len() - differing.len(), cases.len());
        if verbose {
            for name in &differing {
                println!("  {name}");
            }
        }
    }
    Ok(())
}

/// The corpus: beside the checkout, or where the variable says.
fn corpus() -> Result<PathBuf> {
    let beside = workspace().join("../shared/conformance");
    let root = std::env::var_os("OARLOCK_CONFORMANCE").map_or(beside, PathBuf::from).join("kustomize");
    if root.is_dir() { Ok(root) } else { bail!("no conformance corpus at {}", root.display()) }
}

/// The real kustomize of a version, built by Go unless it is there.
fn kustomize(version: &str) -> Result<PathBuf> {
    let directory = workspace().join("target/peers").join(format!("kustomize-{version}"));
    let binary = directory.join("kustomize");
    if !binary.is_file() {
        let status = Command::new("go")
            .args(["install", &format!("sigs.k8s.io/kustomize/kustomize/v5@{version}")])
            .env("GOBIN", &directory)
            .status()
            .context("cannot run go, which builds kustomize")?;
        if !status.success() {
            bail!("go install of kustomize {version} failed");
        }
    }
    Ok(binary)
}

fn cases(corpus: &Path) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for path in entries(&corpus.join("cases"))? {
        let meta = json(&path.join("meta.json"))?;
        cases.push(Case {
            name: name(&path),
            tree: path.join("input"),
            directory: text(&meta["dir"]),
            flags: texts(&meta["args"]),
        });
    }
    for path in entries(&corpus.join("repos"))? {
        let roots = json(&path.join("roots.json"))?;
        for root in roots["roots"].as_array().into_iter().flatten() {
            let directory = text(&root["dir"]);
            cases.push(Case {
                name: format!("{}: {directory}", name(&path)),
                tree: path.join("tree"),
                directory,
                flags: texts(&root["args"]),
            });
        }
    }
    // A chart is rendered by helm, whose versions differ by themselves.
    cases.retain(|case| !case.flags.iter().any(|flag| flag == "--enable-helm"));
    Ok(cases)
}

/// The names of the cases in which both differ: in what they print, or in whether they fail.
fn measure<'a>(cases: &'a [Case], kustomize: &Path, oarlock: &Path, profile: &str) -> Vec<&'a str> {
    let next = AtomicUsize::new(0);
    let differing = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let theirs = theirs(case, kustomize);
                    let ours = ours(case, oarlock, profile);
                    let is_equal = match (&theirs, &ours) {
                        (Ok(theirs), Ok(ours)) => {
                            let both = theirs.status.success() && ours.status.success();
                            let neither = !theirs.status.success() && !ours.status.success();
                            neither || (both && theirs.stdout == ours.stdout)
                        }
                        _ => false,
                    };
                    if !is_equal && let Ok(mut differing) = differing.lock() {
                        differing.push(case.name.as_str());
                    }
                }
            });
        }
    });
    let mut differing = differing.into_inner().unwrap_or_default();
    differing.sort_unstable();
    differing
}

fn theirs(case: &Case, kustomize: &Path) -> std::io::Result<Output> {
    Command::new(kustomize)
        .args(["build", &case.directory])
        .args(&case.flags)
        .current_dir(&case.tree)
        .output()
}

fn ours(case: &Case, oarlock: &Path, profile: &str) -> std::io::Result<Output> {
    let flags = case.flags.join(" ");
    let given = FLAGS.iter().find(|(flag, _)| flags.contains(flag)).map(|(_, setting)| *setting);
    let settings: Vec<String> = [Some(format!(r#""profile": "{profile}""#)), given.map(str::to_owned)]
        .into_iter()
        .flatten()
        .collect();
    Command::new(oarlock)
        .args(["render", &case.directory, "--root", ".", "--allow-empty", "--plugins", "kustomize"])
        .args(["--config", &format!("kustomize={{{}}}", settings.join(", "))])
        .current_dir(&case.tree)
        .output()
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(directory).with_context(|| format!("cannot list {}", directory.display()))?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.retain(|path| path.is_dir());
    paths.sort();
    Ok(paths)
}

fn json(path: &Path) -> Result<Value> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(serde_json::from_slice(&text)?)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}
