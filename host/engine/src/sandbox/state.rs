//! The state of one call, and the imports that a plugin sees.

use std::sync::Arc;
use std::time::{Duration, Instant};

use oarlock_model::Bytes;
use oarlock_plugin::{Failure, Level, PathError, ReadError, TreePath};
use wasmtime::ResourceLimiter;

use super::bindings::oarlock::plugin::{compose, report, source, types};
use super::convert::{failure_in, failure_out, kind_out, manifest_out, read_error_out, request_in};
use super::error::{LimitKind, SandboxError};
use super::exceeded::OverLimit;
use super::interrupt::LOOK_EVERY;
use super::limits::{Limits, MAX_MEMORIES, MAX_TABLE_ELEMENTS, MAX_TABLES, PluginLimits};
use super::meter::Booked;
use super::services::Services;
use super::wasi::SealedWasi;
use crate::source::Source;

/// A log line longer than this is cut, in bytes.
pub(super) const MAX_LINE_BYTES: usize = 4 << 10;

/// A reason longer than this is cut, in bytes.
const MAX_REASON_BYTES: usize = 16 << 10;

/// The longest path or URL that is looked up, in bytes, as in Linux.
const MAX_PATH_BYTES: usize = 4 << 10;

/// What an element of a table takes, in bytes.
const TABLE_ELEMENT_BYTES: u64 = 8;

/// What a store holds: the plugin's view of the world and what it used up.
pub(crate) struct CallState {
    pub(super) plugin: String,
    pub(super) services: Arc<Services>,
    /// How many plugins are waiting for this one.
    pub(super) depth: u32,
    end: End,
    /// How much the call may take.
    pub(super) limits: Limits,
    /// The most core instances.
    instances: usize,
    memory: Memory,
    pub(super) wasi: SealedWasi,
    /// What the plugin said before it trapped.
    panicked: Option<String>,
    /// The limit that a plugin that this one called went over, which ends this one, too.
    blamed: Option<SandboxError>,
    log_lines: u32,
    warnings: u32,
}

/// When a call and all that it calls must end, but for the time that loading them takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    at: Instant,
    /// The limit that ends it then.
    limit: LimitKind,
    /// How long loading had taken when this was worked out.
    loading_before: Duration,
}

impl End {
    /// The end of a call that begins now: that of its own time, or that of the whole render if it
    /// comes first.
    pub(super) fn of_call(services: &Services, limits: &PluginLimits) -> Self {
        let loading_before = services.loading();
        let own = Instant::now() + limits.over(&services.limits).deadline();
        let whole = services.begun() + services.limits.pipeline() + loading_before;
        let (at, limit) = if whole < own { (whole, LimitKind::Pipeline) } else { (own, LimitKind::Deadline) };
        Self { at, limit, loading_before }
    }

    /// The same, or the end of the time that a plugin has for itself, if that comes first.
    fn within(self, own: Option<u32>, services: &Services) -> Self {
        let Some(seconds) = own else { return self };
        let at = Instant::now() + Duration::from_secs(seconds.into());
        if at < self.at {
            Self { at, limit: LimitKind::Deadline, loading_before: services.loading() }
        } else {
            self
        }
    }

    /// How long there is until then.
    fn time_left(self, services: &Services) -> Duration {
        let waited = services.loading().saturating_sub(self.loading_before);
        (self.at + waited).saturating_duration_since(Instant::now())
    }
}

/// The share of a call in the memory that its render may take, and in that of the process.
struct Memory {
    services: Arc<Services>,
    booked: Booked,
    /// The most that the call may take.
    limit: u64,
    taken: u64,
    /// What was taken last, in case it comes to nothing.
    last: u64,
}

impl Memory {
    fn take(&mut self, bytes: u64) -> wasmtime::Result<()> {
        // A plugin with more memory than others have may take all of it, and one with less no more
        // than that.
        let fits = self.taken.checked_add(bytes).is_some_and(|taken| taken <= self.limit);
        if !fits || !self.services.take_memory(bytes, self.limit) {
            // Refusing by `false` would leave it to the plugin's allocator to say something.
            return Err(OverLimit(LimitKind::Memory).into());
        }
        self.taken += bytes;
        self.last = bytes;
        if !self.booked.grow(bytes) {
            return Err(OverLimit(LimitKind::Process).into());
        }
        Ok(())
    }

    fn give_back_last(&mut self) {
        let last = std::mem::take(&mut self.last);
        self.taken -= last;
        self.services.give_memory(last);
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.services.give_memory(self.taken);
    }
}

impl CallState {
    pub(super) fn new(
        plugin: String,
        services: Arc<Services>,
        depth: u32,
        end: End,
        own: &PluginLimits,
    ) -> Self {
        let limits = own.over(&services.limits);
        let end = end.within(own.deadline_seconds, &services);
        let booked = Booked::new(services.meter.clone(), limits.output.0);
        let memory =
            Memory { services: Arc::clone(&services), booked, limit: limits.memory.0, taken: 0, last: 0 };
        Self {
            limits,
            instances: own.instances(),
            plugin,
            services,
            depth,
            end,
            memory,
            wasi: SealedWasi::default(),
            panicked: None,
            blamed: None,
            log_lines: 0,
            warnings: 0,
        }
    }

    /// The most memory that the call had at one time.
    pub(super) fn most_memory(&self) -> Bytes {
        Bytes(self.memory.taken)
    }

    /// Whether the call may go on.
    pub(super) fn check(&self) -> Result<(), OverLimit> {
        if self.services.is_interrupted() {
            return Err(OverLimit(LimitKind::Client));
        }
        if self.end.time_left(&self.services).is_zero() {
            return Err(OverLimit(self.end.limit));
        }
        Ok(())
    }

    /// How long the call may go on before it looks whether it may go on. A share of the time that
    /// is left, since what counts the time for wasmtime counts late on a busy machine.
    pub(super) fn next_look(&self) -> Duration {
        self.end.time_left(&self.services).min(LOOK_EVERY)
    }

    /// What the plugin said of a failure: by the contract, or as other languages do.
    pub(super) fn said(&self) -> Option<String> {
        match (&self.panicked, self.wasi.stderr()) {
            (Some(panicked), Some(stderr)) if !stderr.contains(panicked.as_str()) => {
                Some(format!("{panicked}\n{stderr}"))
            }
            (_, Some(stderr)) => Some(stderr),
            (panicked, None) => panicked.clone(),
        }
    }

    /// What the plugin said by the contract alone.
    pub(super) fn panicked(&self) -> Option<&str> {
        self.panicked.as_deref()
    }

    /// Puts into the log what the plugin wrote to standard output and standard error.
    pub(super) fn log_console(&mut self) {
        for line in self.wasi.take_lines() {
            self.line(Level::Info, &line);
        }
    }

    /// The same after the last of it.
    pub(super) fn log_rest(&mut self) {
        for line in self.wasi.take_last_lines() {
            self.line(Level::Info, &line);
        }
    }

    /// The limit of a plugin that this one called, if it is what ended this one.
    pub(super) fn take_blamed(&mut self) -> Option<SandboxError> {
        self.blamed.take()
    }

    fn line(&mut self, level: Level, line: &str) {
        let limit = self.limits.log_lines;
        self.log_lines = self.log_lines.saturating_add(1);
        if self.log_lines <= limit {
            self.services.log(&self.plugin, level, clipped(line, MAX_LINE_BYTES));
        } else if self.log_lines == limit + 1 {
            let line = format!("more than {limit} lines were logged; the rest is dropped");
            self.services.log(&self.plugin, Level::Info, line);
        }
    }

    fn warning(&mut self, warning: Failure) {
        let limit = self.limits.log_lines;
        self.warnings = self.warnings.saturating_add(1);
        if self.warnings <= limit {
            self.services.warn(&self.plugin, warning);
        } else if self.warnings == limit + 1 {
            let rest = Failure::new(format!("more than {limit} warnings; the rest is dropped"));
            self.services.warn(&self.plugin, rest);
        }
    }

    /// Why a read gave nothing.
    fn unread(&self, path: &str, error: ReadError) -> source::ReadError {
        if matches!(error, ReadError::Refused(_))
            && matches!(TreePath::new(path), Err(PathError::ClimbsOut(_)))
        {
            self.services.leads_outside();
        }
        read_error_out(error)
    }

    /// After a look at the tree: whether all of it still fits into the record.
    fn looked(&self) -> Result<(), OverLimit> {
        if self.services.tree.is_full() { Err(OverLimit(LimitKind::ReadRecord)) } else { Ok(()) }
    }
}

/// A text of its own size: one that is only cut keeps the memory of the whole.
pub(super) fn clipped(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let start = &text[..text.floor_char_boundary(most)];
    [start, "…"].concat()
}

/// What no tree has, however it is spelled.
fn too_long(path: &str) -> Option<source::ReadError> {
    (path.len() > MAX_PATH_BYTES).then(|| {
        let start = clipped(path, 100);
        source::ReadError::Refused(format!("`{start}` is a path of more than {} KiB", MAX_PATH_BYTES >> 10))
    })
}

impl ResourceLimiter for CallState {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        most: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if most.is_some_and(|most| desired > most) {
            self.memory.last = 0;
            return Ok(false);
        }
        self.memory.take(desired.saturating_sub(current) as u64)?;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.memory.give_back_last();
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        most: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if most.is_some_and(|most| desired > most) {
            self.memory.last = 0;
            return Ok(false);
        }
        if desired > MAX_TABLE_ELEMENTS {
            return Err(OverLimit(LimitKind::TableElements).into());
        }
        self.memory.take(desired.saturating_sub(current) as u64 * TABLE_ELEMENT_BYTES)?;
        Ok(true)
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.memory.give_back_last();
        Ok(())
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES
    }

    fn tables(&self) -> usize {
        MAX_TABLES
    }
}

impl types::Host for CallState {}

impl source::Host for CallState {
    fn read(&mut self, path: String) -> wasmtime::Result<Result<Vec<u8>, source::ReadError>> {
        self.check()?;
        if let Some(error) = too_long(&path) {
            return Ok(Err(error));
        }
        let answer = self.services.tree.read(&path);
        self.looked()?;
        if self.services.tree.bytes_read() > self.services.limits.read.0 {
            return Err(OverLimit(LimitKind::Read).into());
        }
        Ok(answer.map_err(|error| self.unread(&path, error)))
    }

    fn list(&mut self, path: String) -> wasmtime::Result<Result<Vec<source::Entry>, source::ReadError>> {
        self.check()?;
        if let Some(error) = too_long(&path) {
            return Ok(Err(error));
        }
        let answer = self.services.tree.list_while(&path, &|| self.check().is_ok());
        self.check()?;
        self.looked()?;
        let listing = match answer {
            Ok(listing) => listing,
            Err(error) => return Ok(Err(self.unread(&path, error))),
        };
        if let Some(warning) = listing.left_out.summary(&path) {
            self.warning(warning);
        }
        let entry =
            |entry: crate::source::Entry| source::Entry { name: entry.name, kind: kind_out(entry.kind) };
        let mut entries: Vec<_> = listing.entries.into_iter().map(entry).collect();
        if self.services.reverse_listings {
            entries.reverse();
        }
        Ok(Ok(entries))
    }

    fn stat(&mut self, path: String) -> wasmtime::Result<Result<source::Metadata, source::ReadError>> {
        self.check()?;
        if let Some(error) = too_long(&path) {
            return Ok(Err(error));
        }
        let answer = self.services.tree.stat(&path);
        self.looked()?;
        let found = answer.map(|found| source::Metadata {
            kind: kind_out(found.kind),
            path: found.path,
            size: found.size,
        });
        Ok(found.map_err(|error| self.unread(&path, error)))
    }

    fn remote(&mut self, url: String) -> wasmtime::Result<Option<String>> {
        self.check()?;
        if url.len() > MAX_PATH_BYTES {
            return Ok(None);
        }
        let place = self.services.tree.remote(&url);
        self.looked()?;
        Ok(place.map(crate::source::TreePath::into_string))
    }
}

impl report::Host for CallState {
    fn log(&mut self, level: report::Level, message: String) -> wasmtime::Result<()> {
        self.check()?;
        let level = match level {
            report::Level::Debug => Level::Debug,
            report::Level::Info => Level::Info,
        };
        self.line(level, &message);
        Ok(())
    }

    fn warn(&mut self, warning: report::Failure) -> wasmtime::Result<()> {
        self.check()?;
        let warning = failure_in(warning);
        let warning = if self.depth > 0 { without_config_place(warning) } else { warning };
        self.warning(warning);
        Ok(())
    }

    fn outside(&mut self, _: String) -> wasmtime::Result<()> {
        self.check()?;
        self.services.leads_outside();
        Ok(())
    }

    fn panicked(&mut self, message: String) -> wasmtime::Result<()> {
        self.panicked.get_or_insert_with(|| clipped(&message, MAX_REASON_BYTES));
        Ok(())
    }
}

/// A failure of a plugin that another one called: its configuration is the caller's work and stands
/// in no file.
fn without_config_place(mut failure: oarlock_plugin::Failure) -> oarlock_plugin::Failure {
    failure.origin = failure.origin.filter(|origin| origin.config_keys().is_none());
    failure
}

impl compose::Host for CallState {
    fn render(
        &mut self,
        plugin: String,
        request: compose::Request,
    ) -> wasmtime::Result<Result<Vec<compose::Manifest>, Vec<compose::Failure>>> {
        self.check()?;
        if self.depth >= self.services.limits.compose_depth {
            return Err(OverLimit(LimitKind::ComposeDepth).into());
        }
        let rendered = request_in(request).map_err(|failure| vec![failure]).and_then(|request| {
            let services = Arc::clone(&self.services);
            let found = services.load(&plugin);
            found.and_then(|plugin| plugin.render_at(&services, request, self.depth + 1, self.end)).map_err(
                |error| {
                    if matches!(error, SandboxError::Limit { .. }) {
                        self.blamed = Some(error.clone());
                    }
                    error.into_failures().into_iter().map(without_config_place).collect()
                },
            )
        });
        // What kept the plugin that was called from going on keeps this one, too.
        self.check()?;
        self.blamed = None;
        Ok(match rendered {
            Ok(answer) => Ok(answer.manifests.into_iter().map(manifest_out).collect()),
            Err(failures) => Err(failures.into_iter().map(failure_out).collect()),
        })
    }
}
