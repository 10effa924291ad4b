//! `oarlock render` with the helm plugin against the real `helm template`, whole processes.

mod charts;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::measure::Measured;
use super::{Programs, corpus, measure, report};
use crate::chores::workspace;

/// A chart of the example repository.
const EXAMPLE: &str = "examples/gitops/components/ua/message-broker";

/// Charts of the example's kind that are rendered at once, and subcharts of the umbrella chart.
const CHARTS: usize = 100;
const SUBCHARTS: usize = 10;

/// Names a chart that is measured, too.
const OWN_CHART: &str = "OARLOCK_BENCH_CHART";

/// Measures and prints.
pub(super) fn run() -> Result<()> {
    let programs = Programs::get()?;
    let scratch = tempfile::tempdir()?;
    println!("## Helm, whole process\n");
    report::head("what is rendered", "helm");

    let example = workspace().join(EXAMPLE);
    report::row("a small chart: message-broker of the example", &one(&programs, &example)?);

    match corpus::largest_chart()? {
        Some(chart) => {
            let name = chart.file_name().unwrap_or_default().to_string_lossy().into_owned();
            report::row(
                &format!("the largest chart of the conformance corpus: {name}"),
                &one(&programs, &chart)?,
            );
        }
        None => report::absent("the largest chart of the conformance corpus", "no corpus is here"),
    }
    if let Some(chart) = std::env::var_os(OWN_CHART).map(PathBuf::from) {
        let name = chart.file_name().unwrap_or_default().to_string_lossy().into_owned();
        report::row(&name, &one(&programs, &chart.canonicalize()?)?);
    }

    let umbrella = scratch.path().join("umbrella");
    charts::write_umbrella(&umbrella, SUBCHARTS)?;
    report::row(&format!("an umbrella chart with {SUBCHARTS} subcharts"), &one(&programs, &umbrella)?);

    let many = scratch.path().join("many");
    charts::copy(&example, &many, CHARTS)?;
    report::row(&format!("{CHARTS} charts of the example's kind"), &all(&programs, &many)?);
    println!();
    Ok(())
}

/// One chart by both.
fn one(programs: &Programs, chart: &Path) -> Result<Measured> {
    let ours = || {
        let mut command = Command::new(&programs.oarlock);
        command.args(["render", "--plugins", "helm", "--root"]).args([chart, chart]);
        command
    };
    let theirs = || {
        let mut command = Command::new(&programs.helm);
        command.args(["template", "--include-crds"]).arg(chart);
        command
    };
    measure::compare_by(&kinds, &ours, &theirs).with_context(|| format!("rendering {}", chart.display()))
}

/// Every chart of a directory by both: Helm renders one in a process.
fn all(programs: &Programs, directory: &Path) -> Result<Measured> {
    let ours = || {
        let mut command = Command::new(&programs.oarlock);
        command.args(["render", "--recursive", "--plugins", "helm", "--root"]).args([directory, directory]);
        command
    };
    let theirs = || {
        let mut command = Command::new("sh");
        command.args(["-euc", "for chart in \"$2\"/*; do \"$1\" template \"$chart\"; done", "sh"]);
        command.arg(&programs.helm).arg(directory);
        command
    };
    measure::compare_by(&kinds, &ours, &theirs)
}

/// The kinds of all objects, sorted. The texts differ in quotes and comments; that the objects are the same is for the tests to say.
fn kinds(output: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(output);
    let mut kinds: Vec<String> = text
        .lines()
        .filter_map(|line| Some(line.strip_prefix("kind:")?.trim().trim_matches(['"', '\'']).to_owned()))
        .collect();
    kinds.sort_unstable();
    kinds
}
