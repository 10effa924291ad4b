//! The binary's face: one file per verb, and what verbs share.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};
use oarlock_plugin::{Failure, Failures};

use crate::exit::Exit;
use crate::terminal::Report;
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::printable;
use oarlock_engine::writer::WriteError;

#[cfg(feature = "server")]
use crate::serve;
use crate::session::HostOptions;
use crate::{
    affected, apps, blame, compare, compile, completions, diff, discover, doctor, explain, facts, failover,
    generate, hydrate, lint, parameters, plugin, plugins, precompile, reference, release, render, report,
    schema, secrets, set_image, terminal, validate, vendor, waves,
};

/// Renders GitOps repositories for Argo CD through sandboxed WebAssembly plugins.
///
/// Exit status: 0 done; 1 the repository does not render; 2 wrong usage; 3 a plugin broke.
#[derive(Debug, Parser)]
#[command(name = "oarlock", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    host: HostOptions,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Render(render::Args),
    Apps(apps::Args),
    Waves(waves::Args),
    Diff(diff::Args),
    Affected(affected::Args),
    Lint(lint::Args),
    Validate(validate::Args),
    Secrets(secrets::Args),
    Report(report::Args),
    Blame(blame::Args),
    Explain(explain::Args),
    SetImage(set_image::Args),
    Release(release::Args),
    Failover(failover::Args),
    Hydrate(hydrate::Args),
    Vendor(vendor::Args),
    #[cfg(feature = "server")]
    Serve(serve::Args),
    Plugins(plugins::Args),
    Plugin(plugin::Args),
    Doctor(doctor::Args),
    Facts(facts::Args),
    Generate(generate::Args),
    Discover(discover::Args),
    Parameters(parameters::Args),
    Schema(schema::Args),
    Compare(compare::Args),
    Completions(completions::Args),
    #[command(hide = true)]
    CompileComponent(compile::Args),
    #[command(hide = true)]
    Precompile(precompile::Args),
    #[command(hide = true)]
    Reference(reference::Args),
}

/// `oarlock render` and `oarlock --version` alone: to define the arguments of all verbs takes
/// longer than a small render does. What this accepts, [`Cli`] accepts, and means the same.
#[derive(Debug, Parser)]
#[command(name = "oarlock", version)]
struct Frequent {
    #[command(flatten)]
    host: HostOptions,

    #[command(subcommand)]
    command: FrequentCommand,
}

#[derive(Debug, Subcommand)]
enum FrequentCommand {
    Render(render::Args),
}

impl Frequent {
    /// The command line, where it is one of these and there is nothing wrong with it. Prints the
    /// version where that is asked for, and the process ends.
    fn parse_if(arguments: &[OsString]) -> Option<Cli> {
        let verb = arguments.get(1)?;
        if !["render", "--version", "-V"].iter().any(|frequent| verb == frequent) {
            return None;
        }
        match Self::try_parse_from(arguments) {
            Ok(Self { host, command: FrequentCommand::Render(args) }) => {
                Some(Cli { host, command: Command::Render(args) })
            }
            Err(error) if error.kind() == ErrorKind::DisplayVersion => error.exit(),
            // The message may name other verbs.
            Err(_) => None,
        }
    }
}

impl Cli {
    /// Reads the command line. What is wrong with it, or the help that it asks for, is printed, and
    /// the process ends.
    pub(crate) fn from_arguments() -> Self {
        let arguments: Vec<OsString> = std::env::args_os().collect();
        if let Some(cli) = Frequent::parse_if(&arguments) {
            return cli;
        }
        Self::try_parse_from(&arguments).unwrap_or_else(|error| {
            // A shell puts names of files here, and the message repeats them.
            let is_plain = |argument: &OsString| {
                argument.to_str().is_some_and(|argument| printable::line(argument) == argument)
            };
            if arguments.iter().all(is_plain) {
                error.exit()
            }
            let shown =
                arguments.iter().map(|argument| printable::line(&argument.to_string_lossy()).into_owned());
            let error = Self::try_parse_from(shown).err().unwrap_or(error);
            terminal::say_block(error.to_string().trim_end());
            std::process::exit(error.exit_code())
        })
    }

    /// Whether the process is going to last, and to take more and less memory by turns.
    #[cfg(all(feature = "jemalloc", feature = "server"))]
    pub(crate) fn is_server(&self) -> bool {
        matches!(self.command, Command::Serve(_))
    }

    /// Does what the command line asks for, and tells people of what went wrong.
    pub(crate) fn run(self) -> Exit {
        let done = match self.command {
            Command::Render(args) => render::run(&self.host, &args),
            Command::Apps(args) => apps::run(&self.host, &args),
            Command::Waves(args) => waves::run(&self.host, &args),
            Command::Diff(args) => diff::run(&self.host, &args),
            Command::Affected(args) => affected::run(&self.host, &args),
            Command::Lint(args) => lint::run(&self.host, &args),
            Command::Validate(args) => validate::run(&self.host, &args),
            Command::Secrets(args) => secrets::run(&self.host, &args),
            Command::Report(args) => report::run(&self.host, &args),
            Command::Blame(args) => blame::run(&self.host, &args),
            Command::Explain(args) => explain::run(&self.host, &args),
            Command::Failover(args) => failover::run(&self.host, &args),
            Command::Hydrate(args) => hydrate::run(&self.host, &args),
            Command::Release(args) => release::run(&self.host, &args),
            Command::SetImage(args) => set_image::run(&self.host, &args),
            Command::Vendor(args) => vendor::run(&self.host, &args),
            #[cfg(feature = "server")]
            Command::Serve(args) => serve::run(&self.host, &args),
            Command::Plugins(args) => plugins::run(&self.host, &args),
            Command::Plugin(args) => plugin::run(&self.host, &args),
            Command::Doctor(args) => doctor::run(&self.host, &args),
            Command::Facts(args) => facts::run(&args),
            Command::Generate(args) => generate::run(&self.host, &args),
            Command::Discover(args) => discover::run(&self.host, &args),
            Command::Parameters(args) => parameters::run(&self.host, &args),
            Command::Schema(args) => schema::run(&self.host, &args),
            Command::Completions(args) => completions::run(&args, &Self::command()),
            Command::Compare(args) => compare::run(&args),
            Command::Precompile(args) => precompile::run(&args),
            Command::Reference(args) => reference::run(&args, Self::command()),
            Command::CompileComponent(args) => return compile::run(&args),
        };
        done.unwrap_or_else(|error| {
            // What a plugin returned cannot be written.
            let is_plugins = matches!(error.downcast_ref(), Some(WriteError::Unwritable { .. }));
            let exit = if is_plugins { Exit::PluginBroke } else { Exit::Usage };
            // The error is in a file that the command line names: show it like a file of the tree.
            let failures = match error.downcast::<Failures>() {
                Ok(failures) => failures.into_vec(),
                Err(error) => vec![
                    error.downcast::<Failure>().unwrap_or_else(|error| Failure::new(format!("{error:#}"))),
                ],
            };
            let diagnostics: Vec<Diagnostic> = failures.into_iter().map(Diagnostic::error).collect();
            terminal::tell(&diagnostics, None, Report::Text);
            exit
        })
    }
}
