//! The `oarlock` binary: parse arguments, do what they ask, say how it ended.

use std::process::ExitCode;

use clap::Parser;
use oarlock::commands::Cli;

fn main() -> ExitCode {
    Cli::parse().run().into()
}
