//! Renders → what is compared.

use oarlock_engine::pipeline::{PlanError, RenderError};
use oarlock_engine::sandbox::SandboxError;
use oarlock_plugin::Failure;
use serde_json::{Map, Value, json};

use crate::change::{self, Object, RenderResult};
use crate::environment::Application;
use crate::objects::{self, CustomKinds};
use crate::rendered::ApplicationRender;

/// What became of the render of an Application. Of several sources those that are not at hand are
/// left out, if others are.
pub(super) fn outcome_of(render: &ApplicationRender, application: &Application) -> RenderResult {
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
        if objects::add(manifest, namespace, CustomKinds::Unknown, &mut objects).is_err() {
            let message = "a plugin returned a manifest that cannot be read".to_owned();
            let origin = manifest.origin.as_ref().map(objects::place);
            return RenderResult::Failed(change::Failure { message, origin });
        }
    }
    RenderResult::Rendered(objects)
}

/// Objects without what they hold beside their identity.
pub(super) fn identities(objects: Vec<Object>) -> Vec<Object> {
    let identity = |object: Object| {
        let mut kept = Map::new();
        for key in ["apiVersion", "kind"] {
            kept.extend(object.manifest.get(key).map(|value| (key.to_owned(), value.clone())));
        }
        let mut metadata = Map::new();
        for key in ["name", "generateName", "namespace"] {
            let found = object.manifest.get("metadata").and_then(|metadata| metadata.get(key));
            metadata.extend(found.map(|value| (key.to_owned(), value.clone())));
        }
        kept.insert("metadata".to_owned(), json!(metadata));
        Object { manifest: Value::Object(kept), origin: None }
    };
    objects.into_iter().map(identity).collect()
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
