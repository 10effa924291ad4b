//! `oarlock hydrate`: rendered manifests, as Argo CD's source hydrator commits them.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::printable;
use oarlock_engine::source::{Directory, Source};
use oarlock_engine::writer::update_directory;
use oarlock_fleet::{DirectoryChange, Environment, Filter, HydrateOptions, HydrateReport, hydrate};

use crate::commit::{self, Which};
use crate::exit::Exit;
use crate::fleet::FleetArgs;
use crate::progress::Bar;
use crate::session::HostOptions;
use crate::terminal::{self, Report};

/// Writes rendered manifests in the layout of Argo CD's source hydrator.
///
/// For each Application there is a directory with `manifest.yaml`, `hydrator.metadata` and
/// README.md. A commit is rendered, not the work tree. Directories whose manifests are the same are
/// not touched, and those that no Application renders to any more are removed, so that a commit of
/// the directory shows what changes.
///
/// Example:
///
///   git worktree add rendered environments/prod
///
///   oarlock hydrate prod -o rendered
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The environment, one of `fleet.roots` [default: all].
    #[arg(value_name = "ENVIRONMENT")]
    environment: Option<String>,

    /// Where the manifests go: a new directory, or one with manifests of a hydrator.
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,

    /// Only Applications whose `sourceHydrator` commits to this branch, if they name several.
    #[arg(long, value_name = "BRANCH")]
    branch: Option<String>,

    /// The commit to render.
    #[arg(long, value_name = "REVISION", default_value = "HEAD", allow_hyphen_values = true)]
    revision: String,

    /// Show what would change, and write nothing.
    #[arg(long)]
    dry_run: bool,

    /// For people, or JSON.
    #[arg(long, value_enum, default_value_t)]
    output: Report,

    #[command(flatten)]
    fleet: FleetArgs,

    /// The repository [default: the one around the current directory].
    #[arg(long, value_name = "TREE")]
    root: Option<PathBuf>,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let which = if args.revision == "HEAD" { Which::Head } else { Which::Named(&args.revision) };
    let mut open = match commit::open(host, &args.fleet, args.root.as_deref(), which, args.output)? {
        Ok(open) => open,
        Err(exit) => return Ok(exit),
    };
    if let Some(name) = &args.environment {
        let known: Vec<String> = open.roots.iter().map(|root| root.environment.clone()).collect();
        open.roots.retain(|root| root.environment == *name);
        if open.roots.is_empty() {
            bail!("there is no environment `{name}`; oarlock.yaml names {}", known.join(", "));
        }
    }
    if open.roots.is_empty() {
        bail!(
            "nothing says where the fleet is: add `fleet.roots` to oarlock.yaml, which `oarlock apps --init` proposes"
        );
    }
    let existing = match args.out.symlink_metadata() {
        Ok(_) => {
            let tree = Directory::open(&args.out)
                .with_context(|| format!("cannot write to `{}`", args.out.display()))?;
            Some(Arc::new(tree) as Arc<dyn Source>)
        }
        Err(_) => None,
    };
    let options = HydrateOptions {
        git: &open.git,
        commit: open.id,
        branch: args.branch.clone(),
        filter: Filter { only: args.fleet.only.clone(), cluster: args.fleet.cluster.clone() },
        existing,
    };
    let bar = Bar::hidden();
    let fleet = open.maker.fleet(&open.tree)?;
    let environments: Vec<Environment> =
        open.roots.iter().map(|root| fleet.environment(&root.environment, &root.path)).collect();
    let hydrated = hydrate((&fleet, &environments), &options, &bar);
    bar.finish();
    let mut hydrated = match hydrated {
        Ok(hydrated) => hydrated,
        Err(failures) => return Ok(open.tell_failures(failures, args.output)),
    };
    let exit = if hydrated.failures.is_empty() { Exit::Done } else { Exit::Invalid };
    let failures: Vec<Diagnostic> = hydrated.failures.drain(..).map(Diagnostic::error).collect();
    terminal::tell(&failures, Some(open.tree.as_ref()), args.output);
    if !args.dry_run && !hydrated.files.is_empty() {
        update_directory(&args.out, &hydrated.files)?;
        hydrated.report.written = true;
    }
    match args.output {
        Report::Json => terminal::print_json(&hydrated.report)?,
        Report::Text => terminal::print_text(&text(&hydrated.report))?,
    };
    Ok(exit)
}

fn text(report: &HydrateReport) -> String {
    let mut text = String::new();
    let mut changed = 0;
    for directory in &report.directories {
        let sign = match directory.change {
            DirectoryChange::Added => '+',
            DirectoryChange::Changed => '~',
            DirectoryChange::Removed => '-',
            DirectoryChange::Unchanged => continue,
        };
        changed += 1;
        let _ = writeln!(text, "{sign} {}", printable::line(&directory.path));
    }
    for (key, why) in report
        .failed
        .iter()
        .map(|key| (key, "failed"))
        .chain(report.external.iter().map(|key| (key, "is not at hand")))
    {
        let _ = writeln!(text, "! {} {why}: what is there of it stays", printable::line(&key.to_string()));
    }
    let _ = writeln!(text, "{changed} of {} directories changed", report.directories.len());
    text
}
