//! Repositories that were sent before, by the checksum of their archive.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::memory::{GivesWay, Reservation};
use super::recency::Recency;
use oarlock_engine::source::{Archive, Digest, Listing, Metadata, ReadError, Source};

/// A tree and the memory that is booked for it.
pub(super) struct Tree {
    archive: Archive,
    _memory: Reservation,
}

/// Trees, those used last kept. One that is in use is there for others, too, whether or not it is
/// kept: applications of one commit share it.
pub(super) struct Trees {
    limit: u64,
    state: Mutex<TreesState>,
}

#[derive(Default)]
struct TreesState {
    kept: HashMap<Digest, Arc<Tree>>,
    used: Recency<Digest>,
    bytes: u64,
    all: HashMap<Digest, Weak<Tree>>,
    /// With so many of them, those that are gone are looked for.
    sweep_at: usize,
}

impl Tree {
    /// A tree for which memory is booked.
    pub(super) fn new(archive: Archive, memory: Reservation) -> Self {
        Self { archive, _memory: memory }
    }
}

impl Source for Tree {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.archive.read(path)
    }

    fn list(&self, path: &str) -> Result<Listing, ReadError> {
        self.archive.list(path)
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        self.archive.stat(path)
    }

    fn digest(&self, path: &str) -> Result<Digest, ReadError> {
        self.archive.digest(path)
    }
}

impl Trees {
    /// At most so many bytes of trees.
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, state: Mutex::default() }
    }

    /// The tree of a checksum.
    pub(super) fn get(&self, checksum: &Digest) -> Option<Arc<Tree>> {
        self.lock().get(checksum)
    }

    /// Keeps a tree; its checksum was verified. Gives back the one that is there already, so that
    /// there are no two.
    pub(super) fn keep(&self, checksum: Digest, tree: Tree) -> Arc<Tree> {
        let mut state = self.lock();
        if let Some(there) = state.get(&checksum) {
            return there;
        }
        let tree = Arc::new(tree);
        state.sweep();
        state.all.insert(checksum, Arc::downgrade(&tree));
        let bytes = tree.archive.bytes();
        if bytes <= self.limit {
            state.bytes += bytes;
            state.used.touch(checksum);
            state.kept.insert(checksum, Arc::clone(&tree));
            while state.bytes > self.limit && state.forget_oldest() {}
        }
        tree
    }

    /// How many trees are kept, and how many bytes they take.
    pub(super) fn size(&self) -> (usize, u64) {
        let state = self.lock();
        (state.kept.len(), state.bytes)
    }

    fn lock(&self) -> MutexGuard<'_, TreesState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl GivesWay for Trees {
    fn give_way(&self) -> bool {
        self.lock().forget_oldest()
    }
}

impl TreesState {
    fn get(&mut self, checksum: &Digest) -> Option<Arc<Tree>> {
        if let Some(tree) = self.kept.get(checksum) {
            self.used.touch(*checksum);
            return Some(Arc::clone(tree));
        }
        self.all.get(checksum)?.upgrade()
    }

    fn forget_oldest(&mut self) -> bool {
        let Some(gone) = self.used.pop_oldest().and_then(|oldest| self.kept.remove(&oldest)) else {
            return false;
        };
        self.bytes -= gone.archive.bytes();
        true
    }

    fn sweep(&mut self) {
        if self.all.len() >= self.sweep_at {
            self.all.retain(|_, tree| tree.strong_count() > 0);
            self.sweep_at = 2 * self.all.len() + 16;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::super::memory::Memory;
    use super::*;
    use oarlock_engine::Bytes;
    use oarlock_engine::source::{ArchiveLimits, Unpacker};

    /// A tree with nothing in it.
    fn tree(memory: &Arc<Memory>) -> Tree {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&[0; 1024]).unwrap();
        let mut unpacker = Unpacker::new(ArchiveLimits::default());
        unpacker.feed(&gzip.finish().unwrap()).unwrap();
        let archive = unpacker.finish().unwrap();
        let booked = memory.reserve(archive.bytes()).unwrap();
        Tree::new(archive, booked)
    }

    #[test]
    fn trees_are_shared_while_they_are_in_use_and_give_way() {
        let memory = Memory::new(Bytes(1 << 20));
        let one = tree(&memory).archive.bytes();
        let trees = Arc::new(Trees::new(2 * one));
        let weak: Weak<Trees> = Arc::downgrade(&trees);
        memory.relieved_by(weak);
        let digests: Vec<Digest> = (0..4_u8).map(|number| Digest::of(&[number])).collect();
        let used = trees.keep(digests[0], tree(&memory));
        for digest in &digests[1..] {
            trees.keep(*digest, tree(&memory));
        }
        assert_eq!(trees.size(), (2, 2 * one));
        assert!(trees.get(&digests[1]).is_none());
        assert!(Arc::ptr_eq(&trees.get(&digests[0]).unwrap(), &used), "in use, though not kept");
        assert!(Arc::ptr_eq(&trees.keep(digests[0], tree(&memory)), &used), "not twice");
        assert_eq!(memory.size().1, 3 * one);
        // What is in use does not give way.
        let rest = memory.reserve((1 << 20) - one).unwrap();
        assert_eq!((trees.size(), memory.size().1), ((0, 0), 1 << 20));
        drop((rest, used));
        assert_eq!(memory.size().1, 0);
    }
}
