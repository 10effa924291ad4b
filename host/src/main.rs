//! The `oarlock` binary: parse arguments, do what they ask, say how it ended.

use std::process::ExitCode;

use oarlock::commands::Cli;
use tikv_jemalloc_ctl::background_thread;

/// A server takes much for a moment, on many threads, and has to give it back.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = Cli::from_arguments();
    if cli.is_server() {
        // Where there is no such thread, memory is given back by those that work, a little later.
        let _ = background_thread::write(true);
    }
    cli.run().into()
}
