//! `oarlock plugin`: for those who write plugins.

mod build;
mod dev;
mod inspect;
mod lock;
mod new;
mod pull;
mod push;
mod rendering;
mod run;
mod test;
mod verify;

use std::path::Path;

use anyhow::Result;
use oarlock_author::{AuthorError, Bench, Inspection};
use oarlock_distribution::{Error, Reference};
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::printable;
use oarlock_engine::sandbox::Workload;

use crate::exit::Exit;
use crate::session::{HostOptions, Session};
use crate::terminal::{self, Report};

/// Makes, builds, tests, runs, inspects and ships plugins.
///
/// Examples:
///
///   oarlock plugin new team-labels --language javascript
///
///   oarlock plugin build && oarlock plugin test
///
///   oarlock plugin push oci://ghcr.io/example/team-labels:0.1.0
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    New(new::Args),
    Build(build::Args),
    Test(test::Args),
    Dev(dev::Args),
    Run(run::Args),
    Inspect(inspect::Args),
    Push(push::Args),
    Pull(pull::Args),
    Verify(verify::Args),
    Lock(lock::Args),
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let done = match &args.verb {
        Verb::New(args) => new::run(args),
        Verb::Build(args) => build::run(host, args),
        Verb::Test(args) => test::run(host, args),
        Verb::Dev(args) => dev::run(host, args),
        Verb::Run(args) => run::run(host, args),
        Verb::Inspect(args) => inspect::run(host, args),
        Verb::Push(args) => push::run(host, args),
        Verb::Pull(args) => pull::run(args),
        Verb::Verify(args) => verify::run(host, args),
        Verb::Lock(args) => lock::run(host, args),
    };
    match done {
        Ok(exit) => Ok(exit),
        Err(Failed::Author(error)) => {
            let exit = exit_of(&error);
            tell_author(error);
            Ok(exit)
        }
        Err(Failed::Distribution(error)) => {
            let exit = match &error {
                Error::Untrusted { .. } | Error::Unvouched { .. } | Error::Damaged { .. } => Exit::Invalid,
                Error::NotAPlugin { .. } => Exit::PluginBroke,
                _ => Exit::Usage,
            };
            terminal::tell(&[Diagnostic::error(error.into())], None, Report::Text);
            Ok(exit)
        }
        Err(Failed::Other(error)) => Err(error),
    }
}

/// Shows what the library says is wrong.
fn tell_author(error: AuthorError) {
    let errors: Vec<_> = error.into_failures().into_iter().map(Diagnostic::error).collect();
    terminal::tell(&errors, None, Report::Text);
}

/// Why a verb did not work: as the library says, or for a reason of every verb.
enum Failed {
    Author(AuthorError),
    Distribution(Error),
    Other(anyhow::Error),
}

impl From<AuthorError> for Failed {
    fn from(error: AuthorError) -> Self {
        Self::Author(error)
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Distribution(error)
    }
}

impl From<anyhow::Error> for Failed {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

/// The exit status for an error.
fn exit_of(error: &AuthorError) -> Exit {
    match error {
        AuthorError::Invalid(_) | AuthorError::Tool { .. } | AuthorError::NoCases(_) => Exit::Invalid,
        AuthorError::Component(_)
        | AuthorError::OtherName { .. }
        | AuthorError::Descriptor { .. }
        | AuthorError::Sandbox(_) => Exit::PluginBroke,
        _ => Exit::Usage,
    }
}

/// The plugins of this machine, and a component under a name.
fn bench(host: &HostOptions, name: &str, component: &Path) -> Result<Bench, Failed> {
    let (library, operator) = Session::library(host, Workload::Few)?;
    Ok(Bench::new(library, operator.limits, name, component)?)
}

/// What a component is, for people.
fn summary(inspection: &Inspection) -> String {
    let descriptor = &inspection.descriptor;
    let contract = match &inspection.contract {
        Some(contract) => printable::line(contract).into_owned(),
        None => "not said".to_owned(),
    };
    format!(
        "{} {} ({})\n{}\n\ncontract  {}\nsize      {} bytes\ndigest    {}\n",
        printable::line(&descriptor.name),
        printable::line(&descriptor.version),
        inspection.stage(),
        printable::line(&descriptor.summary),
        contract,
        inspection.size,
        inspection.digest,
    )
}

/// A reference of the command line.
fn reference(text: &str) -> Result<Reference, String> {
    text.parse().map_err(|error: Error| error.to_string())
}
