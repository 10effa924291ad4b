//! The time that a plugin sees.

use std::collections::BTreeMap;

use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};

use super::super::state::CallState;

const SECOND: u64 = 1_000_000_000;

/// How far a look at a clock takes it, in nanoseconds: loops that wait for it to go on come to an
/// end.
const STEP: u64 = 1_000;

/// The time of a call, in nanoseconds.
pub(super) struct Clock {
    now: u64,
    /// What waits for a time, by its handle.
    waits: BTreeMap<u32, u64>,
}

impl Default for Clock {
    fn default() -> Self {
        // Go's runtime takes 0 for a clock that is broken.
        Self { now: SECOND, waits: BTreeMap::new() }
    }
}

impl Clock {
    fn look(&mut self) -> u64 {
        self.now = self.now.saturating_add(STEP);
        self.now
    }

    /// Whether a wait is over. What waits for something else than time never has to.
    pub(super) fn is_over(&mut self, wait: u32) -> bool {
        self.until(wait).is_none_or(|until| until <= self.look())
    }

    /// When a wait is over, if it waits for a time.
    pub(super) fn until(&self, wait: u32) -> Option<u64> {
        self.waits.get(&wait).copied()
    }

    /// Lets time pass.
    pub(super) fn wait_until(&mut self, until: u64) {
        self.now = self.now.max(until);
    }

    pub(super) fn forget(&mut self, wait: u32) {
        self.waits.remove(&wait);
    }
}

/// What stands for a wait in the table of resources; when it is over, the clock knows.
struct Wait;

#[wasmtime_wasi::async_trait]
impl Pollable for Wait {
    async fn ready(&mut self) {}
}

impl CallState {
    fn wait_until(&mut self, until: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let inner = self.wasi.inner();
        let wait = inner.table.push(Wait)?;
        let wait = subscribe(&mut inner.table, wait)?;
        inner.clock.waits.insert(wait.rep(), until);
        Ok(wait)
    }
}

impl monotonic_clock::Host for CallState {
    fn now(&mut self) -> wasmtime::Result<monotonic_clock::Instant> {
        Ok(self.wasi.inner().clock.look())
    }

    fn resolution(&mut self) -> wasmtime::Result<monotonic_clock::Duration> {
        Ok(STEP)
    }

    fn subscribe_instant(
        &mut self,
        until: monotonic_clock::Instant,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        self.wait_until(until)
    }

    fn subscribe_duration(
        &mut self,
        duration: monotonic_clock::Duration,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        let now = self.wasi.inner().clock.now;
        self.wait_until(now.saturating_add(duration))
    }
}

/// The time of day begins with 1970 and goes on as the other clock does.
impl wall_clock::Host for CallState {
    fn now(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        let since = self.wasi.inner().clock.look() - SECOND;
        let nanoseconds = u32::try_from(since % SECOND).unwrap_or(0);
        Ok(wall_clock::Datetime { seconds: since / SECOND, nanoseconds })
    }

    fn resolution(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        Ok(wall_clock::Datetime { seconds: 0, nanoseconds: 1_000 })
    }
}
