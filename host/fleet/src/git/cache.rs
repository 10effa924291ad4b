//! What is known of blobs, whichever trees they are in.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use bytes::Bytes;
use gix::ObjectId;
use oarlock_engine::source::Digest;

/// How much content is kept, in bytes: what many renders share is read once.
const KEPT_BYTES: usize = 64 << 20;

/// The largest file that is kept, in bytes.
pub(super) const MAX_KEPT_BYTES: usize = 1 << 20;

/// What is known of blobs: what many renders share is read once.
#[derive(Default)]
pub(super) struct BlobCache {
    content: RwLock<Kept>,
    known: RwLock<HashMap<ObjectId, Known>>,
}

/// What is known of the content that a blob stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) digest: Digest,
    pub(super) size: u64,
}

#[derive(Default)]
struct Kept {
    blobs: HashMap<ObjectId, Bytes>,
    bytes: usize,
}

impl BlobCache {
    /// The content of a blob, if it is kept.
    pub(super) fn content(&self, id: ObjectId) -> Option<Bytes> {
        self.content.read().unwrap_or_else(PoisonError::into_inner).blobs.get(&id).cloned()
    }

    /// Keeps the content of a blob, if it is not large. When there is no room, all others go.
    pub(super) fn keep(&self, id: ObjectId, content: &Bytes) {
        if content.len() > MAX_KEPT_BYTES {
            return;
        }
        let mut kept = self.content.write().unwrap_or_else(PoisonError::into_inner);
        if kept.bytes + content.len() > KEPT_BYTES {
            *kept = Kept::default();
        }
        if kept.blobs.insert(id, content.clone()).is_none() {
            kept.bytes += content.len();
        }
    }

    /// What is known of a blob.
    pub(super) fn known(&self, id: ObjectId) -> Option<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(&id).copied()
    }

    /// Keeps what is known of a blob.
    pub(super) fn keep_known(&self, id: ObjectId, known: Known) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(id, known);
    }
}
