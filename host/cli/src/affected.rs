//! `oarlock affected`: which Applications a change renders to something else.

use std::fmt::Write as _;

use anyhow::Result;
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::printable;
use oarlock_fleet::edit::ChangeSet;
use oarlock_fleet::{AffectedChange, AffectedReport, generate_paths};

use crate::comparison::{self, ComparisonArgs, Opened};
use crate::exit::Exit;
use crate::progress::Bar;
use crate::session::HostOptions;
use crate::terminal::{self, Report};

/// Lists the Applications that a change renders to something else, each with the files that it
/// reads and that are not the same.
///
/// An Application is left out if everything that its render read is the same, lookups that found
/// nothing included, or if it renders to the same bytes all the same.
///
/// Exit status: 0 done; 2 something failed, so that the list may not be whole.
///
/// Examples:
///
///   oarlock affected                            # this branch, uncommitted changes included
///
///   oarlock affected main..HEAD --output json
///
///   oarlock affected --write-annotations        # keeps manifest-generate-paths true
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(flatten)]
    comparison: ComparisonArgs,

    /// A list, or JSON as `oarlock schema affected` describes it.
    #[arg(long, value_enum, default_value_t)]
    output: Report,

    /// Write the annotation `argocd.argoproj.io/manifest-generate-paths` of every Application and
    /// ApplicationSet into its file in the work tree, as what its render reads has it. Comments and
    /// order stay. All files are written, or none.
    #[arg(long, conflicts_with = "range")]
    write_annotations: bool,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let opened = match comparison::open(host, &args.comparison, None, args.output)? {
        Ok(opened) => opened,
        Err(exit) => return Ok(exit),
    };
    let pairing = opened.pairing();
    let bar = Bar::hidden();
    if args.write_annotations {
        let environments = &pairing.head().environments;
        let found = generate_paths(opened.head(), environments, &opened.filter, &bar);
        bar.finish();
        let notices: Vec<Diagnostic> = found.left_out.into_iter().map(Diagnostic::notice).collect();
        terminal::tell(&notices, None, args.output);
        return write(&opened, &found.changes);
    }
    let commits = (opened.base_commit.clone(), opened.head_commit.clone());
    let report = AffectedReport::new(&pairing, &opened.filter, commits, &bar);
    bar.finish();
    match args.output {
        Report::Text => terminal::print_text(&list(&report))?,
        Report::Json => terminal::print_json(&report)?,
    };
    for problem in &report.problems {
        let message = printable::line(&problem.message).into_owned();
        terminal::say(&format!("error: {}: {message}", printable::line(&problem.environment)));
    }
    Ok(if report.problems.is_empty() { Exit::Done } else { Exit::Failed })
}

/// One line for each Application.
fn list(report: &AffectedReport) -> String {
    let mut text = String::new();
    for application in &report.applications {
        let sign = match application.change {
            AffectedChange::Added => '+',
            AffectedChange::Removed => '-',
            AffectedChange::Changed => '~',
            AffectedChange::Unknown => '?',
        };
        let (cluster, name) =
            (printable::line(&application.key.cluster), printable::line(&application.key.name));
        let _ = write!(text, "{sign} {cluster}/{name}");
        let own = (application.definition && application.change == AffectedChange::Changed)
            .then(|| "the Application".to_owned());
        let paths = application.paths.iter().map(|path| printable::line(path).into_owned());
        let causes: Vec<String> = own.into_iter().chain(paths).collect();
        if !causes.is_empty() {
            let _ = write!(text, "  {}", causes.join(", "));
        }
        text.push('\n');
    }
    let affected = report.applications.len();
    let _ = writeln!(text, "{affected} of {} Applications affected", affected + report.unaffected);
    text
}

/// Writes files of the work tree, all of them or none.
fn write(opened: &Opened, changes: &ChangeSet) -> Result<Exit> {
    changes.write(opened.session.directory()?.root())?;
    for path in changes.paths() {
        terminal::say(&format!("wrote {}", printable::line(path.as_str())));
    }
    if changes.is_empty() {
        terminal::say("every annotation is as it should be");
    }
    Ok(Exit::Done)
}
