//! Renders → what is compared.

use oarlock_engine::manifest::Manifest;
use oarlock_engine::pipeline::{PlanError, RenderError};
use oarlock_engine::sandbox::SandboxError;
use oarlock_plugin::Failure;

use super::inputs::is_uncertain;
use crate::change::{self, Object, RenderResult};
use crate::environment::Application;
use crate::namespaces::CustomKinds;
use crate::objects;
use crate::rendered::{ApplicationRender, SourceRender};

/// What became of the render of an Application. Of several sources those that are not at hand are
/// left out, if others are.
pub(super) fn outcome_of(render: &ApplicationRender, application: &Application) -> RenderResult {
    outcome_by(render, application, objects::add)
}

/// The same with the identities of the objects alone.
pub(super) fn identities_of(render: &ApplicationRender, application: &Application) -> RenderResult {
    outcome_by(render, application, objects::add_identity)
}

/// Adds what is compared of a manifest for a namespace.
type Add = fn(&Manifest, &str, CustomKinds, &mut Vec<Object>) -> Result<(), serde_json::Error>;

fn outcome_by(render: &ApplicationRender, application: &Application, add: Add) -> RenderResult {
    if let Some(first) = render.failures.first() {
        return RenderResult::Failed(failure(first));
    }
    if let Some(error) = render.sources.iter().find_map(|source| source.rendered.as_ref().err()) {
        return RenderResult::Failed(render_failure(error));
    }
    if let (true, Some((_, external))) = (render.sources.is_empty(), render.external.first()) {
        return RenderResult::External(format!("{external} is not at hand"));
    }
    let namespace = application.destination_namespace().unwrap_or_default();
    let mut objects = Vec::new();
    for manifest in render.manifests() {
        if add(manifest, namespace, CustomKinds::Unknown, &mut objects).is_err() {
            let message = "a plugin returned a manifest that cannot be read".to_owned();
            let origin = manifest.origin.as_ref().map(objects::place);
            return RenderResult::Failed(change::Failure { message, origin });
        }
    }
    RenderResult::Rendered(objects)
}

/// Whether two renders gave the same bytes, or failed in the same way.
pub(super) fn is_same_render(one: &ApplicationRender, other: &ApplicationRender) -> bool {
    let texts = |render: &ApplicationRender| -> Vec<String> {
        render.failures.iter().map(ToString::to_string).collect()
    };
    let is_same = |(one, other): (&SourceRender, &SourceRender)| {
        one.index == other.index
            && match (&one.rendered, &other.rendered) {
                (Ok(one), Ok(other)) => {
                    one.len() == other.len()
                        && one.iter().zip(other).all(|(one, other)| one.json == other.json)
                }
                (Err(one), Err(other)) => {
                    !is_uncertain(one) && !is_uncertain(other) && render_failure(one) == render_failure(other)
                }
                _ => false,
            }
    };
    one.external == other.external
        && texts(one) == texts(other)
        && one.sources.len() == other.sources.len()
        && one.sources.iter().zip(&other.sources).all(is_same)
}

/// A failure as the comparison takes it.
pub(super) fn failure(failure: &Failure) -> change::Failure {
    change::Failure { message: failure.message.clone(), origin: failure.origin.as_ref().map(objects::place) }
}

/// Why a render failed, in one failure.
pub(super) fn render_failure(error: &RenderError) -> change::Failure {
    let (first, count) = match error {
        RenderError::Plan(PlanError::Project(failures)) => {
            (failures.as_slice().first(), failures.as_slice().len())
        }
        RenderError::Sandbox(SandboxError::Failed { failures, .. })
        | RenderError::Plan(PlanError::Sandbox(SandboxError::Failed { failures, .. })) => {
            (failures.first(), failures.len())
        }
        RenderError::Objects { failures, .. } => (failures.first(), failures.len()),
        _ => (None, 0),
    };
    let Some(first) = first.map(self::failure) else {
        return change::Failure { message: error.to_string(), origin: None };
    };
    match count {
        1 => first,
        count => change::Failure { message: format!("{}, and {} more", first.message, count - 1), ..first },
    }
}
