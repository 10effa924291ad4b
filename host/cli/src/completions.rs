//! `oarlock completions`: what a shell needs to complete commands.

use clap::Command;
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

pub(super) fn run(args: &Args, command: &Command) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut shown(command), "oarlock", &mut script);
    terminal::print(&script)
}

/// The command line without the commands that are hidden from people: the completions of bash have
/// those, too.
pub(super) fn shown(command: &Command) -> Command {
    let shown = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    Command::new("oarlock")
        .version(env!("CARGO_PKG_VERSION"))
        .args(command.get_arguments())
        .subcommands(shown)
}
