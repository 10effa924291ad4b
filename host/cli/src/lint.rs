//! `oarlock lint`: what is wrong with the fleet as it is.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;
use oarlock_engine::printable;
use oarlock_fleet::lint::{
    Baseline, BaselineError, Gather, LintReport, LintRule, Severity, gather, lint, output,
};
use oarlock_plugin::{Failure, Origin};

use crate::exit::Exit;
use crate::fleet::{self, FleetArgs};
use crate::progress::Bar;
use crate::session::HostOptions;
use crate::terminal::{self, Report};

/// Looks for mistakes in what the fleet renders to.
///
/// docs/lint.md has a section for each rule: why, how to fix it, how to silence it.
///
/// Exit status: 0 no finding as grave as --fail-on; 1 there is one; 2 wrong usage.
///
/// Examples:
///
///   oarlock lint                                 # every environment of `fleet.roots`
///
///   oarlock lint argocd/prod --output sarif > lint.sarif
///
///   oarlock lint --write-baseline lint.json      # accept what there is
///
///   oarlock lint --baseline lint.json            # only what is new
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The root: a file with the root Application, the directory that it deploys, or the name of an
    /// environment [default: all of `fleet.roots`].
    #[arg(value_name = "ROOT")]
    root_application: Option<PathBuf>,

    /// The form of the findings.
    #[arg(long, value_enum, default_value_t)]
    output: Form,

    /// The lowest severity that ends with exit status 1.
    #[arg(long, value_enum, default_value_t, value_name = "SEVERITY")]
    fail_on: FailOn,

    /// Leave out a rule. May be given several times.
    #[arg(long, value_name = "RULE", value_parser = rule)]
    skip: Vec<LintRule>,

    /// Leave out the findings in this file.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Write all findings to a file, for --baseline.
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,

    #[command(flatten)]
    fleet: FleetArgs,

    /// What is rendered [default: the enclosing git work tree, else the directory].
    #[arg(long, value_name = "TREE")]
    root: Option<PathBuf>,
}

/// The form of findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// SARIF, for code scanning.
    Sarif,
    /// JUnit's XML, for test reports.
    Junit,
    /// GitLab's code quality report.
    Gitlab,
}

/// The lowest severity that fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    #[default]
    Error,
    Warning,
    Notice,
    Never,
}

impl FailOn {
    pub(crate) fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Notice => Some(Severity::Notice),
            Self::Never => None,
        }
    }
}

fn rule(name: &str) -> Result<LintRule, String> {
    let name = name.trim();
    name.parse::<LintRule>().map_err(|error| printable::line(&error.to_string()).into_owned())
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let report = if args.output == Form::Text { Report::Text } else { Report::Json };
    let baseline = args.baseline.as_deref().map(read_baseline).transpose()?;
    let place = (args.root.as_deref(), args.root_application.as_deref());
    let open = match fleet::open(host, &args.fleet, place, report)? {
        Ok(open) => open,
        Err(exit) => return Ok(exit),
    };
    let environments = open.environments()?;
    let exit = open.tell(&environments, report);
    let bar = Bar::hidden();
    let what = Gather {
        fleet: &open.fleet,
        environments: &environments,
        filter: &open.filter,
        is_whole: args.root_application.is_none(),
    };
    // What is not at hand is among the findings.
    let (input, _) = gather(what, &bar);
    bar.finish();
    let found = lint(&input, &args.skip, baseline.as_ref());
    if let Some(path) = &args.write_baseline {
        write_baseline(path, &Baseline::of(found.known()))?;
        return Ok(exit);
    }
    print(args.output, &found)?;
    let fails = args.fail_on.severity().is_some_and(|severity| found.has(severity));
    Ok(if fails { exit.max(Exit::Invalid) } else { exit })
}

/// Reads a file of findings that are known.
pub(crate) fn read_baseline(path: &Path) -> Result<Baseline> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let failure =
        |error: BaselineError| Failure::new(error.to_string()).at(Origin::file(path.display().to_string()));
    Ok(Baseline::parse(&text).map_err(failure)?)
}

/// Writes a file of findings that are known.
pub(crate) fn write_baseline(path: &Path, baseline: &Baseline) -> Result<()> {
    let text = serde_json::to_string_pretty(baseline)? + "\n";
    let text = printable::json(&text);
    std::fs::write(path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    terminal::say(&format!("{} findings are in {}", baseline.findings.len(), path.display()));
    Ok(())
}

fn print(form: Form, found: &LintReport) -> Result<Exit> {
    match form {
        Form::Text => terminal::print_text(&output::text(found)),
        Form::Json => terminal::print_json(found),
        Form::Sarif => terminal::print(output::sarif(found).as_bytes()),
        Form::Junit => terminal::print(output::junit(found).as_bytes()),
        Form::Gitlab => terminal::print(output::gitlab(found).as_bytes()),
    }
}
