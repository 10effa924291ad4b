//! The `oarlock` binary: parse arguments, do what they ask, say how it ended.

use std::process::ExitCode;

use clap::Parser;
use oarlock::commands::Cli;

/// A server takes much for a moment, on many threads, and has to give it back.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    Cli::parse().run().into()
}
