//! From a stream of messages to a tree.
//!
//! A stream is read to its end whatever is wrong with it: to a server that answers early, grpc-go says a bare `EOF`, which is all that
//! Argo CD then shows, and the answer is never read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};
use tokio::time::timeout;
use tonic::{Status, Streaming};

use super::context::Context;
use super::proto::plugin::app_stream_request::Request;
use super::proto::plugin::{AppStreamRequest, ManifestRequestMetadata};
use super::status;
use super::trees::Trees;
use crate::source::{Archive, ArchiveLimits, Digest, UnpackError, Unpacker};

/// How long a client may be silent between two messages.
const SILENCE: Duration = Duration::from_mins(1);

/// A piece of the archive is unpacked in parts of this size, so that a large message does not keep other connections waiting.
const PART_BYTES: usize = 64 << 10;

/// A request with its repository.
pub(super) struct Upload {
    pub(super) context: Context,
    pub(super) tree: Arc<Archive>,
    pub(super) checksum: Digest,
    /// Bytes of the archive.
    pub(super) packed: u64,
    /// Whether the tree was there already.
    pub(super) known: bool,
}

/// What all uploads share.
pub(super) struct Uploads {
    pub(super) trees: Trees,
    limits: ArchiveLimits,
    /// How long an upload may take.
    patience: Duration,
    /// Memory of trees that are being unpacked now.
    unpacking: AtomicU64,
}

/// How far an upload has come.
struct Progress {
    metadata: Option<ManifestRequestMetadata>,
    hash: Sha256,
    packed: u64,
    unpacker: Option<Unpacking>,
    known: Option<Arc<Archive>>,
    fault: Option<Fault>,
}

enum Fault {
    Stream(&'static str),
    Archive(UnpackError),
    Busy,
}

/// An unpacker and the memory that is booked for it.
struct Unpacking {
    uploads: Arc<Uploads>,
    unpacker: Unpacker,
    booked: u64,
}

impl Uploads {
    pub(super) fn new(limits: ArchiveLimits, patience: Duration, trees: Trees) -> Self {
        Self { trees, limits, patience, unpacking: AtomicU64::new(0) }
    }

    /// Reads a stream to its end.
    ///
    /// # Errors
    /// If the client leaves or is too slow, or what it sent is no repository.
    pub(super) async fn receive(
        self: &Arc<Self>,
        stream: &mut Streaming<AppStreamRequest>,
        until: Option<Instant>,
    ) -> Result<Upload, Status> {
        let begun = Instant::now();
        let mut progress = Progress {
            metadata: None,
            hash: Sha256::new(),
            packed: 0,
            unpacker: None,
            known: None,
            fault: None,
        };
        loop {
            // A client that sends a little now and then is never silent, and without a deadline it would hold its memory for ever.
            let left = self.patience.saturating_sub(begun.elapsed()).min(SILENCE);
            let left = until.map_or(left, |until| until.saturating_duration_since(Instant::now()).min(left));
            let Ok(message) = timeout(left, stream.message()).await else {
                return Err(progress.too_slow(begun, until, self.patience));
            };
            let Some(message) = message? else { break };
            progress.take(self, message).await;
        }
        progress.finish(self)
    }
}

impl Progress {
    fn name(&self) -> String {
        self.metadata.as_ref().map(Context::read).unwrap_or_default().name().to_owned()
    }

    fn too_slow(&self, begun: Instant, until: Option<Instant>, patience: Duration) -> Status {
        let size = self.metadata.as_ref().map_or(0, |metadata| metadata.size);
        let at = format!("and {} of {size} bytes of the repository have come", self.packed);
        match until {
            Some(until) if until <= Instant::now() => {
                status::of_deadline(&self.name(), until.saturating_duration_since(begun), &at)
            }
            _ if begun.elapsed() >= patience => Status::cancelled(format!(
                "application `{}`: the repository did not come within {} s, {at}\n  help: `argocd.uploadSeconds` in the operator's configuration says how long it may take",
                self.name(),
                patience.as_secs()
            )),
            _ => Status::cancelled(format!(
                "application `{}`: the client sent nothing for {} s, {at}",
                self.name(),
                SILENCE.as_secs()
            )),
        }
    }

    async fn take(&mut self, uploads: &Arc<Uploads>, message: AppStreamRequest) {
        let fault = match (message.request, &self.metadata) {
            (Some(Request::Metadata(metadata)), None) => {
                self.begin(uploads, metadata);
                return;
            }
            (Some(Request::File(file)), Some(_)) => {
                for part in file.chunk.chunks(PART_BYTES) {
                    self.piece(part);
                    tokio::task::yield_now().await;
                }
                return;
            }
            (Some(Request::Metadata(_)), Some(_)) => "it has metadata twice",
            (Some(Request::File(_)), None) => "a piece of the repository comes before the metadata",
            (None, _) => "a message is neither metadata nor a piece of the repository",
        };
        self.fault.get_or_insert(Fault::Stream(fault));
        self.unpacker = None;
    }

    fn begin(&mut self, uploads: &Arc<Uploads>, metadata: ManifestRequestMetadata) {
        // What the client claims is verified at the end, whether the tree is there already or not.
        let claimed = Digest::from_hex(&metadata.checksum);
        self.known = claimed.and_then(|checksum| uploads.trees.get(&checksum));
        if self.known.is_none() && self.fault.is_none() {
            let unpacker = Unpacker::new(uploads.limits);
            self.unpacker = Some(Unpacking { uploads: Arc::clone(uploads), unpacker, booked: 0 });
        }
        self.metadata = Some(metadata);
    }

    fn piece(&mut self, part: &[u8]) {
        self.hash.update(part);
        self.packed += part.len() as u64;
        let Some(unpacking) = &mut self.unpacker else { return };
        let fed = unpacking.unpacker.feed(part).map_err(Fault::Archive);
        if let Err(fault) = fed.and_then(|()| unpacking.book()) {
            self.fault.get_or_insert(fault);
            self.unpacker = None;
        }
    }

    fn finish(mut self, uploads: &Uploads) -> Result<Upload, Status> {
        let Some(metadata) = self.metadata.take() else {
            let fault = match self.fault {
                Some(Fault::Stream(fault)) => fault,
                _ => "it has no metadata",
            };
            return Err(status::of_stream("(unknown)", fault));
        };
        let context = Context::read(&metadata);
        let name = context.name();
        let checksum = Digest(self.hash.finalize().into());
        let wrong_checksum = checksum.to_string() != metadata.checksum.to_ascii_lowercase();
        match self.fault {
            Some(Fault::Stream(fault)) => return Err(status::of_stream(name, fault)),
            // Damage on the way is better told by the checksum than by what it did to the archive.
            _ if wrong_checksum => {
                let fault = format!(
                    "the repository has the checksum {checksum}, announced was `{}`: it was changed or cut off on the way",
                    metadata.checksum.chars().take(64).collect::<String>()
                );
                return Err(status::of_stream(name, &fault));
            }
            Some(Fault::Archive(error)) => return Err(status::of_archive(name, &error)),
            Some(Fault::Busy) => {
                return Err(status::busy(name, "too many repositories are unpacked at once"));
            }
            None => {}
        }
        if u64::try_from(metadata.size) != Ok(self.packed) {
            let fault = format!("the repository has {} bytes, announced were {}", self.packed, metadata.size);
            return Err(status::of_stream(name, &fault));
        }
        let (packed, known) = (self.packed, self.known.is_some());
        let tree = match (self.known, self.unpacker) {
            (Some(tree), _) => tree,
            (None, Some(unpacking)) => {
                let tree = unpacking.finish().map_err(|error| status::of_archive(name, &error))?;
                uploads.trees.keep(checksum, Arc::new(tree))
            }
            (None, None) => return Err(Status::internal("a repository was lost")),
        };
        Ok(Upload { context, tree, checksum, packed, known })
    }
}

impl Unpacking {
    /// Books the memory that the tree takes by now: all that are being unpacked may take as much as the largest single one, twice.
    fn book(&mut self) -> Result<(), Fault> {
        let bytes = self.unpacker.bytes();
        let more = bytes.saturating_sub(self.booked);
        self.booked = bytes;
        let all = self.uploads.unpacking.fetch_add(more, Ordering::Relaxed) + more;
        if all > self.uploads.limits.unpacked.0.saturating_mul(2) { Err(Fault::Busy) } else { Ok(()) }
    }

    fn finish(mut self) -> Result<Archive, UnpackError> {
        let limits = self.uploads.limits;
        std::mem::replace(&mut self.unpacker, Unpacker::new(limits)).finish()
    }
}

impl Drop for Unpacking {
    fn drop(&mut self) {
        self.uploads.unpacking.fetch_sub(self.booked, Ordering::Relaxed);
    }
}
