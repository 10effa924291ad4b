//! Makes the connections of Argo CD's client acceptable to Rust's HTTP/2.
//!
//! The repo-server dials the target `passthrough:/home/argocd/…/name.sock`, and grpc-go then sends
//! the percent-encoded path of the socket as `:authority`. The `h2` crate parses that header as a
//! host, in which `%` is not allowed, and resets the stream before any service sees it.
//! [`Connection`] stands between the socket and HTTP/2: it copies what the client sends, but
//! decodes each block of headers, replaces `:authority` by `localhost`, and encodes it again
//! without use of a table. So the client's compression table ends here, and nothing behind it can
//! lose step.

mod frames;
pub(super) mod fuzzing;
mod hpack;
mod huffman;
mod static_table;

use std::io;
use std::mem::{self, MaybeUninit};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio::time::Sleep;
use tonic::transport::server::Connected;

use self::frames::Rewriter;
use super::memory::Reservation;

/// How much is read from the socket at once.
const READ_BYTES: usize = 16 << 10;

/// How long a client may take to begin. Whether one that has begun is still there is asked by
/// HTTP/2 itself.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why what a client sends is no HTTP/2. The connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the client sent {0}")]
pub(super) struct Malformed(&'static str);

/// A connection whose requests have an acceptable `:authority`.
pub(super) struct Connection {
    stream: UnixStream,
    rewriter: Rewriter,
    /// What was read and is not rewritten yet.
    rest: Vec<u8>,
    /// Rewritten bytes, of which the first so many were handed on already.
    output: Vec<u8>,
    taken: usize,
    /// The end of a client's time to begin, until it has.
    begins: Option<Pin<Box<Sleep>>>,
    _memory: Reservation,
}

impl Connection {
    /// Stands before an accepted connection.
    pub(super) fn new(stream: UnixStream, memory: Reservation) -> Self {
        let begins = Some(Box::pin(tokio::time::sleep(PATIENCE)));
        let rewriter = Rewriter::default();
        Self { stream, rewriter, rest: Vec::new(), output: Vec::new(), taken: 0, begins, _memory: memory }
    }

    fn rewrite(&mut self, bytes: &[u8]) -> io::Result<()> {
        let fed = self.rewriter.feed(bytes, &mut self.output);
        let taken = fed.map_err(|malformed| io::Error::new(io::ErrorKind::InvalidData, malformed))?;
        self.rest = bytes[taken..].to_vec();
        Ok(())
    }

    fn hand_on(&mut self, buffer: &mut ReadBuf<'_>) {
        let length = buffer.remaining().min(self.output.len() - self.taken);
        buffer.put_slice(&self.output[self.taken..self.taken + length]);
        self.taken += length;
        if self.taken == self.output.len() {
            // Most connections wait for something; they keep no buffer meanwhile.
            self.output = Vec::new();
            self.taken = 0;
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.output.is_empty() {
            if let Some(begins) = &mut this.begins
                && begins.as_mut().poll(context).is_ready()
            {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            if !this.rest.is_empty() {
                let rest = mem::take(&mut this.rest);
                this.rewrite(&rest)?;
                continue;
            }
            let mut bytes = [const { MaybeUninit::uninit() }; READ_BYTES];
            let mut read = ReadBuf::uninit(&mut bytes);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.rewrite(read.filled())?;
            if this.rewriter.is_greeted() {
                this.begins = None;
            }
        }
        this.hand_on(buffer);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
