//! What is known of blobs, whichever trees they are in.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use bytes::Bytes;
use gix::ObjectId;
use oarlock_engine::source::Digest;

/// How much content is kept, in bytes: what many renders share is read once.
const KEPT_BYTES: usize = 64 << 20;

/// The largest file that is kept, in bytes.
const MAX_KEPT_BYTES: usize = 1 << 20;

/// What is known of blobs: what many renders share is read once.
#[derive(Default)]
pub(super) struct BlobCache {
    content: RwLock<Kept>,
    digests: RwLock<HashMap<ObjectId, Digest>>,
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

    /// The digest of a blob, if it is known.
    pub(super) fn digest(&self, id: ObjectId) -> Option<Digest> {
        self.digests.read().unwrap_or_else(PoisonError::into_inner).get(&id).copied()
    }

    /// Keeps the digest of a blob.
    pub(super) fn keep_digest(&self, id: ObjectId, digest: Digest) {
        self.digests.write().unwrap_or_else(PoisonError::into_inner).insert(id, digest);
    }
}
