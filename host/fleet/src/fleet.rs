//! A fleet: what renders it, and what is known around it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use oarlock_applicationset::Recorded;
use oarlock_engine::application::CONTROL_PLANE;
use oarlock_engine::pipeline::{self, Facts, LocatedProject, Profile, RenderOutcome, Renderer, Run, Task};
use oarlock_plugin::{Failure, TreePath};
use rayon::ThreadPool;
use serde_json::{Map, Value};

use crate::clusters::Clusters;
use crate::definition::Definition;
use crate::directories::{THREAD_STACK_BYTES, ThreadsError};
use crate::environment::{Application, Environment, Filter};
use crate::expansion::{Expanded, ExpandedSet, ExpansionError, SetFacts, expand, expand_file};
use crate::plan::{PlannedSource, Planner, SourceError, SourceType, Subject};
use crate::rendered::{ApplicationRender, SourceRender};
use crate::repository::{External, Repositories};

/// What is known around a fleet.
pub struct FleetOptions {
    /// The clusters.
    pub clusters: Clusters,
    /// The release of Argo CD to be like; by default what the repository says, else the operator.
    pub profile: Option<Profile>,
    /// The options of `kustomize build` in Argo CD's settings, as configuration of the plugin
    /// `kustomize`.
    pub kustomize: Map<String, Value>,
    /// Parameters of generators that ask services.
    pub recorded: Vec<Recorded>,
    /// The commit that is rendered, where plugins are to see it.
    pub revision: Option<String>,
    /// The namespace of Argo CD.
    pub namespace: String,
}

impl Default for FleetOptions {
    fn default() -> Self {
        Self {
            clusters: Clusters::default(),
            profile: None,
            kustomize: Map::new(),
            recorded: Vec::new(),
            revision: None,
            namespace: CONTROL_PLANE.to_owned(),
        }
    }
}

/// Everything that a repository deploys: finds it, and renders it.
pub struct Fleet {
    pub(crate) renderer: Renderer,
    pub(crate) repositories: Arc<Repositories>,
    pub(crate) options: FleetOptions,
    pub(crate) pool: ThreadPool,
    profile: OnceLock<Profile>,
}

impl Fleet {
    /// A fleet over the trees of repositories.
    ///
    /// # Errors
    /// If there can be no threads.
    pub fn new(
        renderer: Renderer,
        repositories: Repositories,
        options: FleetOptions,
    ) -> Result<Self, ThreadsError> {
        let pool = rayon::ThreadPoolBuilder::new().stack_size(THREAD_STACK_BYTES).build()?;
        let profile = OnceLock::new();
        Ok(Self { renderer, repositories: Arc::new(repositories), options, pool, profile })
    }

    /// The trees of repositories.
    pub fn repositories(&self) -> &Repositories {
        &self.repositories
    }

    /// The release of Argo CD that the fleet is rendered like.
    pub fn profile(&self) -> Profile {
        let of_repository = || {
            let reviewed = self.repositories.reviewed();
            let project = LocatedProject::load(reviewed.tree.as_ref(), &reviewed.root).ok()?;
            project.project.profile
        };
        *self.profile.get_or_init(|| {
            let named = self.options.profile.or_else(of_repository);
            named.or(self.renderer.operator.profile).unwrap_or_default()
        })
    }

    /// The Applications that an ApplicationSet makes. `projects` are those that exist, where that
    /// is known.
    ///
    /// # Errors
    /// If Argo CD's controller would fail, too, or something is not at hand.
    pub fn expand(&self, set: &Definition, projects: Option<&[String]>) -> Result<Expanded, ExpansionError> {
        expand(&self.renderer, set, &self.set_facts(projects))
    }

    /// The Applications that the ApplicationSets of a file make, each set with its name; `name` is
    /// that of the file for messages.
    ///
    /// # Errors
    /// If the file is no YAML.
    pub fn expand_file(
        &self,
        name: &str,
        text: &[u8],
        projects: Option<&[String]>,
    ) -> Result<Vec<ExpandedSet>, Failure> {
        expand_file(&self.renderer, name, text, &self.set_facts(projects), &self.options.namespace)
    }

    fn set_facts<'a>(&'a self, projects: Option<&'a [String]>) -> SetFacts<'a> {
        SetFacts {
            clusters: &self.options.clusters,
            repositories: &self.repositories,
            projects,
            recorded: &self.options.recorded,
            profile: self.profile(),
        }
    }

    /// How many renders are kept in memory at once: so many that no thread waits for the longest.
    pub(crate) fn batch(&self) -> usize {
        self.pool.current_num_threads() * 8
    }

    pub(crate) fn planner(&self) -> Planner<'_> {
        Planner {
            renderer: &self.renderer,
            repositories: &self.repositories,
            kustomize: &self.options.kustomize,
            profile: self.options.profile,
        }
    }

    /// How Argo CD would render each source of an Application, in order; sources that are there for
    /// the values files of others alone have no entry.
    pub fn plan(&self, application: &Application) -> Vec<(usize, Result<PlannedSource, SourceError>)> {
        let Ok(spec) = &application.spec else { return Vec::new() };
        let subject = Subject { spec, called: &application.called };
        let planner = self.planner();
        let sources = spec.sources().iter().enumerate();
        sources
            .filter_map(|(index, source)| match planner.plan(subject, source) {
                Ok(found) => Some((index, Ok(found?))),
                Err(error) => Some((index, Err(error))),
            })
            .collect()
    }

    /// Renders an Application.
    pub fn render(&self, application: &Application) -> ApplicationRender {
        self.render_with(application, &|_| {})
    }

    /// Renders an Application with another seed for the random functions of a plugin.
    pub(crate) fn render_seeded(
        &self,
        application: &Application,
        (plugin, seed): (&str, u64),
    ) -> ApplicationRender {
        self.render_with(application, &|planned| {
            let config = Map::from_iter([("seed".to_owned(), Value::from(seed))]);
            planned.overrides.config.push((plugin.to_owned(), config));
        })
    }

    /// Renders an Application with something laid over what is planned.
    fn render_with(
        &self,
        application: &Application,
        adjust: &dyn Fn(&mut PlannedSource),
    ) -> ApplicationRender {
        self.render_planned(application, || {
            let mut plans = self.plan(application);
            plans.iter_mut().filter_map(|(_, planned)| planned.as_mut().ok()).for_each(adjust);
            plans
        })
    }

    /// Renders an Application whose sources are planned already.
    pub(crate) fn render_planned(
        &self,
        application: &Application,
        plans: impl FnOnce() -> Vec<(usize, Result<PlannedSource, SourceError>)>,
    ) -> ApplicationRender {
        let mut render = ApplicationRender::default();
        if let Some(failure) = application.fault() {
            render.failures.push(failure.clone());
            return render;
        }
        let facts = application.target.as_ref().ok().and_then(|target| target.facts.clone());
        for (index, planned) in plans() {
            match planned {
                Ok(planned) => {
                    render.sources.push(self.render_source(index, planned, facts.as_ref()).leave_out());
                }
                Err(SourceError::External(external)) => {
                    let repository = if external.repository.is_empty() {
                        application.source_url(index).unwrap_or_default().to_owned()
                    } else {
                        external.repository.clone()
                    };
                    render.external.push((index, External { repository, ..external }));
                }
                Err(SourceError::Failed(failure)) => {
                    let place = application.definition.origin.clone();
                    render.failures.push(place.into_iter().fold(failure, Failure::at));
                }
            }
        }
        render
    }

    /// Renders a source as it is planned.
    pub(crate) fn render_source(
        &self,
        index: usize,
        planned: PlannedSource,
        facts: Option<&Facts>,
    ) -> SourceRender {
        let outcome = {
            let task = self.task(&planned, facts);
            match planned.source_type {
                SourceType::Oarlock => pipeline::render(&self.renderer, task),
                _ => pipeline::render_cached(&self.renderer, &task),
            }
        };
        let PlannedSource { source_type, checkout, tree, directory, warnings, .. } = planned;
        let RenderOutcome { rendered, services, reads, configuration, configured } = outcome;
        SourceRender {
            index,
            source_type,
            directory,
            rendered: rendered.map(|rendered| rendered.manifests),
            needed: BTreeSet::new(),
            warnings: services.take_warnings(),
            log: services.take_log(),
            plugins: services.rendered(),
            ignored: warnings,
            checkout,
            tree,
            reads,
            configuration,
            configured,
        }
    }

    fn task<'a>(&self, planned: &'a PlannedSource, facts: Option<&Facts>) -> Task<'a> {
        let mut application = planned.application.clone();
        if let Some(facts) = facts {
            facts.clone().add_to(&mut application);
        }
        application.revision.clone_from(&self.options.revision);
        Task {
            application,
            overrides: planned.overrides.clone(),
            ..Task::new(&planned.tree, &planned.directory)
        }
    }

    /// Whether the repository's configuration comes to the same for a source as it did for a render
    /// of it, whatever else it says.
    pub(crate) fn is_configured_as(
        &self,
        render: &SourceRender,
        planned: &PlannedSource,
        facts: Option<&Facts>,
    ) -> bool {
        let Some(configured) = render.configured else { return false };
        let is_empty = render.rendered.as_ref().is_ok_and(Vec::is_empty);
        let before = (configured, Run { plugins: &render.plugins, is_empty });
        let task = self.task(planned, facts);
        match planned.source_type {
            SourceType::Oarlock => pipeline::is_configured_as(&self.renderer, task, before, &render.reads),
            _ => self.renderer.is_configured_as(&task, before, &render.reads),
        }
    }

    /// Renders a directory of the tree at hand as `oarlock.yaml` says, for no Application.
    pub(crate) fn render_as_configured(&self, directory: &TreePath) -> ApplicationRender {
        let planned = PlannedSource {
            source_type: SourceType::Oarlock,
            checkout: self.repositories.reviewed().clone(),
            tree: std::sync::Arc::clone(&self.repositories.reviewed().tree),
            directory: directory.clone(),
            warnings: Vec::new(),
            application: oarlock_plugin::Application::default(),
            overrides: oarlock_engine::pipeline::Overrides::default(),
        };
        ApplicationRender {
            sources: vec![self.render_source(0, planned, None)],
            ..ApplicationRender::default()
        }
    }

    /// Renders a directory of the tree at hand that no Application names.
    pub(crate) fn render_directory(&self, directory: &TreePath) -> Result<SourceRender, Failure> {
        Ok(self.render_source(0, self.planner().plan_directory(directory)?, None))
    }

    /// Everything that sources and generators need that is not at hand, each once, with the
    /// Applications and ApplicationSets that need it. What sources need is known by their plans.
    pub fn external(&self, environment: &Environment, filter: &Filter) -> BTreeMap<External, Vec<String>> {
        let mut external: BTreeMap<External, Vec<String>> = BTreeMap::new();
        for index in environment.in_order() {
            let application = &environment.applications[index];
            if application.fault().is_some() || !filter.wants(application) {
                continue;
            }
            for (source, planned) in self.plan(application) {
                if let Err(SourceError::External(mut found)) = planned {
                    if found.repository.is_empty() {
                        application.source_url(source).unwrap_or_default().clone_into(&mut found.repository);
                    }
                    let users = external.entry(found).or_default();
                    let title = application.definition.title();
                    if users.last() != Some(&title) {
                        users.push(title);
                    }
                }
            }
        }
        for set in &environment.sets {
            for found in &set.external {
                external.entry(found.clone()).or_default().push(set.definition.title());
            }
        }
        external
    }
}
