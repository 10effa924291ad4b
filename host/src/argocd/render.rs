//! A render for an Application: what it sets by parameters is taken apart by the operator's word.

use oarlock_plugin::Parameter;

use super::parameters::{announcements, take_apart};
use crate::pipeline::{Outcome, PlanError, RenderError, Renderer, Task};

/// Renders a directory for an Application.
pub(crate) fn render(renderer: &Renderer, mut task: Task<'_>) -> Outcome {
    match set_parameters(renderer, &mut task) {
        Ok(()) => renderer.render(&task),
        Err(error) => renderer.refuse(&task, error),
    }
}

/// The parameters that an Application may set in a directory, with the values that hold there.
///
/// # Errors
/// If there is no plan for the directory, or a plugin cannot tell.
pub(crate) fn parameters(renderer: &Renderer, mut task: Task<'_>) -> Result<Vec<Parameter>, RenderError> {
    // What is set wrongly must not keep people from seeing how to set it.
    let _ = set_parameters(renderer, &mut task);
    let (project, of_plugins) = renderer.parameters(&task)?;
    Ok(announcements(&renderer.operator.argo_cd.parameters, of_plugins, &project))
}

fn set_parameters(renderer: &Renderer, task: &mut Task<'_>) -> Result<(), RenderError> {
    let declared = &renderer.operator.argo_cd.parameters;
    let config = take_apart(declared, &mut task.application).map_err(PlanError::from)?;
    // What stands on a command line wins.
    task.overrides.config.splice(..0, config);
    Ok(())
}
