//! Renders that are remembered, by what they read.
//!
//! A render depends on its request and on what it read of the tree, nothing else; the record of
//! reads tells what that was. So a render is good for any tree that answers the same reads the same
//! way, whatever else changed in it. What was read is looked up in the new tree again, which costs
//! the digests of a few files, and those are kept with the tree.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::memory::{GivesWay, Reservation};
use super::recency::Recency;
use oarlock_engine::source::{Digest, ReadRecord, Source, size_of_read, still_holds};

/// So many renders are kept for one request: an application goes back and forth between few states.
const PER_REQUEST: usize = 4;

/// So many archives are remembered of a render: commits that Argo CD asks for at a time.
const ARCHIVES: usize = 8;

/// What a request asks for, but for the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(pub(super) Digest);

/// Renders, those used last kept.
pub(super) struct Renders {
    limit: u64,
    state: Mutex<RendersState>,
}

#[derive(Default)]
struct RendersState {
    requests: HashMap<Key, Vec<Arc<Render>>>,
    bytes: u64,
    used: Recency<Key>,
}

/// A render and what it read.
pub(super) struct Render {
    /// The archives that it is known to be good for, the newest last.
    archives: Mutex<Vec<Digest>>,
    reads: ReadRecord,
    /// The manifests, as they are sent.
    pub(super) manifests: Vec<String>,
    bytes: u64,
    _memory: Reservation,
}

impl Renders {
    /// At most so many bytes of renders.
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, state: Mutex::default() }
    }

    /// The render of a request over the very same archive: nothing has to be compared.
    pub(super) fn of_archive(&self, key: &Key, checksum: &Digest) -> Option<Arc<Render>> {
        let mut state = self.lock();
        let found =
            state.requests.get(key)?.iter().find(|render| render.archives().contains(checksum)).cloned()?;
        state.used.touch(*key);
        Some(found)
    }

    /// A render of a request that is good for the tree of an archive.
    pub(super) fn of_tree(&self, key: &Key, checksum: Digest, tree: &dyn Source) -> Option<Arc<Render>> {
        // The newest first. Not under the lock: digests take their time.
        let candidates: Vec<_> = self.lock().requests.get(key)?.iter().rev().cloned().collect();
        let found = candidates.into_iter().find(|render| still_holds(&render.reads, tree))?;
        found.is_of(checksum);
        self.lock().used.touch(*key);
        Some(found)
    }

    /// Remembers a render.
    pub(super) fn keep(
        &self,
        key: Key,
        checksum: Digest,
        reads: ReadRecord,
        manifests: Vec<String>,
        memory: Reservation,
    ) -> Arc<Render> {
        let bytes = size_of_reads(&reads) + size_of_manifests(&manifests);
        let archives = Mutex::new(vec![checksum]);
        let render = Arc::new(Render { archives, reads, manifests, bytes, _memory: memory });
        if bytes <= self.limit {
            self.lock().put(key, Arc::clone(&render), self.limit);
        }
        render
    }

    /// How many renders are remembered, and how many bytes they take.
    pub(super) fn size(&self) -> (usize, u64) {
        let state = self.lock();
        (state.requests.values().map(Vec::len).sum(), state.bytes)
    }

    fn lock(&self) -> MutexGuard<'_, RendersState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl GivesWay for Renders {
    fn give_way(&self) -> bool {
        self.lock().forget_oldest()
    }
}

impl RendersState {
    fn forget_oldest(&mut self) -> bool {
        let Some(oldest) = self.used.pop_oldest() else { return false };
        let gone = self.requests.remove(&oldest).unwrap_or_default();
        self.bytes -= gone.iter().map(|render| render.bytes).sum::<u64>();
        true
    }

    fn put(&mut self, key: Key, render: Arc<Render>, limit: u64) {
        self.used.touch(key);
        self.bytes += render.bytes;
        let renders = self.requests.entry(key).or_default();
        // The same reads give the same render, so the older one is of no more use.
        let before = renders.len();
        renders.retain(|kept| {
            let keep = kept.reads != render.reads;
            self.bytes -= if keep { 0 } else { kept.bytes };
            keep
        });
        if before == renders.len() && before == PER_REQUEST {
            self.bytes -= renders.remove(0).bytes;
        }
        renders.push(render);
        while self.bytes > limit && self.forget_oldest() {}
    }
}

impl Render {
    /// Everything that it depended on, besides its request.
    pub(super) fn reads(&self) -> &ReadRecord {
        &self.reads
    }

    /// Remembers an archive that it is good for, so that the next request for it need not compare.
    fn is_of(&self, checksum: Digest) {
        let mut archives = self.archives();
        if archives.contains(&checksum) {
            return;
        }
        if archives.len() == ARCHIVES {
            archives.remove(0);
        }
        archives.push(checksum);
    }

    fn archives(&self) -> MutexGuard<'_, Vec<Digest>> {
        self.archives.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How much memory manifests take, roughly.
pub(super) fn size_of_manifests(manifests: &[String]) -> u64 {
    manifests.iter().map(|text| text.len() as u64 + 24).sum()
}

/// How much memory the record of reads takes, roughly.
pub(super) fn size_of_reads(reads: &ReadRecord) -> u64 {
    reads.iter().map(|(request, answer)| size_of_read(request, answer)).sum()
}

#[cfg(test)]
mod tests {
    use super::super::memory::Memory;
    use super::*;
    use oarlock_engine::Bytes;
    use oarlock_engine::source::{Directory, Recorder};

    fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, Arc<dyn Source>) {
        let outer = tempfile::tempdir().unwrap();
        for (path, text) in files {
            std::fs::write(outer.path().join(path), text).unwrap();
        }
        let tree = Directory::open(outer.path()).unwrap();
        (outer, Arc::new(tree))
    }

    fn key(text: &str) -> Key {
        Key(Digest::of(text.as_bytes()))
    }

    fn of_tree(renders: &Renders, name: &str, tree: &Arc<dyn Source>) -> Option<Arc<Render>> {
        renders.of_tree(&key(name), Digest::of(b"another"), tree.as_ref())
    }

    fn keep(renders: &Renders, key: Key, checksum: Digest, reads: ReadRecord, manifests: Vec<String>) {
        let memory = Memory::new(Bytes(1 << 20)).reserve(1).unwrap();
        renders.keep(key, checksum, reads, manifests, memory);
    }

    /// A render that reads `a` and looks for `b`.
    fn reads(tree: &Arc<dyn Source>) -> ReadRecord {
        let recorder = Recorder::new(Arc::clone(tree));
        let _ = recorder.read("a");
        let _ = recorder.stat("b");
        recorder.take_record()
    }

    #[test]
    fn a_render_is_good_while_its_reads_answer_the_same() {
        let renders = Renders::new(1 << 20);
        let (_one, one) = tree(&[("a", "1"), ("other", "1")]);
        keep(&renders, key("app"), Digest::of(b"one"), reads(&one), vec!["{}".to_owned()]);
        assert!(renders.of_archive(&key("app"), &Digest::of(b"one")).is_some());
        assert!(renders.of_archive(&key("app"), &Digest::of(b"two")).is_none());
        let (_other, other) = tree(&[("a", "1"), ("other", "2")]);
        assert_eq!(
            renders.of_tree(&key("app"), Digest::of(b"two"), other.as_ref()).unwrap().manifests,
            ["{}"]
        );
        assert!(renders.of_archive(&key("app"), &Digest::of(b"two")).is_some(), "compared once");
        assert!(renders.of_archive(&key("app"), &Digest::of(b"one")).is_some(), "and good for both");
        assert!(of_tree(&renders, "another", &other).is_none());
        for files in [&[("a", "2")][..], &[("a", "1"), ("b", "")], &[]] {
            let (_changed, changed) = tree(files);
            assert!(of_tree(&renders, "app", &changed).is_none(), "{files:?}");
        }
    }

    #[test]
    fn what_was_not_used_longest_goes_first() {
        let renders = Renders::new(3_000);
        let (_outer, tree) = tree(&[("a", "1")]);
        for name in ["one", "two"] {
            keep(&renders, key(name), Digest::of(b""), reads(&tree), vec!["x".repeat(1_000)]);
        }
        assert!(of_tree(&renders, "one", &tree).is_some());
        keep(&renders, key("three"), Digest::of(b""), reads(&tree), vec!["x".repeat(1_000)]);
        assert!(of_tree(&renders, "two", &tree).is_none());
        assert!(of_tree(&renders, "one", &tree).is_some());
        keep(&renders, key("four"), Digest::of(b""), reads(&tree), vec!["x".repeat(10_000)]);
        assert!(of_tree(&renders, "four", &tree).is_none(), "larger than the cache");
        let (count, bytes) = renders.size();
        assert_eq!(count, 2);
        assert!(bytes <= 3_000);
    }

    #[test]
    fn few_renders_are_kept_for_one_request() {
        let renders = Renders::new(1 << 20);
        for content in ["1", "2", "3", "4", "5", "5"] {
            let (_outer, tree) = tree(&[("a", content)]);
            keep(
                &renders,
                key("app"),
                Digest::of(content.as_bytes()),
                reads(&tree),
                vec![content.to_owned()],
            );
        }
        assert_eq!(renders.size().0, PER_REQUEST);
        let (_outer, first) = tree(&[("a", "1")]);
        assert!(of_tree(&renders, "app", &first).is_none());
    }
}
