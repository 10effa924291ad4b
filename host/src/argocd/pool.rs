//! The threads that render, shared fairly.
//!
//! Work waits in lanes, one for each repository, and the lanes take turns. A lane never has all threads at once, so that a repository whose
//! renders are slow, or hostile, leaves one for the others.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Threads that run plugins need room for WebAssembly's stack and for plugins that call plugins.
const STACK_BYTES: usize = 16 << 20;

type Job = Box<dyn FnOnce() + Send>;

/// Threads and what waits for them.
pub(super) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    threads: usize,
    queue: usize,
}

#[derive(Default)]
struct State {
    lanes: HashMap<String, Lane>,
    /// The lanes with work that waits, the next one first.
    turns: VecDeque<String>,
    waiting: usize,
    running: usize,
    closed: bool,
}

#[derive(Default)]
struct Lane {
    waiting: VecDeque<Job>,
    running: usize,
}

/// So much waits already that nothing more is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} renders are waiting already")]
pub(super) struct Full(pub(super) usize);

impl Pool {
    /// So many threads, at least two, and room for so much that waits.
    ///
    /// # Errors
    /// If the system gives no threads.
    pub(super) fn new(threads: usize, queue: usize) -> std::io::Result<Self> {
        let threads = threads.max(2);
        let shared = Arc::new(Shared { state: Mutex::default(), changed: Condvar::new(), threads, queue });
        for number in 0..threads {
            let shared = Arc::clone(&shared);
            let thread = thread::Builder::new().name(format!("render-{number}")).stack_size(STACK_BYTES);
            thread.spawn(move || shared.work())?;
        }
        Ok(Self { shared })
    }

    /// Has a thread do something when the lane's turn has come.
    pub(super) fn submit(&self, lane: &str, job: impl FnOnce() + Send + 'static) -> Result<(), Full> {
        let mut state = self.shared.lock();
        if state.waiting >= self.shared.queue {
            return Err(Full(state.waiting));
        }
        state.waiting += 1;
        if !state.turns.iter().any(|turn| turn == lane) {
            state.turns.push_back(lane.to_owned());
        }
        state.lanes.entry(lane.to_owned()).or_default().waiting.push_back(Box::new(job));
        drop(state);
        self.shared.changed.notify_one();
        Ok(())
    }

    /// How many jobs wait, and how many run.
    pub(super) fn load(&self) -> (usize, usize) {
        let state = self.shared.lock();
        (state.waiting, state.running)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut state = self.lock();
        loop {
            let Some((lane, job)) = state.next(self.threads - 1) else {
                if state.closed {
                    return;
                }
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(state);
            // A panic is a bug, but one that must not take the thread with it: whoever waits is told by the channel that the job drops.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
            state = self.lock();
            state.finished(&lane);
            // A lane that was at its limit may go on, perhaps on a thread that sleeps.
            self.changed.notify_one();
        }
    }
}

impl State {
    /// The next job of the first lane that may have another thread.
    fn next(&mut self, most_of_a_lane: usize) -> Option<(String, Job)> {
        let index = self
            .turns
            .iter()
            .position(|turn| self.lanes.get(turn).is_some_and(|lane| lane.running < most_of_a_lane))?;
        let name = self.turns.remove(index)?;
        let lane = self.lanes.get_mut(&name)?;
        let job = lane.waiting.pop_front()?;
        lane.running += 1;
        self.running += 1;
        self.waiting -= 1;
        if !lane.waiting.is_empty() {
            self.turns.push_back(name.clone());
        }
        Some((name, job))
    }

    fn finished(&mut self, name: &str) {
        self.running -= 1;
        if let Some(lane) = self.lanes.get_mut(name) {
            lane.running -= 1;
            if lane.running == 0 && lane.waiting.is_empty() {
                self.lanes.remove(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// A job that says its name once it may go on, and a way to let it.
    fn blocked(pool: &Pool, lane: &str) -> mpsc::Sender<()> {
        let (go, wait) = mpsc::channel();
        let (begun, begins) = mpsc::channel();
        pool.submit(lane, move || {
            let _ = begun.send(());
            let _ = wait.recv();
        })
        .unwrap();
        begins.recv().unwrap();
        go
    }

    #[test]
    fn lanes_take_turns() {
        let pool = Pool::new(2, 100).unwrap();
        // Both threads are busy, each for a lane of its own.
        let (first, second) = (blocked(&pool, "x"), blocked(&pool, "y"));
        let (told, tells) = mpsc::channel();
        for (lane, name) in [("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("c", "c1")] {
            let told = told.clone();
            pool.submit(lane, move || told.send(name).unwrap()).unwrap();
        }
        assert_eq!(pool.load(), (5, 2));
        first.send(()).unwrap();
        let order: Vec<&str> = tells.iter().take(5).collect();
        assert_eq!(order, ["a1", "b1", "c1", "a2", "a3"]);
        second.send(()).unwrap();
    }

    #[test]
    fn a_lane_leaves_a_thread_to_the_others() {
        let pool = Pool::new(2, 100).unwrap();
        let slow = blocked(&pool, "slow");
        let (told, tells) = mpsc::channel();
        let too = told.clone();
        pool.submit("slow", move || too.send("slow").unwrap()).unwrap();
        pool.submit("other", move || told.send("other").unwrap()).unwrap();
        assert_eq!(tells.recv().unwrap(), "other");
        slow.send(()).unwrap();
        assert_eq!(tells.recv().unwrap(), "slow");
    }

    #[test]
    fn a_full_queue_says_so_and_a_panic_takes_no_thread() {
        let pool = Pool::new(2, 1).unwrap();
        let (one, two) = (blocked(&pool, "a"), blocked(&pool, "b"));
        pool.submit("c", || panic!("a bug")).unwrap();
        assert_eq!(pool.submit("d", || ()), Err(Full(1)));
        drop((one, two));
        for _ in 0..4 {
            // Both threads still work.
            while pool.load() != (0, 0) {
                thread::yield_now();
            }
            drop(blocked(&pool, "e"));
        }
    }
}
