//! Work that several threads share.

use std::thread::{self, available_parallelism};

/// How much JSON a thread is worth, in bytes: it takes a few milliseconds to write as YAML.
pub(super) const WORTH_A_THREAD: usize = 128 << 10;

/// The most threads that share one piece of work.
const MAX_THREADS: usize = 8;

/// How many threads are worth it to write so much JSON. How many processors there are takes files
/// of the system to find out, which most work is too small for.
pub(super) fn worth(bytes: usize) -> usize {
    match (bytes / WORTH_A_THREAD).min(MAX_THREADS) {
        0 | 1 => 1,
        worth => worth.min(available_parallelism().map_or(1, usize::from)),
    }
}

/// Does each part of some work on a thread of its own, and a single one on this. The first part
/// that fails is the error; a panic goes on here.
pub(super) fn each<P: Send, T: Send, E: Send>(
    mut parts: Vec<P>,
    work: impl Fn(P) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    if parts.len() <= 1 {
        return parts.pop().map(work).into_iter().collect();
    }
    let work = &work;
    thread::scope(|scope| {
        let threads: Vec<_> = parts.into_iter().map(|part| scope.spawn(move || work(part))).collect();
        let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
        joined.map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}
