//! Renders of Applications, with all that they read.

use std::sync::Arc;

use oarlock_plugin::Failure;
use rayon::prelude::*;

use super::Repository;
use super::applications::PluginUse;
use super::paths::Touched;
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::manifest::Manifest;
use oarlock_engine::pipeline::{self, Operator, Profile, Renderer, Task};
use oarlock_engine::source::Recorder;
use oarlock_fleet::{THREAD_STACK_BYTES, ThreadsError};

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
    repository: &Repository<'_>,
    operator: &Arc<Operator>,
    uses: &[PluginUse<'_>],
) -> Result<Vec<ApplicationRender>, ThreadsError> {
    let renderer = Renderer { operator: Arc::clone(operator), ..repository.renderer.clone() };
    let pool = rayon::ThreadPoolBuilder::new().stack_size(THREAD_STACK_BYTES).build()?;
    Ok(pool.install(|| uses.par_iter().map(|used| render(repository, &renderer, used)).collect()))
}

fn render(
    repository: &Repository<'_>,
    renderer: &Renderer,
    application: &PluginUse<'_>,
) -> ApplicationRender {
    let tree = repository.tree;
    let before = Recorder::new(Arc::clone(tree));
    let known = application.for_plugins(&before);
    let mut reads = before.take_record();
    let manifests = known.map_err(|failure| vec![failure]).and_then(|known| {
        let task = Task { application: known, ..Task::new(tree, &application.directory) };
        let outcome = pipeline::render(renderer, task);
        reads.extend(outcome.configuration.into_iter().chain(outcome.reads));
        outcome.rendered.map(|done| done.manifests).map_err(|error| {
            Diagnostic::from_render_error(error).into_iter().map(|found| found.failure).collect()
        })
    });
    let touched = Touched::of(&reads, repository.directory);
    let project = renderer.project(tree.as_ref(), &application.directory).ok();
    let profile = project.map(|(project, _)| renderer.profile(&project));
    ApplicationRender { manifests, touched, profile }
}
