//! What is counted, for Prometheus.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use oarlock_engine::sandbox::LimitKind;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use tonic::Code;

use super::process::Process;

/// The label of plugins that repositories bring.
const OF_A_REPOSITORY: &str = "(of a repository)";

/// The methods that Argo CD calls.
const METHODS: [&str; 4] =
    ["GenerateManifest", "MatchRepository", "GetParametersAnnouncement", "CheckPluginConfiguration"];

/// The statuses that a request may end with by itself.
const CODES: [Code; 6] = [
    Code::Ok,
    Code::InvalidArgument,
    Code::DeadlineExceeded,
    Code::FailedPrecondition,
    Code::ResourceExhausted,
    Code::Internal,
];

/// The stages of a request.
const STAGES: [&str; 4] = ["upload", "queue", "render", "total"];

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

impl SharedAnswer {
    const ALL: [Self; 5] = [Self::Hit, Self::Miss, Self::Failed, Self::Written, Self::Dropped];

    fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Failed => "failed",
            Self::Written => "written",
            Self::Dropped => "dropped",
        }
    }
}

impl Origin {
    const ALL: [Self; 4] = [Self::Archive, Self::Reads, Self::Shared, Self::Plugins];

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

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReloadLabel {
    result: &'static str,
}

impl ReloadLabel {
    fn of(is_in_use: bool) -> Self {
        Self { result: if is_in_use { "loaded" } else { "failed" } }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// All metrics.
pub(super) struct Metrics {
    registry: Registry,
    /// What every process has, by the names that all programs use.
    process: Registry,
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
    memory_refused: Counter,
    loaded: Family<Plugin, Gauge>,
    /// The plugins that labels may name: repositories bring others, of any name.
    known: RwLock<BTreeSet<String>>,
    reloads: Family<ReloadLabel, Counter>,
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
            process: Registry::with_prefix("process"),
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
            memory_refused: Counter::default(),
            loaded: Family::default(),
            known: RwLock::new(plugins.collect()),
            reloads: Family::default(),
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
        registry.register(
            "plugin_loaded",
            "Whether a plugin that the operator configured can run: 1 or 0",
            metrics.loaded.clone(),
        );
        registry.register(
            "reloads",
            "How often the operator's file and plugins were loaded again, and whether they are in use",
            metrics.reloads.clone(),
        );
        let build = Family::<Build, Gauge>::default();
        build.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1);
        registry.register("build_info", "The version that runs; always 1", build);
        metrics.process.register_collector(Box::new(Process::new()));
        metrics.begin_at_zero();
        metrics
    }

    /// Makes every series whose labels are known: a rate over one that comes into being with its
    /// first event misses that event.
    fn begin_at_zero(&self) {
        for method in METHODS {
            for code in CODES {
                drop(self.requests.get_or_create(&RequestMetrics { method, code: format!("{code:?}") }));
            }
        }
        for stage in STAGES {
            drop(self.stages.get_or_create(&Stage { stage }));
        }
        for origin in Origin::ALL {
            drop(self.renders.get_or_create(&From { from: origin.name() }));
        }
        for from in ["known", "unpacked"] {
            drop(self.repositories.get_or_create(&From { from }));
        }
        for answer in SharedAnswer::ALL {
            drop(self.shared.get_or_create(&SharedLabel { result: answer.name() }));
        }
        for result in [true, false] {
            drop(self.reloads.get_or_create(&ReloadLabel::of(result)));
        }
        self.plugins_begin_at_zero();
    }

    fn plugins_begin_at_zero(&self) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        for plugin in known.iter().map(String::as_str).chain([OF_A_REPOSITORY]) {
            drop(self.plugins.get_or_create(&Plugin { plugin: plugin.to_owned() }));
            for limit in LimitKind::ALL {
                let limit = limit.name();
                drop(self.limits.get_or_create(&Limit { plugin: plugin.to_owned(), limit }));
            }
        }
    }

    /// A plugin that the operator configured was loaded, or could not be.
    pub(super) fn loaded(&self, plugin: &str, loaded: bool) {
        self.loaded.get_or_create(&Plugin { plugin: plugin.to_owned() }).set(loaded.into());
    }

    /// There are these plugins, and no others.
    pub(super) fn plugins_are(&self, names: &[String]) {
        let names: BTreeSet<String> = names.iter().cloned().collect();
        let old = std::mem::replace(&mut *self.known.write().unwrap_or_else(PoisonError::into_inner), names);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        for gone in old.difference(&known) {
            self.loaded.remove(&Plugin { plugin: gone.clone() });
        }
        drop(known);
        self.plugins_begin_at_zero();
    }

    /// What the operator says was loaded again, and is in use, or is not.
    pub(super) fn reloaded(&self, is_in_use: bool) {
        self.reloads.get_or_create(&ReloadLabel::of(is_in_use)).inc();
    }

    /// A plugin's name as a label.
    fn label(&self, plugin: &str) -> String {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let label = if known.contains(plugin) { plugin } else { OF_A_REPOSITORY };
        label.to_owned()
    }

    /// A request was answered.
    pub(super) fn request(&self, method: &'static str, code: Code) {
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
        self.shared.get_or_create(&SharedLabel { result: answer.name() }).inc();
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
        // The budget counts; it never counts down.
        self.memory_refused.inner().store(refused, Ordering::Relaxed);
    }

    /// All of them as text.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode_registry(&mut text, &self.registry)
            .and_then(|()| encode_registry(&mut text, &self.process))
            .and_then(|()| encode_eof(&mut text));
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

    #[test]
    fn counters_are_there_before_they_count() {
        let text = Metrics::new(["kustomize".to_owned()].into_iter()).text();
        for line in [
            "oarlock_requests_total{method=\"GenerateManifest\",code=\"FailedPrecondition\"} 0",
            "oarlock_renders_total{from=\"plugins\"} 0",
            "oarlock_repositories_total{from=\"unpacked\"} 0",
            "oarlock_limits_total{plugin=\"kustomize\",limit=\"deadline\"} 0",
            "oarlock_limits_total{plugin=\"(of a repository)\",limit=\"memory\"} 0",
            "oarlock_shared_cache_total{result=\"failed\"} 0",
            "oarlock_memory_refused_total 0",
            "oarlock_stage_seconds_count{stage=\"queue\"} 0",
            concat!("oarlock_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(text.ends_with("# EOF\n") && text.matches("# EOF").count() == 1, "{text}");
    }

    #[test]
    fn what_was_refused_is_counted_once() {
        let metrics = Metrics::new(std::iter::empty());
        metrics.memory((10, 5, 3));
        metrics.memory((10, 5, 3));
        metrics.loaded("mine", false);
        let text = metrics.text();
        assert!(text.contains("oarlock_memory_refused_total 3\n"), "{text}");
        assert!(text.contains("oarlock_plugin_loaded{plugin=\"mine\"} 0\n"), "{text}");
    }
}
