//! The renders of a fleet as one side of a comparison.

use std::convert::Infallible;

use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::manifest::Manifest;
use oarlock_kubernetes::Gvk;
use oarlock_plugin::{Failure, Origin};
use serde_json::Value;

use crate::change::{self, ApplicationKey, Object, Outcome, Side};
use crate::definition::ObjectName;
use crate::directories::Progress;
use crate::environment::{Application, Environment, Filter, Parent};
use crate::fleet::Fleet;
use crate::rendered::ApplicationRender;

impl Fleet {
    /// Renders all Applications of environments that are wanted, as one side of a comparison.
    pub fn side(&self, environments: &[Environment], filter: &Filter, progress: &dyn Progress) -> Side {
        let mut side = Side::default();
        for environment in environments {
            let Ok(()) = self.render_all(environment, filter, progress, |application, render| {
                side.applications.push(self.compared(environment, application, render));
                Ok::<(), Infallible>(())
            });
        }
        side
    }

    /// An Application and its render, as a comparison takes it.
    pub fn compared(
        &self,
        environment: &Environment,
        application: &Application,
        render: ApplicationRender,
    ) -> change::Application {
        let namespace = application.destination_namespace().unwrap_or_default();
        let parent = match application.parent {
            Parent::Root => None,
            Parent::Set(index) => {
                let set = &environment.sets[index].definition;
                Some(change::Parent::ApplicationSet {
                    name: self.called(&set.name),
                    manifest: set.manifest.clone().into(),
                })
            }
            Parent::Application(index) => {
                Some(change::Parent::Application(self.key(&environment.applications[index])))
            }
        };
        change::Application {
            key: self.key(application),
            manifest: application.definition.manifest.clone(),
            parent,
            file: application.definition.origin.as_ref().map(|origin| origin.path.clone()),
            outcome: outcome(render, namespace),
        }
    }

    /// Which Application it is, among those of all clusters.
    pub fn key(&self, application: &Application) -> ApplicationKey {
        ApplicationKey {
            cluster: application.cluster().to_owned(),
            name: self.called(&application.definition.name),
        }
    }

    fn called(&self, ObjectName { namespace, name }: &ObjectName) -> String {
        if *namespace == self.options.namespace {
            return name.clone();
        }
        format!("{namespace}/{name}")
    }
}

/// What became of a render.
pub(crate) fn outcome(render: ApplicationRender, namespace: &str) -> Outcome {
    let mut objects = Vec::new();
    let mut failures = render.failures;
    for source in render.sources {
        match source.rendered {
            Ok(manifests) => {
                for manifest in &manifests {
                    if let Err(failure) = flatten(manifest, namespace, &mut objects) {
                        failures.push(failure);
                    }
                }
            }
            Err(error) => {
                let diagnostics = Diagnostic::from_render_error(error);
                failures.extend(diagnostics.into_iter().map(|diagnostic| diagnostic.failure));
            }
        }
    }
    if let Some(first) = failures.first() {
        let origin = first.origin.as_ref().map(place);
        let messages: Vec<&str> = failures.iter().map(|failure| failure.message.as_str()).collect();
        return Outcome::Failed(change::Failure { message: messages.join("\n"), origin });
    }
    match render.external.first() {
        Some((_, external)) => Outcome::External(format!("{external} is not at hand")),
        None => Outcome::Rendered(objects),
    }
}

/// A place as comparisons have it.
pub(crate) fn place(origin: &Origin) -> change::Origin {
    change::Origin { file: origin.path.clone(), line: (origin.line > 0).then_some(origin.line) }
}

/// The object of a manifest, or those of a list, each in its namespace.
fn flatten(manifest: &Manifest, namespace: &str, objects: &mut Vec<Object>) -> Result<(), Failure> {
    let origin = manifest.origin.as_ref().map(place);
    let mut add = |mut object: Value| {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let gvk = Gvk::from_api_version(text("/apiVersion"), text("/kind"));
        let is_open = text("/metadata/namespace").is_empty() && !namespace.is_empty();
        if is_open
            && !gvk.is_cluster_scoped()
            && let Some(metadata) = object.pointer_mut("/metadata").and_then(Value::as_object_mut)
        {
            metadata.insert("namespace".to_owned(), Value::String(namespace.to_owned()));
        }
        objects.push(Object { manifest: object, origin: origin.clone() });
    };
    let object: Value = serde_json::from_str(&manifest.json)
        .map_err(|error| Failure::new(format!("a manifest cannot be read: {error}")))?;
    let is_list = object.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"));
    match object {
        Value::Object(mut list) if is_list && list.get("items").is_some_and(Value::is_array) => {
            if let Some(Value::Array(items)) = list.remove("items") {
                items.into_iter().for_each(add);
            }
        }
        object => add(object),
    }
    Ok(())
}
