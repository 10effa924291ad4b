//! `oarlock affected`: which Applications a change may render to something else.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::printable;
use oarlock_fleet::{AffectedChange, AffectedReport, FileEdit, generate_paths};

use crate::comparison::{self, ComparisonArgs, Opened};
use crate::exit::Exit;
use crate::progress::Bar;
use crate::session::HostOptions;
use crate::terminal::{self, Report};

/// Lists the Applications that a change may render to something else, each with the files that it
/// reads and that are not the same.
///
/// An Application is left out only if everything that its render read is the same, lookups that
/// found nothing included.
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
        return write(&opened, &found.edits);
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
fn write(opened: &Opened, edits: &[FileEdit]) -> Result<Exit> {
    let root = opened.session.directory()?.root();
    // Everything is on disk before the first file is replaced.
    let mut staged = Vec::new();
    for edit in edits {
        let place = fs::canonicalize(root.join(edit.path.as_str()))
            .with_context(|| format!("cannot write {}", edit.path))?;
        let stage = || -> std::io::Result<_> {
            let directory = place.parent().unwrap_or(root);
            let mut file = tempfile::NamedTempFile::new_in(directory)?;
            file.write_all(edit.text.as_bytes())?;
            file.as_file().set_permissions(fs::metadata(&place)?.permissions())?;
            file.as_file().sync_all()?;
            Ok((file, fs::read(&place)?))
        };
        let (file, before) = stage().with_context(|| format!("cannot write {}", edit.path))?;
        staged.push((place, file, before));
    }
    let mut replaced: Vec<(std::path::PathBuf, Vec<u8>)> = Vec::new();
    for (place, file, before) in staged {
        if let Err(error) = file.persist(&place) {
            for (place, before) in &replaced {
                restore(place, before);
            }
            return Err(error)
                .with_context(|| format!("cannot write {}; nothing is changed", place.display()));
        }
        replaced.push((place, before));
    }
    for edit in edits {
        terminal::say(&format!("wrote {}", printable::line(edit.path.as_str())));
    }
    if edits.is_empty() {
        terminal::say("every annotation is as it should be");
    }
    Ok(Exit::Done)
}

fn restore(place: &Path, before: &[u8]) {
    if let Err(error) = fs::write(place, before) {
        terminal::say(&format!("cannot restore {}: {error}", place.display()));
    }
}
