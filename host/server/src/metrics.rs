//! What is counted, for Prometheus.

use std::collections::HashSet;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// The label of plugins that repositories bring.
const OF_A_REPOSITORY: &str = "(of a repository)";

/// Where a render came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It was remembered for the very same archive.
    Archive,
    /// It was remembered, and what it read is the same in this archive.
    Reads,
    /// Another replica made it, and what it read is the same in this archive.
    Shared,
    /// Plugins ran.
    Plugins,
}

/// What came of a question to the shared cache, or of writing there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SharedAnswer {
    /// It had a render that is good.
    Hit,
    /// It had none.
    Miss,
    /// It does not answer.
    Failed,
    /// A render was written.
    Written,
    /// More renders waited to be written than are kept.
    Dropped,
}

impl Origin {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Archive => "archive",
            Self::Reads => "reads",
            Self::Shared => "shared",
            Self::Plugins => "plugins",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestMetrics {
    method: &'static str,
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Stage {
    stage: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct From {
    from: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Plugin {
    plugin: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Limit {
    plugin: String,
    limit: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Cache {
    cache: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SharedLabel {
    result: &'static str,
}

type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// All metrics.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<RequestMetrics, Counter>,
    stages: Histograms<Stage>,
    plugins: Histograms<Plugin>,
    renders: Family<From, Counter>,
    repositories: Family<From, Counter>,
    limits: Family<Limit, Counter>,
    shared: Family<SharedLabel, Counter>,
    waiting: Gauge,
    running: Gauge,
    cache_entries: Family<Cache, Gauge>,
    cache_bytes: Family<Cache, Gauge>,
    memory_limit: Gauge,
    memory_used: Gauge,
    memory_refused: Gauge,
    /// The plugins that labels may name: repositories bring others, of any name.
    known: HashSet<String>,
}

/// From a quarter of a millisecond to some sixteen seconds.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.000_25, 4.0, 9))
}

impl Metrics {
    /// Metrics in which these plugins have names.
    pub(super) fn new(plugins: impl Iterator<Item = String>) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("oarlock"),
            requests: Family::default(),
            stages: Family::new_with_constructor(seconds),
            plugins: Family::new_with_constructor(seconds),
            renders: Family::default(),
            repositories: Family::default(),
            limits: Family::default(),
            shared: Family::default(),
            waiting: Gauge::default(),
            running: Gauge::default(),
            cache_entries: Family::default(),
            cache_bytes: Family::default(),
            memory_limit: Gauge::default(),
            memory_used: Gauge::default(),
            memory_refused: Gauge::default(),
            known: plugins.collect(),
        };
        let registry = &mut metrics.registry;
        registry.register("requests", "Requests by method and status", metrics.requests.clone());
        registry.register(
            "stage_seconds",
            "Time by stage of a request: upload, queue, render, total",
            metrics.stages.clone(),
        );
        registry.register("plugin_seconds", "Time of a plugin's calls", metrics.plugins.clone());
        registry.register(
            "renders",
            "Renders: by plugins, or remembered for the same archive or the same reads, here or by another replica",
            metrics.renders.clone(),
        );
        registry.register(
            "repositories",
            "Repositories that were sent: unpacked, or known",
            metrics.repositories.clone(),
        );
        registry.register("limits", "Calls that went over a limit", metrics.limits.clone());
        registry.register(
            "shared_cache",
            "What came of asking the shared cache, and of writing there",
            metrics.shared.clone(),
        );
        registry.register("queue_waiting", "Renders that wait for a thread", metrics.waiting.clone());
        registry.register("queue_running", "Renders that run", metrics.running.clone());
        registry.register("cache_entries", "Entries of a cache", metrics.cache_entries.clone());
        registry.register("cache_bytes", "Memory of a cache, roughly", metrics.cache_bytes.clone());
        registry.register(
            "memory_limit_bytes",
            "What all requests together may take of memory",
            metrics.memory_limit.clone(),
        );
        registry.register("memory_used_bytes", "What is booked of it now", metrics.memory_used.clone());
        registry.register(
            "memory_refused",
            "How many times it was in use when more was asked for",
            metrics.memory_refused.clone(),
        );
        metrics
    }

    /// A plugin's name as a label.
    fn label(&self, plugin: &str) -> String {
        let label = if self.known.contains(plugin) { plugin } else { OF_A_REPOSITORY };
        label.to_owned()
    }

    /// A request was answered.
    pub(super) fn request(&self, method: &'static str, code: tonic::Code) {
        self.requests.get_or_create(&RequestMetrics { method, code: format!("{code:?}") }).inc();
    }

    /// A stage of a request is over.
    pub(super) fn stage(&self, stage: &'static str, time: Duration) {
        self.stages.get_or_create(&Stage { stage }).observe(time.as_secs_f64());
    }

    /// A plugin was called.
    pub(super) fn plugin(&self, plugin: &str, time: Duration) {
        self.plugins.get_or_create(&Plugin { plugin: self.label(plugin) }).observe(time.as_secs_f64());
    }

    /// A render was found or made.
    pub(super) fn rendered(&self, origin: Origin) {
        self.renders.get_or_create(&From { from: origin.name() }).inc();
    }

    /// A repository came.
    pub(super) fn repository(&self, known: bool) {
        self.repositories.get_or_create(&From { from: if known { "known" } else { "unpacked" } }).inc();
    }

    /// A call went over a limit.
    pub(super) fn limit(&self, plugin: &str, limit: &'static str) {
        self.limits.get_or_create(&Limit { plugin: self.label(plugin), limit }).inc();
    }

    /// The shared cache was asked, or written to.
    pub(super) fn shared(&self, answer: SharedAnswer) {
        let result = match answer {
            SharedAnswer::Hit => "hit",
            SharedAnswer::Miss => "miss",
            SharedAnswer::Failed => "failed",
            SharedAnswer::Written => "written",
            SharedAnswer::Dropped => "dropped",
        };
        self.shared.get_or_create(&SharedLabel { result }).inc();
    }

    /// What waits and runs.
    pub(super) fn load(&self, waiting: usize, running: usize) {
        self.waiting.set(as_gauge(waiting as u64));
        self.running.set(as_gauge(running as u64));
    }

    /// Entries and bytes of the caches.
    pub(super) fn caches(&self, trees: (usize, u64), renders: (usize, u64)) {
        for (cache, (entries, bytes)) in [("repositories", trees), ("renders", renders)] {
            self.cache_entries.get_or_create(&Cache { cache }).set(as_gauge(entries as u64));
            self.cache_bytes.get_or_create(&Cache { cache }).set(as_gauge(bytes));
        }
    }

    /// The budget of memory: its size, what is used of it, and how many times it was spent.
    pub(super) fn memory(&self, (limit, used, refused): (u64, u64, u64)) {
        self.memory_limit.set(as_gauge(limit));
        self.memory_used.set(as_gauge(used));
        self.memory_refused.set(as_gauge(refused));
    }

    /// All of them as text.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

fn as_gauge(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_do_not_make_labels() {
        let metrics = Metrics::new(["kustomize".to_owned()].into_iter());
        for number in 0..1_000 {
            metrics.plugin(&format!("plugin-{number}"), Duration::ZERO);
            metrics.limit(&format!("plugin-{number}"), "memory");
        }
        metrics.plugin("kustomize", Duration::ZERO);
        let text = metrics.text();
        assert!(
            text.contains("oarlock_limits_total{plugin=\"(of a repository)\",limit=\"memory\"} 1000"),
            "{text}"
        );
        assert!(text.contains("plugin=\"kustomize\"") && !text.contains("plugin-1"), "{text}");
    }
}
