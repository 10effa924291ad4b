//! The state of one call, and the imports that a plugin sees.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oarlock_plugin::Level;
use wasmtime::ResourceLimiter;

use super::bindings::oarlock::plugin::{compose, report, source, types};
use super::convert::{failure_in, failure_out, kind_out, manifest_out, read_error_out, request_in};
use super::error::{LimitKind, SandboxError};
use super::interrupt::LOOK_EVERY;
use super::meter::Booked;
use super::services::Services;
use super::wasi::SealedWasi;
use crate::source::Source;

/// The most elements of a table: function pointers of a large component, with room.
const MAX_TABLE_ELEMENTS: usize = 50_000;

/// A log line longer than this is cut, in bytes.
const MAX_LINE_BYTES: usize = 4 << 10;

/// What a store holds: the plugin's view of the world and what it used up.
pub(crate) struct CallState {
    pub(super) plugin: String,
    pub(super) services: Arc<Services>,
    /// How many plugins are waiting for this one.
    pub(super) depth: u32,
    /// When this call and all that it calls must end, but for the time that loading them takes.
    deadline: Instant,
    loading_before: Duration,
    pub(super) wasi: SealedWasi,
    /// What the plugin said before it trapped.
    pub(super) panicked: Option<String>,
    log_lines: u32,
    /// Memory of the instance.
    booked: Booked,
}

/// A limit that a call went over, on its way through wasmtime as the reason of a trap.
#[derive(Clone, Copy, Debug)]
pub(super) struct OverLimit(pub(super) LimitKind);

impl fmt::Display for OverLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "over the limit {}", self.0)
    }
}

impl std::error::Error for OverLimit {}

impl CallState {
    pub(super) fn new(plugin: String, services: Arc<Services>, depth: u32, deadline: Instant) -> Self {
        let loading_before = services.loading();
        let booked = Booked::new(services.meter.clone(), services.limits.output.0);
        Self {
            plugin,
            services,
            depth,
            deadline,
            loading_before,
            wasi: SealedWasi::default(),
            panicked: None,
            log_lines: 0,
            booked,
        }
    }

    /// How long the call may still take.
    pub(super) fn time_left(&self) -> Duration {
        let waited = self.services.loading().saturating_sub(self.loading_before);
        (self.deadline + waited).saturating_duration_since(Instant::now())
    }
}

impl CallState {
    /// Whether nobody waits for the call any more.
    pub(super) fn is_interrupted(&self) -> bool {
        self.services.interrupt.as_ref().is_some_and(|interrupt| interrupt.is_over())
    }

    /// How long the call may go on before it looks whether it may go on.
    pub(super) fn next_look(&self) -> Duration {
        let left = self.time_left();
        if self.services.interrupt.is_some() { left.min(LOOK_EVERY) } else { left }
    }
}

impl ResourceLimiter for CallState {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired as u64 > self.services.limits.memory.0 {
            // Refusing by `false` would leave it to the plugin's allocator to say something.
            return Err(wasmtime::Error::from(OverLimit(LimitKind::Memory)));
        }
        if !self.booked.grow(desired.saturating_sub(current) as u64) {
            return Err(wasmtime::Error::from(OverLimit(LimitKind::Process)));
        }
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= MAX_TABLE_ELEMENTS)
    }
}

impl types::Host for CallState {}

impl source::Host for CallState {
    fn read(&mut self, path: String) -> wasmtime::Result<Result<Vec<u8>, source::ReadError>> {
        let answer = self.services.tree.read(&path);
        if self.services.tree.bytes_read() > self.services.limits.read.0 {
            return Err(OverLimit(LimitKind::Read).into());
        }
        Ok(answer.map_err(read_error_out))
    }

    fn list(&mut self, path: String) -> wasmtime::Result<Result<Vec<source::Entry>, source::ReadError>> {
        let listing = match self.services.tree.list(&path) {
            Ok(listing) => listing,
            Err(error) => return Ok(Err(read_error_out(error))),
        };
        if let Some(warning) = listing.left_out.summary(&path) {
            self.services.warn(&self.plugin, warning);
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
        let answer = self.services.tree.stat(&path);
        let found = answer.map(|found| source::Metadata {
            kind: kind_out(found.kind),
            path: found.path,
            size: found.size,
        });
        Ok(found.map_err(read_error_out))
    }

    fn remote(&mut self, url: String) -> wasmtime::Result<Option<String>> {
        Ok(self.services.tree.remote(&url).map(crate::source::TreePath::into_string))
    }
}

impl report::Host for CallState {
    fn log(&mut self, level: report::Level, mut message: String) -> wasmtime::Result<()> {
        self.log_lines = self.log_lines.saturating_add(1);
        let limit = self.services.limits.log_lines;
        if self.log_lines > limit {
            if self.log_lines == limit + 1 {
                let line = format!("more than {limit} lines were logged; the rest is dropped");
                self.services.log(&self.plugin, Level::Info, line);
            }
            return Ok(());
        }
        if message.len() > MAX_LINE_BYTES {
            message.truncate(message.floor_char_boundary(MAX_LINE_BYTES));
            message.push('…');
        }
        let level = match level {
            report::Level::Debug => Level::Debug,
            report::Level::Info => Level::Info,
        };
        self.services.log(&self.plugin, level, message);
        Ok(())
    }

    fn warn(&mut self, warning: report::Failure) -> wasmtime::Result<()> {
        // Warnings share the count of log lines: both are lines that people are shown.
        self.log_lines = self.log_lines.saturating_add(1);
        if self.log_lines <= self.services.limits.log_lines {
            let warning = failure_in(warning);
            let warning = if self.depth > 0 { without_config_place(warning) } else { warning };
            self.services.warn(&self.plugin, warning);
        }
        Ok(())
    }

    fn panicked(&mut self, message: String) -> wasmtime::Result<()> {
        self.panicked.get_or_insert(message);
        Ok(())
    }
}

/// A failure of a plugin that another one called: its configuration is the caller's work and stands in no file.
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
        if self.depth >= self.services.limits.compose_depth {
            return Err(OverLimit(LimitKind::ComposeDepth).into());
        }
        let rendered = request_in(request).map_err(|failure| vec![failure]).and_then(|request| {
            let services = Arc::clone(&self.services);
            let found = services.load(&plugin);
            found
                .and_then(|plugin| {
                    let deadline = Instant::now() + self.time_left();
                    plugin.render_at(&services, request, self.depth + 1, deadline)
                })
                .map_err(SandboxError::into_failures)
                .map_err(|failures| failures.into_iter().map(without_config_place).collect())
        });
        Ok(match rendered {
            Ok(manifests) => Ok(manifests.into_iter().map(manifest_out).collect()),
            Err(failures) => Err(failures.into_iter().map(failure_out).collect()),
        })
    }
}
