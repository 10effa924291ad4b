//! Measures against kustomize, and Wasm against native, all in one run, as ratios of medians.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::chores::{BUILD, cargo, succeed, target_dir, workspace};
use crate::{peers, setup};

/// Runs counted after those that warm up.
const RUNS: usize = 41;
const WARM_UP: usize = 3;

/// A small overlay and what it stands for.
const OVERLAYS: [(&str, &str); 2] = [
    ("users-v2, prod", "examples/gitops/components/ua/users-v2/overlays/prod"),
    ("shared-config, prod", "examples/gitops/components/ua/shared-config/overlays/prod"),
];

/// Runs all measurements and prints a Markdown table of each group.
pub(crate) fn run() -> Result<ExitCode> {
    setup::run()?;
    peers::fetch()?;
    let kubectl = peers::find("kubectl").context("no kubectl to compare with")?;
    succeed(cargo(&BUILD).arg("--release"))?;
    let oarlock = target_dir().join("release/oarlock");

    println!("## Whole process, {RUNS} runs in turn, medians\n");
    println!("| overlay | oarlock | kubectl kustomize | ratio | peak memory | kubectl's | ratio |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for (name, overlay) in OVERLAYS {
        let ours = || {
            let mut command = Command::new(&oarlock);
            command.args(["render", "--plugins", "kustomize", overlay]);
            command
        };
        let theirs = || {
            let mut command = Command::new(&kubectl);
            command.args(["kustomize", overlay]);
            command
        };
        same_output(&mut ours(), &mut theirs())?;
        let (mine, peer) = in_turn(&ours, &theirs)?;
        let memory = (peak_memory(&ours())?, peak_memory(&theirs())?);
        println!(
            "| {name} | {} | {} | {:.1} | {} | {} | {:.1} |",
            show(mine),
            show(peer),
            peer.as_secs_f64() / mine.as_secs_f64(),
            show_memory(memory.0),
            show_memory(memory.1),
            ratio(memory.1, memory.0),
        );
    }
    println!();
    succeed(&mut cargo(&["bench", "--quiet", "--workspace", "--bench", "sandbox"]))?;
    Ok(ExitCode::SUCCESS)
}

/// A benchmark of something that gives other bytes would measure nothing.
fn same_output(ours: &mut Command, theirs: &mut Command) -> Result<()> {
    let run = |command: &mut Command| -> Result<Vec<u8>> {
        let output = command.current_dir(workspace()).output()?;
        if !output.status.success() {
            bail!("{} failed: {}", command.get_program().display(), String::from_utf8_lossy(&output.stderr));
        }
        Ok(output.stdout)
    };
    if run(ours)? != run(theirs)? {
        bail!("oarlock and kubectl kustomize print different bytes");
    }
    Ok(())
}

/// The medians of two commands that run in turn, so that a machine whose speed drifts slows both.
fn in_turn(a: &dyn Fn() -> Command, b: &dyn Fn() -> Command) -> Result<(Duration, Duration)> {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for run in 0..WARM_UP + RUNS {
        let (one, other) = (time(&mut a())?, time(&mut b())?);
        if run >= WARM_UP {
            first.push(one);
            second.push(other);
        }
    }
    Ok((median(first), median(second)))
}

fn time(command: &mut Command) -> Result<Duration> {
    let start = Instant::now();
    let status = command.current_dir(workspace()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    let taken = start.elapsed();
    if !status.success() {
        bail!("{} failed", command.get_program().display());
    }
    Ok(taken)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Peak resident memory in KiB, by GNU time; `None` where that is not installed.
fn peak_memory(command: &Command) -> Result<Option<u64>> {
    if !Path::new("/usr/bin/time").is_file() {
        return Ok(None);
    }
    let mut timed = Command::new("/usr/bin/time");
    timed.args(["-f", "%M"]).arg(command.get_program()).args(command.get_args());
    let output = timed.current_dir(workspace()).stdout(Stdio::null()).output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    Ok(text.lines().last().and_then(|line| line.trim().parse().ok()))
}

fn ratio(a: Option<u64>, b: Option<u64>) -> f64 {
    match (a, b) {
        #[allow(clippy::cast_precision_loss)]
        (Some(a), Some(b)) if b > 0 => a as f64 / b as f64,
        _ => f64::NAN,
    }
}

fn show(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

fn show_memory(kib: Option<u64>) -> String {
    kib.map_or_else(|| "?".to_owned(), |kib| format!("{} MiB", kib >> 10))
}
