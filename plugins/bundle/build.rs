//! Builds the bundled plugins to components and writes the table that embeds them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use oarlock_build::{BuildRequest, Crate, Kind, Toolchain, build_components};
use oarlock_model::Digest;

/// The bundled plugins, generators first, in the order in which they are asked whether a directory
/// is theirs.
///
/// With each, whether it is a generator, so that the host need not ask; a test asks.
const PLUGINS: [(&str, bool); 6] = [
    ("kustomize", true),
    ("helm", true),
    ("directory", true),
    ("vault", false),
    ("sync-wave", false),
    ("applicationset", false),
];

fn main() -> Result<()> {
    let manifest_dir =
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").context("cargo sets CARGO_MANIFEST_DIR")?);
    let workspace = manifest_dir.join("../..").canonicalize()?;
    let out = PathBuf::from(std::env::var_os("OUT_DIR").context("cargo sets OUT_DIR")?);
    for input in ["Cargo.toml", "Cargo.lock", "wit", "plugins/build"] {
        println!("cargo::rerun-if-changed={}", workspace.join(input).display());
    }
    let packages = PLUGINS.map(|(plugin, _)| format!("oarlock-{plugin}"));
    for folder in sources(&workspace, &packages)? {
        println!("cargo::rerun-if-changed={}", workspace.join(folder).display());
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
    for ((plugin, is_generator), component) in PLUGINS.iter().zip(components) {
        let file = out.join(format!("{plugin}.wasm"));
        std::fs::write(&file, &component)?;
        let digest = Digest::of(&component).to_string();
        let path = file.display().to_string();
        writeln!(
            table,
            "    Bundled {{ name: {plugin:?}, is_generator: {is_generator}, digest: {digest:?}, component: include_bytes!({path:?}) }},"
        )?;
    }
    table.push(']');
    std::fs::write(out.join("bundled.rs"), table)?;
    Ok(())
}

/// A target directory inside the outer one, shared by all profiles, since the nested build may have
/// to build the standard library.
fn nested_target_dir(out: &Path) -> Result<PathBuf> {
    // OUT_DIR is <target>/<profile>/build/<package>-<hash>/out, with the triple before the profile
    // where one was asked for. cargo marks a target directory that it makes itself.
    let marked = out.ancestors().find(|dir| dir.join("CACHEDIR.TAG").is_file());
    let target = marked.or_else(|| out.ancestors().nth(4)).context("OUT_DIR is in a target directory")?;
    Ok(target.join("wasm"))
}

/// The folders of the workspace's crates that packages are made of, from the workspace's root.
fn sources(workspace: &Path, packages: &[String]) -> Result<BTreeSet<String>> {
    let crates = oarlock_build::crates(workspace)?;
    let mut waiting: Vec<&Crate> = crates.iter().filter(|found| packages.contains(&found.name)).collect();
    let mut folders = BTreeSet::new();
    while let Some(next) = waiting.pop() {
        if folders.insert(next.folder.clone()) {
            let normal = next.dependencies.iter().filter(|dependency| dependency.kind == Kind::Normal);
            let own = normal.filter_map(|dependency| dependency.folder.as_ref());
            waiting.extend(own.filter_map(|folder| crates.iter().find(|found| found.folder == *folder)));
        }
    }
    Ok(folders)
}
