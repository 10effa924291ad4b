//! `wasi:io/streams`: standard input, which is at its end, and the streams of the console, which
//! take everything at once.

use wasmtime::component::Resource;

use super::super::state::CallState;
use super::bindings::wasi::io::{error, streams};
use super::no_such_handle;
use super::resources::{Input, Never, Output, Wait};

/// The most bytes that [`streams::HostOutputStream::check_write`] permits.
const WRITE_BYTES: u64 = 64 << 10;

/// The most bytes that a blocking write may have, by WASI.
const BLOCKING_WRITE_BYTES: u64 = 4096;

type Answer<T> = wasmtime::Result<Result<T, streams::StreamError>>;

impl error::Host for CallState {}

/// No stream fails, so no plugin holds an error.
impl error::HostError for CallState {
    fn to_debug_string(&mut self, _: Resource<Never>) -> wasmtime::Result<String> {
        Err(no_such_handle())
    }

    fn drop(&mut self, _: Resource<Never>) -> wasmtime::Result<()> {
        Err(no_such_handle())
    }
}

impl streams::Host for CallState {}

impl CallState {
    fn at_end<T>(&mut self, input: &Resource<Input>) -> Answer<T> {
        self.wasi.table().get(input)?;
        Ok(Err(streams::StreamError::Closed))
    }

    fn put(&mut self, to: &Resource<Output>, bytes: &[u8]) -> Answer<()> {
        let inner = self.wasi.inner();
        let output = *inner.table.get(to)?;
        inner.console.write(output, bytes);
        self.log_console();
        Ok(Ok(()))
    }

    fn zeroes(&mut self, to: &Resource<Output>, length: u64, most: u64) -> Answer<()> {
        let length = within(length, most)?;
        self.put(to, &vec![0; length])
    }

    fn copy(&mut self, to: &Resource<Output>, from: &Resource<Input>, length: u64) -> Answer<u64> {
        self.wasi.table().get(to)?;
        if length == 0 { Ok(Ok(0)) } else { self.at_end(from) }
    }
}

/// A number of bytes to write, if it is not more than is permitted.
fn within(length: u64, most: u64) -> wasmtime::Result<usize> {
    match usize::try_from(length) {
        Ok(bytes) if length <= most => Ok(bytes),
        _ => Err(wasmtime::Error::msg(format!("writes more than {most} bytes at once"))),
    }
}

impl streams::HostInputStream for CallState {
    fn read(&mut self, from: Resource<Input>, _: u64) -> Answer<Vec<u8>> {
        self.at_end(&from)
    }

    fn blocking_read(&mut self, from: Resource<Input>, _: u64) -> Answer<Vec<u8>> {
        self.at_end(&from)
    }

    fn skip(&mut self, from: Resource<Input>, _: u64) -> Answer<u64> {
        self.at_end(&from)
    }

    fn blocking_skip(&mut self, from: Resource<Input>, _: u64) -> Answer<u64> {
        self.at_end(&from)
    }

    fn subscribe(&mut self, to: Resource<Input>) -> wasmtime::Result<Resource<Wait>> {
        Ok(self.wasi.table().push_child(Wait::Stream, &to)?)
    }

    fn drop(&mut self, input: Resource<Input>) -> wasmtime::Result<()> {
        self.wasi.table().delete(input)?;
        Ok(())
    }
}

impl streams::HostOutputStream for CallState {
    fn check_write(&mut self, to: Resource<Output>) -> Answer<u64> {
        self.wasi.table().get(&to)?;
        Ok(Ok(WRITE_BYTES))
    }

    fn write(&mut self, to: Resource<Output>, bytes: Vec<u8>) -> Answer<()> {
        self.put(&to, &bytes)
    }

    fn blocking_write_and_flush(&mut self, to: Resource<Output>, bytes: Vec<u8>) -> Answer<()> {
        within(bytes.len() as u64, BLOCKING_WRITE_BYTES)?;
        self.put(&to, &bytes)
    }

    fn flush(&mut self, of: Resource<Output>) -> Answer<()> {
        self.wasi.table().get(&of)?;
        Ok(Ok(()))
    }

    fn blocking_flush(&mut self, of: Resource<Output>) -> Answer<()> {
        streams::HostOutputStream::flush(self, of)
    }

    fn subscribe(&mut self, to: Resource<Output>) -> wasmtime::Result<Resource<Wait>> {
        Ok(self.wasi.table().push_child(Wait::Stream, &to)?)
    }

    fn write_zeroes(&mut self, to: Resource<Output>, length: u64) -> Answer<()> {
        self.zeroes(&to, length, WRITE_BYTES)
    }

    fn blocking_write_zeroes_and_flush(&mut self, to: Resource<Output>, length: u64) -> Answer<()> {
        self.zeroes(&to, length, BLOCKING_WRITE_BYTES)
    }

    fn splice(&mut self, to: Resource<Output>, from: Resource<Input>, length: u64) -> Answer<u64> {
        self.copy(&to, &from, length)
    }

    fn blocking_splice(&mut self, to: Resource<Output>, from: Resource<Input>, length: u64) -> Answer<u64> {
        self.copy(&to, &from, length)
    }

    fn drop(&mut self, output: Resource<Output>) -> wasmtime::Result<()> {
        self.wasi.table().delete(output)?;
        Ok(())
    }
}
