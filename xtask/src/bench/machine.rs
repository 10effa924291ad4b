//! Where figures were measured: they mean little without.

use std::fs;

/// One line for the head of the tables.
pub(super) fn describe() -> String {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let model = field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let memory = field("/proc/meminfo", "MemTotal").and_then(|size| gibibytes(&size));
    let system = fs::read_to_string("/etc/os-release").ok().and_then(|text| {
        let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
        Some(name.trim_matches('"').to_owned())
    });
    let load = fs::read_to_string("/proc/loadavg")
        .ok()
        .and_then(|text| Some(format!("load {} at the start", text.split(' ').next()?)));
    let parts = [
        Some(format!("{processors} × {model}")),
        memory.map(|gib| format!("{gib} GiB")),
        Some(system.unwrap_or_else(|| std::env::consts::OS.to_owned())),
        load,
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A line `NAME : VALUE` of a file of the kernel.
fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'))?;
    Some(value.trim().to_owned())
}

fn gibibytes(size: &str) -> Option<u64> {
    let kib: u64 = size.strip_suffix("kB")?.trim().parse().ok()?;
    Some((kib + (1 << 19)) >> 20)
}
