//! A whole repository against a loop of `kubectl kustomize` and `helm template` over its
//! Applications, two at once: everything from nothing, and what a change makes of it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use oarlock_samples::fleet::{COMPONENTS, Fleet};
use oarlock_samples::git;

use super::measure::{Cost, Measured};
use super::{Programs, measure, report};

/// How many Applications the fleets have.
const SIZES: [usize; 3] = [300, 1_000, 10_000];

/// Names one size that is measured alone.
const OWN_SIZE: &str = "OARLOCK_BENCH_FLEET";

/// So many Applications are rendered by the loop. Its time grows with their number, so that of
/// larger fleets is counted up.
const LOOP: usize = 300;

/// The script of the loop: a line has the arguments of one program.
const EACH: &str = "xargs -P2 -L1 \"$1\" < \"$2\" > /dev/null && xargs -P2 -L1 \"$3\" < \"$4\" > /dev/null";

/// Measures and prints.
pub(super) fn run() -> Result<()> {
    let programs = Programs::get()?;
    let scratch = tempfile::tempdir()?;
    println!("## A whole fleet, whole process\n");
    println!(
        "Applications of {COMPONENTS} components, half kustomizations over shared bases, half by shared charts, on 3 clusters. \
         The loop runs `kubectl kustomize` and `helm template` for {LOOP} of them, two at once, once; for larger fleets its cost is counted up.\n"
    );
    report::head("fleet", "loop");
    let sizes = match std::env::var(OWN_SIZE) {
        Ok(size) => vec![size.parse().with_context(|| format!("{OWN_SIZE} is no number"))?],
        Err(_) => SIZES.to_vec(),
    };
    let mut looped = None;
    let mut cold = Vec::new();
    for size in sizes {
        let fleet = Fleet::write(&scratch.path().join(size.to_string()), size)?;
        // Its objects are in one pack, as in a clone. Git would begin to pack many of them by
        // itself.
        let commands = [
            "init --quiet --initial-branch=main",
            "add --all",
            "-c maintenance.auto=false commit --quiet --message=fleet",
            "gc --quiet",
        ];
        for command in commands {
            git::run(&fleet.root, command);
        }
        let looped: &Cost = match &looped {
            Some(cost) => cost,
            None => looped.insert(run_loop(&programs, &fleet, scratch.path())?),
        };
        cold.push((size, measure_one(&programs, &fleet, scratch.path(), looped)?));
    }
    print_growth(&cold);
    Ok(())
}

/// Measures one fleet: the memory and the time of a render from nothing.
fn measure_one(programs: &Programs, fleet: &Fleet, scratch: &Path, looped: &Cost) -> Result<Cost> {
    let size = fleet.instances.len();
    let theirs = scaled(looped, size);
    let row = |name: &str, measured: Measured| {
        report::row(&format!("{size} Applications, {name}"), &Measured { theirs: Some(theirs), ..measured });
    };
    let cold = measure::alone(&|| programs.on_fleet(&["render", "--fleet"], fleet, None))?;
    let ours = cold.ours;
    row("from nothing", cold);

    let cache = scratch.join(format!("cache-{size}"));
    let diff = || {
        programs.on_fleet(&["diff", "HEAD", "--fail-on", "blocking", "--output", "json"], fleet, Some(&cache))
    };
    // Fills the cache.
    measure::once(diff())?;
    row("nothing changed, cache warm", measure::alone(&diff)?);

    let (leaf, text) = fleet.change_leaf()?;
    let changed = Changed::write(leaf, &text)?;
    check_affected(programs, fleet, 1)?;
    row("one instance changed, cache warm", measure::alone(&diff)?);
    changed.undo()?;

    let (base, text, users) = fleet.change_base()?;
    let changed = Changed::write(base, &text)?;
    check_affected(programs, fleet, users)?;
    row(&format!("a base of {users} changed, cache warm"), measure::alone(&diff)?);
    changed.undo()?;
    Ok(ours)
}

/// What the loop would take for so many Applications.
fn scaled(looped: &Cost, size: usize) -> Cost {
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let factor = size as f64 / LOOP as f64;
    let scale = |time: Duration| time.mul_f64(factor);
    Cost { wall: scale(looped.wall), processor: looped.processor.map(scale), memory: None }
}

/// Runs the loop over the first Applications of a fleet.
fn run_loop(programs: &Programs, fleet: &Fleet, scratch: &Path) -> Result<Cost> {
    let (mut kustomizations, mut charts) = (String::new(), String::new());
    let path = |path: &Path| fleet.root.join(path).display().to_string();
    let mut count = 0;
    for instance in fleet.instances.iter().take(LOOP) {
        let directory = path(&instance.directory);
        // Writing to a string never fails.
        match &instance.chart {
            None => writeln!(kustomizations, "kustomize {directory}")?,
            Some(chart) => {
                let component = instance.directory.ancestors().nth(3).unwrap_or(Path::new(""));
                writeln!(
                    charts,
                    "template {} {} --values {}/values.yaml --values {directory}/values.yaml",
                    instance.name,
                    path(chart),
                    path(component)
                )?;
            }
        }
        count += 1;
    }
    let (first, second) = (scratch.join("kustomizations"), scratch.join("charts"));
    fs::write(&first, kustomizations)?;
    fs::write(&second, charts)?;
    let mut command = Command::new("sh");
    command.args(["-euc", EACH, "sh"]).args([&programs.kubectl, &first, &programs.helm, &second]);
    let cost = measure::once(command)?;
    #[expect(clippy::cast_precision_loss, reason = "hundreds")]
    let factor = LOOP as f64 / f64::from(count);
    let scale = |time: Duration| time.mul_f64(factor);
    Ok(Cost { wall: scale(cost.wall), processor: cost.processor.map(scale), memory: None })
}

/// A benchmark of a change that is missed would measure nothing.
fn check_affected(programs: &Programs, fleet: &Fleet, expected: usize) -> Result<()> {
    let output = programs.on_fleet(&["affected", "HEAD", "--output", "json"], fleet, None).output()?;
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).context("`oarlock affected`")?;
    let found = report["applications"].as_array().map_or(0, Vec::len);
    ensure!(found == expected, "{found} Applications are affected, not {expected}");
    Ok(())
}

/// A file that is not as it was.
struct Changed {
    path: PathBuf,
    before: String,
}

impl Changed {
    fn write(path: PathBuf, text: &str) -> Result<Self> {
        let before = fs::read_to_string(&path)?;
        ensure!(before != text, "{} is the same", path.display());
        fs::write(&path, text)?;
        Ok(Self { path, before })
    }

    fn undo(self) -> Result<()> {
        Ok(fs::write(self.path, self.before)?)
    }
}

impl Programs {
    /// A verb over a whole fleet.
    fn on_fleet(&self, arguments: &[&str], fleet: &Fleet, cache: Option<&Path>) -> Command {
        let mut command = Command::new(&self.oarlock);
        command.args(arguments).arg("--root").arg(&fleet.root);
        if let Some(cache) = cache {
            command.arg("--render-cache").arg(cache);
        }
        command
    }
}

/// Prints how time and memory grow with the number of Applications.
fn print_growth(cold: &[(usize, Cost)]) {
    println!();
    for pair in cold.windows(2) {
        let [(from, first), (to, second)] = pair else { continue };
        let seconds = |cost: &Cost| cost.processor.unwrap_or(cost.wall).as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "thousands")]
        let exponent = (seconds(second) / seconds(first)).ln() / (*to as f64 / *from as f64).ln();
        println!(
            "Growth of oarlock's time from {from} to {to} Applications, from nothing: {:.1} times, exponent {exponent:.2}.",
            seconds(second) / seconds(first)
        );
    }
    println!();
}
