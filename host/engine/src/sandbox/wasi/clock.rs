//! The time that a plugin sees.

use wasmtime::component::Resource;

use super::super::state::CallState;
use super::bindings::wasi::clocks::{monotonic_clock, wall_clock};
use super::resources::Wait;

const SECOND: u64 = 1_000_000_000;

/// How far a read of a clock advances it, in nanoseconds, so that loops that wait for time to pass
/// come to an end.
const STEP: u64 = 1_000;

/// The time of a call, in nanoseconds.
pub(super) struct Clock {
    now: u64,
}

impl Default for Clock {
    fn default() -> Self {
        // Go's runtime takes 0 for a clock that is broken.
        Self { now: SECOND }
    }
}

impl Clock {
    fn read(&mut self) -> u64 {
        self.now = self.now.saturating_add(STEP);
        self.now
    }

    /// Whether a wait is over, which reads the clock if it is one for a time.
    pub(super) fn is_over(&mut self, wait: Wait) -> bool {
        match wait {
            Wait::Stream => true,
            Wait::Until(until) => until <= self.read(),
        }
    }

    /// Lets time pass.
    pub(super) fn wait_until(&mut self, until: u64) {
        self.now = self.now.max(until);
    }
}

impl CallState {
    fn wait_until(&mut self, until: u64) -> wasmtime::Result<Resource<Wait>> {
        Ok(self.wasi.table().push(Wait::Until(until))?)
    }
}

impl monotonic_clock::Host for CallState {
    fn now(&mut self) -> wasmtime::Result<monotonic_clock::Instant> {
        Ok(self.wasi.inner().clock.read())
    }

    fn resolution(&mut self) -> wasmtime::Result<monotonic_clock::Duration> {
        Ok(STEP)
    }

    fn subscribe_instant(&mut self, until: monotonic_clock::Instant) -> wasmtime::Result<Resource<Wait>> {
        self.wait_until(until)
    }

    fn subscribe_duration(
        &mut self,
        duration: monotonic_clock::Duration,
    ) -> wasmtime::Result<Resource<Wait>> {
        let now = self.wasi.inner().clock.now;
        self.wait_until(now.saturating_add(duration))
    }
}

/// The time of day starts with 1970 and advances as the other clock does.
impl wall_clock::Host for CallState {
    fn now(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        let since = self.wasi.inner().clock.read() - SECOND;
        let nanoseconds = u32::try_from(since % SECOND).unwrap_or(0);
        Ok(wall_clock::Datetime { seconds: since / SECOND, nanoseconds })
    }

    fn resolution(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        Ok(wall_clock::Datetime { seconds: 0, nanoseconds: 1_000 })
    }
}
