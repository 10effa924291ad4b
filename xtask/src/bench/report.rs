//! Figures as rows of a Markdown table.

use std::time::Duration;

use super::measure::Measured;

/// Prints the head of a table whose rows [`row`] prints.
pub(super) fn head(what: &str) {
    println!(
        "| {what} | output | oarlock | kubectl kustomize | ratio | peak memory | kubectl's | ratio | runs |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
}

/// Prints one comparison. Where the peer was not measured, its columns say `–`.
pub(super) fn row(name: &str, measured: &Measured) {
    let Measured { ours, theirs, runs, output } = measured;
    let theirs = theirs.as_ref();
    let times = theirs.map(|theirs| theirs.wall.as_secs_f64() / ours.wall.as_secs_f64());
    let memory = theirs.and_then(|theirs| theirs.memory);
    #[expect(clippy::cast_precision_loss, reason = "KiB of memory are far below 2^52")]
    let memories = memory.zip(ours.memory).map(|(theirs, ours)| theirs as f64 / ours as f64);
    let columns = [
        size(*output as u64 / 1024),
        duration(ours.wall),
        or_dash(theirs.map(|theirs| duration(theirs.wall))),
        or_dash(times.map(ratio)),
        or_dash(ours.memory.map(size)),
        or_dash(memory.map(size)),
        or_dash(memories.map(ratio)),
        runs.to_string(),
    ];
    println!("| {name} | {} |", columns.join(" | "));
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
