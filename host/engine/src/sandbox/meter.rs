//! The memory that instances take of what all calls of a process share, beside the limit that each
//! call has for itself.

use std::sync::Arc;

/// Where memory is booked before it is taken.
pub trait Meter: Send + Sync {
    /// Books so many bytes; says no where that is more than there is.
    fn take(&self, bytes: u64) -> bool;

    /// Gives back what was booked.
    fn give_back(&self, bytes: u64);
}

/// What a call has booked, given back with it.
pub(super) struct Booked {
    meter: Option<Arc<dyn Meter>>,
    bytes: u64,
    /// What may still be booked for copies that the host makes.
    copies: u64,
}

impl Booked {
    /// Nothing yet. The host copies at most so many bytes of what goes into the call and comes out
    /// of it.
    pub(super) fn new(meter: Option<Arc<dyn Meter>>, copies: u64) -> Self {
        Self { meter, bytes: 0, copies }
    }

    /// Books memory by which the instance grows, and as much again for the copies: what the host
    /// hands over or is handed lies in the instance's memory, too.
    pub(super) fn grow(&mut self, bytes: u64) -> bool {
        let Some(meter) = &self.meter else { return true };
        let copies = bytes.min(self.copies);
        let taken = meter.take(bytes + copies);
        if taken {
            self.bytes += bytes + copies;
            self.copies -= copies;
        }
        taken
    }
}

impl Drop for Booked {
    fn drop(&mut self) {
        if let Some(meter) = &self.meter {
            meter.give_back(self.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    struct Left(AtomicU64);

    impl Meter for Left {
        fn take(&self, bytes: u64) -> bool {
            self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
        }

        fn give_back(&self, bytes: u64) {
            self.0.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    #[test]
    fn what_a_call_takes_comes_back() {
        let meter = Arc::new(Left(AtomicU64::new(100)));
        let mut booked = Booked::new(Some(Arc::clone(&meter) as _), 20);
        assert!(booked.grow(15) && booked.grow(40));
        assert_eq!(meter.0.load(Ordering::Relaxed), 100 - 55 - 20);
        assert!(!booked.grow(26) && booked.grow(25));
        drop(booked);
        assert_eq!(meter.0.load(Ordering::Relaxed), 100);
        assert!(Booked::new(None, 0).grow(u64::MAX));
    }
}
