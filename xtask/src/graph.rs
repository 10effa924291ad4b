//! The crates of the workspace: where they are, how large they are, and which of each other they
//! use.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use oarlock_build::{Kind, crates};

use crate::workspace::workspace;

/// Prints a table: folder, lines of Rust, crates of the workspace that it depends on.
pub(crate) fn run() -> Result<()> {
    let mut rows = BTreeMap::new();
    for package in crates(workspace())? {
        let normal = package.dependencies.into_iter().filter(|dependency| dependency.kind == Kind::Normal);
        let mut uses: Vec<String> = normal.filter_map(|dependency| dependency.folder).collect();
        uses.sort();
        let lines = lines(&workspace().join(&package.folder).join("src"))?;
        rows.insert(package.folder, (lines, uses.join(", ")));
    }
    let total: usize = rows.values().map(|(lines, _)| lines).sum();
    for (folder, (lines, uses)) in rows {
        println!("{folder:<28}{lines:>8}  {uses}");
    }
    println!("{:<28}{total:>8}", "all");
    Ok(())
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
