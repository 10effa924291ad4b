//! Every overlay below a directory, in parallel.
//!
//! Which directories are overlays and which are the bases of others is not guessed from names: everything that a generator claims is
//! rendered, and what was read for another's render is no root of its own.

use std::collections::{BTreeSet, HashSet};
use std::io::{self, IsTerminal};
use std::sync::Arc;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use oarlock_plugin::{Application, Failure, Kind, TreePath};
use rayon::prelude::*;

use super::{Args, Outcome, exit_of, render, tell};
use crate::commands::session::Session;
use crate::commands::{Exit, terminal};
use crate::diagnostic::Diagnostic;
use crate::pipeline::{FALLBACK_GENERATOR, Overrides, PlanError, RenderError, claim_by};
use crate::sandbox::Workload;
use crate::source::{Entry, ReadError, Request, Source};
use crate::writer::{Files, to_text};

/// How deep directories may nest to be looked at.
const MAX_DEPTH: usize = 64;

/// Threads that run plugins need room for WebAssembly's stack and for plugins that call plugins.
pub(in crate::commands) const THREAD_STACK_BYTES: usize = 16 << 20;

/// As many calls at once as there are processors, and those that wait for plugins that they called.
pub(in crate::commands) fn workload() -> Workload {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Workload::Many { at_once: u32::try_from(threads).unwrap_or(1).saturating_mul(8) }
}

pub(super) fn run(
    session: &Session,
    directory: &TreePath,
    args: &Args,
    given: (&Application, &Overrides),
) -> Result<Exit> {
    let rendered = render_all(session, directory, given, args.check_deterministic)?;
    terminal::tell(&rendered.diagnostics, Some(session.tree.as_ref()), args.output.into());
    let used = rendered.outcomes.iter().flat_map(|(_, outcome)| outcome.services.rendered()).collect();
    if rendered.outcomes.iter().all(|(_, outcome)| outcome.rendered.is_ok()) {
        terminal::tell(&session.unused_plugins(&used), None, args.output.into());
    }
    write(session, args, directory, rendered)
}

/// What rendering every directory that a generator claims came to.
pub(in crate::commands) struct RenderedAll {
    /// The directories and how each went, bases among them.
    pub outcomes: Vec<(TreePath, Outcome)>,
    /// The directories of which it is not known whether a generator claims them.
    pub unknown: Vec<TreePath>,
    /// The directories that could not be looked into.
    pub closed: Vec<TreePath>,
    /// Why directories could not be looked into, or generators not be asked about them.
    pub diagnostics: Vec<Diagnostic>,
    /// Who is at fault for that.
    pub exit: Exit,
}

/// Renders every directory below one that a generator claims.
///
/// # Errors
/// If there can be no threads.
pub(in crate::commands) fn render_all(
    session: &Session,
    directory: &TreePath,
    given: (&Application, &Overrides),
    check_deterministic: bool,
) -> Result<RenderedAll> {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(THREAD_STACK_BYTES).build()?;
    let mut walk =
        Walk { session, copies: copies(session, directory), found: Vec::new(), closed: Vec::new() };
    walk.visit(directory, MAX_DEPTH);
    let Walk { found: candidates, closed, .. } = walk;
    let mut exit = if closed.is_empty() { Exit::Done } else { Exit::Invalid };
    let (closed, mut diagnostics): (Vec<_>, Vec<_>) = closed.into_iter().unzip();
    let claimed: Vec<(TreePath, Result<bool, PlanError>)> = pool.install(|| {
        let ask = |place: TreePath| {
            let claimed = is_claimed(session, &place, given.1);
            (place, claimed)
        };
        candidates.into_par_iter().map(ask).collect()
    });

    let (mut places, mut unknown) = (Vec::new(), Vec::new());
    for (place, claimed) in claimed {
        match claimed {
            Ok(true) => places.push(place),
            Ok(false) => {}
            Err(error) => {
                let error = RenderError::Plan(error);
                exit = exit.max(exit_of(&error));
                diagnostics.extend(Diagnostic::from_render_error(error));
                unknown.push(place);
            }
        }
    }
    // A fault of a directory is one of all directories below it.
    diagnostics.dedup();

    let progress = progress(places.len());
    let outcomes: Vec<(TreePath, Outcome)> = pool.install(|| {
        let one = |place: TreePath| {
            let outcome = render(session, &place, check_deterministic, given);
            progress.inc(1);
            (place, outcome)
        };
        places.into_par_iter().map(one).collect()
    });
    progress.finish_and_clear();
    Ok(RenderedAll { outcomes, unknown, closed, diagnostics, exit })
}

/// Where copies of remote repositories lie: what is an overlay there is another repository's affair.
fn copies(session: &Session, directory: &TreePath) -> HashSet<TreePath> {
    match session.project(directory) {
        Ok((project, _)) => project.remotes.iter().map(|(_, place)| place.clone()).collect(),
        // Told where the directory is rendered.
        Err(_) => HashSet::new(),
    }
}

fn write(session: &Session, args: &Args, directory: &TreePath, rendered: RenderedAll) -> Result<Exit> {
    let inner = read_by_others(&rendered.outcomes);
    let RenderedAll { outcomes, unknown, closed, mut exit, .. } = rendered;
    let roots: Vec<_> = outcomes.into_iter().filter(|(place, _)| !inner.contains(place)).collect();
    let (mut files, mut manifests, mut failed) = (Files::default(), Vec::new(), Vec::new());
    // Before the directory is replaced.
    let is_earlier = |below: &TreePath| args.out.as_ref().is_some_and(|out| Files::has_earlier(out, below));
    let count = roots.len() + unknown.len();
    for place in closed {
        files.keep_all(TreePath::new(&place.relative_to(directory))?);
    }
    for place in unknown {
        let below = TreePath::new(&place.relative_to(directory))?;
        failed.push((place, is_earlier(&below)));
        files.keep(below);
    }
    for (place, outcome) in roots {
        tell(session, args, &outcome);
        exit = exit.max(outcome.exit);
        let below = TreePath::new(&place.relative_to(directory))?;
        if let Ok(rendered) = outcome.rendered {
            files.add(&below, &rendered.manifests, args.output)?;
            manifests.extend(rendered.manifests);
        } else {
            // Whoever commits the rendered manifests would prune an application over a typo.
            failed.push((place, is_earlier(&below)));
            files.keep(below);
        }
    }
    if count == 0 {
        let message = format!("nothing below `{directory}` is claimed by a plugin");
        terminal::tell(&[Diagnostic::error(Failure::new(message))], None, args.output.into());
        return Ok(exit.max(Exit::Invalid));
    }
    // Where nothing rendered, what an earlier run wrote is worth more than nothing.
    if failed.len() < count {
        match &args.out {
            Some(out) => files.write(out)?,
            None => {
                terminal::print(to_text(&manifests, args.output)?.as_bytes())?;
            }
        }
    }
    terminal::say(&format!("rendered {} of {count}", count - failed.len()));
    for (place, is_earlier) in failed {
        let kept = if is_earlier { ", what an earlier run wrote of it is kept" } else { "" };
        terminal::say(&format!("  failed: {place}{kept}"));
    }
    Ok(exit)
}

/// A search for directories.
struct Walk<'a> {
    session: &'a Session,
    /// Directories that are left out.
    copies: HashSet<TreePath>,
    /// In the order of their paths.
    found: Vec<TreePath>,
    /// Those that cannot be looked into, and why.
    closed: Vec<(TreePath, Diagnostic)>,
}

impl Walk<'_> {
    /// Finds a directory and those below it, hidden ones and copies left out.
    fn visit(&mut self, directory: &TreePath, depth: usize) {
        self.found.push(directory.clone());
        match self.below(directory) {
            Ok(below) if depth == 0 && !below.is_empty() => {
                self.close(
                    directory,
                    Failure::new(format!(
                        "the directories in `{directory}` nest deeper than the limit of {MAX_DEPTH}"
                    )),
                );
            }
            Ok(below) => below.iter().for_each(|below| self.visit(below, depth.saturating_sub(1))),
            Err(error) => self.close(directory, error.at(directory)),
        }
    }

    /// The directories in a directory.
    fn below(&self, directory: &TreePath) -> Result<Vec<TreePath>, ReadError> {
        let mut entries = self.session.tree.list(directory)?.entries;
        entries.sort();
        let is_shown = |entry: &Entry| entry.kind == Kind::Directory && !entry.name.starts_with('.');
        let below = entries.into_iter().filter(is_shown).filter_map(|entry| directory.join(&entry.name).ok());
        // A directory reached through a link is walked where it really lies, or not at all.
        let is_real = |below: &TreePath| {
            self.session.tree.stat(below).is_ok_and(|metadata| metadata.path == below.as_str())
        };
        Ok(below.filter(|below| !self.copies.contains(below) && is_real(below)).collect())
    }

    fn close(&mut self, directory: &TreePath, failure: Failure) {
        let failure = failure.note("so nothing below it is rendered");
        self.closed.push((directory.clone(), Diagnostic::error(failure)));
    }
}

/// Whether a generator of the directory's pipeline claims it. The fallback claims nothing here unless the pipeline names it: nearly every
/// directory holds some manifest.
fn is_claimed(session: &Session, place: &TreePath, overrides: &Overrides) -> Result<bool, PlanError> {
    let (project, library) = session.project(place)?;
    let services = Arc::new(session.services(library));
    let named = overrides.plugins.as_ref().or(project.project.pipeline.as_ref());
    let auto = named.is_none_or(|names| names.iter().any(|name| name == crate::pipeline::AUTO));
    let claim = claim_by(&services, place, |name| {
        let is_named = named.is_some_and(|names| names.iter().any(|step| step == name));
        is_named || (auto && name != FALLBACK_GENERATOR)
    });
    Ok(claim?.is_some())
}

/// The directories that others were made from: they were read to render another one.
pub(in crate::commands) fn read_by_others(outcomes: &[(TreePath, Outcome)]) -> BTreeSet<TreePath> {
    let mut inner = BTreeSet::new();
    for (place, outcome) in outcomes {
        for request in outcome.reads.keys() {
            let (Request::Read(path) | Request::List(path) | Request::Stat(path)) = request else { continue };
            // A file tells its directory.
            for directory in [path.parent(), Some(path.clone())].into_iter().flatten() {
                if directory != *place {
                    inner.insert(directory);
                }
            }
        }
    }
    inner
}

fn progress(total: usize) -> ProgressBar {
    if total < 2 || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total as u64);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
