//! The threads that render, shared fairly.
//!
//! Repositories take turns, and within a repository its applications. A repository never has all
//! threads at once, and an application no more than half of them, so that renders which are slow,
//! or hostile, leave room for the others.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use oarlock_engine::application::Context;

/// Threads that run plugins need room for WebAssembly's stack and for plugins that call plugins.
const STACK_BYTES: usize = 16 << 20;

type Job = Box<dyn FnOnce() + Send>;

/// Threads and what waits for them.
pub(super) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<PoolState>,
    changed: Condvar,
    threads: usize,
    queue: usize,
}

#[derive(Default)]
struct PoolState {
    repositories: HashMap<String, Repository>,
    /// The repositories with work that waits, the next one first.
    turns: VecDeque<String>,
    waiting: usize,
    running: usize,
    closed: bool,
}

#[derive(Default)]
struct Repository {
    applications: HashMap<String, Application>,
    /// The applications with work that waits, the next one first.
    turns: VecDeque<String>,
    running: usize,
}

#[derive(Default)]
struct Application {
    waiting: VecDeque<Job>,
    running: usize,
}

/// On whose account something runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) repository: String,
    pub(super) application: String,
}

impl Account {
    /// On whose account a request's render runs.
    pub(super) fn of(context: &Context) -> Self {
        let repository = context.application.repository.clone().unwrap_or_default();
        Self { repository, application: context.application.name.clone().unwrap_or_default() }
    }
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

    /// Has a thread do something when the account's turn has come.
    pub(super) fn submit(&self, account: &Account, job: impl FnOnce() + Send + 'static) -> Result<(), Full> {
        let mut state = self.shared.lock();
        if state.waiting >= self.shared.queue {
            return Err(Full(state.waiting));
        }
        state.add(account, Box::new(job));
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
    fn lock(&self) -> MutexGuard<'_, PoolState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut state = self.lock();
        loop {
            let Some((account, job)) = state.next(self.threads) else {
                if state.closed {
                    return;
                }
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(state);
            // A panic is a bug, but one that must not take the thread with it: the caller sees that
            // the job dropped its channel.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
            state = self.lock();
            state.finished(&account);
            // A request that waited at a limit may run now, perhaps on a thread that sleeps.
            self.changed.notify_one();
        }
    }
}

impl PoolState {
    fn add(&mut self, account: &Account, job: Job) {
        self.waiting += 1;
        let Account { repository: name, application } = account;
        let repository = self.repositories.entry(name.clone()).or_default();
        if repository.turns.is_empty() {
            self.turns.push_back(name.clone());
        }
        let lane = repository.applications.entry(application.clone()).or_default();
        if lane.waiting.is_empty() {
            repository.turns.push_back(application.clone());
        }
        lane.waiting.push_back(job);
    }

    /// The next job of the first repository that may have another thread.
    fn next(&mut self, threads: usize) -> Option<(Account, Job)> {
        let of_a_repository = threads - 1;
        let of_an_application = (threads / 2).max(1);
        let (index, application, job) = self.turns.iter().enumerate().find_map(|(index, name)| {
            let repository = self.repositories.get_mut(name).filter(|one| one.running < of_a_repository)?;
            let (application, job) = repository.next(of_an_application)?;
            Some((index, application, job))
        })?;
        let repository = self.turns.remove(index)?;
        if self.repositories.get(&repository).is_some_and(|one| !one.turns.is_empty()) {
            self.turns.push_back(repository.clone());
        }
        self.running += 1;
        self.waiting -= 1;
        Some((Account { repository, application }, job))
    }

    fn finished(&mut self, account: &Account) {
        self.running -= 1;
        if let Some(repository) = self.repositories.get_mut(&account.repository) {
            repository.finished(&account.application);
            if repository.applications.is_empty() {
                self.repositories.remove(&account.repository);
            }
        }
    }
}

impl Repository {
    /// The next job of the first application that may have another thread.
    fn next(&mut self, of_an_application: usize) -> Option<(String, Job)> {
        let may = |name: &String| {
            self.applications.get(name).is_some_and(|application| application.running < of_an_application)
        };
        let name = self.turns.remove(self.turns.iter().position(may)?)?;
        let application = self.applications.get_mut(&name)?;
        let job = application.waiting.pop_front()?;
        application.running += 1;
        self.running += 1;
        if !application.waiting.is_empty() {
            self.turns.push_back(name.clone());
        }
        Some((name, job))
    }

    fn finished(&mut self, name: &str) {
        self.running -= 1;
        if let Some(application) = self.applications.get_mut(name) {
            application.running -= 1;
            if application.running == 0 && application.waiting.is_empty() {
                self.applications.remove(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// On the account of an application, written as `repository/application`.
    fn of(name: &str) -> Account {
        let (repository, application) = name.split_once('/').unwrap();
        Account { repository: repository.to_owned(), application: application.to_owned() }
    }

    /// Has a thread do what lasts until it is let go.
    fn blocked(pool: &Pool, account: &str) -> mpsc::Sender<()> {
        let (go, wait) = mpsc::channel();
        let (begun, begins) = mpsc::channel();
        pool.submit(&of(account), move || {
            let _ = begun.send(());
            let _ = wait.recv();
        })
        .unwrap();
        begins.recv().unwrap();
        go
    }

    /// Submits jobs that tell their names, in order.
    fn submit(pool: &Pool, jobs: &[(&str, &'static str)]) -> mpsc::Receiver<&'static str> {
        let (sender, names) = mpsc::channel();
        for (account, name) in jobs {
            let (sender, name) = (sender.clone(), *name);
            pool.submit(&of(account), move || sender.send(name).unwrap()).unwrap();
        }
        names
    }

    #[test]
    fn repositories_and_applications_take_turns() {
        let pool = Pool::new(2, 100).unwrap();
        // Both threads are busy, each for a repository of its own.
        let (first, second) = (blocked(&pool, "x/x"), blocked(&pool, "y/y"));
        let names = submit(
            &pool,
            &[
                ("a/1", "a1"),
                ("a/1", "a1 again"),
                ("a/1", "a1 a third time"),
                ("a/2", "a2"),
                ("b/1", "b1"),
                ("c/1", "c1"),
            ],
        );
        assert_eq!(pool.load(), (6, 2));
        first.send(()).unwrap();
        let order: Vec<&str> = names.iter().take(6).collect();
        assert_eq!(order, ["a1", "b1", "c1", "a2", "a1 again", "a1 a third time"]);
        second.send(()).unwrap();
    }

    #[test]
    fn a_repository_leaves_a_thread_to_the_others() {
        let pool = Pool::new(2, 100).unwrap();
        let slow = blocked(&pool, "slow/1");
        let names = submit(&pool, &[("slow/2", "slow"), ("other/1", "other")]);
        assert_eq!(names.recv().unwrap(), "other");
        slow.send(()).unwrap();
        assert_eq!(names.recv().unwrap(), "slow");
    }

    #[test]
    fn an_application_leaves_threads_to_others_of_its_repository() {
        let pool = Pool::new(4, 100).unwrap();
        let slow = [blocked(&pool, "a/slow"), blocked(&pool, "a/slow")];
        let names = submit(&pool, &[("a/slow", "slow"), ("a/other", "other")]);
        assert_eq!(names.recv().unwrap(), "other");
        slow[0].send(()).unwrap();
        assert_eq!(names.recv().unwrap(), "slow");
        slow[1].send(()).unwrap();
    }

    #[test]
    fn a_full_queue_says_so_and_a_panic_takes_no_thread() {
        let pool = Pool::new(2, 1).unwrap();
        let (one, two) = (blocked(&pool, "a/a"), blocked(&pool, "b/b"));
        pool.submit(&of("c/c"), || panic!("a bug")).unwrap();
        assert_eq!(pool.submit(&of("d/d"), || ()), Err(Full(1)));
        drop((one, two));
        for _ in 0..4 {
            // Both threads still work.
            while pool.load() != (0, 0) {
                thread::yield_now();
            }
            drop(blocked(&pool, "e/e"));
        }
    }
}
