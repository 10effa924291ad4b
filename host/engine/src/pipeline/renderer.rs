//! Renders a directory of a tree: reads the repository's configuration, loads the plugins it may
//! bring, makes the plan and runs it.

use std::sync::Arc;

use oarlock_plugin::{Application, Failure, Failures, Parameter, TreePath};

use super::configured::Parts;
use super::{
    Configured, Facts, LocatedProject, Operator, Overrides, Plan, PlanError, Profile, RenderError, Rendered,
    Run, parameters, parse_digest, run,
};
use crate::sandbox::{
    Defaults, Engine, Interrupt, Library, Meter, PluginSource, SandboxError, Services, Workload,
};
use crate::source::{Digest, ReadRecord, Recorder, Remotes, Source};

/// What all renders share, whatever tree they read.
#[derive(Clone)]
pub struct Renderer {
    /// The plugins that may run.
    pub library: Arc<Library>,
    /// The operator's file.
    pub operator: Arc<Operator>,
    /// One file that stands in for the repository's configuration.
    pub pipeline: Option<LocatedProject>,
    /// Renders of earlier runs.
    pub cache: Option<Arc<dyn RenderStore>>,
}

/// Keeps renders for later tasks.
pub trait RenderStore: Send + Sync {
    /// The outcome of an earlier render that is still valid for the task and its tree.
    fn find(&self, renderer: &Renderer, task: &Task<'_>) -> Option<RenderOutcome>;

    /// Stores an outcome, unless it must not be reused.
    fn keep(&self, renderer: &Renderer, task: &Task<'_>, outcome: &RenderOutcome);
}

/// The outcome of a render: its manifests or errors, what was reported, and what was read.
pub struct RenderOutcome {
    /// The manifests, or why there are none.
    pub rendered: Result<Rendered, RenderError>,
    /// Holds warnings and logs.
    pub services: Arc<Services>,
    /// What plugins read.
    pub reads: ReadRecord,
    /// What the host read to know which plugins run, and how.
    pub configuration: ReadRecord,
    /// What came of that for this render; `None` where it failed.
    pub configured: Option<Configured>,
}

/// What is to be rendered, and how.
#[derive(Clone)]
pub struct Task<'a> {
    /// The tree.
    pub tree: &'a Arc<dyn Source>,
    /// The directory.
    pub directory: &'a TreePath,
    /// What Argo CD says about the Application.
    pub application: Application,
    /// What overrides the repository's configuration.
    pub overrides: Overrides,
    /// What may end it early.
    pub interrupt: Option<Arc<Interrupt>>,
    /// The account from which instances reserve memory.
    pub meter: Option<Arc<dyn Meter>>,
    /// Whether listings are answered backwards, which must make no difference.
    pub reversed: bool,
    /// Whether what each call of a plugin took is kept.
    pub traced: bool,
    /// Whether nobody asks later what has changed since: where there is no cache of renders either,
    /// the record of what is read has no digests, see [`Recorder::without_digests`].
    pub once: bool,
}

impl<'a> Task<'a> {
    /// A directory of a tree, as the repository says.
    pub fn new(tree: &'a Arc<dyn Source>, directory: &'a TreePath) -> Self {
        Self {
            tree,
            directory,
            application: Application::default(),
            overrides: Overrides::default(),
            interrupt: None,
            meter: None,
            reversed: false,
            traced: false,
            once: false,
        }
    }
}

/// What is known before the first plugin renders.
pub(super) struct Prepared {
    pub(super) services: Arc<Services>,
    pub(super) configuration: ReadRecord,
    pub(super) planned: Result<(Plan, Application), RenderError>,
}

impl Renderer {
    /// The bundled plugins with the limits that hold by default, for a program that is its own
    /// operator.
    ///
    /// Plugins are compiled when they are first used, and kept for the life of the process. A
    /// program that is started often has a [`Library`] with a
    /// [`CodeCache`](crate::sandbox::CodeCache).
    ///
    /// # Errors
    /// If this machine cannot run WebAssembly.
    pub fn bundled(workload: Workload) -> Result<Self, SandboxError> {
        let mut library = Library::new(Engine::new(workload)?, None);
        for bundled in oarlock_bundle::BUNDLED {
            library.add(bundled.name, PluginSource::Bundled(bundled));
        }
        Ok(Self { library: Arc::new(library), operator: Arc::default(), pipeline: None, cache: None })
    }

    /// Services for one render.
    pub fn services(&self, tree: Arc<dyn Source>, library: Arc<Library>) -> Services {
        Services::new(tree, library, self.operator.limits)
    }

    /// The release of Argo CD to render like. The repository's setting wins over the operator's: a
    /// tree renders to the same bytes in review and in the cluster, and `oarlock doctor` tells
    /// where its Argo CD is another.
    pub fn profile(&self, project: &LocatedProject) -> Profile {
        project.project.profile.or(self.operator.profile).unwrap_or_default()
    }

    /// The repository's configuration of a directory, and the library with the plugins that the
    /// repository brings.
    ///
    /// # Errors
    /// If the configuration is invalid, or the repository brings a plugin that it may not.
    pub fn project(
        &self,
        tree: &dyn Source,
        directory: &TreePath,
    ) -> Result<(LocatedProject, Arc<Library>), PlanError> {
        let project = self.located(tree, directory)?;
        let library = self.with_repository_plugins(tree, &project)?;
        Ok((project, library))
    }

    fn located(&self, tree: &dyn Source, directory: &TreePath) -> Result<LocatedProject, Failures> {
        match &self.pipeline {
            Some(project) => Ok(project.clone()),
            None => LocatedProject::load(tree, directory),
        }
    }

    /// What the repository configures for a task.
    fn project_of(
        &self,
        tree: &dyn Source,
        task: &Task<'_>,
    ) -> Result<(LocatedProject, Arc<Library>), PlanError> {
        if !task.overrides.ignores_plugins {
            return self.project(tree, task.directory);
        }
        let mut project = self.located(tree, task.directory)?;
        project.project.pipeline = None;
        project.project.plugins.clear();
        Ok((project, Arc::clone(&self.library)))
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
    pub fn render(&self, task: &Task<'_>) -> RenderOutcome {
        let Prepared { services, configuration, planned } = self.prepare(task);
        let mut configured = None;
        let rendered = planned.and_then(|(plan, application)| {
            parameters::check_known(&services, &plan, &application)?;
            let rendered = run(&services, &plan, &application)?;
            let parts = Parts {
                project: &plan.project,
                library: &services.library,
                defaults: &services.defaults,
                application: &application,
                overrides: &task.overrides,
            };
            let plugins = services.rendered();
            let is_empty = rendered.manifests.is_empty();
            configured = Configured::of(&parts, Run { plugins: &plugins, is_empty });
            Ok(rendered)
        });
        let reads = services.take_reads();
        RenderOutcome { rendered, services, reads, configuration, configured }
    }

    /// The parameters that an Application may set in a directory, as its plugins declare them, and
    /// the repository's configuration of it.
    ///
    /// # Errors
    /// If there is no plan for the directory, or a plugin cannot tell.
    pub fn parameters(&self, task: &Task<'_>) -> Result<(LocatedProject, Vec<Parameter>), RenderError> {
        let Prepared { services, planned, .. } = self.prepare(task);
        let (plan, application) = planned?;
        let known = parameters::of_plan(&services, &plan, &application)?;
        Ok((plan.project, known.parameters))
    }

    /// The outcome of a task that does not even begin.
    pub fn refuse(&self, task: &Task<'_>, error: RenderError) -> RenderOutcome {
        let services = Arc::new(self.services(Arc::clone(task.tree), Arc::clone(&self.library)));
        let (reads, configuration) = (ReadRecord::new(), ReadRecord::new());
        RenderOutcome { rendered: Err(error), services, reads, configuration, configured: None }
    }

    /// All that comes before the first plugin renders.
    pub(super) fn prepare(&self, task: &Task<'_>) -> Prepared {
        let recorder = Recorder::new(Arc::clone(task.tree));
        let known = self.known(&recorder, task);
        let configuration = recorder.take_record();
        let (library, remotes, defaults) = match &known {
            Ok((project, library, _)) => {
                let defaults = self.defaults(project, library, &task.overrides);
                (Arc::clone(library), project.remotes.clone(), defaults)
            }
            Err(_) => (Arc::clone(&self.library), Remotes::default(), Defaults::default()),
        };
        let services = self.services_for(task, library, remotes, defaults);
        let planned = known.and_then(|(project, _, application)| {
            let plan = Plan::make(&services, project, task.directory.clone(), &task.overrides)?;
            Ok((plan, application))
        });
        Prepared { services, configuration, planned: planned.map_err(RenderError::from) }
    }

    /// What a tree says of a task: what the repository configures, the plugins that may run, and
    /// the Application with the facts that the repository adds.
    pub(super) fn known(
        &self,
        tree: &dyn Source,
        task: &Task<'_>,
    ) -> Result<(LocatedProject, Arc<Library>, Application), PlanError> {
        let (project, library) = self.project_of(tree, task)?;
        let application = with_facts(&task.application, &project, tree)?;
        Ok((project, library, application))
    }

    /// What plugins are configured as where nobody says anything else.
    pub(super) fn defaults(
        &self,
        project: &LocatedProject,
        library: &Library,
        overrides: &Overrides,
    ) -> Defaults {
        let profile = overrides.profile.unwrap_or_else(|| self.profile(project));
        profile.defaults(library, &project.project.plugins)
    }

    /// Services for a task, without the plugins that the repository brings.
    pub(crate) fn services_of(&self, task: &Task<'_>) -> Arc<Services> {
        self.services_for(task, Arc::clone(&self.library), Remotes::default(), Defaults::default())
    }

    fn services_for(
        &self,
        task: &Task<'_>,
        library: Arc<Library>,
        remotes: Remotes,
        defaults: Defaults,
    ) -> Arc<Services> {
        let services = self.services(Arc::clone(task.tree), library);
        let mut services = services.with_remotes(remotes).with_defaults(defaults);
        if let Some(interrupt) = &task.interrupt {
            services = services.interruptible(Arc::clone(interrupt));
        }
        if let Some(meter) = &task.meter {
            services = services.metered(Arc::clone(meter));
        }
        if task.reversed {
            services = services.reversing_listings();
        }
        if task.traced {
            services = services.keeping_calls();
        }
        if task.once && self.cache.is_none() {
            services = services.without_digests();
        }
        Arc::new(services)
    }
}

/// What plugins see of an Application: the repository's facts of the cluster where there are no
/// others.
fn with_facts(
    application: &Application,
    project: &LocatedProject,
    tree: &dyn Source,
) -> Result<Application, Failure> {
    let mut application = application.clone();
    if let Some(path) = project.facts.as_ref().filter(|_| Facts::of(&application).is_none()) {
        Facts::load(tree, path)?.add_to(&mut application);
    }
    Ok(application)
}
