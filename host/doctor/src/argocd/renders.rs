//! Renders of Applications, with all that they read.

use std::sync::Arc;

use anyhow::Result;
use oarlock_plugin::Failure;
use rayon::prelude::*;

use super::applications::PluginUse;
use super::paths::Touched;
use crate::session::Session;
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::manifest::Manifest;
use oarlock_engine::pipeline::{self, Operator, Profile, Renderer, Task};
use oarlock_engine::source::{Directory, Recorder, Source};
use oarlock_fleet::THREAD_STACK_BYTES;

/// How an Application's render went.
pub(super) struct ApplicationRender {
    pub(super) manifests: Result<Vec<Manifest>, Vec<Failure>>,
    pub(super) touched: Touched,
    /// The release of Argo CD that it is like; `None` where the repository does not say it right.
    pub(super) profile: Option<Profile>,
}

/// Renders each Application as the server would.
///
/// # Errors
/// If there can be no threads.
pub(super) fn render_all(
    session: &Session,
    operator: &Arc<Operator>,
    uses: &[PluginUse<'_>],
) -> Result<Vec<ApplicationRender>> {
    let renderer = Renderer { operator: Arc::clone(operator), ..session.renderer().clone() };
    let pool = rayon::ThreadPoolBuilder::new().stack_size(THREAD_STACK_BYTES).build()?;
    let links = session.directory()?;
    Ok(pool.install(|| uses.par_iter().map(|used| render(session, links, &renderer, used)).collect()))
}

fn render(
    session: &Session,
    links: &Directory,
    renderer: &Renderer,
    application: &PluginUse<'_>,
) -> ApplicationRender {
    let tree: Arc<dyn Source> = Arc::clone(&session.tree) as Arc<dyn Source>;
    let before = Recorder::new(Arc::clone(&tree));
    let known = application.for_plugins(&before);
    let mut reads = before.take_record();
    let manifests = known.map_err(|failure| vec![failure]).and_then(|known| {
        let task = Task { application: known, ..Task::new(&tree, &application.directory) };
        let outcome = pipeline::render(renderer, task);
        reads.extend(outcome.configuration.into_iter().chain(outcome.reads));
        outcome.rendered.map(|done| done.manifests).map_err(|error| {
            Diagnostic::from_render_error(error).into_iter().map(|found| found.failure).collect()
        })
    });
    let touched = Touched::of(&reads, links);
    let project = renderer.project(tree.as_ref(), &application.directory).ok();
    let profile = project.map(|(project, _)| renderer.profile(&project));
    ApplicationRender { manifests, touched, profile }
}
