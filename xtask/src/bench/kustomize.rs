//! `oarlock render` with the kustomize plugin against the real `kubectl kustomize`, whole
//! processes: from one resource to ten thousand.

use std::path::Path;

use anyhow::{Context, Result};
use oarlock_samples::overlay;

use super::measure::{Cost, Measured};
use super::{Programs, corpus, measure, report};

/// Sizes of generated overlays.
const SIZES: [usize; 4] = [100, 1_000, 1_600, 10_000];

/// Up to here kustomize is measured, too. It takes a quadratic time: minutes at 10,000.
const MOST_FOR_KUSTOMIZE: usize = 1_600;

/// Growth is measured between these sizes.
const GROWTH: (usize, usize) = (1_000, 10_000);

/// Measures and prints.
pub(super) fn run() -> Result<()> {
    let programs = Programs::get()?;
    let scratch = tempfile::tempdir()?;
    println!("## Kustomize, whole process\n");
    report::head("what is built", "kubectl");

    let one = scratch.path().join("one");
    overlay::write_one(&one)?;
    report::row("one Deployment with a prefix", &against_kustomize(&programs, &one, &one)?);

    let large = corpus::largest_root()?;
    match &large {
        Some(root) => report::row(
            "the largest root of the conformance corpus",
            &against_kustomize(&programs, &root.tree, &root.directory)?,
        ),
        None => report::absent("the largest root of the conformance corpus", "no corpus is here"),
    }

    let mut times = Vec::new();
    for size in SIZES {
        let directory = scratch.path().join(size.to_string());
        let root = overlay::write(&directory, size)?;
        let measured = if size <= MOST_FOR_KUSTOMIZE {
            against_kustomize(&programs, &directory, &root)?
        } else {
            measure::alone(&|| programs.render(&directory, &root))?
        };
        report::row(&format!("a generated overlay of {size} resources"), &measured);
        times.push((size, measured));
    }
    println!("\nkustomize is not measured above {MOST_FOR_KUSTOMIZE} resources, where it takes minutes.");
    print_growth(&times);
    Ok(())
}

fn against_kustomize(programs: &Programs, tree: &Path, directory: &Path) -> Result<Measured> {
    measure::compare(&|| programs.render(tree, directory), &|| programs.kustomize(directory))
        .with_context(|| format!("building {}", directory.display()))
}

/// The processor time where it is known, since that depends least on what else the machine does.
fn seconds(cost: &Cost) -> f64 {
    cost.processor.unwrap_or(cost.wall).as_secs_f64()
}

/// Tells the exponent of growth: 1 is linear, 2 is quadratic.
fn print_growth(times: &[(usize, Measured)]) {
    let at = |wanted| times.iter().find(|(size, _)| *size == wanted).map(|(_, measured)| measured);
    let exponent = |sizes: (usize, usize), seconds: (f64, f64)| {
        #[expect(clippy::cast_precision_loss, reason = "thousands")]
        let sizes = sizes.1 as f64 / sizes.0 as f64;
        (seconds.1 / seconds.0).ln() / sizes.ln()
    };
    let (from, to) = GROWTH;
    if let (Some(small), Some(large)) = (at(from), at(to)) {
        let seconds = (seconds(&small.ours), seconds(&large.ours));
        println!(
            "Growth of oarlock's time from {from} to {to} resources: {:.1} times, exponent {:.2}.",
            seconds.1 / seconds.0,
            exponent(GROWTH, seconds)
        );
    }
    let (from, to) = (SIZES[0], MOST_FOR_KUSTOMIZE);
    let peer = |size| at(size)?.theirs.as_ref().map(seconds);
    if let (Some(small), Some(large)) = (peer(from), peer(to)) {
        println!(
            "Growth of kustomize's time from {from} to {to} resources: {:.1} times, exponent {:.2}.",
            large / small,
            exponent((from, to), (small, large))
        );
    }
    println!();
}
