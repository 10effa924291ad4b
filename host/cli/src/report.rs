//! `oarlock report`: the fleet, or a change of it, as a page.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use oarlock_engine::pipeline::{LocatedProject, Profile};
use oarlock_engine::printable;
use oarlock_fleet::change::{ApplicationKey, Options};
use oarlock_fleet::findings::{Commit, Verdict};
use oarlock_fleet::fleet_report::{
    About, ApplicationState, FleetReport, ReportEnvironment, of_change, of_fleet, page,
};
use oarlock_fleet::git::{CommitId, GitRepository};
use oarlock_fleet::lint::{Gather, gather, lint};
use oarlock_fleet::{Environment, Fleet};
use oarlock_plugin::TreePath;

use crate::comparison::{self, ComparisonArgs};
use crate::exit::Exit;
use crate::fleet::{self, FleetArgs};
use crate::progress::Bar;
use crate::session::{HostOptions, Session};
use crate::terminal::{self, Report};

/// Writes the fleet, or a change of it, as one HTML file that opens from disk.
///
/// Without BASE..HEAD it shows the fleet as it is: Applications by environment and cluster, their
/// objects, waves, Secrets, and what `oarlock lint` finds. With it, also what the change does, and
/// what of that needs attention. docs/report.md shows it.
///
/// Exit status: 0 written; 1 written, and it shows an Application that fails to render; 2 nothing
/// was written; 3 a plugin broke.
///
/// Examples:
///
///   oarlock report -o report.html                 # every environment of `fleet.roots`
///
///   oarlock report main..HEAD -o report.html      # what a branch changes
///
///   oarlock report --output json | jq .verdict    # the same as data
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// What changes: BASE and the work tree, BASE..HEAD, or BASE...HEAD for the merge base of both
    /// and HEAD [default: the fleet as it is].
    #[arg(value_name = "BASE[..HEAD]")]
    range: Option<String>,

    /// The file to write; it is replaced as a whole, or left as it was [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// A page, or JSON.
    #[arg(long, value_enum, default_value_t)]
    output: Output,

    /// Only this root: the name of an environment, or a file or directory from the root of the
    /// repository [default: all of `fleet.roots`].
    #[arg(long, short, value_name = "ROOT")]
    environment: Option<String>,

    /// Show what changes between two releases of Argo CD.
    #[arg(long, value_name = "A..B", value_parser = comparison::profiles)]
    profile: Option<(Profile, Profile)>,

    #[command(flatten)]
    fleet: FleetArgs,

    /// The repository [default: the one around the current directory].
    #[arg(long, value_name = "TREE")]
    root: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Output {
    /// A page, in one file.
    #[default]
    Html,
    /// As `oarlock schema report` describes it.
    Json,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    if let Some(out) = &args.out {
        check(out)?;
    }
    let made = if args.range.is_some() || args.profile.is_some() {
        change(host, args)?
    } else {
        as_it_is(host, args)?
    };
    let (report, mut exit) = match made {
        Ok(made) => made,
        Err(exit) => return Ok(exit),
    };
    if report.applications.is_empty() && report.environments.iter().all(|it| it.problems.is_empty()) {
        bail!("there is no Application to report on");
    }
    let fails = match &report.change {
        Some(change) => change.verdict == Verdict::Failed,
        None => report.applications.iter().any(|it| it.state == ApplicationState::Failed),
    };
    if fails {
        exit = exit.max(Exit::Invalid);
    }
    let summary = format!("{} ({})", report.verdict, report.headline);
    let text = match args.output {
        Output::Html => page(report),
        Output::Json => {
            let text = serde_json::to_string_pretty(&report)? + "\n";
            printable::json(&text).into_owned()
        }
    };
    match &args.out {
        // The page shows nothing of the repository but compressed.
        None => terminal::print(text.as_bytes())?,
        Some(out) => {
            write(out, &text).with_context(|| format!("cannot write {}", out.display()))?;
            terminal::say(&format!("{}: {summary}", out.display()));
            Exit::Done
        }
    };
    Ok(exit)
}

/// The fleet as it is.
fn as_it_is(host: &HostOptions, args: &Args) -> Result<Result<(FleetReport, Exit), Exit>> {
    let environment = args.environment.as_deref().map(Path::new);
    let open = match fleet::open(host, &args.fleet, (args.root.as_deref(), environment), Report::Text)? {
        Ok(open) => open,
        Err(exit) => return Ok(Err(exit)),
    };
    let environments = open.environments()?;
    let exit = open.tell(&environments, Report::Text);
    let bar = Bar::hidden();
    let what = Gather {
        fleet: &open.fleet,
        environments: &environments,
        filter: &open.filter,
        is_whole: environment.is_none(),
    };
    let (input, needs) = gather(what, &bar);
    bar.finish();
    fleet::report_needs(&needs, Report::Text);
    let root = open.session.directory()?.root();
    let commit = GitRepository::open(root).and_then(|git| git.head()).ok();
    let head = Commit { name: "work tree".to_owned(), reference: commit.as_ref().map(CommitId::short) };
    let about = about(&open.session, &open.fleet, &environments, head)?;
    let found = lint(&input, &[], None);
    Ok(Ok((of_fleet(about, &input, &found), exit)))
}

/// A change of the fleet.
fn change(host: &HostOptions, args: &Args) -> Result<Result<(FleetReport, Exit), Exit>> {
    let comparison = ComparisonArgs {
        range: args.range.clone(),
        environment: args.environment.clone(),
        fleet: args.fleet.clone(),
        root: args.root.clone(),
    };
    comparison::check_profiles(&comparison, args.profile)?;
    let opened = match comparison::open(host, &comparison, args.profile, Report::Text)? {
        Ok(opened) => opened,
        Err(exit) => return Ok(Err(exit)),
    };
    let pairing = opened.pairing();
    let bar = Bar::hidden();
    let (before, after) = pairing.render_whole(&opened.filter, &bar);
    bar.finish();
    let mut environments: BTreeMap<ApplicationKey, String> = BTreeMap::new();
    for pair in pairing.pairs() {
        environments.entry(pair.key.clone()).or_insert_with(|| pair.environment.clone());
    }
    let head = opened.head_commit.clone();
    // What is wrong with environments comes with the comparison, as failures.
    let mut about = about(&opened.session, opened.head(), &pairing.head().environments, head)?;
    about.environments.iter_mut().for_each(|environment| environment.problems.clear());
    let sides = (&before, after);
    let report = of_change(about, opened.base_commit.clone(), sides, &environments, &Options::default());
    Ok(Ok((report, Exit::Done)))
}

fn about(session: &Session, fleet: &Fleet, environments: &[Environment], head: Commit) -> Result<About> {
    let directory = session.directory()?.root().file_name().map(|name| name.to_string_lossy().into_owned());
    let named = |(project, _): (LocatedProject, _)| project.project.fleet.clone()?.repository;
    let named = session.project(&TreePath::root()).ok().and_then(named);
    let environment = |environment: &Environment| ReportEnvironment {
        name: environment.name.clone(),
        root: environment.root.to_string(),
        problems: environment.problems.iter().map(|failure| failure.message.clone()).collect(),
    };
    Ok(About {
        fleet: named.or(directory).unwrap_or_default(),
        profile: fleet.profile().release().name.to_owned(),
        head,
        environments: environments.iter().map(environment).collect(),
    })
}

/// Refuses a file that cannot be written before everything is rendered.
fn check(out: &Path) -> Result<()> {
    if out.is_dir() {
        bail!("{} is a directory", out.display());
    }
    let directory = directory_of(out);
    if !directory.is_dir() {
        bail!("there is no directory {}", directory.display());
    }
    Ok(())
}

fn directory_of(out: &Path) -> &Path {
    out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Replaces a file as a whole.
fn write(out: &Path, text: &str) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    // As any program creates files: the user's mask is applied to it.
    let permissions = std::fs::Permissions::from_mode(0o666);
    let mut file = tempfile::Builder::new()
        .prefix(".oarlock-report-")
        .permissions(permissions)
        .tempfile_in(directory_of(out))?;
    file.write_all(text.as_bytes())?;
    file.persist(out)?;
    Ok(())
}
