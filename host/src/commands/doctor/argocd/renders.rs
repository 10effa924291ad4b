//! Renders of Applications, with all that they read.

use std::sync::Arc;

use anyhow::Result;
use oarlock_plugin::Failure;
use rayon::prelude::*;

use super::applications::Use;
use super::paths::Touched;
use crate::argocd;
use crate::commands::render::recursive::THREAD_STACK_BYTES;
use crate::commands::session::Session;
use crate::diagnostic::Diagnostic;
use crate::manifest::Manifest;
use crate::pipeline::{Operator, Renderer, Task};
use crate::source::Source;

/// How an Application's render went.
pub(super) struct Rendered {
    pub(super) manifests: Result<Vec<Manifest>, Vec<Failure>>,
    pub(super) touched: Touched,
}

/// Renders each Application as the server would.
///
/// # Errors
/// If there can be no threads.
pub(super) fn render_all(
    session: &Session,
    operator: &Arc<Operator>,
    uses: &[Use<'_>],
) -> Result<Vec<Rendered>> {
    let renderer = Renderer { operator: Arc::clone(operator), ..session.renderer().clone() };
    let pool = rayon::ThreadPoolBuilder::new().stack_size(THREAD_STACK_BYTES).build()?;
    Ok(pool.install(|| uses.par_iter().map(|used| render(session, &renderer, used)).collect()))
}

fn render(session: &Session, renderer: &Renderer, application: &Use<'_>) -> Rendered {
    let tree: Arc<dyn Source> = Arc::clone(&session.tree) as Arc<dyn Source>;
    let task = Task { application: application.told.clone(), ..Task::new(&tree, &application.directory) };
    let outcome = argocd::render(renderer, task);
    let reads = outcome.configuration.into_iter().chain(outcome.reads).collect();
    let touched = Touched::of(&reads, &session.tree);
    let manifests = match outcome.rendered {
        Ok(done) => Ok(done.manifests),
        Err(error) => {
            let failures = Diagnostic::from_render_error(error).into_iter().map(|found| found.failure);
            Err(failures.collect())
        }
    };
    Rendered { manifests, touched }
}
