//! The memory that requests make the server keep: one budget for all of them.
//!
//! Uploads, unpacked trees, trees that wait in the queue, what is remembered, instances and answers
//! book here before they take memory, and give back by being dropped. Where the budget is spent,
//! what is remembered gives way first; then the request is refused with a status that has Argo CD
//! come again.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use oarlock_engine::Bytes;
use oarlock_engine::sandbox::{Interrupt, Meter};

/// What part of the container's memory is the budget, in percent. The rest is for the program: its
/// code and that of plugins, stacks, buffers of connections, and what the allocator holds back.
const PERCENT: u64 = 80;

/// The budget where the system does not say how much memory there is.
const FALLBACK: u64 = 1 << 30;

/// How often it is looked whether there is room again.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The budget.
pub(super) struct Memory {
    limit: u64,
    used: AtomicU64,
    refused: AtomicU64,
    caches: Mutex<Vec<Weak<dyn GivesWay>>>,
}

/// What holds memory that it can do without.
pub(super) trait GivesWay: Send + Sync {
    /// Forgets what was not used for longest; `false` where there is nothing left.
    fn give_way(&self) -> bool;
}

/// Memory that was booked, given back when this is dropped.
pub(super) struct Reservation {
    memory: Arc<Memory>,
    bytes: u64,
}

/// The budget is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {limit} of memory for requests are in use")]
pub(super) struct Exhausted {
    limit: Bytes,
}

impl Memory {
    /// A budget of so many bytes.
    pub(super) fn new(limit: Bytes) -> Arc<Self> {
        Arc::new(Self {
            limit: limit.0,
            used: AtomicU64::default(),
            refused: AtomicU64::default(),
            caches: Mutex::default(),
        })
    }

    /// Asks a cache to give way when the budget is spent.
    pub(super) fn relieved_by(&self, cache: Weak<dyn GivesWay>) {
        self.caches.lock().unwrap_or_else(PoisonError::into_inner).push(cache);
    }

    /// Books memory.
    pub(super) fn reserve(self: &Arc<Self>, bytes: u64) -> Result<Reservation, Exhausted> {
        self.book(bytes)?;
        Ok(Reservation { memory: Arc::clone(self), bytes })
    }

    /// Waits until so many bytes are free, or nobody waits for it any more, or `alone` says that
    /// waiting is of no use.
    pub(super) fn wait(&self, bytes: u64, interrupt: &Interrupt, alone: impl Fn() -> bool) {
        // What could never be free is not waited for, and nothing is forgotten for it.
        let bytes = bytes.min(self.limit / 2);
        while !alone() && !interrupt.is_over() && !self.has(bytes) {
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Whether so many bytes are free, or become so.
    fn has(&self, bytes: u64) -> bool {
        let fits = || self.used.load(Ordering::Relaxed).saturating_add(bytes) <= self.limit;
        while !fits() {
            if !self.relieve() {
                return fits();
            }
        }
        true
    }

    /// The budget, what is used of it, and how many times it was spent.
    pub(super) fn size(&self) -> (u64, u64, u64) {
        (self.limit, self.used.load(Ordering::Relaxed), self.refused.load(Ordering::Relaxed))
    }

    fn book(&self, bytes: u64) -> Result<(), Exhausted> {
        let exhausted = Exhausted { limit: Bytes(self.limit) };
        if bytes > self.limit {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Err(exhausted);
        }
        let add = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= self.limit);
        while self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_err() {
            if !self.relieve() {
                self.refused.fetch_add(1, Ordering::Relaxed);
                return Err(exhausted);
            }
        }
        Ok(())
    }

    /// Has a cache give way. What it forgets may be in use still.
    fn relieve(&self) -> bool {
        let caches = self.caches.lock().unwrap_or_else(PoisonError::into_inner).clone();
        caches.iter().filter_map(Weak::upgrade).any(|cache| cache.give_way())
    }
}

impl Meter for Memory {
    fn take(&self, bytes: u64) -> bool {
        self.book(bytes).is_ok()
    }

    fn give_back(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Reservation {
    /// Books what is missing to so many bytes. What is too much is kept.
    pub(super) fn grow_to(&mut self, bytes: u64) -> Result<(), Exhausted> {
        let more = bytes.saturating_sub(self.bytes);
        self.memory.book(more)?;
        self.bytes += more;
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.memory.give_back(self.bytes);
    }
}

/// The budget where the operator says none: a part of what the container may take, or of what the
/// machine has.
pub(super) fn default_budget() -> Bytes {
    let read = |path: &str| fs::read_to_string(path).ok();
    let limits = [
        read("/sys/fs/cgroup/memory.max").and_then(|text| number(&text)),
        read("/sys/fs/cgroup/memory/memory.limit_in_bytes").and_then(|text| number(&text)),
        read("/proc/meminfo").and_then(|text| total(&text)),
    ];
    part_of(limits.into_iter().flatten().min())
}

/// The budget in a container that may take so much, where the operator says none.
pub fn part_of(limit: Option<u64>) -> Bytes {
    limit.map_or(Bytes(FALLBACK), |limit| Bytes(limit / 100 * PERCENT))
}

/// A limit of a cgroup; `max` is none.
fn number(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

/// What the machine has.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn what_is_booked_comes_back() {
        let memory = Memory::new(Bytes(100));
        let mut one = memory.reserve(60).unwrap();
        let exhausted = memory.reserve(41).err().unwrap();
        assert_eq!(exhausted.to_string(), "the 100 bytes of memory for requests are in use");
        let two = memory.reserve(40).unwrap();
        assert!(one.grow_to(61).is_err());
        drop(two);
        one.grow_to(100).unwrap();
        one.grow_to(50).unwrap();
        assert_eq!(memory.size(), (100, 100, 2));
        drop(one);
        assert_eq!(memory.size().1, 0);
        assert!(memory.reserve(u64::MAX).is_err());
        let _all = memory.reserve(100).unwrap();
    }

    /// Holds so many reservations that it can do without.
    struct Cache(Mutex<Vec<Reservation>>, AtomicUsize);

    impl GivesWay for Cache {
        fn give_way(&self) -> bool {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.lock().unwrap().pop().is_some()
        }
    }

    #[test]
    fn caches_give_way_before_a_request_is_refused() {
        let memory = Memory::new(Bytes(100));
        let kept = (0..9).map(|_| memory.reserve(10).unwrap()).collect();
        let cache = Arc::new(Cache(Mutex::new(kept), AtomicUsize::default()));
        let weak: Weak<Cache> = Arc::downgrade(&cache);
        memory.relieved_by(weak);
        let _one = memory.reserve(35).unwrap();
        assert_eq!(cache.0.lock().unwrap().len(), 6, "no more than has to");
        assert!(memory.reserve(66).is_err());
        assert!(cache.0.lock().unwrap().is_empty());
        let _two = memory.reserve(65).unwrap();
    }

    #[test]
    fn the_budget_is_a_part_of_what_there_is() {
        assert_eq!(part_of(Some(2 << 30)), Bytes((2 << 30) / 100 * 80));
        assert_eq!(part_of(None), Bytes(FALLBACK));
        assert_eq!(number("2147483648\n"), Some(2 << 30));
        assert_eq!(number("max\n"), None);
        assert_eq!(total("MemTotal:       2048 kB\nMemFree: 1 kB\n"), Some(2 << 20));
        assert!(default_budget().0 > 0);
    }
}
