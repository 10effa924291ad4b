//! Waiting: nothing has to be waited for but time, and time passes at once.

use wasmtime::component::Resource;
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::sync::io::poll;

use super::super::state::CallState;

impl poll::Host for CallState {
    fn poll(&mut self, waits: Vec<Resource<DynPollable>>) -> wasmtime::Result<Vec<u32>> {
        if waits.is_empty() {
            return Err(wasmtime::Error::msg("waits for nothing, which never ends"));
        }
        let inner = self.wasi.inner();
        for wait in &waits {
            inner.table.get(wait)?;
        }
        let mut over = are_over(&mut inner.clock, &waits);
        if over.is_empty()
            && let Some(first) = waits.iter().filter_map(|wait| inner.clock.until(wait.rep())).min()
        {
            inner.clock.wait_until(first);
            over = are_over(&mut inner.clock, &waits);
        }
        Ok(over)
    }
}

fn are_over(clock: &mut super::Clock, waits: &[Resource<DynPollable>]) -> Vec<u32> {
    (0..).zip(waits).filter(|(_, wait)| clock.is_over(wait.rep())).map(|(index, _)| index).collect()
}

impl poll::HostPollable for CallState {
    fn ready(&mut self, wait: Resource<DynPollable>) -> wasmtime::Result<bool> {
        let inner = self.wasi.inner();
        inner.table.get(&wait)?;
        Ok(inner.clock.is_over(wait.rep()))
    }

    fn block(&mut self, wait: Resource<DynPollable>) -> wasmtime::Result<()> {
        let inner = self.wasi.inner();
        inner.table.get(&wait)?;
        if let Some(until) = inner.clock.until(wait.rep()) {
            inner.clock.wait_until(until);
        }
        Ok(())
    }

    fn drop(&mut self, wait: Resource<DynPollable>) -> wasmtime::Result<()> {
        let inner = self.wasi.inner();
        inner.clock.forget(wait.rep());
        wasmtime_wasi_io::bindings::wasi::io::poll::HostPollable::drop(&mut inner.table, wait)
    }
}
