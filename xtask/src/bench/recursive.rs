//! Every kustomization of a repository in one process, against a loop of `kubectl kustomize` over
//! the same directories: the example, and the largest repository of the conformance corpus.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::{Programs, corpus, first_run, measure, report};
use crate::workspace::workspace;

/// The script of the loop: its arguments are the program and the directories.
const EACH: &str = "program=$1; shift; for each in \"$@\"; do \"$program\" kustomize \"$each\"; done";

/// Measures and prints.
pub(super) fn run() -> Result<()> {
    let programs = Programs::get()?;
    println!("## Every kustomization of a repository, whole process\n");
    report::head("what is rendered", "loop");
    measure_one(&programs, "the example", &workspace().join("examples/gitops"))?;
    match largest(&programs)? {
        Some((name, tree)) => measure_one(&programs, &name, &tree)?,
        None => report::absent("a public repository", "no corpus is here"),
    }
    println!();
    Ok(())
}

/// Measures one repository, without a cache of code, and then with a cache of renders.
fn measure_one(programs: &Programs, name: &str, tree: &Path) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let directories = rendered(programs, tree, scratch.path())?.context(name.to_owned())?;
    let name = format!("{} kustomizations of {name}", directories.len());
    let theirs = || {
        let mut command = Command::new("sh");
        command.args(["-euc", EACH, "sh"]).arg(&programs.kubectl).args(&directories);
        command
    };

    let nowhere = scratch.path().join("no-cache");
    let cold = || first_run(programs.render_all(tree), &nowhere);
    report::row(&format!("{name}, from nothing"), &measure::compare_by(&measure::kinds, &cold, &theirs)?);
    let warm = || {
        let mut command = programs.render_all(tree);
        command.arg("--render-cache").arg(scratch.path().join("renders"));
        command
    };
    measure::once(warm())?;
    report::row(&format!("{name}, render cache warm"), &measure::alone(&warm)?);
    Ok(())
}

/// The directories that are rendered of a tree; `None` where some cannot be.
fn rendered(programs: &Programs, tree: &Path, scratch: &Path) -> Result<Option<Vec<PathBuf>>> {
    let out = scratch.join("out");
    let mut render = programs.render_all(tree);
    if !render.arg("--out").arg(&out).stderr(Stdio::null()).status()?.success() {
        return Ok(None);
    }
    let mut directories = BTreeSet::new();
    let mut waiting = vec![out.clone()];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(&directory)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                waiting.push(entry.path());
            } else if directory != out {
                directories.insert(tree.join(directory.strip_prefix(&out)?));
            }
        }
    }
    ensure!(!directories.is_empty(), "nothing is rendered of {}", tree.display());
    Ok(Some(directories.into_iter().collect()))
}

/// The repository of the corpus with most kustomizations of which all are rendered.
fn largest(programs: &Programs) -> Result<Option<(String, PathBuf)>> {
    for (repository, tree) in corpus::repositories()? {
        if rendered(programs, &tree, tempfile::tempdir()?.path())?.is_some() {
            return Ok(Some((repository, tree)));
        }
    }
    Ok(None)
}

impl Programs {
    /// `oarlock render --recursive` of a tree.
    fn render_all(&self, tree: &Path) -> Command {
        let mut command = Command::new(&self.oarlock);
        command.args(["render", "--recursive", "--plugins", "kustomize", "--root"]).args([tree, tree]);
        command
    }
}
