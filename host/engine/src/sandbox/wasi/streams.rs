//! `wasi:io/streams` without a runtime: no stream here ever has to be waited for.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::sync::io::streams;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable, StreamError, StreamResult};
use wasmtime_wasi_io::bindings::wasi::io::streams::{
    Host as AsyncHost, HostInputStream as AsyncInput, HostOutputStream as AsyncOutput,
};

use super::super::state::CallState;

/// What a future comes to that has nothing to wait for.
fn at_once<T>(future: impl Future<Output = T>) -> wasmtime::Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Ok(value),
        Poll::Pending => Err(wasmtime::Error::msg("waits for what never comes")),
    }
}

fn stream<T>(future: impl Future<Output = StreamResult<T>>) -> StreamResult<T> {
    at_once(future).unwrap_or_else(|error| Err(StreamError::Trap(error)))
}

impl streams::Host for CallState {
    fn convert_stream_error(&mut self, error: StreamError) -> wasmtime::Result<streams::StreamError> {
        AsyncHost::convert_stream_error(self.table(), error).map(Into::into)
    }
}

impl streams::HostInputStream for CallState {
    fn read(&mut self, from: Resource<DynInputStream>, length: u64) -> StreamResult<Vec<u8>> {
        AsyncInput::read(self.table(), from, length)
    }

    fn blocking_read(&mut self, from: Resource<DynInputStream>, length: u64) -> StreamResult<Vec<u8>> {
        stream(AsyncInput::blocking_read(self.table(), from, length))
    }

    fn skip(&mut self, from: Resource<DynInputStream>, length: u64) -> StreamResult<u64> {
        AsyncInput::skip(self.table(), from, length)
    }

    fn blocking_skip(&mut self, from: Resource<DynInputStream>, length: u64) -> StreamResult<u64> {
        stream(AsyncInput::blocking_skip(self.table(), from, length))
    }

    fn subscribe(&mut self, to: Resource<DynInputStream>) -> wasmtime::Result<Resource<DynPollable>> {
        AsyncInput::subscribe(self.table(), to)
    }

    fn drop(&mut self, gone: Resource<DynInputStream>) -> wasmtime::Result<()> {
        at_once(AsyncInput::drop(self.table(), gone))?
    }
}

impl streams::HostOutputStream for CallState {
    fn check_write(&mut self, to: Resource<DynOutputStream>) -> StreamResult<u64> {
        AsyncOutput::check_write(self.table(), to)
    }

    fn write(&mut self, to: Resource<DynOutputStream>, bytes: Vec<u8>) -> StreamResult<()> {
        AsyncOutput::write(self.table(), to, bytes)?;
        self.log_console();
        Ok(())
    }

    fn blocking_write_and_flush(
        &mut self,
        to: Resource<DynOutputStream>,
        bytes: Vec<u8>,
    ) -> StreamResult<()> {
        stream(AsyncOutput::blocking_write_and_flush(self.table(), to, bytes))?;
        self.log_console();
        Ok(())
    }

    fn flush(&mut self, of: Resource<DynOutputStream>) -> StreamResult<()> {
        AsyncOutput::flush(self.table(), of)
    }

    fn blocking_flush(&mut self, of: Resource<DynOutputStream>) -> StreamResult<()> {
        stream(AsyncOutput::blocking_flush(self.table(), of))
    }

    fn subscribe(&mut self, to: Resource<DynOutputStream>) -> wasmtime::Result<Resource<DynPollable>> {
        AsyncOutput::subscribe(self.table(), to)
    }

    fn write_zeroes(&mut self, to: Resource<DynOutputStream>, length: u64) -> StreamResult<()> {
        AsyncOutput::write_zeroes(self.table(), to, length)
    }

    fn blocking_write_zeroes_and_flush(
        &mut self,
        to: Resource<DynOutputStream>,
        length: u64,
    ) -> StreamResult<()> {
        stream(AsyncOutput::blocking_write_zeroes_and_flush(self.table(), to, length))
    }

    fn splice(
        &mut self,
        to: Resource<DynOutputStream>,
        from: Resource<DynInputStream>,
        length: u64,
    ) -> StreamResult<u64> {
        AsyncOutput::splice(self.table(), to, from, length)
    }

    fn blocking_splice(
        &mut self,
        to: Resource<DynOutputStream>,
        from: Resource<DynInputStream>,
        length: u64,
    ) -> StreamResult<u64> {
        stream(AsyncOutput::blocking_splice(self.table(), to, from, length))
    }

    fn drop(&mut self, gone: Resource<DynOutputStream>) -> wasmtime::Result<()> {
        at_once(AsyncOutput::drop(self.table(), gone))?
    }
}
