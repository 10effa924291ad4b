//! `oarlock schema`: the JSON schemas of the configuration files.

use clap::ValueEnum;
use schemars::schema_for;

use super::terminal;
use crate::exit::Exit;
use oarlock_engine::pipeline::{Operator, Project};
use oarlock_fleet::findings::Review;
use oarlock_fleet::{AffectedReport, AppsReport, ClustersFile, OrderReport};

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
    /// The clusters that Argo CD knows: `fleet.clusters` of `oarlock.yaml`.
    Clusters,
    /// What `oarlock apps --output json` prints.
    Apps,
    /// What `oarlock diff --output json` prints.
    Diff,
    /// What `oarlock affected --output json` prints.
    Affected,
    /// What `oarlock waves --fleet --output json` prints.
    Waves,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let schema = match args.file {
        File::Project => schema_for!(Project),
        File::Operator => schema_for!(Operator),
        File::Clusters => schema_for!(ClustersFile),
        File::Apps => schema_for!(AppsReport),
        File::Diff => schema_for!(Review),
        File::Affected => schema_for!(AffectedReport),
        File::Waves => schema_for!(OrderReport),
    };
    let mut text = serde_json::to_string_pretty(&schema)?;
    text.push('\n');
    terminal::print(text.as_bytes())
}
