//! The table of Kubernetes' types: made, or compared with what would be made.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::chores::{cargo, target_dir};
use crate::workspace::workspace;

/// The minor versions, oldest first. `Release` of the crate bounds them, too.
const MINORS: std::ops::RangeInclusive<u32> = 31..=35;

/// Makes the table by a program that is no part of the workspace, in one run for each version.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let is_check = match args {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => bail!("`cargo xtask kubernetes-schema` takes `--check` alone"),
    };
    let directory = target_dir().join("kubernetes-schema");
    fs::create_dir_all(&directory)?;
    let mut files: Vec<PathBuf> = Vec::new();
    for minor in MINORS {
        println!("the schemas of Kubernetes 1.{minor}");
        let file = directory.join(format!("1.{minor}.json"));
        let features = format!("v1_{minor}");
        fs::write(&file, output(generator().args(["--features", &features]))?)?;
        files.push(file);
    }
    let made = output(generator().args(["--", "table"]).args(&files))?;
    let path = workspace().join("lib/kubernetes-schema/src/types.txt");
    if !is_check {
        return fs::write(&path, made).with_context(|| format!("cannot write {}", path.display()));
    }
    if fs::read(&path)? != made {
        bail!("{} is not what k8s-openapi says: run `cargo xtask kubernetes-schema`", path.display());
    }
    println!("{} is what k8s-openapi says", path.display());
    Ok(())
}

/// The generator, without what it is to do.
fn generator() -> Command {
    let manifest = workspace().join("lib/kubernetes-schema/generate/Cargo.toml");
    let mut run = cargo(&["run", "--quiet", "--locked", "--manifest-path"]);
    run.arg(manifest).env("CARGO_TARGET_DIR", target_dir().join("kubernetes-schema"));
    run
}

/// What a command prints.
fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.stderr(std::process::Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!("the generator of the table failed");
    }
    Ok(output.stdout)
}
