//! Running commands against the clock.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::workspace::workspace;

/// The most and the fewest runs that are counted, and the time that all runs of one comparison may
/// take beyond the fewest.
const MOST_RUNS: usize = 41;
const FEWEST_RUNS: usize = 1;
const PATIENCE: Duration = Duration::from_secs(20);

/// Processor time is counted in steps of this length, so that short commands are run until it has
/// grown to many.
const TICK: Duration = Duration::from_millis(10);
const ENOUGH_TICKS: u64 = 100;
const MOST_TICK_RUNS: u32 = 101;

/// The most pairs of runs whose difference is taken.
const MOST_PAIRS: f64 = 201.0;

/// What running one command took.
#[derive(Clone, Copy)]
pub(super) struct Cost {
    /// From start to end.
    pub(super) wall: Duration,
    /// On processors, all threads together; `None` where the kernel does not tell. What else the
    /// machine does hardly shows in it.
    pub(super) processor: Option<Duration>,
    /// Peak resident memory in KiB; `None` where GNU time is not installed.
    pub(super) memory: Option<u64>,
}

/// One command, or two that run in turn.
pub(super) struct Measured {
    pub(super) ours: Cost,
    pub(super) theirs: Option<Cost>,
    /// The runs that were counted.
    pub(super) runs: usize,
    /// Bytes that were printed.
    pub(super) output: usize,
}

/// Measures two commands that must print the same bytes.
pub(super) fn compare(ours: &dyn Fn() -> Command, theirs: &dyn Fn() -> Command) -> Result<Measured> {
    compare_by(&<[u8]>::to_vec, ours, theirs)
}

/// Measures two commands that must print the same in the eyes of `essence`. They run in turn, so
/// that a machine whose speed drifts slows both; each a first time uncounted, to warm up.
pub(super) fn compare_by<T: PartialEq>(
    essence: &dyn Fn(&[u8]) -> T,
    ours: &dyn Fn() -> Command,
    theirs: &dyn Fn() -> Command,
) -> Result<Measured> {
    let start = Instant::now();
    let output = printed(ours())?;
    if essence(&output) != essence(&printed(theirs())?) {
        bail!("{} and {} print different things", name(&ours()), name(&theirs()));
    }
    let runs = runs_for(start.elapsed());
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        first.push(time(ours())?);
        second.push(time(theirs())?);
    }
    Ok(Measured {
        ours: cost(median(first), ours)?,
        theirs: Some(cost(median(second), theirs)?),
        runs,
        output: output.len(),
    })
}

/// Measures one command alone.
pub(super) fn alone(ours: &dyn Fn() -> Command) -> Result<Measured> {
    let start = Instant::now();
    let output = printed(ours())?;
    let runs = runs_for(start.elapsed());
    let times = (0..runs).map(|_| time(ours())).collect::<Result<Vec<_>>>()?;
    let ours = cost(median(times), ours)?;
    Ok(Measured { ours, theirs: None, runs, output: output.len() })
}

/// The processor time that one command takes more than another, in seconds: the mean of runs in
/// turn, each a first time uncounted.
pub(super) fn added(with: &dyn Fn() -> Command, without: &dyn Fn() -> Command) -> Result<f64> {
    let start = Instant::now();
    time(without())?;
    time(with())?;
    let pairs = (PATIENCE.as_secs_f64() / start.elapsed().as_secs_f64()).clamp(1.0, MOST_PAIRS);
    let mut used = [0.0, 0.0];
    let mut counted = 0.0;
    while counted < pairs {
        for (used, command) in used.iter_mut().zip([without, with]) {
            let before = processor_time();
            time(command())?;
            *used += processor_time() - before;
        }
        counted += 1.0;
    }
    Ok((used[1] - used[0]) / counted)
}

/// Runs one command once, which is enough for one that takes very long.
pub(super) fn once(command: Command) -> Result<Cost> {
    let before = children_ticks();
    let wall = time(command)?;
    let after = children_ticks();
    let used = u32::try_from(ticks(before, after)).unwrap_or(u32::MAX);
    Ok(Cost { wall, processor: after.map(|_| TICK * used), memory: None })
}

/// An odd number of runs that takes bearable time.
fn runs_for(once: Duration) -> usize {
    let bearable = PATIENCE.as_secs_f64() / once.as_secs_f64().max(1e-6);
    let runs = (FEWEST_RUNS..=MOST_RUNS).rev().find(|runs| {
        #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
        let affordable = *runs as f64 <= bearable;
        affordable && runs % 2 == 1
    });
    runs.unwrap_or(FEWEST_RUNS)
}

/// What a command prints. A benchmark of something that fails, or gives other bytes, would measure
/// nothing.
fn printed(mut command: Command) -> Result<Vec<u8>> {
    let output = command.current_dir(workspace()).output().with_context(|| name(&command))?;
    if !output.status.success() {
        bail!("{} failed: {}", name(&command), String::from_utf8_lossy(&output.stderr));
    }
    Ok(output.stdout)
}

fn time(mut command: Command) -> Result<Duration> {
    let start = Instant::now();
    let status = command.current_dir(workspace()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    let taken = start.elapsed();
    if !status.success() {
        bail!("{} failed", name(&command));
    }
    Ok(taken)
}

/// Runs a command for what else than its duration is to be known.
fn cost(wall: Duration, command: &dyn Fn() -> Command) -> Result<Cost> {
    let start = children_ticks();
    let memory = peak_memory(&command())?;
    let (mut before, mut after, mut runs) = (start, children_ticks(), 1);
    if ticks(before, after) < ENOUGH_TICKS {
        // GNU time would count here.
        (before, runs) = (after, 0);
        while after.is_some() && runs < MOST_TICK_RUNS && ticks(before, after) < ENOUGH_TICKS {
            time(command())?;
            after = children_ticks();
            runs += 1;
        }
    }
    let used = u32::try_from(ticks(before, after)).unwrap_or(u32::MAX);
    Ok(Cost { wall, processor: after.map(|_| TICK * used / runs.max(1)), memory })
}

fn ticks(before: Option<u64>, after: Option<u64>) -> u64 {
    after.unwrap_or(0).saturating_sub(before.unwrap_or(0))
}

/// Processor time of all commands so far that have ended, in seconds.
pub(super) fn processor_time() -> f64 {
    let used = u32::try_from(children_ticks().unwrap_or(0)).unwrap_or(u32::MAX);
    (TICK * used).as_secs_f64()
}

/// Processor time of all commands so far that have ended, in [ticks](TICK).
fn children_ticks() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name in parentheses may hold anything. Behind it, these are the fields 16 and 17 of
    // proc(5).
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(13);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Peak resident memory in KiB, by GNU time.
fn peak_memory(command: &Command) -> Result<Option<u64>> {
    const TIME: &str = "/usr/bin/time";
    if !Path::new(TIME).is_file() {
        return Ok(None);
    }
    let mut timed = Command::new(TIME);
    timed.args(["-f", "%M"]).arg(command.get_program()).args(command.get_args());
    let output = timed.current_dir(workspace()).stdout(Stdio::null()).output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    Ok(text.lines().last().and_then(|line| line.trim().parse().ok()))
}

/// The kinds of all objects, sorted. The texts differ in quotes and comments; that the objects are
/// the same is for the tests to say.
pub(super) fn kinds(output: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(output);
    let mut kinds: Vec<String> = text
        .lines()
        .filter_map(|line| Some(line.strip_prefix("kind:")?.trim().trim_matches(['"', '\'']).to_owned()))
        .collect();
    kinds.sort_unstable();
    kinds
}

fn name(command: &Command) -> String {
    Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned()
}
