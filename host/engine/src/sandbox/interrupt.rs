//! The end of a call that nobody waits for any more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a call looks whether it may go on.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What ends calls before their deadline: the time that the caller waits, or that the caller is
/// gone.
#[derive(Debug)]
pub struct Interrupt {
    begun: Instant,
    until: Option<Instant>,
    cancelled: AtomicBool,
}

impl Interrupt {
    /// An interrupt at a time, if there is one, or when it is [cancelled](Self::cancel).
    pub fn new(until: Option<Instant>) -> Self {
        Self { begun: Instant::now(), until, cancelled: AtomicBool::new(false) }
    }

    /// Ends the calls that look at this, and all that follow.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether calls have to end.
    pub fn is_over(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed) || self.until.is_some_and(|until| until <= Instant::now())
    }

    /// How much time the caller gave.
    pub fn given(&self) -> Option<Duration> {
        self.until.map(|until| until.saturating_duration_since(self.begun))
    }
}
