//! The `oarlock` binary: parse arguments, do what they ask, say how it ended.

mod affected;
mod application;
mod apps;
mod blame;
#[cfg(feature = "server")]
mod cache;
mod cli;
mod commit;
mod compare;
mod comparison;
mod compile;
mod completions;
mod diff;
mod discover;
mod doctor;
mod exec;
mod exit;
mod explain;
mod facts;
mod failover;
mod fleet;
mod generate;
mod hydrate;
mod lint;
mod parameters;
mod plugin;
mod plugins;
mod precompile;
mod progress;
mod reference;
mod release;
mod render;
mod report;
mod schema;
mod secrets;
#[cfg(feature = "server")]
mod serve;
mod session;
mod set_image;
mod supply;
mod terminal;
mod tree;
mod validate;
mod vendor;
mod waves;
mod work_tree;

use std::process::ExitCode;

use self::cli::Cli;

/// A server takes much for a moment, on many threads, and has to give it back.
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = Cli::from_arguments();
    #[cfg(all(feature = "jemalloc", feature = "server"))]
    if cli.is_server() {
        // Where there is no such thread, memory is given back by those that work, a little later.
        let _ = tikv_jemalloc_ctl::background_thread::write(true);
    }
    cli.run().into()
}
