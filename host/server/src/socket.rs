//! The socket: its place, who may connect, and its end.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::net::UnixListener;
use tokio::time::Sleep;
use tokio_stream::Stream;
use tracing::warn;

use super::authority::Connection;
use super::memory::Memory;

/// How long to wait after a connection could not be accepted, for example because file descriptors
/// ran out.
const PAUSE: Duration = Duration::from_millis(100);

/// What a connection takes, whatever comes over it.
const CONNECTION_BYTES: u64 = 64 << 10;

/// A socket's file, removed when this is dropped.
pub(super) struct Socket {
    pub(super) path: PathBuf,
    inode: u64,
}

/// The connections to a socket. Ends never.
pub(super) struct Incoming {
    listener: UnixListener,
    memory: Arc<Memory>,
    pause: Option<Pin<Box<Sleep>>>,
}

/// Listens on a path. A socket that nobody listens to any more is replaced.
pub(super) fn listen(path: &Path, memory: Arc<Memory>) -> Result<(Socket, Incoming)> {
    make_way(path)?;
    let listener =
        UnixListener::bind(path).with_context(|| format!("cannot listen on {}", path.display()))?;
    // Connecting takes the right to write. Who may do so at all is a matter of the directory.
    fs::set_permissions(path, fs::Permissions::from_mode(0o666))
        .with_context(|| format!("cannot let others connect to {}", path.display()))?;
    let inode = fs::symlink_metadata(path)?.ino();
    Ok((Socket { path: path.to_owned(), inode }, Incoming { listener, memory, pause: None }))
}

fn make_way(path: &Path) -> Result<()> {
    let Ok(metadata) = fs::symlink_metadata(path) else { return Ok(()) };
    if !metadata.file_type().is_socket() {
        bail!("{} is there already and is no socket", path.display());
    }
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        bail!("another server listens on {}", path.display());
    }
    fs::remove_file(path).with_context(|| format!("cannot remove the stale socket {}", path.display()))
}

impl Drop for Socket {
    fn drop(&mut self) {
        // A server that came after this one may have put its own there.
        if fs::symlink_metadata(&self.path).is_ok_and(|metadata| metadata.ino() == self.inode) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Stream for Incoming {
    type Item = io::Result<Connection>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(context));
                self.pause = None;
            }
            match ready!(self.listener.poll_accept(context)) {
                Ok((stream, _)) => match self.memory.reserve(CONNECTION_BYTES) {
                    Ok(memory) => return Poll::Ready(Some(Ok(Connection::new(stream, memory)))),
                    Err(exhausted) => {
                        drop(stream);
                        warn!("cannot accept a connection: {exhausted}");
                        self.pause = Some(Box::pin(tokio::time::sleep(PAUSE)));
                    }
                },
                Err(error) => {
                    warn!("cannot accept a connection: {error}");
                    self.pause = Some(Box::pin(tokio::time::sleep(PAUSE)));
                }
            }
        }
    }
}
