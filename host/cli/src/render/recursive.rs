//! Renders every overlay below a directory and prints the results.

use std::collections::BTreeSet;

use anyhow::Result;
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::pipeline::{Overrides, PlanError, RenderError};
use oarlock_engine::writer::{Files, to_text};
use oarlock_fleet::{DirectoryRender, read_by_others};
use oarlock_plugin::{Application, Failure, TreePath};

use super::{Args, DirectoryOutcome, tell};
use crate::exit::Exit;
use crate::exit::exit_of;
use crate::progress::Bar;
use crate::session::Session;
use crate::terminal;

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

/// The outcomes of rendering every directory that a generator claims.
struct RenderedAll {
    /// The directories and how each went, bases among them.
    pub outcomes: Vec<(TreePath, DirectoryOutcome)>,
    /// The directories that others were made from.
    pub bases: BTreeSet<TreePath>,
    /// The directories of which it is not known whether a generator claims them.
    pub unknown: Vec<TreePath>,
    /// The directories that could not be looked into.
    pub closed: Vec<TreePath>,
    /// Why directories could not be looked into, or generators not be asked about them.
    pub diagnostics: Vec<Diagnostic>,
    /// The exit status for that.
    pub exit: Exit,
}

/// Renders every directory below one that a generator claims, and shows a terminal how far it has
/// come.
///
/// # Errors
/// If there can be no threads.
fn render_all(
    session: &Session,
    directory: &TreePath,
    given: (&Application, &Overrides),
    check_deterministic: bool,
) -> Result<RenderedAll> {
    let bar = Bar::hidden();
    let all = session.render_all(directory, given, check_deterministic, &bar)?;
    bar.finish();
    let bases = read_by_others(&all.renders);
    let (closed, failures): (Vec<_>, Vec<_>) = all.closed.into_iter().unzip();
    let (unknown, errors): (Vec<_>, Vec<_>) = all.unknown.into_iter().unzip();
    let (diagnostics, exit) = unsearched(failures, errors);
    let outcome = |render: DirectoryRender| {
        let DirectoryRender { directory, outcome, difference } = render;
        (directory, DirectoryOutcome::of(session, (outcome, difference)))
    };
    let outcomes = all.renders.into_iter().map(outcome).collect();
    Ok(RenderedAll { outcomes, bases, unknown, closed, diagnostics, exit })
}

/// Why directories could not be looked into, or generators not be asked about them, and the exit
/// status for that.
pub(crate) fn unsearched(closed: Vec<Failure>, unknown: Vec<PlanError>) -> (Vec<Diagnostic>, Exit) {
    let mut exit = if closed.is_empty() { Exit::Done } else { Exit::Invalid };
    let mut diagnostics: Vec<Diagnostic> = closed.into_iter().map(Diagnostic::error).collect();
    for error in unknown {
        let error = RenderError::Plan(error);
        exit = exit.max(exit_of(&error));
        diagnostics.extend(Diagnostic::from_render_error(error));
    }
    // A fault of a directory is one of all directories below it.
    diagnostics.dedup();
    (diagnostics, exit)
}

fn write(session: &Session, args: &Args, directory: &TreePath, rendered: RenderedAll) -> Result<Exit> {
    let RenderedAll { outcomes, bases, unknown, closed, mut exit, .. } = rendered;
    let roots: Vec<_> = outcomes.into_iter().filter(|(place, _)| !bases.contains(place)).collect();
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
            files.add(&below, &rendered.manifests, args.output.into())?;
            manifests.extend(rendered.manifests);
        } else {
            // A commit of the rendered manifests would prune an application over a typo.
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
                terminal::print(to_text(&manifests, args.output.into())?.as_bytes())?;
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
