//! A render of which every step is kept, and what plugins know of where their manifests come from.

use oarlock_plugin::{Application, ObjectHistory};

use super::application::set_parameters;
use super::renderer::Prepared;
use super::run::run_watched;
use super::{Plan, RenderOutcome, Renderer, Task, parameters};
use crate::manifest::Manifest;
use crate::sandbox::{RenderRequest, SandboxError};

/// A render of which every step is kept.
pub struct Trace {
    /// How the render went.
    pub outcome: RenderOutcome,
    /// The steps that gave manifests, in order.
    pub steps: Vec<TracedStep>,
    /// What was run, where there was a plan.
    planned: Option<(Plan, Application)>,
}

/// One step of a render.
#[derive(Clone, Debug)]
pub struct TracedStep {
    /// The plugin.
    pub plugin: String,
    /// The manifests after it.
    pub manifests: Vec<Manifest>,
}

/// Renders a directory for an Application, and keeps the manifests after each step. Renders of
/// earlier runs are not used.
pub fn trace(by: &Renderer, mut task: Task<'_>) -> Trace {
    if let Err(error) = set_parameters(by, &mut task) {
        return Trace { outcome: by.refuse(&task, error), steps: Vec::new(), planned: None };
    }
    let Prepared { services, configuration, planned } = by.prepare(&task);
    let mut steps = Vec::new();
    let (rendered, planned) = match planned {
        Err(error) => (Err(error), None),
        Ok((plan, application)) => {
            let checked = parameters::check_known(&services, &plan, &application);
            let rendered = checked.map_err(Into::into).and_then(|()| {
                run_watched(&services, &plan, &application, |manifests| {
                    let plugin = plan.steps[steps.len()].plugin.clone();
                    steps.push(TracedStep { plugin, manifests: manifests.to_vec() });
                })
            });
            (rendered, Some((plan, application)))
        }
    };
    let reads = services.take_reads();
    Trace {
        outcome: RenderOutcome { rendered, services, reads, configuration, configured: None },
        steps,
        planned,
    }
}

impl Trace {
    /// What the plugin of a step knows of where a manifest after it comes from; both count from 0.
    /// `None` if it does not know.
    ///
    /// # Errors
    /// If the plugin breaks, or there is no such step.
    pub fn blame(&self, step: usize, manifest: usize) -> Result<Option<ObjectHistory>, SandboxError> {
        let found = self.planned.as_ref().and_then(|(plan, application)| {
            Some((plan, application, plan.steps.get(step)?, u32::try_from(manifest).ok()?))
        });
        let Some((plan, application, of_plan, position)) = found else {
            return Err(SandboxError::Host(format!("there is no step {step} with a manifest {manifest}")));
        };
        let before = step.checked_sub(1).and_then(|before| self.steps.get(before));
        let request = RenderRequest {
            manifests: before.map(|step| step.manifests.clone()).unwrap_or_default(),
            ..RenderRequest::new(plan.directory.clone(), application.clone(), &of_plan.config)?
        };
        let services = &self.outcome.services;
        // The same warnings came with the render.
        let (warnings, rendered) = (services.warnings(), services.rendered());
        let histories =
            services.load(&of_plan.plugin).and_then(|plugin| plugin.blame(services, request, Some(position)));
        services.replay(warnings, rendered);
        let Some(histories) = histories? else { return Ok(None) };
        let reason = format!("`blame` gave {} histories for one manifest", histories.len());
        let [history] = <[ObjectHistory; 1]>::try_from(histories)
            .map_err(|_| SandboxError::ContractViolation { plugin: of_plan.plugin.clone(), reason })?;
        Ok(Some(history))
    }
}

impl std::fmt::Debug for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trace").field("steps", &self.steps).finish_non_exhaustive()
    }
}
