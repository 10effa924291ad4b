//! Writes the table that embeds native code of the bundled plugins.
//!
//! `cargo xtask build` compiles the plugins with the program that it has just built, and builds the
//! program again with the code in it. This build script cannot do that itself: it would have to
//! build the compiler a second time.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A directory of files `<SHA-256 of the component>.code`.
const DIRECTORY: &str = "OARLOCK_PRECOMPILED";

fn main() -> Result<()> {
    println!("cargo::rerun-if-env-changed={DIRECTORY}");
    let mut table = String::from("&[\n");
    if let Some(directory) = std::env::var_os(DIRECTORY).filter(|directory| !directory.is_empty()) {
        let directory = PathBuf::from(directory);
        println!("cargo::rerun-if-changed={}", directory.display());
        for code in files(&directory)? {
            let digest = code.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let path = code.display().to_string();
            writeln!(table, "    ({digest:?}, &Pages(*include_bytes!({path:?})).0),")?;
        }
    }
    table.push(']');
    let out = PathBuf::from(std::env::var_os("OUT_DIR").context("cargo sets OUT_DIR")?);
    std::fs::write(out.join("precompiled.rs"), table)?;
    Ok(())
}

/// The files of code, in the order of their names. There are none before the first compilation.
fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let directory = directory.canonicalize()?;
    let entries =
        std::fs::read_dir(&directory).with_context(|| format!("cannot list {}", directory.display()))?;
    let mut files = entries
        .map(|entry| Ok(entry?.path()))
        .filter(|path| path.as_ref().map_or(true, |path| path.extension().is_some_and(|end| end == "code")))
        .collect::<std::io::Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}
