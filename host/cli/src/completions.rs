//! `oarlock completions`: what a shell needs to complete commands.

use clap_complete::Shell;

use super::terminal;
use crate::exit::Exit;

/// Prints completions for a shell.
///
/// Example: oarlock completions bash > /etc/bash_completion.d/oarlock
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell.
    shell: Shell,
}

pub(super) fn run(args: &Args, mut command: clap::Command) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "oarlock", &mut script);
    terminal::print(&script)
}
