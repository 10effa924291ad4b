//! Figures as rows of a Markdown table.

use std::time::Duration;

use super::measure::{Cost, Measured};

/// How many columns tell of both commands.
const COLUMNS: usize = 11;

/// Prints the head of a table whose rows [`row`] prints.
pub(super) fn head(what: &str, peer: &str) {
    let compared = ["time", "processor time", "peak memory"].map(|cost| format!("{cost} | {peer}'s | ratio"));
    println!("| {what} | output | {} | runs |", compared.join(" | "));
    println!("|---|{}", "---:|".repeat(COLUMNS));
}

/// Prints a row of which nothing is known but why.
pub(super) fn absent(name: &str, reason: &str) {
    println!("| {name}: {reason} |{}", " |".repeat(COLUMNS));
}

/// Prints one comparison. Where the peer was not measured, its columns say `–`.
pub(super) fn row(name: &str, measured: &Measured) {
    let Measured { ours, theirs, runs, output } = measured;
    let mut columns = vec![size(*output as u64 / 1024)];
    let times = |cost: &Cost| Some(cost.wall);
    columns.extend(compared(times, ours, theirs.as_ref(), Duration::as_secs_f64, duration));
    columns.extend(compared(|cost| cost.processor, ours, theirs.as_ref(), Duration::as_secs_f64, duration));
    #[expect(clippy::cast_precision_loss, reason = "KiB of memory are far below 2^52")]
    let kib = |kib: &u64| *kib as f64;
    columns.extend(compared(|cost| cost.memory, ours, theirs.as_ref(), kib, size));
    columns.push(runs.to_string());
    println!("| {name} | {} |", columns.join(" | "));
}

/// Three columns: ours, theirs, and how many times more theirs is.
fn compared<T: Copy>(
    of: impl Fn(&Cost) -> Option<T>,
    ours: &Cost,
    theirs: Option<&Cost>,
    number: impl Fn(&T) -> f64,
    show: impl Fn(T) -> String,
) -> [String; 3] {
    let (ours, theirs) = (of(ours), theirs.and_then(of));
    let ratios = ours.zip(theirs).map(|(ours, theirs)| number(&theirs) / number(&ours));
    [or_dash(ours.map(&show)), or_dash(theirs.map(&show)), or_dash(ratios.map(ratio))]
}

fn or_dash(column: Option<String>) -> String {
    column.unwrap_or_else(|| "–".to_owned())
}

fn duration(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 0.1 => format!("{:.1} ms", seconds * 1e3),
        seconds if seconds < 1.0 => format!("{:.0} ms", seconds * 1e3),
        seconds => format!("{seconds:.2} s"),
    }
}

fn size(kib: u64) -> String {
    match kib {
        0..1024 => format!("{kib} KiB"),
        1024..10_240 => format!("{}.{} MiB", kib >> 10, ((kib & 1023) * 10) >> 10),
        _ => format!("{} MiB", kib >> 10),
    }
}

fn ratio(ratio: f64) -> String {
    if ratio < 100.0 { format!("{ratio:.1}") } else { format!("{ratio:.0}") }
}
