//! The crates of the workspace: where they are, how large they are, and which of each other they use.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::chores::cargo;
use crate::workspace::workspace;

#[derive(serde::Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(serde::Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(serde::Deserialize)]
struct Dependency {
    name: String,
    /// `None` for what the crate itself is built with, not its tests or its build script.
    kind: Option<String>,
}

/// Prints a table: folder, lines of Rust, crates of the workspace that it depends on.
pub(crate) fn run() -> Result<()> {
    let output =
        cargo(&["metadata", "--format-version", "1", "--no-deps"]).output().context("cannot run cargo")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Metadata = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    let root = workspace().canonicalize()?;
    let mut folders = BTreeMap::new();
    for package in &metadata.packages {
        let directory = package.manifest_path.parent().context("a manifest is in a directory")?;
        folders.insert(package.name.as_str(), directory.strip_prefix(&root).unwrap_or(directory));
    }
    let mut rows = BTreeMap::new();
    for package in &metadata.packages {
        let uses = package.dependencies.iter().filter(|dependency| dependency.kind.is_none());
        let mut uses: Vec<_> = uses
            .filter_map(|dependency| folders.get(dependency.name.as_str()))
            .map(|path| shown(path))
            .collect();
        uses.sort();
        let folder = folders[package.name.as_str()];
        rows.insert(shown(folder), (lines(&root.join(folder).join("src"))?, uses.join(", ")));
    }
    let total: usize = rows.values().map(|(lines, _)| lines).sum();
    for (folder, (lines, uses)) in rows {
        println!("{folder:<28}{lines:>8}  {uses}");
    }
    println!("{:<28}{total:>8}", "all");
    Ok(())
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Lines of Rust below a directory.
fn lines(directory: &Path) -> Result<usize> {
    if !directory.is_dir() {
        return Ok(0);
    }
    let mut count = 0;
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            count += lines(&path)?;
        } else if path.extension().is_some_and(|end| end == "rs") {
            count += std::fs::read_to_string(&path)?.lines().count();
        }
    }
    Ok(count)
}
