//! What every process has for Prometheus: processor time, memory, file descriptors. Names and
//! meanings are those of Prometheus' client libraries.

use std::fmt;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Measures this process when it is asked to. What the system does not say is left out.
#[derive(Debug)]
pub(super) struct Process {
    /// When it began, in seconds since 1970.
    started: f64,
}

impl Process {
    pub(super) fn new() -> Self {
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { started: started.as_secs_f64() }
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let used = clock_gettime(ClockId::ProcessCPUTime);
        #[allow(clippy::cast_precision_loss)] // a process does not run for 2^53 s
        let seconds = used.tv_sec as f64 + used.tv_nsec as f64 / 1e9;
        write(&mut encoder, "cpu_seconds", "Processor time of this process", &ConstCounter::new(seconds))?;
        write(
            &mut encoder,
            "start_time_seconds",
            "When it began, since 1970",
            &ConstGauge::new(self.started),
        )?;
        for (name, help, field) in [
            ("resident_memory_bytes", "Memory that it has", "VmRSS:"),
            ("virtual_memory_bytes", "Addresses that it has", "VmSize:"),
        ] {
            if let Some(bytes) = status(field) {
                write(&mut encoder, name, help, &ConstGauge::new(bytes))?;
            }
        }
        if let Ok(open) = fs::read_dir("/proc/self/fd") {
            // One of them is for the listing.
            let open = i64::try_from(open.count()).unwrap_or(i64::MAX) - 1;
            write(&mut encoder, "open_fds", "File descriptors that are open", &ConstGauge::new(open))?;
        }
        if let Some(most) = getrlimit(Resource::Nofile).current {
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            write(&mut encoder, "max_fds", "File descriptors that may be open", &ConstGauge::new(most))?;
        }
        Ok(())
    }
}

fn write(
    encoder: &mut DescriptorEncoder,
    name: &str,
    help: &str,
    metric: &impl EncodeMetric,
) -> Result<(), fmt::Error> {
    let encoder: MetricEncoder = encoder.encode_descriptor(name, help, None, metric.metric_type())?;
    metric.encode(encoder)
}

/// A size in `/proc/self/status`, in bytes. Systems without that file have none.
fn status(field: &str) -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kibibytes: i64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    #[test]
    fn a_process_is_measured_when_it_is_asked() {
        let mut registry = Registry::with_prefix("process");
        registry.register_collector(Box::new(Process::new()));
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        let value = |name: &str| -> f64 {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.unwrap_or_else(|| panic!("no {name}: {text}")).parse().unwrap()
        };
        assert!(value("process_cpu_seconds_total") > 0.0);
        assert!(value("process_start_time_seconds") > 1.7e9);
        assert!(value("process_max_fds") >= 1.0);
        if cfg!(target_os = "linux") {
            let resident = value("process_resident_memory_bytes");
            assert!(resident > 1e5 && resident < value("process_virtual_memory_bytes"), "{text}");
            assert!(value("process_open_fds") >= 3.0);
        }
    }
}
