//! `oarlock schema`: the JSON schemas of the configuration files.

use clap::ValueEnum;
use schemars::schema_for;

use super::terminal;
use crate::exit::Exit;
use oarlock_engine::pipeline::{Operator, Project};
use oarlock_fleet::findings::Review;
use oarlock_fleet::fleet_report::FleetReport;
use oarlock_fleet::lint::{Baseline, LintReport};
use oarlock_fleet::secrets::SecretsReport;
use oarlock_fleet::trace::{BlameReport, ExplainReport};
use oarlock_fleet::validate::ValidateReport;
use oarlock_fleet::{
    AffectedReport, AppsReport, ClustersFile, FailoverReport, HydrateReport, OrderReport, ReleaseReport,
    SetImageReport,
};

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
    /// What `oarlock lint --output json` prints.
    Lint,
    /// What `oarlock lint` and `oarlock validate` write for `--write-baseline`.
    LintBaseline,
    /// What `oarlock validate --output json` prints.
    Validate,
    /// What `oarlock secrets --output json` prints.
    Secrets,
    /// What `oarlock report --output json` prints.
    Report,
    /// What `oarlock blame --output json` prints.
    Blame,
    /// What `oarlock explain --output json` prints.
    Explain,
    /// What `oarlock failover --output json` prints.
    Failover,
    /// What `oarlock set-image --output json` prints.
    SetImage,
    /// What `oarlock release --output json` prints.
    Release,
    /// What `oarlock hydrate --output json` prints.
    Hydrate,
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
        File::Lint => schema_for!(LintReport),
        File::LintBaseline => schema_for!(Baseline),
        File::Validate => schema_for!(ValidateReport),
        File::Secrets => schema_for!(SecretsReport),
        File::Report => schema_for!(FleetReport),
        File::Blame => schema_for!(BlameReport),
        File::Explain => schema_for!(ExplainReport),
        File::Failover => schema_for!(FailoverReport),
        File::Hydrate => schema_for!(HydrateReport),
        File::Release => schema_for!(ReleaseReport),
        File::SetImage => schema_for!(SetImageReport),
    };
    let mut text = serde_json::to_string_pretty(&schema)?;
    text.push('\n');
    terminal::print(text.as_bytes())
}
