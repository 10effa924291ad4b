//! What a process costs before it does anything: against a program that prints one line, and the
//! first run on a machine that never saw Oarlock against `kubectl kustomize` and `helm template`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::helm::{self, Chart};
use super::{Programs, first_run, measure, report};
use crate::chores::succeed;
use crate::workspace::workspace;

const HELLO: &str = "fn main() { println!(\"hello\"); }\n";

const OVERLAY: &str = "examples/gitops/components/ua/users-v2/overlays/prod";

/// Measures and prints.
pub(super) fn run() -> Result<()> {
    let programs = Programs::get()?;
    let scratch = tempfile::tempdir()?;
    let hello = hello(scratch.path())?;
    println!("## Start of a process\n");
    report::head("what runs", "peer");
    // What they print differs by nature.
    let anything = |_: &[u8]| ();
    let version = || {
        let mut command = Command::new(&programs.oarlock);
        command.arg("--version");
        command
    };
    let measured = measure::compare_by(&anything, &version, &|| Command::new(&hello))?;
    report::row("`oarlock --version` beside a program that prints one line", &measured);

    let nowhere = scratch.path().join("no-cache");
    let ours = |command: Command| first_run(command, &nowhere);
    let tree = workspace().join("examples/gitops");
    let overlay = workspace().join(OVERLAY);
    let measured =
        measure::compare(&|| ours(programs.render(&tree, &overlay)), &|| programs.kustomize(&overlay))?;
    report::row("a first run: users-v2, prod, beside kubectl kustomize", &measured);
    let chart = workspace().join(helm::EXAMPLE);
    let chart = Chart::of_example(&chart);
    let measured =
        measure::compare_by(&measure::kinds, &|| ours(chart.ours(&programs)), &|| chart.theirs(&programs))?;
    report::row("a first run: message-broker, beside helm template", &measured);
    let compiles = nowhere.exists();
    println!(
        "\n{} At each first run there is no code cache.\n",
        if compiles {
            "Plugins were compiled, as the binary has no code of them."
        } else {
            "Nothing was compiled."
        }
    );
    Ok(())
}

/// Builds the program that does nothing else.
fn hello(directory: &Path) -> Result<PathBuf> {
    let (source, program) = (directory.join("hello.rs"), directory.join("hello"));
    fs::write(&source, HELLO)?;
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["-O", "-o"]).args([&program, &source]).stdout(Stdio::null());
    succeed(&mut rustc).context("a program to compare with")?;
    Ok(program)
}
