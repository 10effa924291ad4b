//! What the calls of one render share.

use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use oarlock_model::Bytes;
use oarlock_plugin::{Failure, Level, Origin};

use super::interrupt::Interrupt;
use super::state::clipped;
use super::{Defaults, Library, Limits, Meter, Plugin, SandboxError};
use crate::source::{ReadRecord, Recorder, Remotes, Source};

/// A message of a plugin for the user, and which plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The plugin.
    pub plugin: String,
    /// What it said.
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

/// A call of an export, and what it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The plugin.
    pub plugin: String,
    /// The export, as `render`.
    pub export: &'static str,
    /// How many plugins waited for it: 0 for a step of the pipeline.
    pub depth: u32,
    /// From the begin of its instance to its end, that of plugins that it called included.
    pub time: Duration,
    /// The memory of its instance.
    pub memory: Bytes,
}

/// The most calls that are kept: a plugin may call others in a loop.
const MAX_CALLS: usize = 10_000;

/// What the calls of one render share: the tree, the other plugins, the limits, and what was
/// reported and read so far.
pub struct Services {
    pub(crate) tree: Recorder,
    pub(crate) library: Arc<Library>,
    pub(crate) limits: Limits,
    /// What plugins are configured as where a request says nothing else.
    pub(crate) defaults: Defaults,
    /// Answers listings backwards, which must make no difference.
    pub(crate) reverse_listings: bool,
    /// What may end calls before their deadline.
    pub(crate) interrupt: Option<Arc<Interrupt>>,
    /// Where the memory of instances is booked.
    pub(crate) meter: Option<Arc<dyn Meter>>,
    /// Nanoseconds that went into loading plugins while others waited for them.
    loading: AtomicU64,
    /// When the first call began.
    begun: OnceLock<Instant>,
    /// Bytes of memory that the instances of calls have now.
    memory: AtomicU64,
    /// What components executed, where the engine counts it.
    executed: AtomicU64,
    notices: Mutex<Notices>,
    /// The calls of plugins, where they are kept.
    calls: Option<Mutex<Vec<Call>>>,
}

/// The most that the messages of a render may take, in bytes: a call has a limit of lines, but a
/// render has many calls.
const MAX_NOTICE_BYTES: usize = 4 << 20;

/// A text of a warning longer than this is cut, in bytes.
const MAX_TEXT_BYTES: usize = 16 << 10;

/// The most notes of a warning.
const MAX_NOTES: usize = 100;

#[derive(Default)]
struct Notices {
    warnings: Vec<Notice>,
    /// Hashes of the warnings.
    warned: HashSet<u64>,
    log: Vec<LogLine>,
    /// Bytes of warnings and of the log.
    bytes: usize,
    times: Vec<(String, Duration)>,
    rendered: BTreeSet<String>,
    /// Whether a path led out of the tree.
    outside: bool,
}

impl Notices {
    /// Whether there is room for so many bytes; the first time that there is none, it is said.
    fn has_room(&mut self, plugin: &str, bytes: usize) -> bool {
        let before = self.bytes <= MAX_NOTICE_BYTES;
        self.bytes = self.bytes.saturating_add(bytes);
        let has_room = self.bytes <= MAX_NOTICE_BYTES;
        if before && !has_room {
            let limit = MAX_NOTICE_BYTES >> 20;
            let rest =
                Failure::new(format!("more than {limit} MiB of warnings and log; the rest is dropped"));
            self.warnings.push(Notice { plugin: plugin.to_owned(), failure: rest });
        }
        has_room
    }
}

impl Services {
    /// Services over a tree.
    pub fn new(tree: Arc<dyn Source>, library: Arc<Library>, limits: Limits) -> Self {
        Self {
            tree: Recorder::new(tree).with_limit(limits.read_record.0),
            library,
            limits,
            defaults: Defaults::default(),
            reverse_listings: false,
            interrupt: None,
            meter: None,
            loading: AtomicU64::new(0),
            begun: OnceLock::new(),
            memory: AtomicU64::new(0),
            executed: AtomicU64::new(0),
            notices: Mutex::default(),
            calls: None,
        }
    }

    /// Records paths without the digests of what they lead to.
    #[must_use]
    pub fn without_digests(mut self) -> Self {
        self.tree = self.tree.without_digests();
        self
    }

    /// Gives plugins the repository's copies of what is at URLs.
    #[must_use]
    pub fn with_remotes(mut self, remotes: Remotes) -> Self {
        self.tree = self.tree.with_remotes(remotes);
        self
    }

    /// Configures plugins where requests say nothing else.
    #[must_use]
    pub fn with_defaults(mut self, defaults: Defaults) -> Self {
        self.defaults = defaults;
        self
    }

    /// Answers listings backwards: the contract promises no order, so a render must not depend on
    /// one.
    #[must_use]
    pub fn reversing_listings(mut self) -> Self {
        self.reverse_listings = true;
        self
    }

    /// Keeps what each call took, for [`take_calls`](Self::take_calls).
    #[must_use]
    pub fn keeping_calls(mut self) -> Self {
        self.calls = Some(Mutex::default());
        self
    }

    /// Ends calls that the caller no longer waits for.
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
        let mut notices = self.notices();
        notices.warned.clear();
        std::mem::take(&mut notices.warnings)
    }

    /// What the plugins warned of so far.
    pub(crate) fn warnings(&self) -> Vec<Notice> {
        self.notices().warnings.clone()
    }

    /// What another render of the same task warned of, and which plugins rendered for it.
    pub(crate) fn replay(&self, warnings: Vec<Notice>, rendered: BTreeSet<String>) {
        let mut notices = self.notices();
        notices.warnings = warnings;
        notices.rendered = rendered;
    }

    /// Changes what a plugin warned of so far.
    pub(crate) fn map_warnings(&self, plugin: &str, change: impl Fn(Failure) -> Failure) {
        for notice in self.notices().warnings.iter_mut().filter(|notice| notice.plugin == plugin) {
            let warning = std::mem::replace(&mut notice.failure, Failure::new(""));
            notice.failure = change(warning);
        }
    }

    /// What the plugins logged so far, taken out.
    pub fn take_log(&self) -> Vec<LogLine> {
        std::mem::take(&mut self.notices().log)
    }

    /// How long the steps of the pipeline took so far, taken out.
    pub fn take_times(&self) -> Vec<(String, Duration)> {
        std::mem::take(&mut self.notices().times)
    }

    /// The calls of plugins so far, in the order in which they ended, taken out; of very many the
    /// first ones. None where they are not [kept](Self::keeping_calls).
    pub fn take_calls(&self) -> Vec<Call> {
        let Some(calls) = &self.calls else { return Vec::new() };
        std::mem::take(&mut *calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps a call, where calls are kept.
    pub(super) fn record_call(&self, call: impl FnOnce() -> Call) {
        let Some(calls) = &self.calls else { return };
        let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() < MAX_CALLS {
            calls.push(call());
        }
    }

    /// The plugins that have rendered so far, those that others called among them.
    pub fn rendered(&self) -> BTreeSet<String> {
        self.notices().rendered.clone()
    }

    /// Whether a plugin wanted something outside of the tree.
    pub fn led_outside(&self) -> bool {
        self.notices().outside
    }

    pub(super) fn leads_outside(&self) {
        self.notices().outside = true;
    }

    pub(super) fn renders(&self, plugin: &str) {
        let mut notices = self.notices();
        if !notices.rendered.contains(plugin) {
            notices.rendered.insert(plugin.to_owned());
        }
    }

    pub(crate) fn record_time(&self, plugin: &str, time: Duration) {
        self.notices().times.push((plugin.to_owned(), time));
    }

    /// What the plugins read so far, taken out.
    pub fn take_reads(&self) -> ReadRecord {
        self.tree.take_record()
    }

    /// Loads a plugin for a call or a pipeline, which waits. To load it is the host's work, so the
    /// time does not count against a deadline, and a caller that is gone does not wait for it.
    ///
    /// # Errors
    /// If there is no plugin of that name, or it cannot be compiled or loaded.
    pub fn load(&self, name: &str) -> Result<Arc<Plugin>, SandboxError> {
        let start = Instant::now();
        let plugin = self.library.get_while(name, &|| !self.is_interrupted());
        let taken = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.loading.fetch_add(taken, Ordering::Relaxed);
        plugin
    }

    /// How many WebAssembly instructions components executed so far, if the engine is one that
    /// [counts](super::Engine::counting); otherwise 0.
    pub fn executed(&self) -> u64 {
        self.executed.load(Ordering::Relaxed)
    }

    pub(super) fn record_executed(&self, instructions: u64) {
        self.executed.fetch_add(instructions, Ordering::Relaxed);
    }

    /// How long loading has kept calls waiting so far.
    pub(crate) fn loading(&self) -> Duration {
        Duration::from_nanos(self.loading.load(Ordering::Relaxed))
    }

    /// When the first call began: now, if this is it.
    pub(super) fn begun(&self) -> Instant {
        *self.begun.get_or_init(Instant::now)
    }

    /// Whether nobody waits for the render any more.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupt.as_ref().is_some_and(|interrupt| interrupt.is_over())
    }

    /// Takes memory for an instance of a plugin with its own limit, if there is as much left.
    pub(super) fn take_memory(&self, bytes: u64, own: u64) -> bool {
        let limit = self.limits.memory.0.max(own);
        let taken = self.memory.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| {
            taken.checked_add(bytes).filter(|taken| *taken <= limit)
        });
        taken.is_ok()
    }

    pub(super) fn give_memory(&self, bytes: u64) {
        self.memory.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(crate) fn warn(&self, plugin: &str, failure: Failure) {
        let notice = Notice { plugin: plugin.to_owned(), failure: clipped_failure(failure) };
        let mut notices = self.notices();
        // A plugin that says the same of a file for each of its readers has said it once.
        if notices.warned.insert(hash(&notice)) && notices.has_room(plugin, size(&notice)) {
            notices.warnings.push(notice);
        }
    }

    pub(crate) fn log(&self, plugin: &str, level: Level, message: String) {
        let line = LogLine { plugin: plugin.to_owned(), level, message };
        let mut notices = self.notices();
        if notices.has_room(plugin, size_of::<LogLine>() + line.plugin.len() + line.message.len()) {
            notices.log.push(line);
        }
    }

    fn notices(&self) -> MutexGuard<'_, Notices> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A warning of a size that people read, in memory of its own size.
fn clipped_failure(failure: Failure) -> Failure {
    let clip = |text: String| clipped(&text, MAX_TEXT_BYTES);
    let more = failure.notes.len() > MAX_NOTES;
    let mut notes: Vec<String> = failure.notes.into_iter().take(MAX_NOTES).map(clip).collect();
    if more {
        notes.push("…".to_owned());
    }
    Failure {
        message: clip(failure.message),
        hint: failure.hint.map(clip),
        origin: failure.origin.map(|origin| Origin { path: clip(origin.path), ..origin }),
        notes,
    }
}

fn hash(notice: &Notice) -> u64 {
    let mut hasher = DefaultHasher::new();
    let Failure { message, hint, origin, notes } = &notice.failure;
    (&notice.plugin, message, hint, origin, notes).hash(&mut hasher);
    hasher.finish()
}

fn size(notice: &Notice) -> usize {
    let Failure { message, hint, origin, notes } = &notice.failure;
    let notes: usize = notes.iter().map(|note| note.len() + size_of::<String>()).sum();
    let texts = message.len() + hint.as_ref().map_or(0, String::len) + notes;
    size_of::<Notice>() + notice.plugin.len() + texts + origin.as_ref().map_or(0, |origin| origin.path.len())
}

#[cfg(test)]
mod tests {
    use super::super::{Engine, Workload};
    use super::*;
    use crate::source::Directory;

    fn services(limits: Limits) -> (tempfile::TempDir, Services) {
        let outer = tempfile::tempdir().unwrap();
        let tree = Arc::new(Directory::open(outer.path()).unwrap());
        let library = Arc::new(Library::new(Engine::new(Workload::Few).unwrap(), None));
        (outer, Services::new(tree, library, limits))
    }

    #[test]
    fn what_people_are_told_is_bounded_and_the_rest_is_said_once() {
        let (_outer, services) = services(Limits::default());
        for number in 0..1_000 {
            let mut failure = Failure::new(format!("{number} {}", "x".repeat(1 << 20)));
            failure.notes = vec!["y".repeat(1 << 10); 1_000];
            services.warn("p", failure);
        }
        let warnings = services.take_warnings();
        let bytes: usize = warnings.iter().map(size).sum();
        assert!(bytes <= MAX_NOTICE_BYTES + 1_000, "{bytes}");
        assert_eq!(
            warnings.last().unwrap().failure.message,
            "more than 4 MiB of warnings and log; the rest is dropped"
        );
        assert!(warnings.len() > 10);
        assert!(warnings[0].failure.message.capacity() < 2 * MAX_TEXT_BYTES);
    }

    #[test]
    fn the_same_is_said_once() {
        let (_outer, services) = services(Limits::default());
        for _ in 0..3 {
            services.warn("p", Failure::new("a"));
            services.warn("q", Failure::new("a"));
        }
        assert_eq!(services.take_warnings().len(), 2);
    }

    #[test]
    fn memory_is_one_for_all_instances() {
        let (_outer, services) = services(Limits { memory: oarlock_model::Bytes(100), ..Limits::default() });
        assert!(services.take_memory(60, 100) && services.take_memory(40, 100));
        assert!(!services.take_memory(1, 50) && services.take_memory(1, 101));
        services.give_memory(1);
        services.give_memory(40);
        assert!(services.take_memory(40, 100) && !services.take_memory(u64::MAX, 100));
    }
}
