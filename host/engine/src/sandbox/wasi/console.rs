//! Standard input, output and error: nothing comes in, and what goes out becomes lines of the log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::cli;
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, InputStream, OutputStream, Pollable, StreamError, StreamResult,
};

use super::super::state::{CallState, MAX_LINE_BYTES};

/// How much of the begin and of the end of standard error is kept for messages, in bytes: some
/// languages say first what went wrong, some last.
const KEPT_BYTES: usize = 8 << 10;

/// How much may be written at once, in bytes.
const WRITE_BYTES: usize = 64 << 10;

/// How many lines are kept until they are taken. They are taken after each call of the host, and
/// more than the log may have are dropped.
const MAX_LINES: usize = 10_000;

/// What a call wrote.
#[derive(Clone, Default)]
pub(super) struct Console(Arc<Mutex<Written>>);

#[derive(Default)]
struct Written {
    lines: Vec<String>,
    /// Lines that are not ended yet: of standard output, and of standard error.
    open: [Vec<u8>; 2],
    head: Vec<u8>,
    tail: Vec<u8>,
    /// Bytes between head and tail that were not kept.
    lost: usize,
}

#[derive(Clone, Copy)]
enum Stream {
    Output,
    Error,
}

impl Console {
    pub(super) fn stderr(&self) -> Option<String> {
        let written = self.lock();
        let lost = if written.lost == 0 { "" } else { "\n…\n" };
        let (head, tail) = (String::from_utf8_lossy(&written.head), String::from_utf8_lossy(&written.tail));
        let text = format!("{head}{lost}{tail}").trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    pub(super) fn take_lines(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().lines)
    }

    pub(super) fn take_last_lines(&self) -> Vec<String> {
        let mut written = self.lock();
        for stream in [Stream::Output, Stream::Error] {
            if !written.open[stream as usize].is_empty() {
                written.end_line(stream);
            }
        }
        std::mem::take(&mut written.lines)
    }

    fn lock(&self) -> MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Written {
    fn write(&mut self, stream: Stream, bytes: &[u8]) {
        if matches!(stream, Stream::Error) {
            self.keep(bytes);
        }
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ended) = match piece.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (piece, false),
            };
            let open = &mut self.open[stream as usize];
            // One more than a line may have tells that it is too long.
            let room = (MAX_LINE_BYTES + 1).saturating_sub(open.len());
            open.extend_from_slice(&text[..text.len().min(room)]);
            if ended {
                self.end_line(stream);
            }
        }
    }

    fn end_line(&mut self, stream: Stream) {
        let line = std::mem::take(&mut self.open[stream as usize]);
        if self.lines.len() < MAX_LINES {
            self.lines.push(String::from_utf8_lossy(&line).trim_end().to_owned());
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let (head, rest) = bytes.split_at(bytes.len().min(KEPT_BYTES - self.head.len()));
        self.head.extend_from_slice(head);
        self.tail.extend_from_slice(rest);
        // Not at each write, which would move the tail each time.
        if self.tail.len() > 2 * KEPT_BYTES {
            let over = self.tail.len() - KEPT_BYTES;
            self.tail.drain(..over);
            self.lost += over;
        }
    }
}

/// A stream of the console as the plugin has it.
struct Handle {
    console: Console,
    stream: Stream,
}

#[wasmtime_wasi::async_trait]
impl Pollable for Handle {
    async fn ready(&mut self) {}
}

#[wasmtime_wasi::async_trait]
impl OutputStream for Handle {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.console.lock().write(self.stream, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES)
    }
}

/// An input that is at its end.
struct Nothing;

#[wasmtime_wasi::async_trait]
impl Pollable for Nothing {
    async fn ready(&mut self) {}
}

#[wasmtime_wasi::async_trait]
impl InputStream for Nothing {
    fn read(&mut self, _: usize) -> StreamResult<Bytes> {
        Err(StreamError::Closed)
    }
}

impl CallState {
    fn handle(&mut self, stream: Stream) -> wasmtime::Result<Resource<DynOutputStream>> {
        let inner = self.wasi.inner();
        let handle: DynOutputStream = Box::new(Handle { console: inner.console.clone(), stream });
        Ok(inner.table.push(handle)?)
    }
}

impl cli::stdin::Host for CallState {
    fn get_stdin(&mut self) -> wasmtime::Result<Resource<DynInputStream>> {
        let nothing: DynInputStream = Box::new(Nothing);
        Ok(self.table().push(nothing)?)
    }
}

impl cli::stdout::Host for CallState {
    fn get_stdout(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        self.handle(Stream::Output)
    }
}

impl cli::stderr::Host for CallState {
    fn get_stderr(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        self.handle(Stream::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_however_they_are_cut() {
        let console = Console::default();
        for (stream, text) in [
            (Stream::Output, "one\ntw"),
            (Stream::Error, "bad"),
            (Stream::Output, "o\n\n"),
            (Stream::Error, " luck"),
        ] {
            console.lock().write(stream, text.as_bytes());
        }
        assert_eq!(console.take_lines(), ["one", "two", ""]);
        assert_eq!(console.take_last_lines(), ["bad luck"]);
        assert!(console.take_last_lines().is_empty());
        assert_eq!(console.stderr().unwrap(), "bad luck");
    }

    #[test]
    fn a_flood_is_kept_within_bounds() {
        let console = Console::default();
        console.lock().write(Stream::Error, b"the reason\n");
        for _ in 0..1_000 {
            console.lock().write(Stream::Error, &[b'x'; 4 << 10]);
        }
        console.lock().write(Stream::Error, b"\nthe end");
        let text = console.stderr().unwrap();
        assert!(text.starts_with("the reason\n") && text.ends_with("the end"));
        assert!(text.len() < 4 * KEPT_BYTES, "{}", text.len());
        let lines = console.take_last_lines();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[1].len(), MAX_LINE_BYTES + 1);
        for _ in 0..2 * MAX_LINES {
            console.lock().write(Stream::Output, b"\n");
        }
        assert_eq!(console.take_lines().len(), MAX_LINES);
    }
}
