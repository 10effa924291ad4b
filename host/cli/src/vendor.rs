//! `oarlock vendor`: what a repository needs that lies elsewhere, and where it keeps its copies.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use serde_json::{Value, json};

use super::progress::Bar;
use super::render::DirectoryOutcome;
use super::render::recursive::unsearched;
use super::session::{HostOptions, Session};
use super::terminal::{self, Report};
use crate::exit::Exit;
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::printable;
use oarlock_engine::source::Source;
use oarlock_fleet::Directories;
use oarlock_vendor::{Mode, Need, Remote, Repository, VendorError, Vendored, vendor};

/// Lists what a repository needs that lies elsewhere, and writes into oarlock.yaml where its copies
/// lie.
///
/// Every overlay is rendered, and what plugins look up by URL is printed: for what is missing with
/// the commands of git or helm that fetch it. Copies lie under `vendor`, unless `remotes` in
/// oarlock.yaml says otherwise. Nothing is fetched but by --fetch.
///
/// Exit status: 1 as long as something is missing.
///
/// Examples:
///
///   oarlock vendor               # what is there, what is missing, how to fetch it
///
///   oarlock vendor --fetch       # fetches bases by git, and charts from their repositories
///
///   oarlock vendor --check       # for CI: writes nothing, and fails for unused copies, too
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The directory whose overlays are rendered.
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,

    /// Write nothing, and take copies that nobody needs for a fault.
    #[arg(long, conflicts_with = "fetch")]
    check: bool,

    /// Fetch what is missing: repositories by the `git` on the path, without history and
    /// submodules; charts over HTTPS from chart repositories and OCI registries.
    #[arg(long)]
    fetch: bool,

    /// With --fetch: also fetch from `file://` URLs, which lead to repositories on this machine.
    #[arg(long, requires = "fetch")]
    allow_file_urls: bool,

    /// A list, or JSON.
    #[arg(long, value_enum, default_value_t)]
    output: Report,

    /// What plugins may read [default: the enclosing git work tree, else DIR].
    #[arg(long, value_name = "TREE")]
    root: Option<PathBuf>,
}

impl Args {
    fn mode(&self) -> Mode {
        match (self.check, self.fetch) {
            (true, _) => Mode::Check,
            (false, true) => Mode::Fetch { allow_file_urls: self.allow_file_urls },
            (false, false) => Mode::Name,
        }
    }
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let workload = oarlock_fleet::workload();
    let (session, directory) = Session::open(host, args.root.as_deref(), &args.directory, None, workload)?;
    session.tell_ignored(args.output);
    let tree: Arc<dyn Source> = Arc::clone(&session.tree) as _;
    let repository = Repository {
        tree: &tree,
        root: session.directory()?.root(),
        directory: &directory,
        renderer: session.renderer(),
        render_all: &|directories: &Directories<'_>| {
            let bar = Bar::hidden();
            let all = oarlock_fleet::render_all(directories, &bar)?;
            bar.finish();
            Ok(all)
        },
    };
    let mode = args.mode();
    let Vendored { plan, failures, locked } = vendor(&repository, mode).map_err(|error| match error {
        // Shown with the place in the file.
        VendorError::Lock(failure) => anyhow::Error::new(failure),
        error => error.into(),
    })?;

    let (mut diagnostics, mut exit) = unsearched(plan.closed, plan.unknown);
    for render in plan.failed {
        let outcome = DirectoryOutcome::of(&session, (render.outcome, render.difference));
        exit = exit.max(outcome.exit);
        diagnostics.extend(outcome.diagnostics);
    }
    if !diagnostics.is_empty()
        || !failures.is_empty()
        || plan.needs.iter().any(|need| mode.is_fault(need.state))
    {
        exit = exit.max(Exit::Invalid);
    }
    terminal::tell(&diagnostics, Some(tree.as_ref()), args.output);
    let failures: Vec<Diagnostic> = failures.into_iter().map(Diagnostic::error).collect();
    terminal::tell(&failures, Some(tree.as_ref()), args.output);
    let commit = |need: &Need| locked.get(&need.url).map(String::as_str);
    match args.output {
        Report::Text => {
            let text: String = plan.needs.iter().map(|need| as_text(need, commit(need))).collect();
            terminal::print_text(&text)?;
        }
        Report::Json => {
            let needs: Vec<Value> = plan.needs.iter().map(|need| as_json(need, commit(need))).collect();
            terminal::print_json(&needs)?;
        }
    }
    Ok(exit)
}

fn as_text(need: &Need, commit: Option<&str>) -> String {
    let mut text = format!("{:<9} {}\n", need.state.name(), printable::line(&need.url));
    let mut line = |line: &str| {
        let _ = writeln!(text, "{:<9} {}", "", printable::line(line));
    };
    match commit {
        Some(lock) if matches!(need.remote, Remote::Chart(_)) => line(&format!("in {}, {lock}", need.place)),
        Some(commit) => line(&format!("in {}, commit {commit}", need.place)),
        None => line(&format!("in {}", need.place)),
    }
    for asker in &need.asked_by {
        line(&format!("for {asker}"));
    }
    if let Some(command) = need.command() {
        line(&format!("by {command}"));
    }
    text
}

fn as_json(need: &Need, commit: Option<&str>) -> Value {
    json!({
        "url": need.url,
        "ref": need.remote.reference(),
        "state": need.state.name(),
        "place": need.place.as_str(),
        "commit": commit,
        "askedBy": need.asked_by,
        "command": need.command(),
    })
}
