//! `oarlock vendor`: what a repository needs that lies elsewhere, and where it keeps its copies.
//!
//! What is needed is not read out of kustomizations: every overlay is rendered, and what plugins
//! looked up is in the record of reads.

mod charts;
mod fetch;
mod map;
mod needs;
mod needs_by_url;
mod place;

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use oarlock_plugin::{ChartUrl, Failure, ReadError, TreePath};
use serde_json::{Value, json};

use self::needs::{Need, Remote, State, VendorPlan};
use super::session::{HostOptions, Session};
use super::terminal::{self, Report};
use crate::exit::Exit;
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::source::Source;
use oarlock_engine::{LockFile, printable};

/// How often what was fetched may turn out to need more.
const MAX_ROUNDS: usize = 32;

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

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let workload = oarlock_fleet::workload();
    let (session, directory) = Session::open(host, args.root.as_deref(), &args.directory, None, workload)?;
    session.tell_ignored(args.output);
    let mut plan = VendorPlan::make(&session, &directory)?;
    let mut done = Done::default();
    for _ in 0..MAX_ROUNDS {
        if args.check || !provide(&session, args, &plan, &mut done)? || !done.failures.is_empty() {
            break;
        }
        plan = VendorPlan::make(&session, &directory)?;
    }
    for need in plan.needs.iter_mut().filter(|need| done.fetched.contains(&need.url)) {
        if need.state == State::Vendored {
            need.state = State::Fetched;
        }
    }

    let mut exit = plan.exit;
    let tree = Some(session.tree.as_ref() as &dyn Source);
    terminal::tell(&plan.diagnostics, tree, args.output);
    terminal::tell(&done.failures, tree, args.output);
    let is_fault = |need: &Need| match need.state {
        State::Vendored | State::Fetched => false,
        State::Missing | State::Unnamed => true,
        State::Unused => args.check,
    };
    if !done.failures.is_empty() || plan.needs.iter().any(is_fault) {
        exit = exit.max(Exit::Invalid);
    }
    let commits = match read_lock(session.tree.as_ref()) {
        Ok(lock) => lock.remotes,
        Err(failure) => {
            // Where it was needed to fetch, it has been reported.
            if done.failures.is_empty() {
                terminal::tell(&[Diagnostic::error(failure)], tree, args.output);
            }
            exit = exit.max(Exit::Invalid);
            BTreeMap::new()
        }
    };
    let commit = |need: &Need| commits.get(&need.url).map(String::as_str);
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

/// The lock file of a repository; an empty one where there is none.
fn read_lock(tree: &dyn Source) -> Result<LockFile, Failure> {
    match tree.read(LockFile::NAME) {
        Ok(text) => LockFile::parse(LockFile::NAME, &text),
        Err(ReadError::NotFound) => Ok(LockFile::default()),
        Err(error) => Err(error.at(LockFile::NAME)),
    }
}

/// What a run has done so far.
#[derive(Default)]
struct Done {
    /// The entries of `remotes` that were fetched.
    fetched: HashSet<String>,
    /// What went wrong.
    failures: Vec<Diagnostic>,
}

/// Fetches what is to be fetched and names what is not named yet. Whether that may have changed
/// what is needed.
fn provide(session: &Session, args: &Args, plan: &VendorPlan, done: &mut Done) -> Result<bool> {
    let root = session.directory()?.root();
    let mut changed = false;
    let mut locked = match read_lock(session.tree.as_ref()) {
        Ok(locked) => locked,
        Err(failure) => {
            done.failures.push(Diagnostic::error(failure));
            return Ok(false);
        }
    };
    for need in plan.needs.iter().filter(|need| args.fetch && need.is_missing(session)) {
        let fetched = match &need.remote {
            Remote::Repository(repository) => {
                fetch::fetch(root, repository, &need.place, args.allow_file_urls)
            }
            Remote::Chart(chart) => fetch_chart(root, chart, need, locked.remotes.get(&need.url)),
            Remote::File => continue,
        };
        match fetched {
            Ok(commit) => {
                locked.remotes.insert(need.url.clone(), commit);
                map::replace(&root.join(LockFile::NAME), &locked.print()?)?;
                done.fetched.insert(need.url.clone());
                changed = true;
            }
            Err(failure) => {
                done.failures.push(Diagnostic::error(failure.note(format!("for `{}`", need.url))));
            }
        }
    }
    let unnamed: Vec<(&str, &TreePath)> = plan
        .needs
        .iter()
        .filter(|need| need.state == State::Unnamed)
        .map(|need| (need.url.as_str(), &need.place))
        .collect();
    if !unnamed.is_empty() {
        match map::write(session.tree.as_ref(), root, &unnamed)? {
            Ok(()) => changed = true,
            Err(failure) => done.failures.push(Diagnostic::error(failure)),
        }
    }
    Ok(changed)
}

/// Fetches a chart, the version that is locked if one is. Returns what is to be locked.
fn fetch_chart(
    root: &Path,
    chart: &ChartUrl,
    need: &Need,
    locked: Option<&String>,
) -> Result<String, Failure> {
    let pin: Option<charts::Pin> = match locked.map(|text| text.parse()).transpose() {
        Ok(pin) => pin,
        Err(error) => return Err(Failure::new(format!("oarlock.lock: {error}"))),
    };
    charts::fetch(root, chart, &need.place, pin.as_ref()).map(|pin| pin.to_string())
}

/// The command that fetches what is missing, where there is one that does nothing else.
fn command(need: &Need) -> Option<String> {
    if !matches!(need.state, State::Missing | State::Unnamed) {
        return None;
    }
    match &need.remote {
        Remote::Repository(repository) => fetch::command(repository, &need.place),
        Remote::Chart(chart) => charts::command(chart, &need.place),
        Remote::File => fetch::command_of_file(&need.url, &need.place),
    }
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
    if let Some(command) = command(need) {
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
        "command": command(need),
    })
}
