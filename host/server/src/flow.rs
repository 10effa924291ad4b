//! What flows through a request: messages that come are booked while they are not whole, and
//! answers that nobody reads do not stay.
//!
//! HTTP/2 bounds what lies between a client and its reader. Two things it does not bound: a
//! message, which the reader keeps until it is whole, and an answer, which is made as a whole
//! before its client reads any of it. [`Flow`] stands before the services and sees to both.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use http::{Request, Response};
use http_body::Frame;
use tokio::task::AbortHandle;
use tonic::Status;
use tonic::body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::memory::{Exhausted, Memory, Reservation};

/// A message's flag and length.
const HEAD_BYTES: usize = 5;

/// What takes the place of a message for which there is no memory: one that says nothing.
const NOTHING: [u8; HEAD_BYTES] = [0; HEAD_BYTES];

/// An answer goes out in pieces of this size, so that what was handed on is no more than HTTP/2 has
/// room for.
const PIECE_BYTES: usize = 64 << 10;

/// Stands before services.
#[derive(Clone)]
pub(super) struct Flow {
    pub(super) memory: Arc<Memory>,
    /// How long a client may take to read an answer.
    pub(super) patience: Duration,
}

/// A service behind [`Flow`].
#[derive(Clone)]
pub(super) struct Flowing<S> {
    inner: S,
    flow: Flow,
}

/// Whether messages of a request were left out because memory ran out. A part of the request's
/// extensions.
#[derive(Clone, Default)]
pub(super) struct Refused(Arc<OnceLock<Exhausted>>);

impl Refused {
    /// Why, if there were any.
    pub(super) fn get(&self) -> Option<Exhausted> {
        self.0.get().copied()
    }
}

/// The memory that an answer takes until its client has read it. A part of the response's
/// extensions.
#[derive(Clone)]
pub(super) struct Held {
    _memory: Arc<Reservation>,
}

impl Held {
    /// Holds memory.
    pub(super) fn new(memory: Reservation) -> Self {
        Self { _memory: Arc::new(memory) }
    }
}

impl<S> Layer<S> for Flow {
    type Service = Flowing<S>;

    fn layer(&self, inner: S) -> Flowing<S> {
        Flowing { inner, flow: self.clone() }
    }
}

impl<S> Service<Request<Body>> for Flowing<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let refused = Refused::default();
        let mut request = request
            .map(|body| Body::new(Messages::new(body, Arc::clone(&self.flow.memory), refused.clone())));
        request.extensions_mut().insert(refused);
        let answered = self.inner.call(request);
        let patience = self.flow.patience;
        Box::pin(async move {
            let mut response = answered.await?;
            let held = response.extensions_mut().remove::<Held>();
            Ok(response.map(|body| match held {
                Some(held) => Body::new(HeldBody::new(body, held, patience)),
                None => body,
            }))
        })
    }
}

/// The messages of a request, each booked from its head to its end.
struct Messages {
    body: Body,
    memory: Arc<Memory>,
    refused: Refused,
    /// What came of a head.
    head: Vec<u8>,
    /// How much of the message is still to come, and how much came.
    left: usize,
    came: u64,
    /// Memory of the message that is coming, or was handed on last; none where there was none.
    booked: Option<Reservation>,
    /// What is to be handed on.
    ready: VecDeque<Bytes>,
}

impl Messages {
    fn new(body: Body, memory: Arc<Memory>, refused: Refused) -> Self {
        let (head, ready) = (Vec::with_capacity(HEAD_BYTES), VecDeque::new());
        Self { body, memory, refused, head, left: 0, came: 0, booked: None, ready }
    }

    fn feed(&mut self, mut data: Bytes) -> Result<(), Status> {
        while !data.is_empty() {
            if self.left == 0 {
                let taken = data.split_to((HEAD_BYTES - self.head.len()).min(data.len()));
                self.head.extend_from_slice(&taken);
                if let Ok(head) = <[u8; HEAD_BYTES]>::try_from(self.head.as_slice()) {
                    self.head.clear();
                    self.begin(head);
                }
                continue;
            }
            let piece = data.split_to(self.left.min(data.len()));
            self.left -= piece.len();
            self.piece(piece)?;
        }
        Ok(())
    }

    fn begin(&mut self, head: [u8; HEAD_BYTES]) {
        self.left = (&head[1..]).get_u32() as usize;
        // A large message is booked as it comes: its length is but a claim.
        self.booked = match self.memory.reserve(self.left.min(PIECE_BYTES) as u64) {
            Ok(booked) => Some(booked),
            Err(exhausted) => {
                let _ = self.refused.0.set(exhausted);
                None
            }
        };
        self.came = 0;
        self.ready.push_back(Bytes::copy_from_slice(if self.booked.is_some() { &head } else { &NOTHING }));
    }

    fn piece(&mut self, piece: Bytes) -> Result<(), Status> {
        let Some(booked) = &mut self.booked else { return Ok(()) };
        self.came += piece.len() as u64;
        // What is announced already has to come: the request cannot go on.
        let busy = |exhausted: Exhausted| Status::resource_exhausted(format!("oarlock is busy: {exhausted}"));
        booked.grow_to(self.came).map_err(busy)?;
        self.ready.push_back(piece);
        Ok(())
    }
}

impl http_body::Body for Messages {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        loop {
            if let Some(data) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            let Some(frame) = ready!(Pin::new(&mut this.body).poll_frame(context)) else {
                return Poll::Ready(None);
            };
            match frame?.into_data() {
                Ok(data) => this.feed(data)?,
                Err(other) => return Poll::Ready(Some(Ok(other))),
            }
        }
    }
}

/// An answer on its way.
struct HeldBody {
    rest: Arc<Mutex<Rest>>,
    /// Lets go of what is left when the client has had its time.
    timer: AbortHandle,
}

/// What of an answer was not read yet.
enum Rest {
    Open {
        body: Body,
        /// A piece of the body that was taken from it.
        data: Bytes,
        _held: Held,
    },
    Overdue(Duration),
}

impl HeldBody {
    fn new(body: Body, held: Held, patience: Duration) -> Self {
        let rest = Arc::new(Mutex::new(Rest::Open { body, data: Bytes::new(), _held: held }));
        let later = Arc::downgrade(&rest);
        let timer = tokio::spawn(async move {
            tokio::time::sleep(patience).await;
            if let Some(rest) = later.upgrade() {
                *lock(&rest) = Rest::Overdue(patience);
            }
        });
        Self { rest, timer: timer.abort_handle() }
    }
}

fn lock(rest: &Mutex<Rest>) -> MutexGuard<'_, Rest> {
    rest.lock().unwrap_or_else(PoisonError::into_inner)
}

impl http_body::Body for HeldBody {
    type Data = Bytes;
    type Error = Status;

    /// Asked only when HTTP/2 has room for a piece.
    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match &mut *lock(&self.rest) {
            Rest::Overdue(patience) => {
                let status = Status::deadline_exceeded(format!(
                    "the answer was not read within {} s\n  help: `argocd.answerSeconds` in the operator's configuration says how long that may take",
                    patience.as_secs()
                ));
                Poll::Ready(Some(Err(status)))
            }
            Rest::Open { body, data, .. } => {
                if data.is_empty() {
                    let Some(frame) = ready!(Pin::new(body).poll_frame(context)) else {
                        return Poll::Ready(None);
                    };
                    match frame?.into_data() {
                        Ok(whole) => *data = whole,
                        Err(other) => return Poll::Ready(Some(Ok(other))),
                    }
                }
                // A copy: as long as HTTP/2 keeps a part of the answer, the rest of it must not
                // stay, too.
                let piece = Bytes::copy_from_slice(&data.split_to(PIECE_BYTES.min(data.len())));
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
        }
    }
}

impl Drop for HeldBody {
    fn drop(&mut self) {
        self.timer.abort();
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt as _, Full, StreamBody};
    use tokio_stream::iter;

    use super::*;
    use oarlock_engine::Bytes as Size;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    fn message(content: &[u8]) -> Vec<u8> {
        [&[0][..], &u32::try_from(content.len()).unwrap().to_be_bytes(), content].concat()
    }

    /// What comes through of bytes that come in pieces of a size.
    fn through(memory: &Arc<Memory>, bytes: &[u8], size: usize) -> (Result<Vec<u8>, Status>, bool) {
        let pieces: Vec<_> = bytes
            .chunks(size)
            .map(|piece| Ok::<_, Status>(Frame::data(Bytes::copy_from_slice(piece))))
            .collect();
        let refused = Refused::default();
        let body =
            Messages::new(Body::new(StreamBody::new(iter(pieces))), Arc::clone(memory), refused.clone());
        let collected = run(body.collect()).map(|collected| collected.to_bytes().to_vec());
        (collected, refused.get().is_some())
    }

    #[test]
    fn messages_come_through_as_they_are() {
        let memory = Memory::new(Size(1 << 20));
        let messages = [message(b""), message(b"one"), message(&vec![7; 200_000]), message(b"two")].concat();
        for size in [1, 4, 5, 7, 1_000, 1 << 20] {
            let (bytes, refused) = through(&memory, &messages, size);
            assert!(bytes.unwrap() == messages && !refused, "in pieces of {size}");
        }
        assert_eq!(memory.size().1, 0);
    }

    #[test]
    fn a_message_without_room_says_nothing_and_the_stream_goes_on() {
        let memory = Memory::new(Size(100));
        let messages = [message(&[1; 90]), message(&[2; 101]), message(&[3; 100])].concat();
        let (bytes, refused) = through(&memory, &messages, 64);
        assert_eq!(bytes.unwrap(), [message(&[1; 90]), message(b""), message(&[3; 100])].concat());
        assert!(refused);
        // A claim takes no memory. What comes does.
        let memory = Memory::new(Size(1 << 20));
        let claim = [&[0, 0x7f, 0xff, 0xff, 0xff][..], &[0; 1_000]].concat();
        assert!(through(&memory, &claim, 100).0.is_ok());
        let long = message(&vec![0; 2 << 20]);
        assert_eq!(through(&memory, &long, 1_000).0.unwrap_err().code(), tonic::Code::ResourceExhausted);
        assert_eq!(memory.size().1, 0);
    }

    #[test]
    fn an_answer_goes_out_in_pieces_and_holds_its_memory_until_then() {
        let memory = Memory::new(Size(1_000_000));
        run(async {
            let held = Held::new(memory.reserve(1_000_000).unwrap());
            let body = Body::new(Full::new(Bytes::from(vec![1; 1_000_000])));
            let mut answer = HeldBody::new(body, held, Duration::from_mins(1));
            let mut length = 0;
            while let Some(frame) = answer.frame().await {
                let data = frame.unwrap().into_data().unwrap();
                assert!(data.len() <= PIECE_BYTES);
                length += data.len();
            }
            assert_eq!((length, memory.size().1), (1_000_000, 1_000_000));
            drop(answer);
            assert_eq!(memory.size().1, 0);
        });
    }

    /// The bytes of an answer, which say when they are gone.
    struct Watched(#[allow(dead_code)] Arc<()>, Vec<u8>);

    impl AsRef<[u8]> for Watched {
        fn as_ref(&self) -> &[u8] {
            &self.1
        }
    }

    #[test]
    fn an_answer_that_nobody_reads_does_not_stay() {
        let memory = Memory::new(Size(1_000_000));
        run(async {
            let there = Arc::new(());
            let bytes = Bytes::from_owner(Watched(Arc::clone(&there), vec![1; 300_000]));
            let held = Held::new(memory.reserve(1_000_000).unwrap());
            let mut answer = HeldBody::new(Body::new(Full::new(bytes)), held, Duration::from_millis(200));
            // What was handed on keeps nothing else.
            let piece = answer.frame().await.unwrap().unwrap().into_data().unwrap();
            assert_eq!(Arc::strong_count(&there), 2);
            while memory.size().1 > 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            assert_eq!((Arc::strong_count(&there), piece.len()), (1, PIECE_BYTES));
            let status = answer.frame().await.unwrap().unwrap_err();
            assert!(status.message().contains("argocd.answerSeconds"), "{status:?}");
        });
    }
}
