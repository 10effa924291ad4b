//! Renders of Applications, with all that they read.

use std::sync::Arc;

use anyhow::Result;
use oarlock_plugin::Failure;
use rayon::prelude::*;

use super::applications::Use;
use super::paths::Touched;
use crate::argocd::parameter_overrides;
use crate::commands::render::recursive::THREAD_STACK_BYTES;
use crate::commands::session::Session;
use crate::diagnostic::Diagnostic;
use crate::manifest::Manifest;
use crate::pipeline::{Operator, Overrides};
use crate::sandbox::Interrupt;
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
pub(super) fn render_all(session: &Session, operator: &Operator, uses: &[Use<'_>]) -> Result<Vec<Rendered>> {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(THREAD_STACK_BYTES).build()?;
    Ok(pool.install(|| uses.par_iter().map(|used| render(session, operator, used)).collect()))
}

fn render(session: &Session, operator: &Operator, application: &Use<'_>) -> Rendered {
    let renderer = session.renderer();
    let tree: Arc<dyn Source> = Arc::clone(&session.tree) as Arc<dyn Source>;
    let overrides = |_: &_| {
        let config = parameter_overrides(&operator.argo_cd.parameters, &application.told.parameters)?;
        Ok(Overrides { config, ..Overrides::default() })
    };
    let interrupt = Arc::new(Interrupt::new(None));
    let outcome = renderer.render(&tree, &application.directory, overrides, &application.told, &interrupt);
    let touched = Touched::of(&outcome.reads, &session.tree);
    let manifests = match outcome.rendered {
        Ok(done) => Ok(done.manifests),
        Err(error) => {
            let failures = Diagnostic::from_render_error(error).into_iter().map(|found| found.failure);
            Err(failures.collect())
        }
    };
    Rendered { manifests, touched }
}
