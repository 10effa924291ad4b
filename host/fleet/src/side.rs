//! The renders of a fleet as one side of a comparison.

use std::convert::Infallible;
use std::sync::Arc;

use crate::change::{self, ApplicationKey, Side};
use crate::definition::ObjectName;
use crate::directories::Progress;
use crate::environment::{Application, Environment, Filter, Parent};
use crate::fleet::Fleet;
use crate::namespaces::CustomKinds;
use crate::needed::Needs;
use crate::outcome::{Extent, Summary, summarize};
use crate::rendered::ApplicationRender;

impl Fleet {
    /// Renders all Applications of environments that are wanted, as one side of a comparison.
    /// Returns what they lack, too.
    pub fn side(
        &self,
        environments: &[Environment],
        filter: &Filter,
        progress: &dyn Progress,
    ) -> (Side, Needs) {
        let (mut side, mut needs) = (Side::default(), Needs::default());
        for environment in environments {
            let Ok(lacking) = self.render_all(environment, filter, progress, |application, render| {
                side.applications.push(self.compared(environment, application, &render));
                Ok::<(), Infallible>(())
            });
            needs.append(lacking);
        }
        (side, needs)
    }

    /// An Application and its render, as a comparison takes it.
    pub fn compared(
        &self,
        environment: &Environment,
        application: &Application,
        render: &ApplicationRender,
    ) -> change::Application {
        let namespace = application.destination_namespace().unwrap_or_default();
        let parent = match application.parent {
            Parent::Root => None,
            Parent::Set(index) => {
                let set = &environment.sets[index].definition;
                Some(change::Parent::ApplicationSet {
                    name: self.called(&set.name),
                    manifest: Arc::clone(&set.manifest),
                })
            }
            Parent::Application(index) => {
                Some(change::Parent::Application(self.key(&environment.applications[index])))
            }
        };
        let Summary { result, incomplete } = outcome(render, namespace);
        change::Application {
            key: self.key(application),
            manifest: application.definition.manifest.as_ref().clone(),
            parent,
            file: application.definition.origin.as_ref().map(|origin| origin.path.clone()),
            outcome: result,
            incomplete,
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

/// What became of the render of something that deploys to a namespace.
pub(crate) fn outcome(render: &ApplicationRender, namespace: &str) -> Summary {
    summarize(render, (namespace, CustomKinds::Namespaced), Extent::Whole)
}
