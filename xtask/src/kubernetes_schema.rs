//! The table of Kubernetes' types: made, or compared with what would be made.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::chores::{generator, target_dir};
use crate::workspace::workspace;

/// The minor versions, oldest first. `Release` of the crate bounds them, too.
const MINORS: std::ops::RangeInclusive<u32> = 31..=35;

/// Where the generator is, and where below the target directory it is built.
const FOLDER: &str = "lib/kubernetes-schema/generate";
const TARGET: &str = "kubernetes-schema";

/// Makes the table by a program that is no part of the workspace, in one run for each version.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let is_check = match args {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => bail!("`cargo xtask kubernetes-schema` takes `--check` alone"),
    };
    let directory = target_dir().join(TARGET);
    fs::create_dir_all(&directory)?;
    let mut files: Vec<PathBuf> = Vec::new();
    for minor in MINORS {
        println!("the schemas of Kubernetes 1.{minor}");
        let file = directory.join(format!("1.{minor}.json"));
        let features = format!("v1_{minor}");
        fs::write(&file, output(generator(FOLDER, TARGET).args(["--features", &features]))?)?;
        files.push(file);
    }
    let made = output(generator(FOLDER, TARGET).args(["--", "table"]).args(&files))?;
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

/// What a command prints.
fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.stderr(std::process::Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!("the generator of the table failed");
    }
    Ok(output.stdout)
}
