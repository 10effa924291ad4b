//! A sealed WASI, for components of toolchains that cannot do without one.
//!
//! No files, no network, no environment, no arguments; standard input is empty and standard output goes nowhere; the clock stands still at
//! the epoch and every wait is over at once; random numbers come from a fixed seed. Same input, same bytes.

use std::time::Duration;

use wasmtime::component::{HasSelf, Linker, Resource, ResourceTable};
use wasmtime_wasi::cli::{WasiCli, WasiCliView as _};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};
use wasmtime_wasi::p2::bindings::{cli, random, sync};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::random::{Deterministic, WasiRandom};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::state::CallState;

/// How much of standard error is kept for error messages, in bytes.
const STDERR_BYTES: usize = 16 << 10;

/// What random numbers come from.
const SEED: &[u8; 16] = b"oarlock's seed 1";

/// Packages and interfaces that are sealed, not refused. Sockets and HTTP are not among them.
const SEALED: [&str; 5] = ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/"];

/// Whether an import is served by the sealed WASI.
pub(super) fn is_sealed(import: &str) -> bool {
    SEALED.iter().any(|prefix| import.starts_with(prefix))
}

/// WASI state of one call, made when it is first needed, since few components need it.
#[derive(Default)]
pub(super) struct SealedWasi(Option<Box<Inner>>);

struct Inner {
    context: WasiCtx,
    table: ResourceTable,
    stderr: MemoryOutputPipe,
}

impl SealedWasi {
    fn inner(&mut self) -> &mut Inner {
        self.0.get_or_insert_with(|| {
            let stderr = MemoryOutputPipe::new(STDERR_BYTES);
            let context = WasiCtx::builder()
                .stderr(stderr.clone())
                .secure_random(Deterministic::new(SEED.to_vec()))
                .insecure_random(Deterministic::new(SEED.to_vec()))
                .insecure_random_seed(u128::from_le_bytes(*SEED))
                .allow_tcp(false)
                .allow_udp(false)
                .build();
            Box::new(Inner { context, table: ResourceTable::new(), stderr })
        })
    }

    /// What the component wrote to standard error, which is where other languages' panics go.
    pub(super) fn stderr(&self) -> Option<String> {
        let bytes = self.0.as_ref()?.stderr.contents();
        let text = String::from_utf8_lossy(&bytes).trim().to_owned();
        (!text.is_empty()).then_some(text)
    }
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let inner = self.wasi.inner();
        WasiCtxView { ctx: &mut inner.context, table: &mut inner.table }
    }
}

/// Links the sealed interfaces.
pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    let l = linker;
    cli::environment::add_to_linker::<_, WasiCli>(l, CallState::cli)?;
    cli::exit::add_to_linker::<_, WasiCli>(l, CallState::cli)?;
    cli::stdin::add_to_linker::<_, WasiCli>(l, CallState::cli)?;
    cli::stdout::add_to_linker::<_, WasiCli>(l, CallState::cli)?;
    cli::stderr::add_to_linker::<_, WasiCli>(l, CallState::cli)?;
    cli::terminal_input::add_to_linker::<_, WasiCli>(l, CallState::cli)?;
    cli::terminal_output::add_to_linker::<_, WasiCli>(l, CallState::cli)?;
    cli::terminal_stdin::add_to_linker::<_, WasiCli>(l, CallState::cli)?;
    cli::terminal_stdout::add_to_linker::<_, WasiCli>(l, CallState::cli)?;
    cli::terminal_stderr::add_to_linker::<_, WasiCli>(l, CallState::cli)?;
    monotonic_clock::add_to_linker::<_, HasSelf<_>>(l, |state| state)?;
    wall_clock::add_to_linker::<_, HasSelf<_>>(l, |state| state)?;
    random::random::add_to_linker::<_, WasiRandom>(l, |state| state.wasi.inner().context.random())?;
    random::insecure::add_to_linker::<_, WasiRandom>(l, |state| state.wasi.inner().context.random())?;
    random::insecure_seed::add_to_linker::<_, WasiRandom>(l, |state| state.wasi.inner().context.random())?;
    sync::filesystem::preopens::add_to_linker::<_, WasiFilesystem>(l, CallState::filesystem)?;
    sync::filesystem::types::add_to_linker::<_, WasiFilesystem>(l, CallState::filesystem)?;
    Ok(())
}

/// A wait that is over.
struct Over;

#[wasmtime_wasi::async_trait]
impl Pollable for Over {
    async fn ready(&mut self) {}
}

impl monotonic_clock::Host for CallState {
    fn now(&mut self) -> wasmtime::Result<monotonic_clock::Instant> {
        Ok(0)
    }

    fn resolution(&mut self) -> wasmtime::Result<monotonic_clock::Instant> {
        Ok(1)
    }

    fn subscribe_instant(&mut self, _: monotonic_clock::Instant) -> wasmtime::Result<Resource<DynPollable>> {
        self.over()
    }

    fn subscribe_duration(
        &mut self,
        _: monotonic_clock::Duration,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        self.over()
    }
}

impl wall_clock::Host for CallState {
    fn now(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        Ok(wall_clock::Datetime { seconds: 0, nanoseconds: 0 })
    }

    fn resolution(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        let second = Duration::from_secs(1);
        Ok(wall_clock::Datetime { seconds: second.as_secs(), nanoseconds: second.subsec_nanos() })
    }
}

impl CallState {
    fn over(&mut self) -> wasmtime::Result<Resource<DynPollable>> {
        let table = &mut self.wasi.inner().table;
        let wait = table.push(Over)?;
        subscribe(table, wait)
    }
}
