//! Deadlines: a thread that advances the engine's epoch while calls run, and sleeps while none
//! does.

use std::sync::{Arc, Condvar, Mutex, Once, PoisonError, Weak};
use std::time::Duration;

/// How long an epoch is, and so how exact deadlines are.
pub(crate) const EPOCH: Duration = Duration::from_millis(10);

/// Advances the epoch of an engine while there are [`Running`] calls.
pub(crate) struct Ticker {
    engine: wasmtime::Engine,
    running: Mutex<usize>,
    started: Condvar,
    thread: Once,
}

/// A call that runs. Dropping it ends it.
pub(crate) struct Running(Arc<Ticker>);

impl Ticker {
    pub(crate) fn new(engine: wasmtime::Engine) -> Self {
        Self { engine, running: Mutex::new(0), started: Condvar::new(), thread: Once::new() }
    }

    /// Marks a call as running. The first one starts the thread.
    pub(crate) fn run(self: &Arc<Self>) -> Running {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.started.notify_one();
        self.thread.call_once(|| {
            let ticker = Arc::downgrade(self);
            // Without the thread calls have no deadline, but they end: the limits on memory, reads
            // and output stay.
            let _ = std::thread::Builder::new().name("epochs".to_owned()).spawn(move || tick(&ticker));
        });
        Running(Arc::clone(self))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        *self.0.running.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
    }
}

fn tick(ticker: &Weak<Ticker>) {
    // Not holding the ticker while asleep lets the engine be dropped; it is looked at again each
    // second at least.
    while let Some(ticker) = ticker.upgrade() {
        let running = ticker.running.lock().unwrap_or_else(PoisonError::into_inner);
        let idle =
            ticker.started.wait_timeout_while(running, Duration::from_secs(1), |running| *running == 0);
        if *idle.unwrap_or_else(PoisonError::into_inner).0 == 0 {
            continue;
        }
        ticker.engine.increment_epoch();
        drop(ticker);
        std::thread::sleep(EPOCH);
    }
}
