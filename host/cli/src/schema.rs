//! `oarlock schema`: the JSON schemas of the configuration files.

use std::sync::Arc;

use anyhow::Result;
use clap::ValueEnum;
use oarlock_plugin::Descriptor;
use schemars::schema_for;

use super::session::{HostOptions, Session};
use super::terminal::{self, Report};
use crate::exit::Exit;
use oarlock_engine::diagnostic::{Diagnostic, Severity};
use oarlock_engine::pipeline::{Operator, RenderError, project_schema};
use oarlock_engine::sandbox::{Services, Workload};
use oarlock_engine::source::Directory;
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
/// That of `oarlock.yaml` has the configurations of the plugins that may run: the bundled ones, and
/// those of --operator and --plugin.
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

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let schema = match args.file {
        File::Project => return terminal::print_json(&project_schema(&plugins(host)?)),
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
    terminal::print_json(&schema)
}

/// The plugins that may run, as they describe themselves. One that cannot is told of: what it takes
/// is not known then, and the rest is.
fn plugins(host: &HostOptions) -> Result<Vec<Descriptor>> {
    let (library, operator) = Session::library(host, Workload::Few)?;
    let library = Arc::new(library);
    // Describing reads nothing, but every call has a tree.
    let nothing = tempfile::tempdir()?;
    let tree = Arc::new(Directory::open(nothing.path())?);
    let services = Arc::new(Services::new(tree, Arc::clone(&library), operator.limits));
    let mut described = Vec::new();
    for name in library.names() {
        match services.load(name).and_then(|plugin| plugin.describe(&services)) {
            Ok(plugin) => described.push(plugin),
            Err(error) => {
                let errors = Diagnostic::from_render_error(RenderError::Sandbox(error)).into_iter();
                let warn = |error| Diagnostic { severity: Severity::Warning, ..error };
                terminal::tell(&errors.map(warn).collect::<Vec<_>>(), None, Report::Text);
            }
        }
    }
    Ok(described)
}
