//! A sealed WASI, for components of toolchains that require one.
//!
//! No files, no environment, no arguments; creating a socket is denied; standard input is empty;
//! lines of standard output and standard error go to the log. Time is artificial: it starts at the
//! same moment in each call and advances by a microsecond on every read of a clock, and by the full
//! duration of every wait, which returns at once. Random numbers come from a fixed seed. Same
//! input, same bytes.

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{HasSelf, Linker, Resource, ResourceTable, ResourceType};
use wasmtime::{Engine, StoreContextMut};

use self::bindings::wasi::sockets::network::{ErrorCode, IpAddressFamily};
use self::bindings::wasi::{cli, clocks, io, random, sockets};
use self::clock::Clock;
use self::console::Console;
use self::randomness::Seeded;
use self::resources::Never;
use super::state::CallState;

mod clock;
mod console;
mod network;
mod poll;
mod program;
mod randomness;
mod resources;
mod streams;

/// What wasmtime generates from the bound interfaces.
#[allow(missing_docs, clippy::pedantic, unreachable_pub)]
mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "oarlock:wasi/sealed",
        imports: { default: trappable },
        with: {
            "wasi:cli/terminal-input.terminal-input": crate::sandbox::wasi::resources::Never,
            "wasi:cli/terminal-output.terminal-output": crate::sandbox::wasi::resources::Never,
            "wasi:io/error.error": crate::sandbox::wasi::resources::Never,
            "wasi:io/poll.pollable": crate::sandbox::wasi::resources::Wait,
            "wasi:io/streams.input-stream": crate::sandbox::wasi::resources::Input,
            "wasi:io/streams.output-stream": crate::sandbox::wasi::resources::Output,
            "wasi:sockets/ip-name-lookup.resolve-address-stream": crate::sandbox::wasi::resources::Never,
            "wasi:sockets/network.network": crate::sandbox::wasi::resources::Network,
        },
    });
}

/// The most resources that a call may hold at once: streams and waits.
const MAX_RESOURCES: usize = 10_000;

/// How an interface is linked.
#[derive(Clone, Copy)]
enum Link {
    /// By its bindings.
    Bound(fn(&mut Linker<CallState>) -> wasmtime::Result<()>),
    /// By hand, under the name that a component imports.
    Named(fn(&mut Linker<CallState>, &str) -> wasmtime::Result<()>),
    /// Functions on these resources, which no plugin ever gets: none of them can be called, and so
    /// each that a component imports is linked to one that fails.
    OnResources(&'static [&'static str]),
}

/// The interfaces of WASI 0.2 that plugins are given. What is not named here is not linked.
const SEALED: [(&str, Link); 27] = [
    ("wasi:cli/environment", Link::Bound(|l| cli::environment::add_to_linker::<_, HasSelf<_>>(l, itself))),
    ("wasi:cli/exit", Link::Bound(|l| cli::exit::add_to_linker::<_, HasSelf<_>>(l, itself))),
    ("wasi:cli/stdin", Link::Bound(|l| cli::stdin::add_to_linker::<_, HasSelf<_>>(l, itself))),
    ("wasi:cli/stdout", Link::Bound(|l| cli::stdout::add_to_linker::<_, HasSelf<_>>(l, itself))),
    ("wasi:cli/stderr", Link::Bound(|l| cli::stderr::add_to_linker::<_, HasSelf<_>>(l, itself))),
    (
        "wasi:cli/terminal-input",
        Link::Bound(|l| cli::terminal_input::add_to_linker::<_, HasSelf<_>>(l, itself)),
    ),
    (
        "wasi:cli/terminal-output",
        Link::Bound(|l| cli::terminal_output::add_to_linker::<_, HasSelf<_>>(l, itself)),
    ),
    (
        "wasi:cli/terminal-stdin",
        Link::Bound(|l| cli::terminal_stdin::add_to_linker::<_, HasSelf<_>>(l, itself)),
    ),
    (
        "wasi:cli/terminal-stdout",
        Link::Bound(|l| cli::terminal_stdout::add_to_linker::<_, HasSelf<_>>(l, itself)),
    ),
    (
        "wasi:cli/terminal-stderr",
        Link::Bound(|l| cli::terminal_stderr::add_to_linker::<_, HasSelf<_>>(l, itself)),
    ),
    (
        "wasi:clocks/monotonic-clock",
        Link::Bound(|l| clocks::monotonic_clock::add_to_linker::<_, HasSelf<_>>(l, itself)),
    ),
    (
        "wasi:clocks/wall-clock",
        Link::Bound(|l| clocks::wall_clock::add_to_linker::<_, HasSelf<_>>(l, itself)),
    ),
    ("wasi:filesystem/preopens", Link::Named(no_directories)),
    ("wasi:filesystem/types", Link::OnResources(&["descriptor", "directory-entry-stream"])),
    ("wasi:io/error", Link::Bound(|l| io::error::add_to_linker::<_, HasSelf<_>>(l, itself))),
    ("wasi:io/poll", Link::Bound(|l| io::poll::add_to_linker::<_, HasSelf<_>>(l, itself))),
    ("wasi:io/streams", Link::Bound(|l| io::streams::add_to_linker::<_, HasSelf<_>>(l, itself))),
    ("wasi:random/random", Link::Bound(|l| random::random::add_to_linker::<_, HasSelf<_>>(l, itself))),
    ("wasi:random/insecure", Link::Bound(|l| random::insecure::add_to_linker::<_, HasSelf<_>>(l, itself))),
    (
        "wasi:random/insecure-seed",
        Link::Bound(|l| random::insecure_seed::add_to_linker::<_, HasSelf<_>>(l, itself)),
    ),
    (
        "wasi:sockets/network",
        Link::Bound(|l| {
            let options = sockets::network::LinkOptions::default();
            sockets::network::add_to_linker::<_, HasSelf<_>>(l, &options, itself)
        }),
    ),
    (
        "wasi:sockets/instance-network",
        Link::Bound(|l| sockets::instance_network::add_to_linker::<_, HasSelf<_>>(l, itself)),
    ),
    (
        "wasi:sockets/ip-name-lookup",
        Link::Bound(|l| sockets::ip_name_lookup::add_to_linker::<_, HasSelf<_>>(l, itself)),
    ),
    ("wasi:sockets/tcp", Link::OnResources(&["tcp-socket"])),
    ("wasi:sockets/tcp-create-socket", Link::Named(|l, import| no_sockets(l, import, "create-tcp-socket"))),
    (
        "wasi:sockets/udp",
        Link::OnResources(&["udp-socket", "incoming-datagram-stream", "outgoing-datagram-stream"]),
    ),
    ("wasi:sockets/udp-create-socket", Link::Named(|l, import| no_sockets(l, import, "create-udp-socket"))),
];

/// The version of WASI that is sealed; every patch of it is compatible.
const VERSION: &str = "0.2.";

/// What the bindings call: the state of the call itself.
fn itself(state: &mut CallState) -> &mut CallState {
    state
}

/// Whether an import is served by the sealed WASI.
pub(super) fn is_sealed(import: &str) -> bool {
    find(import).is_some()
}

/// Links the interface that a component imports, if it is a sealed one.
pub(super) fn link(
    linker: &mut Linker<CallState>,
    import: &str,
    item: &ComponentItem,
    engine: &Engine,
) -> wasmtime::Result<()> {
    match find(import) {
        None => Ok(()),
        Some(Link::Bound(link)) => link(linker),
        Some(Link::Named(link)) => link(linker, import),
        Some(Link::OnResources(resources)) => on_resources(linker, import, item, resources, engine),
    }
}

fn find(import: &str) -> Option<Link> {
    let (name, version) = import.split_once('@')?;
    let sealed = SEALED.iter().find(|(sealed, _)| *sealed == name)?;
    version.starts_with(VERSION).then_some(sealed.1)
}

fn on_resources(
    linker: &mut Linker<CallState>,
    import: &str,
    item: &ComponentItem,
    resources: &[&str],
    engine: &Engine,
) -> wasmtime::Result<()> {
    let mut instance = linker.instance(import)?;
    for resource in resources {
        instance.resource(resource, ResourceType::host::<Never>(), |_, _| Ok(()))?;
    }
    let ComponentItem::ComponentInstance(imported) = item else { return Ok(()) };
    for (name, item) in imported.exports(engine) {
        if let ComponentItem::ComponentFunc(_) = item.ty {
            let function = format!("{import}#{name}");
            instance.func_new(name, move |_, _, _, _| {
                Err(wasmtime::Error::msg(format!("`{function}` needs a handle that no plugin is given")))
            })?;
        }
    }
    Ok(())
}

fn no_directories(linker: &mut Linker<CallState>, import: &str) -> wasmtime::Result<()> {
    linker
        .instance(import)?
        .func_wrap("get-directories", |_, (): ()| Ok((Vec::<(Resource<Never>, String)>::new(),)))
}

fn no_sockets(linker: &mut Linker<CallState>, import: &str, function: &str) -> wasmtime::Result<()> {
    let denied = |_: StoreContextMut<'_, CallState>, (_,): (IpAddressFamily,)| {
        Ok((Err::<Resource<Never>, _>(ErrorCode::AccessDenied),))
    };
    linker.instance(import)?.func_wrap(function, denied)
}

/// Of functions on a resource that no plugin is given, so that wasmtime refuses the handle before.
fn no_such_handle() -> wasmtime::Error {
    wasmtime::Error::msg("needs a handle that no plugin is given")
}

/// WASI state of one call, made when it is first needed, since few components need it.
#[derive(Default)]
pub(super) struct SealedWasi(Option<Box<Inner>>);

struct Inner {
    table: ResourceTable,
    clock: Clock,
    console: Console,
    random: Seeded,
    insecure_random: Seeded,
}

impl SealedWasi {
    fn inner(&mut self) -> &mut Inner {
        self.0.get_or_insert_with(|| {
            let mut table = ResourceTable::new();
            table.set_max_capacity(MAX_RESOURCES);
            Box::new(Inner {
                table,
                clock: Clock::default(),
                console: Console::default(),
                random: Seeded::default(),
                insecure_random: Seeded::default(),
            })
        })
    }

    fn table(&mut self) -> &mut ResourceTable {
        &mut self.inner().table
    }

    /// What the component wrote to standard error, which is where other languages' panics go.
    pub(super) fn stderr(&self) -> Option<String> {
        self.0.as_ref()?.console.stderr()
    }

    /// The lines that the component wrote since this was last called.
    pub(super) fn take_lines(&mut self) -> Vec<String> {
        self.0.as_mut().map_or_else(Vec::new, |inner| inner.console.take_lines())
    }

    /// The same at the end of a call, where a last line need not be ended.
    pub(super) fn take_last_lines(&mut self) -> Vec<String> {
        self.0.as_mut().map_or_else(Vec::new, |inner| inner.console.take_last_lines())
    }
}

#[cfg(test)]
mod tests;
