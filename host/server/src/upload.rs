//! From a stream of messages to a tree.
//!
//! A stream is read to its end whatever is wrong with it: to a server that answers early, grpc-go
//! says a bare `EOF`, which is all that Argo CD then shows, and the answer is never read.

use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;
use sha2::{Digest as _, Sha256};
use tokio::time::timeout;
use tonic::{Status, Streaming};

use super::deadline::Deadline;
use super::flow::Refused;
use super::memory::{Exhausted, Memory, Reservation};
use super::proto::plugin::app_stream_request::Request;
use super::proto::plugin::{AppStreamRequest, EnvEntry, ManifestRequestMetadata};
use super::status;
use super::trees::{Tree, Trees};
use oarlock_engine::application::Context;
use oarlock_engine::source::{ArchiveLimits, Digest, UnpackError, Unpacker};

/// How long a client may be silent between two messages.
const SILENCE: Duration = Duration::from_mins(1);

/// A piece of the archive is unpacked in parts of this size, so that a large message does not keep
/// other connections waiting: what is packed best becomes a thousand times as large.
const PART_BYTES: usize = 4 << 10;

/// What an upload takes beside its tree: the state of its decoder, and buffers.
const UPLOAD_BYTES: u64 = 64 << 10;

/// A request with its repository.
pub(super) struct Upload {
    pub(super) context: Context,
    pub(super) tree: Arc<Tree>,
    pub(super) checksum: Digest,
    /// Bytes of the archive.
    pub(super) packed: u64,
    /// Whether the tree was there already.
    pub(super) known: bool,
    /// What it takes beside the tree while it waits and is rendered.
    _memory: Option<Reservation>,
}

/// What all uploads share.
pub(super) struct Uploads {
    pub(super) trees: Arc<Trees>,
    limits: ArchiveLimits,
    /// How long an upload may take.
    patience: Duration,
    memory: Arc<Memory>,
}

/// How far an upload has come.
struct Progress {
    metadata: Option<ManifestRequestMetadata>,
    hash: Sha256,
    packed: u64,
    unpacker: Option<Unpacking>,
    known: Option<Arc<Tree>>,
    fault: Option<Fault>,
    memory: Option<Reservation>,
}

enum Fault {
    Stream(&'static str),
    Archive(UnpackError),
    Busy(Exhausted),
}

/// An unpacker and the memory that is booked for it.
struct Unpacking {
    unpacker: Unpacker,
    memory: Reservation,
}

impl Uploads {
    pub(super) fn new(
        limits: ArchiveLimits,
        patience: Duration,
        trees: Arc<Trees>,
        memory: Arc<Memory>,
    ) -> Self {
        Self { trees, limits, patience, memory }
    }

    /// Reads a stream to its end.
    ///
    /// # Errors
    /// If the client leaves or is too slow, or what it sent is no repository.
    pub(super) async fn receive(
        self: &Arc<Self>,
        stream: &mut Streaming<AppStreamRequest>,
        deadline: &Deadline,
        refused: &Refused,
    ) -> Result<Upload, Status> {
        let mut progress = Progress {
            metadata: None,
            hash: Sha256::new(),
            packed: 0,
            unpacker: None,
            known: None,
            fault: None,
            memory: None,
        };
        loop {
            // A client that sends a little now and then is never silent, and without a deadline it
            // would hold its memory for ever.
            let left = self.patience.saturating_sub(deadline.begun().elapsed()).min(deadline.left());
            let Ok(message) = timeout(left.min(SILENCE), stream.message()).await else {
                return Err(progress.too_slow(deadline, self.patience));
            };
            let Some(message) = message? else { break };
            // A message may be large, and what it holds larger.
            if timeout(left, progress.take(self, message, refused)).await.is_err() {
                return Err(progress.too_slow(deadline, self.patience));
            }
        }
        progress.finish(self)
    }
}

impl Progress {
    fn name(&self) -> String {
        self.metadata.as_ref().map(context_of).unwrap_or_default().name().to_owned()
    }

    fn too_slow(&self, deadline: &Deadline, patience: Duration) -> Status {
        let size = self.metadata.as_ref().map_or(0, |metadata| metadata.size);
        let at = format!("and {} of {size} bytes of the repository have come", self.packed);
        if deadline.is_over() {
            return deadline.status(&self.name(), &at);
        }
        let name = self.name();
        Status::cancelled(if deadline.begun().elapsed() >= patience {
            format!(
                "application `{name}`: the repository did not come within {} s, {at}\n  help: `argocd.uploadSeconds` in the operator's configuration says how long it may take",
                patience.as_secs()
            )
        } else {
            format!("application `{name}`: the client sent nothing for {} s, {at}", SILENCE.as_secs())
        })
    }

    async fn take(&mut self, uploads: &Arc<Uploads>, message: AppStreamRequest, refused: &Refused) {
        if let Some(exhausted) = refused.get() {
            self.fault.get_or_insert(Fault::Busy(exhausted));
            self.unpacker = None;
        }
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
        // Once as it came, and once as what it says.
        match uploads.memory.reserve(UPLOAD_BYTES + 2 * metadata.encoded_len() as u64) {
            Ok(memory) => self.memory = Some(memory),
            Err(exhausted) => {
                self.fault.get_or_insert(Fault::Busy(exhausted));
            }
        }
        if self.known.is_none() && self.fault.is_none() {
            let unpacker = Unpacker::new(uploads.limits);
            match uploads.memory.reserve(unpacker.bytes()) {
                Ok(memory) => self.unpacker = Some(Unpacking { unpacker, memory }),
                Err(exhausted) => self.fault = Some(Fault::Busy(exhausted)),
            }
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
            return Err(match self.fault {
                Some(Fault::Busy(exhausted)) => status::exhausted("(unknown)", exhausted),
                Some(Fault::Stream(fault)) => status::of_stream("(unknown)", fault),
                _ => status::of_stream("(unknown)", "it has no metadata"),
            });
        };
        let context = context_of(&metadata);
        let name = context.name();
        let checksum = Digest(self.hash.finalize().into());
        let wrong_checksum = checksum.to_string() != metadata.checksum.to_ascii_lowercase();
        match self.fault {
            Some(Fault::Stream(fault)) => return Err(status::of_stream(name, fault)),
            Some(Fault::Busy(exhausted)) => return Err(status::exhausted(name, exhausted)),
            // Damage on the way is better reported by the checksum than by its effect on the
            // archive.
            _ if wrong_checksum => {
                let fault = format!(
                    "the repository has the checksum {checksum}, announced was `{}`: it was changed or cut off on the way",
                    metadata.checksum.chars().take(64).collect::<String>()
                );
                return Err(status::of_stream(name, &fault));
            }
            Some(Fault::Archive(error)) => return Err(status::of_archive(name, &error)),
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
                let Unpacking { unpacker, memory } = unpacking;
                let archive = unpacker.finish().map_err(|error| status::of_archive(name, &error))?;
                uploads.trees.keep(checksum, Tree::new(archive, memory))
            }
            (None, None) => return Err(Status::internal("a repository was lost")),
        };
        Ok(Upload { context, tree, checksum, packed, known, _memory: self.memory })
    }
}

impl Unpacking {
    /// Books the memory that the tree takes by now.
    fn book(&mut self) -> Result<(), Fault> {
        self.memory.grow_to(self.unpacker.bytes()).map_err(Fault::Busy)
    }
}

/// What a request is about.
///
/// Credentials are among the variables where the operator has Argo CD send them; only known ones
/// are looked at, and those that the Application sets itself.
fn context_of(metadata: &ManifestRequestMetadata) -> Context {
    let variables = metadata.env.iter().map(|EnvEntry { name, value }| (name.as_str(), value.as_str()));
    Context::of(&metadata.app_rel_path, variables)
}
