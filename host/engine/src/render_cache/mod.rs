//! Renders that are kept on disk between runs, by what they read.
//!
//! A render depends on its task, on the program and on what was read of the tree, nothing else. An
//! entry holds the record of reads with the manifests; it is used for every tree that answers those
//! reads the same way, whatever else changed in it.
//!
//! The directory is trusted only where no other user can write to it. Entries are written under
//! another name first, so processes can share a directory; an entry that is damaged, or of another
//! version, is ignored. No fault of the cache is an error of a render.

mod entry;

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use oarlock_model::{Digest, TreePath};

use crate::manifest::Manifest;
use crate::pipeline::{RenderOutcome, RenderStore, Rendered, Renderer, Run, Task};
use crate::private_directory::{
    Durability, UnusableDirectory, create_private, open_entry, open_private, write_atomically,
};
use crate::sandbox::SandboxError;
use crate::source::{Lookup, still_holds};
use oarlock_model::Bytes;

use self::entry::Entry;

/// Changes with the form of entries, and with what the engine itself makes of a tree.
const FORMAT: u32 = 2;

/// States of a tree that are kept of one task: a directory goes back and forth between few
/// branches.
const STATES: usize = 4;

/// The largest entry that is read or written, in bytes.
const MAX_ENTRY_BYTES: u64 = 64 << 20;

/// What all entries together may take unless the program sets another limit.
const DEFAULT_LIMIT: Bytes = Bytes(512 << 20);

/// How long after its last use an entry is marked as used again. To mark it each time would write
/// to the disk for every render.
const MARK_AFTER: Duration = Duration::from_hours(1);

/// A directory of renders.
#[derive(Debug)]
pub struct RenderCache {
    directory: PathBuf,
    /// The program, its plugins, and the operator's configuration.
    identity: Digest,
    limit: Bytes,
    has_written: AtomicBool,
}

impl RenderCache {
    /// A cache in a directory, for what a renderer renders. The directory is created, for this user
    /// alone, when there is something to keep.
    ///
    /// # Errors
    /// If a plugin of the renderer cannot be read.
    pub fn new(directory: PathBuf, renderer: &Renderer) -> Result<Self, SandboxError> {
        let identity = identity(renderer)?;
        Ok(Self { directory, identity, limit: DEFAULT_LIMIT, has_written: AtomicBool::new(false) })
    }

    /// Keeps at most so many bytes; the entries that were not used for longest are removed.
    #[must_use]
    pub fn limited(mut self, limit: Bytes) -> Self {
        self.limit = limit;
        self
    }

    /// Whether the directory can be used, so that a program can warn.
    ///
    /// # Errors
    /// If it cannot. A directory that is not there yet is not an error.
    pub fn check(&self) -> Result<(), UnusableDirectory> {
        if fs::symlink_metadata(&self.directory)
            .is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
        {
            return Ok(());
        }
        open_private(&self.directory).map(|_| ())
    }

    /// What an entry is called; `None` for a task whose result is not kept.
    fn key(&self, renderer: &Renderer, task: &Task<'_>) -> Option<Digest> {
        // A file of the command line is not a part of the tree, so nothing records it.
        if task.reversed || renderer.pipeline.is_some() {
            return None;
        }
        let overrides = &task.overrides;
        let text = serde_json::to_vec(&(
            self.identity,
            task.directory,
            &task.application,
            &overrides.plugins,
            &overrides.generator,
            &overrides.config,
            overrides.allow_empty,
            overrides.profile,
            overrides.ignores_plugins,
        ));
        Some(Digest::of(&text.ok()?))
    }
}

impl RenderStore for RenderCache {
    fn find(&self, renderer: &Renderer, task: &Task<'_>) -> Option<RenderOutcome> {
        let key = self.key(renderer, task)?;
        let directory = open_private(&self.directory).ok()?;
        (0..STATES).find_map(|state| {
            let file = open_entry(&directory, &name(&key, state))?;
            let entry = read(&file)?;
            if !is_configured(&entry, renderer, task) || !still_holds(&entry.reads, task.tree.as_ref()) {
                return None;
            }
            mark_as_used(&file);
            Some(outcome(renderer, task, entry))
        })
    }

    fn keep(&self, renderer: &Renderer, task: &Task<'_>, outcome: &RenderOutcome) {
        // The errors of a failed render are to be those of the run that shows them.
        let Ok(done) = &outcome.rendered else { return };
        let Some(key) = self.key(renderer, task) else { return };
        let Some(bytes) = Entry::of(done, outcome).and_then(|entry| entry.encode()) else { return };
        if bytes.len() as u64 > MAX_ENTRY_BYTES {
            return;
        }
        let Ok(directory) = create_private(&self.directory) else { return };
        let state = free_state(&directory, &key);
        // What cannot be written is rendered again by the next run.
        let file = self.directory.join(name(&key, state));
        if write_atomically(&file, &bytes, Durability::Checked).is_ok() {
            self.has_written.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for RenderCache {
    /// Removes what is too much, once, when the program is done.
    fn drop(&mut self) {
        if self.has_written.load(Ordering::Relaxed) {
            trim(&self.directory, self.limit);
        }
    }
}

/// What renders depend on besides their tasks and trees: this program, its plugins, and what the
/// operator configures.
///
/// # Errors
/// If a plugin cannot be read.
pub fn identity(renderer: &Renderer) -> Result<Digest, SandboxError> {
    let library = &renderer.library;
    let mut plugins = Vec::new();
    for name in library.names() {
        plugins.push((name, library.component(name)?.digest));
    }
    plugins.sort_unstable();
    let operator = &renderer.operator;
    let whole = serde_json::to_vec(&(
        FORMAT,
        env!("CARGO_PKG_VERSION"),
        plugins,
        operator.profile.unwrap_or_default(),
        operator.limits,
        operator.plugins.iter().map(|(name, plugin)| (name, plugin.limits)).collect::<Vec<_>>(),
        operator.allow_repository_plugins,
        &operator.argo_cd.parameters,
    ));
    let whole = whole.map_err(|error| SandboxError::Host(format!("cannot write settings: {error}")))?;
    Ok(Digest::of(&whole))
}

fn name(key: &Digest, state: usize) -> String {
    format!("{key}-{state}.render")
}

fn read(file: &File) -> Option<Entry> {
    if file.metadata().ok()?.len() > MAX_ENTRY_BYTES {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(MAX_ENTRY_BYTES).read_to_end(&mut bytes).ok()?;
    Entry::decode(&bytes)
}

/// The first state of a task that is not taken, or the one that was not used for longest.
fn free_state(directory: &File, key: &Digest) -> usize {
    let used = |state| {
        let metadata = open_entry(directory, &name(key, state)).and_then(|file| file.metadata().ok());
        metadata.and_then(|metadata| metadata.modified().ok())
    };
    // A name that is taken by something else is as good as free: the entry replaces it.
    (0..STATES).min_by_key(|state| used(*state).unwrap_or(SystemTime::UNIX_EPOCH)).unwrap_or(0)
}

fn mark_as_used(file: &File) {
    let now = SystemTime::now();
    let modified = file.metadata().and_then(|metadata| metadata.modified());
    if modified.is_ok_and(|modified| now.duration_since(modified).is_ok_and(|age| age > MARK_AFTER)) {
        // On a read-only file system it only stays as old as it is.
        let _ = file.set_modified(now);
    }
}

fn outcome(renderer: &Renderer, task: &Task<'_>, entry: Entry) -> RenderOutcome {
    let services = renderer.services_of(task);
    services.replay(entry.warnings, entry.plugins);
    let manifests = entry.manifests.into_iter().map(|(json, origin)| Manifest { json, origin }).collect();
    let directory: TreePath = task.directory.clone();
    RenderOutcome {
        rendered: Ok(Rendered { directory, manifests }),
        services,
        reads: entry.reads,
        configuration: entry.configuration,
        configured: entry.configured,
    }
}

/// Whether the configuration of the repository comes to what it was for an entry.
fn is_configured(entry: &Entry, renderer: &Renderer, task: &Task<'_>) -> bool {
    if still_holds(&entry.configuration, task.tree.as_ref()) {
        return true;
    }
    // What is said of a place in these files would be said of another one.
    let is_located =
        entry.warnings.iter().filter_map(|notice| notice.failure.origin.as_ref()).any(|origin| {
            let read = TreePath::new(&origin.path).map(Lookup::Read);
            read.is_ok_and(|read| entry.configuration.contains_key(&read))
        });
    let run = Run { plugins: &entry.plugins, is_empty: entry.manifests.is_empty() };
    let configured = entry.configured.filter(|_| !is_located);
    configured.is_some_and(|before| renderer.is_configured_as(task, (before, run), &entry.reads))
}

/// Removes the entries that were not used for longest, until the rest takes no more than the limit.
fn trim(directory: &Path, limit: Bytes) {
    let Ok(files) = fs::read_dir(directory) else { return };
    let mut entries: Vec<(SystemTime, u64, PathBuf)> = files
        .flatten()
        .filter(|file| file.path().extension().is_some_and(|end| end == "render"))
        .filter_map(|file| {
            let metadata = file.metadata().ok()?;
            Some((metadata.modified().ok()?, metadata.len(), file.path()))
        })
        .collect();
    let mut bytes: u64 = entries.iter().map(|(_, length, _)| length).sum();
    entries.sort();
    for (_, length, path) in entries {
        if bytes <= limit.0 {
            return;
        }
        // Another process may have removed it.
        let _ = fs::remove_file(path);
        bytes -= length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_entries_go_first() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for (name, age) in [("a.render", 30), ("b.render", 10), ("c.render", 20), ("other", 40)] {
            fs::write(at(name), [0; 10]).unwrap();
            let file = File::options().write(true).open(at(name)).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
        }
        trim(directory.path(), Bytes(25));
        assert!(!at("a.render").exists() && at("b.render").exists() && at("c.render").exists());
        trim(directory.path(), Bytes(0));
        let left: Vec<_> =
            fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(left, ["other"], "what is not an entry stays");
    }

    #[test]
    fn a_task_has_few_states() {
        let directory = tempfile::tempdir().unwrap();
        let opened = File::open(directory.path()).unwrap();
        let key = Digest::of(b"key");
        for state in 0..STATES {
            assert_eq!(free_state(&opened, &key), state);
            let file = File::create(directory.path().join(name(&key, state))).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(100 - state as u64)).unwrap();
        }
        assert_eq!(free_state(&opened, &key), 0, "the oldest one is replaced");
    }
}
