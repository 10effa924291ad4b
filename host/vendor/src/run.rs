//! A run: what is needed is named or fetched until nothing more comes of it.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use oarlock_engine::LockFile;
use oarlock_engine::source::Source;
use oarlock_plugin::{ChartUrl, Failure, ReadError, TreePath};

use crate::error::VendorError;
use crate::need::{Need, NeedState, Remote};
use crate::plan::{Repository, VendorPlan};
use crate::{charts, fetch, map};

/// How often what was fetched may turn out to need more.
const MAX_ROUNDS: usize = 32;

/// What is done about what is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing is written.
    Check,
    /// `remotes` in `oarlock.yaml` says where its copies should lie.
    Name,
    /// It is fetched, too.
    Fetch {
        /// From `file://` URLs, too, which lead to repositories on this machine.
        allow_file_urls: bool,
    },
}

impl Mode {
    /// Whether a repository is not as it should be while a need is in a state. A check takes copies
    /// that nobody needs for a fault, too.
    pub fn is_fault(self, state: NeedState) -> bool {
        match state {
            NeedState::Vendored | NeedState::Fetched => false,
            NeedState::Missing | NeedState::Unnamed => true,
            NeedState::Unused => self == Self::Check,
        }
    }
}

/// The outcome of a run.
pub struct Vendored {
    /// What is needed now.
    pub plan: VendorPlan,
    /// What could not be fetched, named or read.
    pub failures: Vec<Failure>,
    /// What copies were fetched from, as `oarlock.lock` says: a commit, or version and digest of a
    /// chart, by the URL under `remotes`.
    pub locked: BTreeMap<String, String>,
}

/// Lists what the overlays of a repository need, and does about it what the mode says.
///
/// # Errors
/// If a file cannot be written, or overlays cannot be rendered at all.
pub fn vendor(repository: &Repository<'_>, mode: Mode) -> Result<Vendored, VendorError> {
    let mut plan = VendorPlan::make(repository)?;
    let mut done = Done::default();
    for _ in 0..MAX_ROUNDS {
        if mode == Mode::Check || !provide(repository, mode, &plan, &mut done)? || !done.failures.is_empty() {
            break;
        }
        plan = VendorPlan::make(repository)?;
    }
    for need in plan.needs.iter_mut().filter(|need| done.fetched.contains(&need.url)) {
        if need.state == NeedState::Vendored {
            need.state = NeedState::Fetched;
        }
    }
    let Done { mut failures, .. } = done;
    let locked = match read_lock(repository.tree.as_ref()) {
        Ok(lock) => lock.remotes,
        Err(failure) => {
            // Where it was needed to fetch, it is among them.
            if failures.is_empty() {
                failures.push(failure);
            }
            BTreeMap::new()
        }
    };
    Ok(Vendored { plan, failures, locked })
}

/// The lock file of a repository; an empty one where there is none.
fn read_lock(tree: &dyn Source) -> Result<LockFile, Failure> {
    match tree.read(LockFile::NAME) {
        Ok(text) => LockFile::parse(LockFile::NAME, &text),
        Err(ReadError::NotFound) => Ok(LockFile::default()),
        Err(error) => Err(error.at(LockFile::NAME)),
    }
}

/// What a run has done so far.
#[derive(Default)]
struct Done {
    /// The entries of `remotes` that were fetched.
    fetched: HashSet<String>,
    /// What went wrong.
    failures: Vec<Failure>,
}

/// Fetches what is to be fetched and names what is not named yet. Whether that may have changed
/// what is needed.
fn provide(
    repository: &Repository<'_>,
    mode: Mode,
    plan: &VendorPlan,
    done: &mut Done,
) -> Result<bool, VendorError> {
    let (root, tree) = (repository.root, repository.tree.as_ref());
    let mut changed = false;
    let mut locked = match read_lock(tree) {
        Ok(locked) => locked,
        Err(failure) => {
            done.failures.push(failure);
            return Ok(false);
        }
    };
    if let Mode::Fetch { allow_file_urls } = mode {
        for need in plan.needs.iter().filter(|need| need.is_missing(tree)) {
            let fetched = match &need.remote {
                Remote::Repository(repository) => {
                    fetch::fetch(root, repository, &need.place, allow_file_urls)
                }
                Remote::Chart(chart) => fetch_chart(root, chart, need, locked.remotes.get(&need.url)),
                Remote::File => continue,
            };
            match fetched {
                Ok(commit) => {
                    locked.remotes.insert(need.url.clone(), commit);
                    let text = locked.print().map_err(VendorError::Lock)?;
                    map::replace(&root.join(LockFile::NAME), &text)?;
                    done.fetched.insert(need.url.clone());
                    changed = true;
                }
                Err(failure) => done.failures.push(failure.note(format!("for `{}`", need.url))),
            }
        }
    }
    let unnamed: Vec<(&str, &TreePath)> = plan
        .needs
        .iter()
        .filter(|need| need.state == NeedState::Unnamed)
        .map(|need| (need.url.as_str(), &need.place))
        .collect();
    if !unnamed.is_empty() {
        match map::with(tree, &unnamed) {
            Ok((name, text)) => {
                map::replace(&root.join(name), &text)?;
                changed = true;
            }
            Err(failure) => done.failures.push(failure),
        }
    }
    Ok(changed)
}

/// Fetches a chart, the version that is locked if one is. Returns what is to be locked.
fn fetch_chart(
    root: &Path,
    chart: &ChartUrl,
    need: &Need,
    locked: Option<&String>,
) -> Result<String, Failure> {
    let pin: Option<charts::Pin> = match locked.map(|text| text.parse()).transpose() {
        Ok(pin) => pin,
        Err(error) => return Err(Failure::new(format!("oarlock.lock: {error}"))),
    };
    charts::fetch(root, chart, &need.place, pin.as_ref()).map(|pin| pin.to_string())
}
