//! The `oarlock` binary: parse arguments, do what they ask, say how it ended.

use std::process::ExitCode;

use clap::Parser;
use oarlock::commands::{Cli, Exit};

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprintln!("error: {error:#}");
            Exit::Usage.into()
        }
    }
}
