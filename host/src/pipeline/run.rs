//! A plan at work.

use std::sync::Arc;
use std::time::Instant;

use oarlock_plugin::{Application, Failure, TreePath};

use super::plan::{Plan, PlanError};
use crate::manifest::Manifest;
use crate::sandbox::{Request, SandboxError, Services};

/// What a render gave.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The directory.
    pub directory: TreePath,
    /// The manifests, in order.
    pub manifests: Vec<Manifest>,
}

/// Why a directory could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// There is no plan for it.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A plugin gave no manifests.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The render came out empty.
    #[error("the render of `{0}` is empty")]
    Empty(TreePath),
}

/// Renders: hands the manifests from step to step.
///
/// # Errors
/// If a plugin gives no manifests, or the last one gives none and none is not accepted.
pub fn run(
    services: &Arc<Services>,
    plan: &Plan,
    application: &Application,
) -> Result<Rendered, RenderError> {
    let mut manifests = Vec::new();
    for step in &plan.steps {
        let request = Request {
            manifests: std::mem::take(&mut manifests),
            ..Request::new(plan.directory.clone(), application.clone(), &step.config)?
        };
        let plugin = services.load(&step.plugin)?;
        let begun = Instant::now();
        let span = tracing::info_span!("plugin", otel.name = step.plugin);
        let rendered = span.in_scope(|| plugin.render(services, request));
        services.took(&step.plugin, begun.elapsed());
        manifests = rendered.map_err(|error| locate(error, plan))?;
    }
    if manifests.is_empty() && !plan.allow_empty {
        return Err(RenderError::Empty(plan.directory.clone()));
    }
    Ok(Rendered { directory: plan.directory.clone(), manifests })
}

/// Says where a configuration that a plugin refuses is written: the plugin saw it as JSON.
fn locate(error: SandboxError, plan: &Plan) -> SandboxError {
    let SandboxError::Failed { plugin, failures } = error else { return error };
    let start = format!("configuration of plugin `{plugin}`");
    let located = |failure: Failure| {
        let Some(rest) = failure.message.strip_prefix(&start) else { return failure };
        // An unknown field that is in no file came from the command line.
        let key = rest.strip_prefix(": unknown field `").and_then(|rest| rest.split('`').next());
        match plan.project.locate_config(&plugin, key) {
            Some(origin) => failure.at(origin),
            None => failure,
        }
    };
    let failures = failures.into_iter().map(located).collect();
    SandboxError::Failed { plugin, failures }
}
