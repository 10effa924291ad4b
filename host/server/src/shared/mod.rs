//! Renders that replicas share: a second level behind those that each remembers itself, in the
//! Redis that Argo CD runs.
//!
//! It can only save work. What it has is good for a tree by the same rule as what is remembered
//! here: everything that was read is asked again. A store that does not answer, answers late, or
//! answers nonsense is passed over, and left alone for a while.

mod entry;
pub(super) mod fuzzing;
mod key;
mod store;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use anyhow::{Context, Result};

pub use key::CacheKey;
pub use store::Store;

use self::entry::Reads;
use super::memory::Memory;
use super::metrics::{Metrics, SharedAnswer};
use super::renders::{Key, Render};
use oarlock_engine::source::{Digest, ReadRecord, Source, still_holds};

/// The form in which renders are written down.
const FORMAT: u8 = 3;

/// So many renders may wait to be written; more are not kept.
const BACKLOG: usize = 256;

/// The second level.
pub(super) struct Shared {
    store: Arc<Store>,
    metrics: Arc<Metrics>,
    /// The form of entries, and the key that vouches for them: other entries are not looked for.
    form: Digest,
    memory: Arc<Memory>,
    backlog: SyncSender<(String, Arc<Render>)>,
}

/// A render that another process made.
pub(super) struct Found {
    pub(super) reads: ReadRecord,
    pub(super) manifests: Vec<String>,
}

impl Shared {
    /// The second level in a store. Keys of requests say for which plugins and settings they are.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(super) fn new(store: Store, metrics: Arc<Metrics>, memory: Arc<Memory>) -> Result<Self> {
        let store = Arc::new(store);
        let (backlog, waiting) = sync_channel(BACKLOG);
        let writer = (Arc::clone(&store), Arc::clone(&metrics));
        thread::Builder::new()
            .name("shared-cache".to_owned())
            .spawn(move || write_all(&waiting, &writer.0, &writer.1))
            .context("cannot start a thread")?;
        // Entries by another key, or without one, are not looked for.
        let key = store.key_id().unwrap_or(Digest([0; 32]));
        let form = Digest::of(&[&key.0[..], &[FORMAT]].concat());
        Ok(Self { store, metrics, form, memory, backlog })
    }

    /// A render of a request that is good for a tree.
    pub(super) fn of_tree(&self, key: &Key, tree: &dyn Source) -> Option<Found> {
        let found = self.look(&self.name(key), tree);
        self.metrics.shared(match &found {
            Ok(Some(_)) => SharedAnswer::Hit,
            Ok(None) => SharedAnswer::Miss,
            Err(_) => SharedAnswer::Failed,
        });
        found.ok().flatten()
    }

    fn look(&self, name: &str, tree: &dyn Source) -> Result<Option<Found>, store::Unavailable> {
        let mut candidates: Vec<Reads> =
            self.store.reads(name)?.iter().filter_map(|bytes| self.within(bytes, Reads::decode)).collect();
        // The newest first: it is the likeliest.
        candidates.sort_by_key(|reads| std::cmp::Reverse(reads.written));
        let good = candidates.into_iter().find(|reads| still_holds(&reads.record, tree));
        let Some(reads) = good else { return Ok(None) };
        let manifests = self.store.manifests(name, &reads.id())?;
        let manifests = manifests.and_then(|bytes| self.within(&bytes, entry::decode_manifests));
        Ok(manifests.map(|manifests| Found { reads: reads.record, manifests }))
    }

    /// Takes an entry apart if there is memory for what it says that it unpacks to: as bytes, and
    /// as what they say.
    fn within<T>(&self, entry: &[u8], decode: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
        let length = entry::unpacked_length(entry)?;
        let _memory = self.memory.reserve(length.checked_mul(3)?).ok()?;
        decode(entry)
    }

    /// Keeps a render for others, a moment later.
    pub(super) fn keep(&self, key: &Key, render: &Arc<Render>) {
        if let Err(TrySendError::Full(_)) = self.backlog.try_send((self.name(key), Arc::clone(render))) {
            self.metrics.shared(SharedAnswer::Dropped);
        }
    }

    /// What a request is called in the store.
    fn name(&self, key: &Key) -> String {
        let both = [self.form.0, key.0.0].concat();
        Digest::of(&both).to_string()
    }
}

/// Writes what waits until the server ends.
fn write_all(waiting: &Receiver<(String, Arc<Render>)>, store: &Store, metrics: &Metrics) {
    while let Ok((name, render)) = waiting.recv() {
        let Some(reads) = Reads::now(render.reads()) else { continue };
        let Some(manifests) = entry::encode_manifests(&render.manifests) else { continue };
        let Some(encoded) = reads.encode() else { continue };
        let written = store.keep(&name, &reads.id(), &encoded, &manifests);
        metrics.shared(if written.is_ok() { SharedAnswer::Written } else { SharedAnswer::Failed });
    }
}
