//! Builds the bundled plugins to components and writes the table that embeds them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use oarlock_build::{BuildRequest, Toolchain, build_components};
use sha2::{Digest, Sha256};

/// The bundled plugins, generators first, in the order in which they are asked whether a directory is theirs.
const PLUGINS: [&str; 5] = ["kustomize", "helm", "directory", "vault", "sync-wave"];

fn main() -> Result<()> {
    let manifest_dir =
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").context("cargo sets CARGO_MANIFEST_DIR")?);
    let workspace = manifest_dir.join("../..").canonicalize()?;
    let out = PathBuf::from(std::env::var_os("OUT_DIR").context("cargo sets OUT_DIR")?);
    for input in ["Cargo.toml", "Cargo.lock", "wit", "plugins/build"] {
        println!("cargo::rerun-if-changed={}", workspace.join(input).display());
    }
    let packages = PLUGINS.map(|plugin| format!("oarlock-{plugin}"));
    for directory in sources(&workspace, &packages)? {
        println!("cargo::rerun-if-changed={}", directory.display());
    }
    // Building from a checkout must not take long; what is shipped is run often.
    let profile = if std::env::var("PROFILE").is_ok_and(|profile| profile == "debug") {
        "component-dev"
    } else {
        "component"
    };
    let components = build_components(
        &Toolchain::find()?,
        &BuildRequest {
            workspace: &workspace,
            packages: &packages.each_ref().map(String::as_str),
            target_dir: &nested_target_dir(&out)?,
            profile,
        },
    )?;

    let mut table = String::from("&[\n");
    for (plugin, component) in PLUGINS.iter().zip(components) {
        let file = out.join(format!("{plugin}.wasm"));
        std::fs::write(&file, &component)?;
        let digest = Sha256::digest(&component).iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        let path = file.display().to_string();
        writeln!(
            table,
            "    Bundled {{ name: {plugin:?}, digest: {digest:?}, component: include_bytes!({path:?}) }},"
        )?;
    }
    table.push(']');
    std::fs::write(out.join("bundled.rs"), table)?;
    Ok(())
}

/// A target directory inside the outer one, shared by all profiles, since the nested build may have to build the standard library.
fn nested_target_dir(out: &Path) -> Result<PathBuf> {
    // OUT_DIR is <target>/<profile>/build/<package>-<hash>/out, with the triple before the profile where one was asked for.
    let target = out.ancestors().find(|dir| dir.join("CACHEDIR.TAG").is_file());
    Ok(target.context("cargo marks its target directory with CACHEDIR.TAG")?.join("wasm"))
}

/// The directories of the workspace's crates that packages are made of, from cargo's own graph.
fn sources(workspace: &Path, packages: &[String]) -> Result<BTreeSet<PathBuf>> {
    let cargo = std::env::var_os("CARGO").context("cargo sets CARGO")?;
    let output = Command::new(cargo)
        .current_dir(workspace)
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .args(["--filter-platform", "wasm32-unknown-unknown"])
        .output()
        .context("cannot run cargo")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Metadata = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    let own: BTreeMap<&str, &Package> = metadata
        .packages
        .iter()
        .filter(|package| package.source.is_none())
        .map(|package| (package.name.as_str(), package))
        .collect();
    let mut directories = BTreeSet::new();
    let mut waiting: Vec<&str> = packages.iter().map(String::as_str).collect();
    while let Some(package) = waiting.pop().and_then(|name| own.get(name)) {
        let directory = package.manifest_path.parent().context("a manifest is in a directory")?;
        if directories.insert(directory.to_owned()) {
            let dependencies = package.dependencies.iter().filter(|dependency| dependency.kind.is_none());
            waiting.extend(
                dependencies.map(|dependency| dependency.name.as_str()).filter(|name| own.contains_key(name)),
            );
        }
    }
    Ok(directories)
}

/// What is needed of the output of `cargo metadata`.
#[derive(serde::Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(serde::Deserialize)]
struct Package {
    name: String,
    /// `None` for a crate of the workspace.
    source: Option<String>,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(serde::Deserialize)]
struct Dependency {
    name: String,
    /// `None` for what the crate itself is built with, not its tests or its build script.
    kind: Option<String>,
}
