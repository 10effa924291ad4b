//! `oarlock schema`: the JSON schemas of the configuration files.

use clap::ValueEnum;
use schemars::schema_for;

use super::terminal;
use crate::exit::Exit;
use oarlock_engine::pipeline::{Operator, Project};

/// Prints the JSON schema of a configuration file, for editors and linters.
///
/// Example: oarlock schema > oarlock.schema.json
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which file.
    #[arg(value_enum, default_value_t)]
    file: File,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum File {
    /// `oarlock.yaml` of a repository.
    #[default]
    Project,
    /// The operator's configuration.
    Operator,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let schema = match args.file {
        File::Project => schema_for!(Project),
        File::Operator => schema_for!(Operator),
    };
    let mut text = serde_json::to_string_pretty(&schema)?;
    text.push('\n');
    terminal::print(text.as_bytes())
}
