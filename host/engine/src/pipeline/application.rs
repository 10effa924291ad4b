//! A render for an Application: its parameters are split into configuration and plugin parameters
//! as the operator's file says.

use oarlock_plugin::{Failure, Parameter};

use super::parameters::{announcements, split_parameters};
use super::{Configured, PlanError, RenderError, RenderOutcome, Rendered, Renderer, Run, Task};
use crate::source::ReadRecord;

/// Renders a directory for an Application.
pub fn render(renderer: &Renderer, mut task: Task<'_>) -> RenderOutcome {
    match set_parameters(renderer, &mut task) {
        Ok(()) => render_cached(renderer, &task),
        Err(error) => renderer.refuse(&task, error),
    }
}

/// The render of an earlier run that is good for the tree, else a new one. Parameters that the
/// Application sets go to the plugins as they are.
pub fn render_cached(renderer: &Renderer, task: &Task<'_>) -> RenderOutcome {
    let Some(cache) = &renderer.cache else { return renderer.render(task) };
    cache.find(renderer, task).unwrap_or_else(|| {
        let outcome = renderer.render(task);
        cache.keep(renderer, task, &outcome);
        outcome
    })
}

/// Whether the configuration of a tree comes to the same for an Application as it did for an
/// earlier render of it by [`render`].
pub fn is_configured_as(
    renderer: &Renderer,
    mut task: Task<'_>,
    before: (Configured, Run<'_>),
    reads: &ReadRecord,
) -> bool {
    set_parameters(renderer, &mut task).is_ok() && renderer.is_configured_as(&task, before, reads)
}

/// Renders a directory twice, the second time with listings in another order, and says where the
/// second render differs. Where the first fails there is no second.
pub fn render_twice(renderer: &Renderer, task: &Task<'_>) -> (RenderOutcome, Option<Failure>) {
    let first = render(renderer, task.clone());
    let difference = first.rendered.as_ref().ok().and_then(|rendered| {
        let again = render(renderer, Task { reversed: true, ..task.clone() });
        difference(rendered, &again.rendered)
    });
    (first, difference)
}

/// Where a second render differs from the first.
fn difference(first: &Rendered, second: &Result<Rendered, RenderError>) -> Option<Failure> {
    let message = match second {
        Err(error) => format!("a second render failed where the first did not: {error}"),
        Ok(second) if second.manifests == first.manifests => return None,
        Ok(second) => {
            let pairs = first.manifests.iter().zip(&second.manifests);
            let same = pairs.take_while(|(a, b)| a == b).count();
            format!("two renders differ, first in manifest number {}", same + 1)
        }
    };
    let failure = Failure::new(message);
    Some(failure.hint(
        "a plugin depends on the order of listings or on something else that may change; tell its author",
    ))
}

/// The parameters that an Application may set in a directory, with the values that hold there.
///
/// # Errors
/// If there is no plan for the directory, or a plugin cannot tell.
pub fn parameters(renderer: &Renderer, mut task: Task<'_>) -> Result<Vec<Parameter>, RenderError> {
    // What is set wrongly must not keep people from seeing how to set it.
    let _ = set_parameters(renderer, &mut task);
    let (project, of_plugins) = renderer.parameters(&task)?;
    Ok(announcements(&renderer.operator.argo_cd.parameters, of_plugins, &project))
}

pub(super) fn set_parameters(renderer: &Renderer, task: &mut Task<'_>) -> Result<(), RenderError> {
    let declared = &renderer.operator.argo_cd.parameters;
    let config = split_parameters(declared, &mut task.application).map_err(PlanError::from)?;
    // What stands on a command line wins.
    task.overrides.config.splice(..0, config);
    Ok(())
}
