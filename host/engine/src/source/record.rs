//! The record of reads: what a render depended on.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oarlock_model::{Digest, Kind, Metadata, ReadError, Remotes, TreePath};
use serde::{Deserialize, Serialize};

use super::{Listing, Source};

/// What a plugin or the host looked up in the tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Lookup {
    /// The content of a file.
    Read(TreePath),
    /// The names in a directory.
    List(TreePath),
    /// What a path leads to.
    Stat(TreePath),
    /// Where the copy of what is at a URL lies.
    Remote(String),
}

impl Lookup {
    /// Whether a lookup in `tree` still has this result. Where the copy of a URL is depends on the
    /// repository's configuration alone, which is read through the tree, too: it stands as long as
    /// those reads do.
    fn still_gives(&self, answer: &LookupResult, tree: &dyn Source) -> bool {
        let now = match self {
            Self::Read(path) => tree.digest(path).map_or_else(LookupResult::Nothing, LookupResult::Content),
            Self::List(path) => {
                tree.list(path).map_or_else(LookupResult::Nothing, |listing| listed(&listing))
            }
            Self::Stat(path) => tree.stat(path).map_or_else(LookupResult::Nothing, LookupResult::Found),
            Self::Remote(_) => return true,
        };
        now == *answer
    }
}

/// The result of a lookup: two trees with the same results give the same render.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LookupResult {
    /// The content of a file or the names in a directory.
    Content(Digest),
    /// What a path leads to, as the plugin saw it: its kind, its size and, links
    /// resolved, its path.
    Found(Metadata),
    /// Where the repository keeps its copy, whether or not it is there.
    Copy(TreePath),
    /// Nothing, or a refusal, and why.
    Nothing(ReadError),
}

/// Every lookup, once each, with its result.
pub type ReadRecord = BTreeMap<Lookup, LookupResult>;

/// How much memory an entry of a record takes, roughly.
pub fn size(request: &Lookup, answer: &LookupResult) -> u64 {
    const ENTRY: usize = 120;
    let asked = match request {
        Lookup::Read(path) | Lookup::List(path) | Lookup::Stat(path) => path.as_str().len(),
        Lookup::Remote(url) => url.len(),
    };
    let found = match answer {
        LookupResult::Found(metadata) => metadata.path.len(),
        LookupResult::Copy(place) => place.as_str().len(),
        LookupResult::Nothing(ReadError::Refused(why) | ReadError::Failed(why)) => why.len(),
        LookupResult::Content(_) | LookupResult::Nothing(_) => 0,
    };
    (asked + found + ENTRY) as u64
}

/// Whether every lookup of a record still has the same result in `tree`.
pub fn still_holds(record: &ReadRecord, tree: &dyn Source) -> bool {
    record.iter().all(|(request, answer)| request.still_gives(answer, tree))
}

/// The lookups of a record that have another result in `tree`.
pub fn changed<'r>(record: &'r ReadRecord, tree: &'r dyn Source) -> impl Iterator<Item = &'r Lookup> {
    record.iter().filter(|(request, answer)| !request.still_gives(answer, tree)).map(|(request, _)| request)
}

/// A source that records the lookups in another source.
pub struct Recorder {
    source: Arc<dyn Source>,
    remotes: Remotes,
    /// The most bytes that the record may take.
    limit: u64,
    /// Whether contents have their digest in the record.
    digests: bool,
    recorded: Mutex<Recorded>,
}

/// What was recorded so far.
#[derive(Default)]
struct Recorded {
    record: ReadRecord,
    /// What the record takes.
    size: u64,
    /// Whether something was not kept because the limit was reached.
    is_full: bool,
    bytes: u64,
}

impl Recorded {
    fn keep(&mut self, limit: u64, request: Lookup, answer: impl FnOnce() -> LookupResult) {
        let Entry::Vacant(entry) = self.record.entry(request) else { return };
        let answer = answer();
        let size = self.size + size(entry.key(), &answer);
        if size > limit {
            self.is_full = true;
            return;
        }
        self.size = size;
        entry.insert(answer);
    }
}

impl Recorder {
    /// A recorder with an empty record.
    pub fn new(source: Arc<dyn Source>) -> Self {
        Self {
            source,
            remotes: Remotes::default(),
            limit: u64::MAX,
            digests: true,
            recorded: Mutex::default(),
        }
    }

    /// The same with a limit on what the record takes, in bytes.
    #[must_use]
    pub fn with_limit(mut self, limit: u64) -> Self {
        self.limit = limit;
        self
    }

    /// The same for a record of paths alone, which is never compared with a tree: all contents have
    /// the same digest there. To take that of everything a large chart reads costs a fiftieth of
    /// its render.
    #[must_use]
    pub fn without_digests(mut self) -> Self {
        self.digests = false;
        self
    }

    /// The same with copies of what is at URLs.
    #[must_use]
    pub fn with_remotes(mut self, remotes: Remotes) -> Self {
        self.remotes = remotes;
        self
    }

    /// Where the repository keeps its copy of what is at a URL.
    pub fn remote(&self, url: &str) -> Option<TreePath> {
        let place = self.remotes.find(url);
        let answer = || place.clone().map_or(LookupResult::Nothing(ReadError::NotFound), LookupResult::Copy);
        self.lock().keep(self.limit, Lookup::Remote(url.to_owned()), answer);
        place
    }

    /// The record so far, taken out: the next one starts empty.
    pub fn take_record(&self) -> ReadRecord {
        let mut recorded = self.lock();
        recorded.size = 0;
        std::mem::take(&mut recorded.record)
    }

    /// Whether there were more answers than the record may hold. What depends on them cannot be
    /// told any more.
    pub fn is_full(&self) -> bool {
        self.lock().is_full
    }

    /// How many bytes of files were handed out so far, repeated reads counted again.
    pub fn bytes_read(&self) -> u64 {
        self.lock().bytes
    }

    fn lock(&self) -> MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record<T>(
        &self,
        path: &str,
        request: impl FnOnce(TreePath) -> Lookup,
        answer: &Result<T, ReadError>,
        found: impl FnOnce(&T) -> LookupResult,
    ) {
        // A path that is none was refused whatever the tree holds: nothing to record.
        let Ok(path) = TreePath::new(path) else { return };
        let answer = || match answer {
            Ok(value) => found(value),
            Err(error) => LookupResult::Nothing(error.clone()),
        };
        self.lock().keep(self.limit, request(path), answer);
    }
}

impl Source for Recorder {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let answer = self.source.read(path);
        self.record(path, Lookup::Read, &answer, |content| {
            let digest = if self.digests { self.source.digest_of(path, content) } else { Digest([0; 32]) };
            LookupResult::Content(digest)
        });
        if let Ok(content) = &answer {
            self.lock().bytes += content.len() as u64;
        }
        answer
    }

    fn list(&self, path: &str) -> Result<Listing, ReadError> {
        self.list_while(path, &|| true)
    }

    fn list_while(&self, path: &str, keep_going: &dyn Fn() -> bool) -> Result<Listing, ReadError> {
        let answer = self.source.list_while(path, keep_going);
        // The answer of a look that was not ended says nothing of the tree.
        if keep_going() {
            self.record(path, Lookup::List, &answer, listed);
        }
        answer
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        let answer = self.source.stat(path);
        self.record(path, Lookup::Stat, &answer, |metadata| LookupResult::Found(metadata.clone()));
        answer
    }
}

/// The order of a listing does not count.
fn listed(listing: &Listing) -> LookupResult {
    let kind = |kind| match kind {
        Kind::Directory => "Directory ",
        Kind::File => "File ",
    };
    let mut entries: Vec<(&str, &str)> =
        listing.entries.iter().map(|entry| (kind(entry.kind), entry.name.as_str())).collect();
    entries.sort_unstable();
    let text: String = entries.into_iter().flat_map(|(kind, name)| [kind, name, "\0"]).collect();
    LookupResult::Content(Digest::of(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::super::Directory;
    use super::*;

    #[test]
    fn a_record_without_digests_has_the_same_paths() {
        let outer = tempfile::tempdir().unwrap();
        std::fs::write(outer.path().join("a"), "x").unwrap();
        let tree: Arc<dyn Source> = Arc::new(Directory::open(outer.path()).unwrap());
        let records =
            [Recorder::new(Arc::clone(&tree)), Recorder::new(tree).without_digests()].map(|recorder| {
                assert_eq!(recorder.read("a").unwrap(), b"x");
                assert!(recorder.read("b").is_err());
                assert_eq!(recorder.bytes_read(), 1);
                recorder.take_record()
            });
        assert!(records[0].keys().eq(records[1].keys()));
        let a = Lookup::Read(TreePath::new("a").unwrap());
        assert_eq!(records[0][&a], LookupResult::Content(Digest::of(b"x")));
        assert_eq!(records[1][&a], LookupResult::Content(Digest([0; 32])));
    }

    #[test]
    fn look_ups_of_urls_are_kept_too() {
        let outer = tempfile::tempdir().unwrap();
        let copy = TreePath::new("vendor/r").unwrap();
        let recorder = Recorder::new(Arc::new(Directory::open(outer.path()).unwrap()))
            .with_remotes(Remotes::new([("https://h.example/o/r".to_owned(), copy)]));
        recorder.remote("https://h.example/o/r//a").unwrap();
        assert!(recorder.remote("https://h.example/o/s").is_none());
        let record = recorder.take_record();
        let answers: Vec<_> = record.into_values().collect();
        let found = LookupResult::Copy(TreePath::new("vendor/r/a").unwrap());
        assert_eq!(answers, [found, LookupResult::Nothing(ReadError::NotFound)]);
    }

    #[test]
    fn a_size_that_was_told_counts() {
        let outer = tempfile::tempdir().unwrap();
        std::fs::write(outer.path().join("a"), "x").unwrap();
        let tree = Arc::new(Directory::open(outer.path()).unwrap());
        let recorder = Recorder::new(Arc::clone(&tree) as _);
        recorder.stat("a").unwrap();
        let record = recorder.take_record();
        assert!(still_holds(&record, tree.as_ref()));
        std::fs::write(outer.path().join("a"), "xy").unwrap();
        assert!(!still_holds(&record, tree.as_ref()));
    }

    #[test]
    fn a_record_that_is_full_says_so() {
        let outer = tempfile::tempdir().unwrap();
        let tree = Arc::new(Directory::open(outer.path()).unwrap());
        let recorder = Recorder::new(tree).with_limit(10_000);
        let look = |number: u32| drop(recorder.stat(&format!("path-{number}")));
        (0..10).for_each(look);
        assert!(!recorder.is_full());
        (0..10).for_each(look);
        assert!(!recorder.is_full(), "the same again");
        (0..1_000).for_each(look);
        assert!(recorder.is_full());
        let kept: u64 = recorder.take_record().iter().map(|(request, answer)| size(request, answer)).sum();
        assert!(kept <= 10_000);
    }

    #[test]
    fn a_digest_is_read_as_it_is_written() {
        let digest = Digest::of(b"x");
        assert_eq!(Digest::from_hex(&digest.to_string()), Some(digest));
        assert_eq!(Digest::from_hex(&digest.to_string().to_uppercase()), Some(digest));
        for text in ["", "ab", &"g".repeat(64), &"ä".repeat(32)] {
            assert_eq!(Digest::from_hex(text), None, "{text}");
        }
    }

    #[test]
    fn keeps_every_question_with_its_answer() {
        let outer = tempfile::tempdir().unwrap();
        std::fs::write(outer.path().join("a"), "x").unwrap();
        let tree = Directory::open(outer.path()).unwrap();
        let recorder = Recorder::new(Arc::new(tree));
        recorder.read("./a").unwrap();
        recorder.read("a").unwrap();
        recorder.read("b").unwrap_err();
        recorder.list(".").unwrap();
        assert_eq!(recorder.bytes_read(), 2);
        let record = recorder.take_record();
        let tree = Directory::open(outer.path()).unwrap();
        assert!(still_holds(&record, &tree));
        std::fs::write(outer.path().join("b"), "").unwrap();
        let changed: Vec<_> =
            record.iter().filter(|(request, answer)| !request.still_gives(answer, &tree)).collect();
        assert_eq!(changed.len(), 2, "`b` is there, and in the listing");
        let path = |text| TreePath::new(text).unwrap();
        assert_eq!(record[&Lookup::Read(path("a"))], LookupResult::Content(Digest::of(b"x")));
        assert_eq!(record[&Lookup::Read(path("b"))], LookupResult::Nothing(ReadError::NotFound));
        assert_eq!(record[&Lookup::List(path("."))], LookupResult::Content(Digest::of(b"File a\0")));
        assert_eq!(record.len(), 3);
    }
}
