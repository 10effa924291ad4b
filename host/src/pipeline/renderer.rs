//! From a directory of any tree to its manifests: the repository's word, the plugins that it may bring, the plan, the run.

use std::sync::Arc;

use oarlock_plugin::{Application, Failure, TreePath};

use super::{LocatedProject, Operator, Overrides, Plan, PlanError, RenderError, Rendered, parse_digest, run};
use crate::sandbox::{Interrupt, Library, PluginSource, Services};
use crate::source::{Digest, ReadRecord, Recorder, Source};

/// What renders have in common whatever tree they are over.
#[derive(Clone)]
pub struct Renderer {
    /// The plugins that may run.
    pub library: Arc<Library>,
    /// The operator's word.
    pub operator: Arc<Operator>,
    /// One file that stands in for the repository's configuration.
    pub pipeline: Option<LocatedProject>,
}

/// How a render went: what it gave, and what was told and read on the way.
pub struct Outcome {
    /// The manifests, or why there are none.
    pub rendered: Result<Rendered, RenderError>,
    /// Holds warnings and logs.
    pub services: Arc<Services>,
    /// All that the render depended on.
    pub reads: ReadRecord,
}

impl Renderer {
    /// Services for one render.
    pub fn services(&self, tree: Arc<dyn Source>, library: Arc<Library>) -> Services {
        Services::new(tree, library, self.operator.limits)
    }

    /// The repository's word on a directory, and the library with the plugins that the repository brings.
    ///
    /// # Errors
    /// If the configuration is at fault, or the repository brings a plugin that it may not.
    pub fn project(
        &self,
        tree: &dyn Source,
        directory: &TreePath,
    ) -> Result<(LocatedProject, Arc<Library>), PlanError> {
        let project = match &self.pipeline {
            Some(project) => project.clone(),
            None => LocatedProject::load(tree, directory)?,
        };
        let library = self.with_repository_plugins(tree, &project)?;
        Ok((project, library))
    }

    fn with_repository_plugins(
        &self,
        tree: &dyn Source,
        project: &LocatedProject,
    ) -> Result<Arc<Library>, Failure> {
        let mut library = None;
        for (name, settings) in &project.project.plugins {
            let Some(path) = &settings.component else { continue };
            if !self.operator.allow_repository_plugins {
                let failure =
                    Failure::new(format!("the repository brings plugin `{name}`, which is not allowed"));
                let failure = match project.locate_component(name) {
                    Some(origin) => failure.at(origin),
                    None => failure,
                };
                return Err(failure.hint(
                    "the operator may say `allowRepositoryPlugins: true`, or name the component in a file of their own",
                ));
            }
            let bytes = tree.read(path).map_err(|error| error.at(path))?;
            if let Some(wanted) = &settings.digest {
                let wanted = parse_digest(wanted).map_err(|error| Failure::new(error.to_string()))?;
                let found = Digest::of(&bytes).to_string();
                if wanted != found {
                    let message =
                        format!("`{path}` has the digest sha256:{found}, wanted is sha256:{wanted}");
                    return Err(Failure::new(message));
                }
            }
            let library = library.get_or_insert_with(|| self.library.as_ref().clone());
            library.add(name, PluginSource::Bytes(bytes.into()));
        }
        Ok(library.map_or_else(|| Arc::clone(&self.library), Arc::new))
    }

    /// Renders a directory, and keeps a record of everything that it depended on.
    pub fn render(
        &self,
        tree: &Arc<dyn Source>,
        directory: &TreePath,
        overrides: impl FnOnce(&LocatedProject) -> Result<Overrides, Failure>,
        application: &Application,
        interrupt: &Arc<Interrupt>,
    ) -> Outcome {
        let recorder = Recorder::new(Arc::clone(tree));
        let project = self.project(&recorder, directory).map_err(RenderError::from);
        let mut reads = recorder.take_record();
        let library = project.as_ref().map_or(&self.library, |(_, library)| library);
        let remotes = project.as_ref().map(|(project, _)| project.remotes.clone()).unwrap_or_default();
        let services = self.services(Arc::clone(tree), Arc::clone(library)).with_remotes(remotes);
        let services = Arc::new(services.interruptible(Arc::clone(interrupt)));
        let rendered = project.and_then(|(project, _)| {
            let overrides = overrides(&project).map_err(PlanError::from)?;
            let plan = Plan::make(&services, project, directory.clone(), &overrides)?;
            run(&services, &plan, application)
        });
        reads.append(&mut services.take_reads());
        Outcome { rendered, services, reads }
    }
}
