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
pub(super) const EXAMPLE: &str = "examples/gitops/components/ua/message-broker";
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
    let small = Chart::of_example(&example);
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
pub(super) struct Chart<'a> {
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

    /// The chart of the example repository, in a checkout.
    pub(super) fn of_example(directory: &'a Path) -> Self {
        Self { values: Some(EXAMPLE_VALUES), ..Self::new(directory) }
    }

    /// `oarlock render`.
    pub(super) fn ours(&self, programs: &Programs) -> Command {
        let mut command = Command::new(&programs.oarlock);
        command.args(["render", "--plugins", "helm", "--config", &config(self.values, self.crds), "--root"]);
        command.args([self.directory, self.directory]);
        command
    }

    /// `helm template`.
    pub(super) fn theirs(&self, programs: &Programs) -> Command {
        let mut command = Command::new(&programs.helm);
        command.arg("template").arg(self.directory).args(self.crds.then_some("--include-crds"));
        if let Some(values) = self.values {
            command.arg("--values").arg(self.directory.join(values));
        }
        command
    }

    fn compare(&self, programs: &Programs) -> Result<Measured> {
        measure::compare_by(&measure::kinds, &|| self.ours(programs), &|| self.theirs(programs))
            .with_context(|| format!("rendering {}", self.directory.display()))
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
