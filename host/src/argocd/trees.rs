//! Repositories that were sent before, by the checksum of their archive.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::source::{Archive, Digest};

/// Trees, those used last kept.
pub(super) struct Trees {
    limit: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    trees: HashMap<Digest, Kept>,
    bytes: u64,
    now: u64,
}

struct Kept {
    tree: Arc<Archive>,
    used: u64,
}

impl Trees {
    /// At most so many bytes of trees.
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, state: Mutex::default() }
    }

    /// The tree of a checksum.
    pub(super) fn get(&self, checksum: &Digest) -> Option<Arc<Archive>> {
        let mut state = self.lock();
        state.now += 1;
        let now = state.now;
        let kept = state.trees.get_mut(checksum)?;
        kept.used = now;
        Some(Arc::clone(&kept.tree))
    }

    /// Keeps a tree; its checksum was verified. Gives back the one that is kept already, so that there are no two.
    pub(super) fn keep(&self, checksum: Digest, tree: Arc<Archive>) -> Arc<Archive> {
        let bytes = tree.bytes();
        let mut state = self.lock();
        state.now += 1;
        let used = state.now;
        if let Some(kept) = state.trees.get_mut(&checksum) {
            kept.used = used;
            return Arc::clone(&kept.tree);
        }
        if bytes > self.limit {
            return tree;
        }
        state.bytes += bytes;
        state.trees.insert(checksum, Kept { tree: Arc::clone(&tree), used });
        while state.bytes > self.limit {
            let Some(oldest) = state.trees.iter().min_by_key(|(_, kept)| kept.used).map(|(sum, _)| *sum)
            else {
                break;
            };
            if let Some(gone) = state.trees.remove(&oldest) {
                state.bytes -= gone.tree.bytes();
            }
        }
        tree
    }

    /// How many trees are kept, and how many bytes they take.
    pub(super) fn size(&self) -> (usize, u64) {
        let state = self.lock();
        (state.trees.len(), state.bytes)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
