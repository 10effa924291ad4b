//! `oarlock render` with the helm plugin against the real `helm template`, whole processes.

mod charts;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use oarlock_samples::charts as samples;

use super::measure::Measured;
use super::{Programs, corpus, measure, report};
use crate::workspace::workspace;

/// A chart of the example repository, and the values that it is deployed with.
const EXAMPLE: &str = "examples/gitops/components/ua/message-broker";
const EXAMPLE_VALUES: &str = "values-prod.yaml";

/// Charts of the example's kind that are rendered at once, and subcharts of the umbrella chart.
const CHARTS: usize = 100;
const SUBCHARTS: usize = 10;

/// Keys of a kind that are made at once: how long one takes is luck.
const KEYS: usize = 4;

/// Names a chart that is measured, too.
const OWN_CHART: &str = "OARLOCK_BENCH_CHART";

/// Measures and prints.
pub(super) fn run() -> Result<()> {
    let programs = Programs::get()?;
    let scratch = tempfile::tempdir()?;
    println!("## Helm, whole process\n");
    report::head("what is rendered", "helm");

    let example = workspace().join(EXAMPLE);
    let small = Chart { values: Some(EXAMPLE_VALUES), ..Chart::new(&example) };
    report::row("a small chart: message-broker of the example", &small.compare(&programs)?);

    match corpus::largest_chart()? {
        Some(chart) => measure_large(&programs, &chart)?,
        None => report::absent("the largest chart of the conformance corpus", "no corpus is here"),
    }
    if let Some(chart) = std::env::var_os(OWN_CHART).map(PathBuf::from) {
        measure_large(&programs, &chart.canonicalize()?)?;
    }

    let umbrella = scratch.path().join("umbrella");
    samples::write_umbrella(&umbrella, SUBCHARTS)?;
    let measured = Chart::new(&umbrella).compare(&programs)?;
    report::row(&format!("an umbrella chart with {SUBCHARTS} subcharts"), &measured);

    for (name, call) in
        [("RSA keys of 4096 bits", "genPrivateKey \"rsa\""), ("authorities", "(genCA \"ca\" 365).Key")]
    {
        let keys = scratch.path().join(name);
        samples::write_calls(&keys, call, KEYS)?;
        report::row(&format!("{KEYS} {name}"), &Chart::new(&keys).compare(&programs)?);
    }

    let many = scratch.path().join("many");
    charts::copy(&example, &many, CHARTS)?;
    report::row(&format!("{CHARTS} charts of the example's kind"), &compare_all(&programs, &many)?);
    println!();
    Ok(())
}

/// With and without its CRDs, if it has any.
fn measure_large(programs: &Programs, chart: &Path) -> Result<()> {
    let name = chart.file_name().unwrap_or_default().to_string_lossy().into_owned();
    report::row(&name, &Chart::new(chart).compare(programs)?);
    if charts::have_crds(chart)? {
        let with_crds = Chart { crds: true, ..Chart::new(chart) }.compare(programs)?;
        report::row(&format!("{name} with CRDs"), &with_crds);
    }
    Ok(())
}

/// What is rendered by both.
struct Chart<'a> {
    directory: &'a Path,
    /// A values file within.
    values: Option<&'a str>,
    /// Whether what lies in `crds/` is printed, too.
    crds: bool,
}

impl<'a> Chart<'a> {
    fn new(directory: &'a Path) -> Self {
        Self { directory, values: None, crds: false }
    }

    fn compare(&self, programs: &Programs) -> Result<Measured> {
        let Self { directory, values, crds } = *self;
        let ours = || {
            let mut command = Command::new(&programs.oarlock);
            command.args(["render", "--plugins", "helm", "--config", &config(values, crds), "--root"]);
            command.args([directory, directory]);
            command
        };
        let theirs = || {
            let mut command = Command::new(&programs.helm);
            command.arg("template").arg(directory).args(crds.then_some("--include-crds"));
            if let Some(values) = values {
                command.arg("--values").arg(directory.join(values));
            }
            command
        };
        let measured = measure::compare_by(&measure::kinds, &ours, &theirs);
        measured.with_context(|| format!("rendering {}", directory.display()))
    }
}

/// Every chart of a directory by both: Helm renders one in a process.
fn compare_all(programs: &Programs, directory: &Path) -> Result<Measured> {
    let ours = || {
        let mut command = Command::new(&programs.oarlock);
        let config = config(Some(EXAMPLE_VALUES), false);
        command.args(["render", "--recursive", "--plugins", "helm", "--config", &config, "--root"]);
        command.args([directory, directory]);
        command
    };
    let theirs = || {
        const EACH: &str =
            "for chart in \"$2\"/*; do \"$1\" template \"$chart\" --values \"$chart/$3\"; done";
        let mut command = Command::new("sh");
        command.args(["-euc", EACH, "sh"]).args([&programs.helm, directory, Path::new(EXAMPLE_VALUES)]);
        command
    };
    measure::compare_by(&measure::kinds, &ours, &theirs)
}

/// The value of `--config` for what `helm template` gets by flags.
fn config(values: Option<&str>, crds: bool) -> String {
    let files: Vec<&str> = values.into_iter().collect();
    // The version of the Helm that is measured beside it.
    format!("helm={}", serde_json::json!({"profile": "4.1", "valueFiles": files, "skipCrds": !crds}))
}
