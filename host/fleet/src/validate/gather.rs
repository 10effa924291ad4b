//! The objects of renders.

use std::convert::Infallible;
use std::sync::Arc;

use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::manifest::Manifest;
use oarlock_engine::source::Source;

use super::{ObjectGroup, Text, ValidateInput, Written, documents};
use crate::directories::Progress;
use crate::environment::{Environment, Filter};
use crate::fleet::Fleet;
use crate::namespaces::{CustomKinds, fill_namespace};
use crate::needed::Needs;

/// Renders the Applications of environments that are wanted, and takes their objects. Returns what
/// they lack, too.
pub fn gather(
    fleet: &Fleet,
    environments: &[Environment],
    filter: &Filter,
    progress: &dyn Progress,
) -> (ValidateInput, Needs) {
    let (mut input, mut needs) = (ValidateInput::default(), Needs::default());
    for environment in environments {
        let Ok(lacking) = fleet.render_all(environment, filter, progress, |application, render| {
            let key = fleet.key(application);
            if !render.is_ok() || render.is_lacking() {
                input.not_rendered.push(key.clone());
            }
            let target = application.target.as_ref().ok();
            let manifest = application.definition.manifest.as_ref();
            let namespace = application.destination_namespace().unwrap_or_default();
            let failed = |failure| (key.clone(), failure);
            input.failures.extend(render.failures.into_iter().map(failed));
            for source in render.sources {
                let manifests = match source.rendered {
                    Ok(manifests) => manifests,
                    Err(error) => {
                        let diagnostics = Diagnostic::from_render_error(error).into_iter();
                        input.failures.extend(diagnostics.map(|diagnostic| failed(diagnostic.failure)));
                        continue;
                    }
                };
                let facts = target.and_then(|target| target.facts.as_ref());
                let mut group = rendered(&manifests, source.tree);
                for written in &mut group.objects {
                    fill_namespace(&mut written.object, (namespace, CustomKinds::Namespaced));
                }
                input.groups.push(ObjectGroup {
                    environment: Some(environment.name.clone()),
                    application: Some((key.clone(), manifest.clone())),
                    cluster: application.cluster().to_owned(),
                    kube_version: facts.and_then(|facts| facts.kube_version.clone()),
                    ..group
                });
            }
            Ok::<(), Infallible>(())
        });
        needs.append(lacking);
    }
    (input, needs)
}

/// The objects of one render of a tree.
pub fn rendered(manifests: &[Manifest], tree: Arc<dyn Source>) -> ObjectGroup {
    let mut objects = Vec::new();
    for manifest in manifests {
        // The engine has read each of them before, so that there is none that cannot be read.
        let Ok(object) = serde_json::from_str(&manifest.json) else { continue };
        let (origin, within, repeated) = (manifest.origin.clone(), Vec::new(), Vec::new());
        documents::add(Written { object, origin, document: 0, within, repeated }, &mut objects);
    }
    ObjectGroup { text: Text::Tree(tree), objects, ..ObjectGroup::default() }
}
