//! Waiting: streams are always ready, and time passes at once.

use wasmtime::component::Resource;

use super::super::state::CallState;
use super::bindings::wasi::io::poll;
use super::clock::Clock;
use super::resources::Wait;

impl poll::Host for CallState {
    fn poll(&mut self, handles: Vec<Resource<Wait>>) -> wasmtime::Result<Vec<u32>> {
        if handles.is_empty() {
            return Err(wasmtime::Error::msg("waits for nothing, which never ends"));
        }
        let inner = self.wasi.inner();
        let mut waits = Vec::with_capacity(handles.len());
        for handle in &handles {
            waits.push(*inner.table.get(handle)?);
        }
        let mut over = are_over(&mut inner.clock, &waits);
        if over.is_empty()
            && let Some(first) = waits.iter().filter_map(|wait| until(*wait)).min()
        {
            inner.clock.wait_until(first);
            over = are_over(&mut inner.clock, &waits);
        }
        Ok(over)
    }
}

fn are_over(clock: &mut Clock, waits: &[Wait]) -> Vec<u32> {
    (0..).zip(waits).filter(|(_, wait)| clock.is_over(**wait)).map(|(index, _)| index).collect()
}

fn until(wait: Wait) -> Option<u64> {
    match wait {
        Wait::Stream => None,
        Wait::Until(until) => Some(until),
    }
}

impl poll::HostPollable for CallState {
    fn ready(&mut self, handle: Resource<Wait>) -> wasmtime::Result<bool> {
        let inner = self.wasi.inner();
        let wait = *inner.table.get(&handle)?;
        Ok(inner.clock.is_over(wait))
    }

    fn block(&mut self, handle: Resource<Wait>) -> wasmtime::Result<()> {
        let inner = self.wasi.inner();
        if let Some(until) = until(*inner.table.get(&handle)?) {
            inner.clock.wait_until(until);
        }
        Ok(())
    }

    fn drop(&mut self, handle: Resource<Wait>) -> wasmtime::Result<()> {
        self.wasi.table().delete(handle)?;
        Ok(())
    }
}
