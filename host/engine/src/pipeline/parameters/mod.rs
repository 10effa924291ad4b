//! Parameters: what plugins know of themselves, what an Application sets, and what it may set.

mod announce;
mod declared;

use std::sync::Arc;

use oarlock_plugin::{Application, Failure, Parameter, nearest};

use crate::pipeline::{Plan, PlanError, Step};
use crate::sandbox::{RenderRequest, SandboxError, Services};

pub(in crate::pipeline) use announce::announcements;
pub use announce::{item_type_name, to_json};
pub(in crate::pipeline) use declared::split_parameters;

/// What the plugins of a plan know.
pub(in crate::pipeline) struct Known {
    /// Their parameters.
    pub(in crate::pipeline) parameters: Vec<Parameter>,
    /// Whether there are no others: a plugin from before plugins could tell may know more.
    is_complete: bool,
}

/// Asks the plugins of a plan.
///
/// # Errors
/// If a plugin cannot tell.
pub(in crate::pipeline) fn of_plan(
    services: &Arc<Services>,
    plan: &Plan,
    application: &Application,
) -> Result<Known, SandboxError> {
    let mut known = Known { parameters: Vec::new(), is_complete: true };
    for Step { plugin, config } in &plan.steps {
        let request = RenderRequest::new(plan.directory.clone(), application.clone(), config)?;
        match services.load(plugin)?.parameters(services, request)? {
            Some(parameters) => known.parameters.extend(parameters),
            None => known.is_complete = false,
        }
    }
    Ok(known)
}

/// Checks that each parameter which the Application sets is one that a plugin knows: a slip would
/// have no effect and be found by nobody.
///
/// # Errors
/// If one is not, or they are of another shape than Argo CD gives them.
pub(in crate::pipeline) fn check_known(
    services: &Arc<Services>,
    plan: &Plan,
    application: &Application,
) -> Result<(), PlanError> {
    let set = application.set_parameters()?;
    if set.is_empty() {
        return Ok(());
    }
    // A plugin that cannot tell will not render, either, and says why.
    let Ok(known) = of_plan(services, plan, application) else { return Ok(()) };
    let names = || known.parameters.iter().map(|parameter| parameter.name.as_str());
    match set.iter().find(|set| !names().any(|name| name == set.name)) {
        Some(set) if known.is_complete => Err(unknown(&set.name, names()).into()),
        _ => Ok(()),
    }
}

/// A parameter that nothing knows.
fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Failure {
    let failure = Failure::new(format!("there is no parameter `{name}`"));
    match nearest(name, known.clone()) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => match known.collect::<Vec<_>>().as_slice() {
            [] => failure.hint("the plugins that run here take none"),
            known => failure.hint(format!("there are {}", known.join(", "))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_parameter_is_told_with_what_there_is() {
        let hint = |known: &[&str]| unknown("imagse", known.iter().copied()).hint.unwrap();
        assert_eq!(hint(&["images", "namespace"]), "did you mean `images`?");
        assert_eq!(hint(&["namespace", "replicas"]), "there are namespace, replicas");
        assert_eq!(hint(&[]), "the plugins that run here take none");
    }
}
