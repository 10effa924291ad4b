//! What the overlays of a repository need, as plugins looked it up.

use std::path::Path;
use std::sync::Arc;

use oarlock_engine::pipeline::{Overrides, PlanError, Renderer};
use oarlock_engine::source::{Lookup, LookupResult, ReadRecord, Source};
use oarlock_fleet::{Directories, DirectoryRender, RenderedAll, ThreadsError, read_by_others};
use oarlock_plugin::{Application, Failure, TreePath};

use crate::need::{Need, NeedState, unused};
use crate::needs_by_url::NeedsByUrl;

/// Renders directories as [`oarlock_fleet::render_all`] does. A program that shows progress does so
/// around each call, since what is fetched in between may ask for a password.
pub type RenderAll<'a> = dyn Fn(&Directories<'_>) -> Result<RenderedAll, ThreadsError> + 'a;

/// The repository, and how its overlays are rendered.
#[derive(Clone, Copy)]
pub struct Repository<'a> {
    /// What plugins read.
    pub tree: &'a Arc<dyn Source>,
    /// The root of the tree on disk, where copies are put.
    pub root: &'a Path,
    /// The directory whose overlays are rendered.
    pub directory: &'a TreePath,
    /// What renders.
    pub renderer: &'a Renderer,
    /// Renders all of them.
    pub render_all: &'a RenderAll<'a>,
}

/// What rendering every overlay found.
pub struct VendorPlan {
    /// What overlays need, and entries that nobody needs.
    pub needs: Vec<Need>,
    /// Why directories could not be looked into.
    pub closed: Vec<Failure>,
    /// Why it is not known of directories whether a generator claims them, or where copies lie.
    pub unknown: Vec<PlanError>,
    /// The overlays that do not render for other reasons than a copy that is not there.
    pub failed: Vec<DirectoryRender>,
}

impl VendorPlan {
    /// Renders every overlay below the directory of a repository.
    ///
    /// # Errors
    /// If there can be no threads.
    pub fn make(repository: &Repository<'_>) -> Result<Self, ThreadsError> {
        let Repository { tree, directory, renderer, .. } = *repository;
        let remotes = match renderer.project(tree.as_ref(), directory) {
            Ok((project, _)) => project.remotes,
            Err(error) => {
                let (needs, closed, failed) = (Vec::new(), Vec::new(), Vec::new());
                return Ok(Self { needs, closed, unknown: vec![error], failed });
            }
        };
        let rendered = (repository.render_all)(&Directories {
            renderer,
            tree,
            below: directory,
            application: &Application::default(),
            overrides: &Overrides { allow_empty: true, ..Overrides::default() },
            check_deterministic: false,
        })?;
        let bases = read_by_others(&rendered.renders);
        let closed: Vec<Failure> = rendered.closed.into_iter().map(|(_, failure)| failure).collect();
        let unknown: Vec<PlanError> = rendered.unknown.into_iter().map(|(_, error)| error).collect();
        let mut needs_by_url = NeedsByUrl::new(tree.as_ref(), &remotes);
        for render in &rendered.renders {
            needs_by_url.add(&render.directory, &render.outcome.reads);
        }
        let mut needs = needs_by_url.into_needs();
        let mut is_complete = closed.is_empty() && unknown.is_empty();
        let mut failed = Vec::new();
        for render in rendered.renders.into_iter().filter(|render| !bases.contains(&render.directory)) {
            if render.outcome.rendered.is_err() {
                is_complete = false;
                // The list says what lacks a copy.
                if !lacks_copy(tree.as_ref(), &render.outcome.reads) {
                    failed.push(render);
                }
            }
        }
        if is_complete && directory.is_root() {
            needs.extend(unused(&remotes, &needs));
        }
        let is_unused = |need: &Need| need.state == NeedState::Unused;
        needs.sort_by(|a, b| (is_unused(a), &a.url).cmp(&(is_unused(b), &b.url)));
        Ok(Self { needs, closed, unknown, failed })
    }
}

/// Whether a render looked for a copy that is not there.
fn lacks_copy(tree: &dyn Source, reads: &ReadRecord) -> bool {
    reads.iter().any(|(request, answer)| match (request, answer) {
        (Lookup::Remote(_), LookupResult::Copy(place)) => tree.stat(place).is_err(),
        (Lookup::Remote(_), _) => true,
        _ => false,
    })
}
