//! What the calls of one render share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use oarlock_plugin::{Failure, Level};

use super::interrupt::Interrupt;
use super::{Library, Limits, Meter, Plugin, SandboxError};
use crate::source::{ReadRecord, Recorder, Remotes, Source};

/// Something that a plugin told the user, and which plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The plugin.
    pub plugin: String,
    /// What it told.
    pub failure: Failure,
}

/// A line that a plugin logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The plugin.
    pub plugin: String,
    /// How much it matters.
    pub level: Level,
    /// The line.
    pub message: String,
}

/// What the calls of one render share: the tree, the other plugins, the limits, and what was told and read so far.
pub struct Services {
    pub(crate) tree: Recorder,
    pub(crate) library: Arc<Library>,
    pub(crate) limits: Limits,
    /// Answers listings backwards, which must make no difference.
    pub(crate) reverse_listings: bool,
    /// What may end calls before their deadline.
    pub(crate) interrupt: Option<Arc<Interrupt>>,
    /// Where the memory of instances is booked.
    pub(crate) meter: Option<Arc<dyn Meter>>,
    /// Nanoseconds that went into loading plugins while others waited for them.
    loading: AtomicU64,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    warnings: Vec<Notice>,
    log: Vec<LogLine>,
    times: Vec<(String, Duration)>,
}

impl Services {
    /// Services over a tree.
    pub fn new(tree: Arc<dyn Source>, library: Arc<Library>, limits: Limits) -> Self {
        Self {
            tree: Recorder::new(tree),
            library,
            limits,
            reverse_listings: false,
            interrupt: None,
            meter: None,
            loading: AtomicU64::new(0),
            told: Mutex::default(),
        }
    }

    /// Gives plugins the repository's copies of what is at URLs.
    #[must_use]
    pub fn with_remotes(mut self, remotes: Remotes) -> Self {
        self.tree = self.tree.with_remotes(remotes);
        self
    }

    /// Answers listings backwards: the contract promises no order, so a render must not depend on one.
    #[must_use]
    pub fn reversing_listings(mut self) -> Self {
        self.reverse_listings = true;
        self
    }

    /// Ends calls when whoever asked has no use for them any more.
    #[must_use]
    pub fn interruptible(mut self, interrupt: Arc<Interrupt>) -> Self {
        self.interrupt = Some(interrupt);
        self
    }

    /// Books the memory of instances before they take it.
    #[must_use]
    pub fn metered(mut self, meter: Arc<dyn Meter>) -> Self {
        self.meter = Some(meter);
        self
    }

    /// What the plugins warned of so far, taken out.
    pub fn take_warnings(&self) -> Vec<Notice> {
        std::mem::take(&mut self.told().warnings)
    }

    /// What the plugins logged so far, taken out.
    pub fn take_log(&self) -> Vec<LogLine> {
        std::mem::take(&mut self.told().log)
    }

    /// How long the steps of the pipeline took so far, taken out.
    pub fn take_times(&self) -> Vec<(String, Duration)> {
        std::mem::take(&mut self.told().times)
    }

    pub(crate) fn took(&self, plugin: &str, time: Duration) {
        self.told().times.push((plugin.to_owned(), time));
    }

    /// What the plugins read so far, taken out.
    pub fn take_reads(&self) -> ReadRecord {
        self.tree.take_record()
    }

    /// Loads a plugin for another one, which waits. To compile it is the host's work, so the time does not count against a deadline.
    pub(crate) fn load(&self, name: &str) -> Result<Arc<Plugin>, SandboxError> {
        let start = Instant::now();
        let plugin = self.library.get(name);
        let taken = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.loading.fetch_add(taken, Ordering::Relaxed);
        plugin
    }

    /// How long loading has kept calls waiting so far.
    pub(crate) fn loading(&self) -> Duration {
        Duration::from_nanos(self.loading.load(Ordering::Relaxed))
    }

    pub(crate) fn warn(&self, plugin: &str, failure: Failure) {
        let notice = Notice { plugin: plugin.to_owned(), failure };
        let mut told = self.told();
        // A plugin that says the same of a file for each of its readers has said it once.
        if !told.warnings.contains(&notice) {
            told.warnings.push(notice);
        }
    }

    pub(crate) fn log(&self, plugin: &str, level: Level, message: String) {
        self.told().log.push(LogLine { plugin: plugin.to_owned(), level, message });
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
