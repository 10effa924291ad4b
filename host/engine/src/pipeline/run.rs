//! A plan at work.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use oarlock_plugin::{Application, Failure, TreePath};

use super::objects::{self, Faults};
use super::place::Fields;
use super::plan::{Plan, PlanError};
use crate::manifest::Manifest;
use crate::sandbox::{RenderAnswer, RenderRequest, SandboxError, Services};

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
    /// A plugin gave objects that lack what every object must have.
    #[error("{} of the objects of plugin `{plugin}` are wrong", failures.len())]
    Objects {
        /// The plugin that gave them first.
        plugin: String,
        /// What is wrong.
        failures: Vec<Failure>,
        /// Why a later plugin gave no manifests.
        then: Option<SandboxError>,
    },
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
    run_watched(services, plan, application, |_| {})
}

/// As [`run`], and shows the manifests after each step.
pub(super) fn run_watched(
    services: &Arc<Services>,
    plan: &Plan,
    application: &Application,
    mut watch: impl FnMut(&[Manifest]),
) -> Result<Rendered, RenderError> {
    let mut manifests = Vec::new();
    let mut faulty: Option<(String, Vec<Failure>)> = None;
    let mut warned = HashSet::new();
    for step in &plan.steps {
        let request = RenderRequest {
            manifests: std::mem::take(&mut manifests),
            ..RenderRequest::new(plan.directory.clone(), application.clone(), &step.config)?
        };
        let plugin = services.load(&step.plugin)?;
        let begun = Instant::now();
        let span = tracing::info_span!("plugin", otel.name = step.plugin);
        let rendered = span.in_scope(|| plugin.render_step(services, request));
        services.record_time(&step.plugin, begun.elapsed());
        let fields = Fields::new(&services.tree);
        services.map_warnings(&step.plugin, |warning| plan.locate(&fields, &step.plugin, warning));
        manifests = match (rendered.map_err(|error| locate(error, plan, &fields)), faulty.take()) {
            (Ok(RenderAnswer { manifests, changed }), None) => {
                // The others were looked at when an earlier step made them.
                let changed = changed.into_iter().map(|index| (index, &manifests[index]));
                let Faults { errors, warnings } = objects::check_some(changed);
                let locate = |failure| plan.locate(&fields, &step.plugin, failure);
                for warning in warnings.into_iter().map(locate) {
                    // Later steps pass on objects of which an earlier step was warned.
                    if warned.insert(warning.message.clone()) {
                        services.warn(&step.plugin, warning);
                    }
                }
                if !errors.is_empty() {
                    faulty = Some((step.plugin.clone(), errors.into_iter().map(locate).collect()));
                }
                manifests
            }
            // Errors of later steps about the same objects are reported with it.
            (Ok(answer), found) => {
                faulty = found;
                answer.manifests
            }
            (Err(error), None) => return Err(error.into()),
            (Err(error), Some((plugin, failures))) => {
                return Err(RenderError::Objects { plugin, failures, then: Some(error) });
            }
        };
        watch(&manifests);
    }
    if let Some((plugin, failures)) = faulty {
        return Err(RenderError::Objects { plugin, failures, then: None });
    }
    if manifests.is_empty() && !plan.allow_empty {
        return Err(RenderError::Empty(plan.directory.clone()));
    }
    Ok(Rendered { directory: plan.directory.clone(), manifests })
}

/// Says where what a plugin rejects is written: the plugin saw it as JSON.
fn locate(error: SandboxError, plan: &Plan, fields: &Fields<'_>) -> SandboxError {
    let SandboxError::Failed { plugin, failures } = error else { return error };
    let failures = failures.into_iter().map(|failure| plan.locate(fields, &plugin, failure)).collect();
    SandboxError::Failed { plugin, failures }
}
