//! A sealed WASI, for components of toolchains that cannot do without one.
//!
//! No files, no environment, no arguments; a socket is refused when it is created; standard input
//! is empty; what is written to standard output and standard error goes to the log. Time is made
//! up: it begins at the same moment in each call and goes on by a microsecond with each look at a
//! clock, and by the whole of each wait, which is over at once. Random numbers come from a fixed
//! seed. Same input, same bytes.

use wasmtime::component::{HasData, HasSelf, Linker, ResourceTable};
use wasmtime_wasi::cli::{WasiCli, WasiCliView as _};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::{cli, clocks, random, sockets, sync};
use wasmtime_wasi::random::{Deterministic, WasiRandom};
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsView as _};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_io::bindings::wasi::io::error as io_error;

use self::clock::Clock;
use self::console::Console;
use super::state::CallState;

mod clock;
mod console;
mod denied;
mod poll;
mod streams;

/// What random numbers come from.
const SEED: &[u8; 16] = b"oarlock's seed 1";

/// The most resources that a call may hold at once: streams and waits.
const MAX_RESOURCES: usize = 10_000;

/// The most random bytes that one call of the host gives.
const MAX_RANDOM_BYTES: u64 = 1 << 20;

type Link = fn(&mut Linker<CallState>) -> wasmtime::Result<()>;

/// The interfaces of WASI 0.2 that are sealed, not refused, each with what links it: what is named
/// here is linked, and nothing else.
const SEALED: [(&str, Link); 27] = [
    ("wasi:cli/environment", |l| cli::environment::add_to_linker::<_, WasiCli>(l, CallState::cli)),
    ("wasi:cli/exit", |l| cli::exit::add_to_linker::<_, WasiCli>(l, CallState::cli)),
    ("wasi:cli/stdin", |l| cli::stdin::add_to_linker::<_, HasSelf<_>>(l, |state| state)),
    ("wasi:cli/stdout", |l| cli::stdout::add_to_linker::<_, HasSelf<_>>(l, |state| state)),
    ("wasi:cli/stderr", |l| cli::stderr::add_to_linker::<_, HasSelf<_>>(l, |state| state)),
    ("wasi:cli/terminal-input", |l| cli::terminal_input::add_to_linker::<_, WasiCli>(l, CallState::cli)),
    ("wasi:cli/terminal-output", |l| cli::terminal_output::add_to_linker::<_, WasiCli>(l, CallState::cli)),
    ("wasi:cli/terminal-stdin", |l| cli::terminal_stdin::add_to_linker::<_, WasiCli>(l, CallState::cli)),
    ("wasi:cli/terminal-stdout", |l| cli::terminal_stdout::add_to_linker::<_, WasiCli>(l, CallState::cli)),
    ("wasi:cli/terminal-stderr", |l| cli::terminal_stderr::add_to_linker::<_, WasiCli>(l, CallState::cli)),
    ("wasi:clocks/monotonic-clock", |l| {
        clocks::monotonic_clock::add_to_linker::<_, HasSelf<_>>(l, |state| state)
    }),
    ("wasi:clocks/wall-clock", |l| clocks::wall_clock::add_to_linker::<_, HasSelf<_>>(l, |state| state)),
    ("wasi:filesystem/preopens", |l| {
        sync::filesystem::preopens::add_to_linker::<_, WasiFilesystem>(l, CallState::filesystem)
    }),
    ("wasi:filesystem/types", |l| {
        sync::filesystem::types::add_to_linker::<_, WasiFilesystem>(l, CallState::filesystem)
    }),
    ("wasi:io/error", |l| io_error::add_to_linker::<_, HasTable>(l, CallState::table)),
    ("wasi:io/poll", |l| sync::io::poll::add_to_linker::<_, HasSelf<_>>(l, |state| state)),
    ("wasi:io/streams", |l| sync::io::streams::add_to_linker::<_, HasSelf<_>>(l, |state| state)),
    ("wasi:random/random", |l| {
        random::random::add_to_linker::<_, WasiRandom>(l, |state| state.wasi.inner().context.random())
    }),
    ("wasi:random/insecure", |l| {
        random::insecure::add_to_linker::<_, WasiRandom>(l, |state| state.wasi.inner().context.random())
    }),
    ("wasi:random/insecure-seed", |l| {
        random::insecure_seed::add_to_linker::<_, WasiRandom>(l, |state| state.wasi.inner().context.random())
    }),
    ("wasi:sockets/network", |l| {
        let options = sockets::network::LinkOptions::default();
        sockets::network::add_to_linker::<_, WasiSockets>(l, &options, CallState::sockets)
    }),
    ("wasi:sockets/instance-network", |l| {
        sockets::instance_network::add_to_linker::<_, WasiSockets>(l, CallState::sockets)
    }),
    ("wasi:sockets/ip-name-lookup", |l| {
        sockets::ip_name_lookup::add_to_linker::<_, HasSelf<_>>(l, |state| state)
    }),
    ("wasi:sockets/tcp", |l| sync::sockets::tcp::add_to_linker::<_, WasiSockets>(l, CallState::sockets)),
    ("wasi:sockets/tcp-create-socket", |l| {
        sockets::tcp_create_socket::add_to_linker::<_, HasSelf<_>>(l, |state| state)
    }),
    ("wasi:sockets/udp", |l| sync::sockets::udp::add_to_linker::<_, WasiSockets>(l, CallState::sockets)),
    ("wasi:sockets/udp-create-socket", |l| {
        sync::sockets::udp_create_socket::add_to_linker::<_, HasSelf<_>>(l, |state| state)
    }),
];

/// The version of WASI that is sealed; every patch of it is compatible.
const VERSION: &str = "0.2.";

/// Whether an import is served by the sealed WASI.
pub(super) fn is_sealed(import: &str) -> bool {
    find(import).is_some()
}

/// Links the interface that a component imports, if it is a sealed one.
pub(super) fn link(linker: &mut Linker<CallState>, import: &str) -> wasmtime::Result<()> {
    find(import).map_or(Ok(()), |link| link(linker))
}

fn find(import: &str) -> Option<Link> {
    let (name, version) = import.split_once('@')?;
    let sealed = SEALED.iter().find(|(sealed, _)| *sealed == name)?;
    version.starts_with(VERSION).then_some(sealed.1)
}

/// WASI state of one call, made when it is first needed, since few components need it.
#[derive(Default)]
pub(super) struct SealedWasi(Option<Box<Inner>>);

struct Inner {
    context: WasiCtx,
    table: ResourceTable,
    clock: Clock,
    console: Console,
}

impl SealedWasi {
    fn inner(&mut self) -> &mut Inner {
        self.0.get_or_insert_with(|| {
            let context = WasiCtx::builder()
                .secure_random(Deterministic::new(SEED.to_vec()))
                .insecure_random(Deterministic::new(SEED.to_vec()))
                .insecure_random_seed(u128::from_le_bytes(*SEED))
                .max_random_size(MAX_RANDOM_BYTES)
                .allow_tcp(false)
                .allow_udp(false)
                .build();
            let mut table = ResourceTable::new();
            table.set_max_capacity(MAX_RESOURCES);
            Box::new(Inner { context, table, clock: Clock::default(), console: Console::default() })
        })
    }

    /// What the component wrote to standard error, which is where other languages' panics go.
    pub(super) fn stderr(&self) -> Option<String> {
        self.0.as_ref()?.console.stderr()
    }

    /// The lines that the component wrote since they were last asked for.
    pub(super) fn take_lines(&mut self) -> Vec<String> {
        self.0.as_ref().map_or_else(Vec::new, |inner| inner.console.take_lines())
    }

    /// The same at the end of a call, where a last line need not be ended.
    pub(super) fn take_last_lines(&mut self) -> Vec<String> {
        self.0.as_ref().map_or_else(Vec::new, |inner| inner.console.take_last_lines())
    }
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let inner = self.wasi.inner();
        WasiCtxView { ctx: &mut inner.context, table: &mut inner.table }
    }
}

struct HasTable;

impl HasData for HasTable {
    type Data<'a> = &'a mut ResourceTable;
}

impl CallState {
    fn table(&mut self) -> &mut ResourceTable {
        &mut self.wasi.inner().table
    }
}

#[cfg(test)]
mod tests {
    use super::super::engine::{Engine, Workload};
    use super::*;

    #[test]
    fn what_is_called_sealed_is_linked() {
        let engine = Engine::new(Workload::Few).unwrap();
        let mut linker = Linker::<CallState>::new(&engine.wasmtime);
        for (name, _) in SEALED {
            link(&mut linker, &format!("{name}@0.2.0")).unwrap();
            let text = format!(r#"(component (import "{name}@0.2.3" (instance)))"#);
            let component = wat::parse_str(text).unwrap();
            let component = wasmtime::component::Component::new(&engine.wasmtime, component).unwrap();
            assert!(linker.instantiate_pre(&component).is_ok(), "{name}");
        }
    }

    #[test]
    fn only_this_version_is_sealed() {
        assert!(is_sealed("wasi:io/poll@0.2.12"));
        for import in ["wasi:io/poll", "wasi:io/poll@0.3.0", "wasi:io/polls@0.2.0", "wasi:http/types@0.2.0"] {
            assert!(!is_sealed(import), "{import}");
        }
    }
}
