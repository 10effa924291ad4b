//! How much of the conformance corpora each version of kustomize and of Helm prints as Oarlock does
//! under the profile of that version.

mod helm;
mod kustomize;
mod page;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};
use oarlock_samples::CONFORMANCE;
use serde_json::Value;

use crate::workspace::workspace;

/// How much of a corpus one version of a tool prints as Oarlock does.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Score {
    /// The release of the tool.
    version: &'static str,
    /// The profile that is to be that of the release.
    profile: &'static str,
    /// How many cases are equal, errors of both among them.
    equal: usize,
    /// How many cases there are.
    cases: usize,
}

/// Measures and prints a table for each tool; with `--verbose` what differs, too. With `--write`
/// the tables of docs/trust.md are those that were measured.
pub(crate) fn run(args: &[String]) -> Result<()> {
    if let Some(unknown) = args.iter().find(|arg| !["--verbose", "--write"].contains(&arg.as_str())) {
        bail!("`cargo xtask parity` takes `--verbose` and `--write`, not `{unknown}`");
    }
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    let verbose = has("--verbose");
    let kustomize = kustomize::run(verbose)?;
    println!();
    let helm = helm::run(verbose)?;
    if has("--write") {
        page::write(&[("kustomize", &kustomize), ("helm", &helm)])?;
    }
    Ok(())
}

/// A program of the project: as the environment says, or from a release build.
fn built(name: &str, variable: &str, command: &str) -> Result<PathBuf> {
    let path = workspace().join("target/release").join(name);
    let path = std::env::var_os(variable).map_or(path, PathBuf::from);
    if path.is_file() { Ok(path) } else { bail!("there is no {}; `{command}` builds it", path.display()) }
}

/// The corpus of a tool.
fn corpus(tool: &str) -> Result<PathBuf> {
    oarlock_samples::conformance(tool)
        .with_context(|| format!("set {CONFORMANCE} to the folder of the conformance corpora"))
}

/// The real tool of a version, built by Go unless it is there. `flags` are those of the linker.
fn peer(tool: &str, version: &str, package: &str, flags: &str) -> Result<PathBuf> {
    let directory = workspace().join("target/peers").join(format!("{tool}-{version}"));
    let binary = directory.join(tool);
    if !binary.is_file() {
        let status = Command::new("go")
            .args(["install", "-ldflags", flags, package])
            .env("GOBIN", &directory)
            .status()
            .with_context(|| format!("cannot run go, which builds {tool}"))?;
        if !status.success() {
            bail!("go install of {tool} {version} failed");
        }
    }
    Ok(binary)
}

/// Measures a version and prints its row; with `verbose` the names of what differs, too.
fn row<C: Sync>(
    version: &'static str,
    profile: &'static str,
    cases: &[C],
    name: impl Fn(&C) -> &str,
    is_equal: impl Fn(&C) -> bool + Sync,
    verbose: bool,
) -> Score {
    let next = AtomicUsize::new(0);
    let differing = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if !is_equal(case)
                        && let Ok(mut differing) = differing.lock()
                    {
                        differing.push(case);
                    }
                }
            });
        }
    });
    let differing = differing.into_inner().unwrap_or_default();
    let score = Score { version, profile, equal: cases.len() - differing.len(), cases: cases.len() };
    println!("{version:<10} {profile:<8} {}/{}", score.equal, score.cases);
    if verbose {
        let mut names: Vec<&str> = differing.into_iter().map(name).collect();
        names.sort_unstable();
        for name in names {
            println!("  {name}");
        }
    }
    score
}

/// Whether both print the same, or both fail.
fn is_equal(theirs: std::io::Result<Output>, ours: std::io::Result<Output>) -> bool {
    match (theirs, ours) {
        (Ok(theirs), Ok(ours)) => match (theirs.status.success(), ours.status.success()) {
            (true, true) => theirs.stdout == ours.stdout,
            (theirs, ours) => !theirs && !ours,
        },
        _ => false,
    }
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
