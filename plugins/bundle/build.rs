//! Builds the bundled plugins to components and writes the table that embeds them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use oarlock_build::{BuildRequest, Toolchain, build_components};
use sha2::{Digest, Sha256};

/// The bundled plugins, generators first, in the order in which they are asked whether a directory is theirs.
const PLUGINS: [&str; 5] = ["kustomize", "helm", "directory", "vault", "sync-wave"];

fn main() -> Result<()> {
    let manifest_dir =
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").context("cargo sets CARGO_MANIFEST_DIR")?);
    let workspace = manifest_dir.join("../..").canonicalize()?;
    let out = PathBuf::from(std::env::var_os("OUT_DIR").context("cargo sets OUT_DIR")?);
    for input in ["Cargo.toml", "Cargo.lock", "wit", "lib", "plugins/sdk", "plugins/build"] {
        println!("cargo::rerun-if-changed={}", workspace.join(input).display());
    }
    for plugin in PLUGINS {
        println!("cargo::rerun-if-changed={}", workspace.join("plugins").join(plugin).display());
    }

    let packages = PLUGINS.map(|plugin| format!("oarlock-{plugin}"));
    let components = build_components(
        &Toolchain::find()?,
        &BuildRequest {
            workspace: &workspace,
            packages: &packages.each_ref().map(String::as_str),
            target_dir: &nested_target_dir(&out)?,
            profile: "component",
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
