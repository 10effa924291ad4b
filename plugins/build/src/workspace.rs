//! The crates of a workspace: what each is made of, from cargo's own graph.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// A crate of the workspace.
#[derive(Clone, Debug)]
pub struct Crate {
    /// Its name.
    pub name: String,
    /// Its folder, from the workspace's root, `/`-separated.
    pub folder: String,
    /// The root files of its library and binaries.
    pub roots: Vec<PathBuf>,
    /// What it depends on.
    pub dependencies: Vec<Dependency>,
}

/// One line of a crate's `[dependencies]`.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// The name of the package.
    pub name: String,
    /// What it is for.
    pub kind: Kind,
    /// The folder, for a crate of the workspace.
    pub folder: Option<String>,
}

/// What a dependency is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The crate itself.
    Normal,
    /// Its build script.
    Build,
    /// Its tests.
    Development,
}

/// All crates of a workspace, from `cargo metadata`.
///
/// # Errors
/// If cargo cannot be run, or finds no workspace there.
pub fn crates(workspace: &Path) -> Result<Vec<Crate>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path"])
        .arg(workspace.join("Cargo.toml"))
        .output()
        .context("cannot run cargo")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    let root = text(&metadata["workspace_root"]);
    Ok(list(&metadata["packages"]).iter().map(|package| read(package, &root)).collect())
}

fn read(package: &Value, root: &str) -> Crate {
    let is_code = |target: &&Value| {
        list(&target["kind"])
            .iter()
            .any(|kind| matches!(kind.as_str(), Some("lib" | "rlib" | "cdylib" | "bin" | "proc-macro")))
    };
    Crate {
        name: text(&package["name"]),
        folder: folder(text(&package["manifest_path"]).trim_end_matches("Cargo.toml"), root),
        roots: list(&package["targets"])
            .iter()
            .filter(is_code)
            .map(|target| PathBuf::from(text(&target["src_path"])))
            .collect(),
        dependencies: list(&package["dependencies"]).iter().map(|found| dependency(found, root)).collect(),
    }
}

fn dependency(found: &Value, root: &str) -> Dependency {
    Dependency {
        name: text(&found["name"]),
        kind: match found["kind"].as_str() {
            Some("build") => Kind::Build,
            Some("dev") => Kind::Development,
            _ => Kind::Normal,
        },
        folder: found["path"].as_str().map(|path| folder(path, root)),
    }
}

fn folder(path: &str, root: &str) -> String {
    path.strip_prefix(root).unwrap_or(path).trim_matches('/').to_owned()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
