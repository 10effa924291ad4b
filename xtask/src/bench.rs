//! Measures against kustomize, Helm and Argo CD's plugin server, and Wasm against native: each
//! comparison in one run, as ratios of medians.

mod argocd;
mod corpus;
mod examples;
mod fleet;
mod helm;
mod kustomize;
mod machine;
mod measure;
mod minimal;
mod plugins;
mod recursive;
mod report;
mod start;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::chores::{Profile, build, cargo, succeed};
use crate::{peers, setup};

/// Names a binary to measure instead of the release build.
const BINARY: &str = "OARLOCK_BENCH_BINARY";

/// Measures and prints.
type Group = fn() -> Result<()>;

/// The groups of measurements, in the order they run.
const GROUPS: [(&str, Group); 10] = [
    ("start", start::run),
    ("examples", examples::run),
    ("minimal", minimal::run),
    ("kustomize", kustomize::run),
    ("recursive", recursive::run),
    ("helm", helm::run),
    ("argocd", argocd::run),
    ("fleet", fleet::run),
    ("sandbox", sandbox),
    ("plugins", plugins::run),
];

/// Runs the groups that are named, or all, and prints Markdown.
pub(crate) fn run(named: &[String]) -> Result<ExitCode> {
    let known = || GROUPS.map(|(name, _)| name).join("`, `");
    if let Some(unknown) = named.iter().find(|name| GROUPS.iter().all(|(group, _)| group != name)) {
        bail!("there is no benchmark `{unknown}`; there are `{}`", known());
    }
    println!("{}\n", machine::describe());
    for (name, group) in GROUPS {
        if named.is_empty() || named.iter().any(|wanted| wanted == name) {
            group().with_context(|| format!("the benchmark `{name}`"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Wasm against native.
fn sandbox() -> Result<()> {
    setup::run()?;
    succeed(&mut cargo(&["bench", "--quiet", "--workspace", "--bench", "sandbox"]))
}

/// What is measured: the release build, unless the environment names another one.
fn oarlock() -> Result<PathBuf> {
    match std::env::var_os(BINARY) {
        // A path is of the caller's directory, the programs run in others.
        Some(binary) => PathBuf::from(binary).canonicalize().context(BINARY),
        None => build(Profile::Release),
    }
}

/// A command on a machine that never ran Oarlock: it has a cache directory that is not there, and
/// nothing of the command before.
fn first_run(mut command: Command, cache: &Path) -> Command {
    let _ = std::fs::remove_dir_all(cache);
    command.env("OARLOCK_CACHE_DIR", cache);
    command
}

/// The programs that are compared.
struct Programs {
    oarlock: PathBuf,
    kubectl: PathBuf,
    helm: PathBuf,
}

impl Programs {
    /// Builds the one and fetches the others.
    fn get() -> Result<Self> {
        setup::run()?;
        peers::fetch()?;
        let kubectl = peers::find("kubectl").context("no kubectl to compare with")?;
        let helm = peers::find("helm").context("no helm to compare with")?;
        Ok(Self { oarlock: oarlock()?, kubectl, helm })
    }

    /// `oarlock render` of a directory in a tree.
    fn render(&self, tree: &Path, directory: &Path) -> Command {
        let mut command = Command::new(&self.oarlock);
        command.args(["render", "--plugins", "kustomize", "--root"]).args([tree, directory]);
        command
    }

    /// `kubectl kustomize` of the same directory.
    fn kustomize(&self, directory: &Path) -> Command {
        let mut command = Command::new(&self.kubectl);
        command.arg("kustomize").arg(directory);
        command
    }
}
