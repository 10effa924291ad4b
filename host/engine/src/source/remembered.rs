//! A tree whose answers are kept: the renders of a repository read the same bases and charts again
//! and again, and ask again and again for files that are not there.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use oarlock_plugin::{Metadata, ReadError};

use super::{Digest, Listing, Source};

/// How much is kept, in bytes. What comes later is read each time.
const MAX_BYTES: usize = 32 << 20;

/// What an answer takes besides its text and path, roughly.
const ANSWER_BYTES: usize = 200;

/// A source that asks another one each question once, as long as there is room for the answers. It
/// is for one run over a tree: what changes meanwhile is not seen.
pub struct Remembered {
    source: Arc<dyn Source>,
    files: Answers<Arc<File>>,
    listings: Answers<Listing>,
    places: Answers<Metadata>,
    /// What all answers take, in bytes.
    bytes: AtomicUsize,
}

/// Answers by the path that was asked for.
type Answers<T> = RwLock<HashMap<String, Result<T, ReadError>>>;

struct File {
    content: Vec<u8>,
    digest: OnceLock<Digest>,
}

impl Remembered {
    /// A source that has asked nothing yet.
    pub fn new(source: Arc<dyn Source>) -> Self {
        Self {
            source,
            files: Answers::default(),
            listings: Answers::default(),
            places: Answers::default(),
            bytes: AtomicUsize::new(0),
        }
    }

    /// The answer that is known, or else what the source says, which takes so many bytes besides
    /// its path.
    fn answer<T: Clone>(
        &self,
        answers: &Answers<T>,
        path: &str,
        ask: impl FnOnce() -> Result<T, ReadError>,
        size: impl Fn(&T) -> usize,
    ) -> Result<T, ReadError> {
        if let Some(answer) = answers.read().unwrap_or_else(PoisonError::into_inner).get(path) {
            return answer.clone();
        }
        let answer = ask();
        // What failed may succeed the next time.
        if !matches!(answer, Err(ReadError::Failed(_))) {
            let bytes = ANSWER_BYTES + path.len() + answer.as_ref().map_or(0, size);
            let has_room = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes <= MAX_BYTES;
            let keep = || {
                let mut answers = answers.write().unwrap_or_else(PoisonError::into_inner);
                answers.insert(path.to_owned(), answer.clone())
            };
            // Another thread may have kept the same meanwhile.
            if !has_room || keep().is_some() {
                self.bytes.fetch_sub(bytes, Ordering::Relaxed);
            }
        }
        answer
    }

    fn file(&self, path: &str) -> Result<Arc<File>, ReadError> {
        let read = || {
            let content = self.source.read(path)?;
            Ok(Arc::new(File { content, digest: OnceLock::new() }))
        };
        self.answer(&self.files, path, read, |file| file.content.len())
    }
}

impl Source for Remembered {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        // What is not kept need not be copied.
        let content = |file: Arc<File>| {
            Arc::try_unwrap(file).map_or_else(|kept| kept.content.clone(), |file| file.content)
        };
        self.file(path).map(content)
    }

    fn list(&self, path: &str) -> Result<Listing, ReadError> {
        self.list_while(path, &|| true)
    }

    fn list_while(&self, path: &str, keep_going: &dyn Fn() -> bool) -> Result<Listing, ReadError> {
        let list = || self.source.list_while(path, keep_going);
        let size = |listing: &Listing| {
            listing.entries.iter().map(|entry| entry.name.len() + size_of_val(entry)).sum::<usize>()
        };
        self.answer(&self.listings, path, list, size)
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        self.answer(&self.places, path, || self.source.stat(path), |metadata| metadata.path.len())
    }

    fn digest(&self, path: &str) -> Result<Digest, ReadError> {
        let file = self.file(path)?;
        Ok(*file.digest.get_or_init(|| Digest::of(&file.content)))
    }

    fn digest_of(&self, path: &str, content: &[u8]) -> Digest {
        match self.files.read().unwrap_or_else(PoisonError::into_inner).get(path) {
            Some(Ok(file)) => *file.digest.get_or_init(|| Digest::of(content)),
            _ => Digest::of(content),
        }
    }
}

#[cfg(test)]
mod tests {
    use oarlock_plugin::{Entry, Kind};

    use super::*;

    /// Has a file, `a`, of a size, and counts what it is asked.
    struct Counting {
        size: usize,
        asked: AtomicUsize,
    }

    impl Counting {
        fn answer<T>(&self, path: &str, found: T) -> Result<T, ReadError> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            match path.split('-').next() {
                Some("a" | ".") => Ok(found),
                Some("broken") => Err(ReadError::Failed("input/output error".to_owned())),
                _ => Err(ReadError::NotFound),
            }
        }
    }

    impl Source for Counting {
        fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
            self.answer(path, vec![b'x'; self.size])
        }

        fn list(&self, path: &str) -> Result<Listing, ReadError> {
            let entries = vec![Entry { name: "a".to_owned(), kind: Kind::File }];
            self.answer(path, Listing { entries, ..Listing::default() })
        }

        fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
            self.answer(path, Metadata { kind: Kind::File, path: path.to_owned(), size: 1 })
        }
    }

    fn counting(size: usize) -> (Arc<Counting>, Remembered) {
        let source = Arc::new(Counting { size, asked: AtomicUsize::new(0) });
        (Arc::clone(&source), Remembered::new(source))
    }

    #[test]
    fn each_question_is_asked_once() {
        let (source, remembered) = counting(3);
        for _ in 0..3 {
            assert_eq!(remembered.read("a").unwrap(), b"xxx");
            assert_eq!(remembered.digest("a").unwrap(), Digest::of(b"xxx"));
            assert_eq!(remembered.digest_of("a", b"xxx"), Digest::of(b"xxx"));
            assert_eq!(remembered.read("b"), Err(ReadError::NotFound));
            assert_eq!(remembered.list(".").unwrap().entries.len(), 1);
            assert_eq!(remembered.stat("a").unwrap().path, "a");
            assert_eq!(remembered.stat("b"), Err(ReadError::NotFound));
        }
        assert_eq!(source.asked.load(Ordering::Relaxed), 5);
    }

    #[test]
    fn what_failed_is_asked_again() {
        let (source, remembered) = counting(3);
        for _ in 0..2 {
            assert!(matches!(remembered.read("broken"), Err(ReadError::Failed(_))));
        }
        assert_eq!(source.asked.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let (source, remembered) = counting(MAX_BYTES / 4);
        for _ in 0..2 {
            for file in 0..10 {
                assert_eq!(remembered.read(&format!("a-{file}")).unwrap().len(), MAX_BYTES / 4);
            }
        }
        assert_eq!(source.asked.load(Ordering::Relaxed), 10 + 7, "three were kept");
        assert!(remembered.bytes.load(Ordering::Relaxed) <= MAX_BYTES);
    }
}
