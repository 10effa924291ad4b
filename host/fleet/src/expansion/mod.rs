//! ApplicationSets → Applications, by the plugin `applicationset` in its sandbox.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use oarlock_applicationset::{
    ApplicationSet, ApplicationSets, Config, ExpansionReport, Recorded, Release, named_repository,
};
use oarlock_engine::manifest::Manifest;
use oarlock_engine::pipeline::{Overrides, Profile, RenderOutcome, Rendered, Renderer, Task};
use oarlock_engine::sandbox::{RenderRequest, SandboxError, Services};
use oarlock_engine::source::{Listing, Metadata, ReadError, ReadRecord, Source};
use oarlock_plugin::{Application, Failure, Origin, Plugin as _, TreePath};
use serde_json::{Map, Value};

use crate::clusters::Clusters;
use crate::definition::Definition;
use crate::repository::{Checkout, External, Repositories};
use crate::view::{Mounts, View};

/// What is known besides an ApplicationSet.
#[derive(Clone, Copy)]
pub struct SetFacts<'a> {
    /// The clusters that are registered.
    pub clusters: &'a Clusters,
    /// The repositories that git generators read.
    pub repositories: &'a Arc<Repositories>,
    /// The projects that exist; `None` where they are not known.
    pub projects: Option<&'a [String]>,
    /// Parameters of generators that ask services.
    pub recorded: &'a [Recorded],
    /// The release of Argo CD.
    pub profile: Profile,
}

/// What an ApplicationSet makes.
#[derive(Clone, Debug, Default)]
pub struct Expanded {
    /// The Applications, sorted by name, those that Argo CD does not create among them.
    pub applications: Vec<Value>,
    /// The names of those that it does not create, each with the reason.
    pub held_back: BTreeMap<String, String>,
    /// What has no effect.
    pub warnings: Vec<Failure>,
}

/// An ApplicationSet of a file: its name, and the Applications that it makes or why there are none.
pub type ExpandedSet = (String, Result<Expanded, ExpansionError>);

/// Why an ApplicationSet makes nothing.
#[derive(Clone, Debug)]
pub enum ExpansionError {
    /// It is invalid, or a file that it reads is.
    Failed(Failure),
    /// It reads what is not at hand.
    External(Vec<External>),
}

/// The Applications that an ApplicationSet makes: the plugin expands it, in its sandbox.
///
/// # Errors
/// If Argo CD's controller would fail, too, or something is not at hand.
pub(crate) fn expand(
    renderer: &Renderer,
    set: &Definition,
    facts: &SetFacts<'_>,
) -> Result<Expanded, ExpansionError> {
    let title = set.name.to_string();
    expand_object(renderer, &set.manifest, (&title, set.origin.as_ref(), &set.name.namespace), facts)
}

/// Expands an object that is called `title` in messages.
fn expand_object(
    renderer: &Renderer,
    set: &Value,
    (title, origin, namespace): (&str, Option<&Origin>, &str),
    facts: &SetFacts<'_>,
) -> Result<Expanded, ExpansionError> {
    let view = Arc::new(View::new(Arc::new(NoTree), Mounted::new(facts.repositories)));
    let tree: Arc<dyn Source> = view.clone();
    let report = report(renderer, set, namespace, facts, &tree).map_err(|failure| {
        let failure =
            Failure { message: format!("ApplicationSet `{title}`: {}", failure.message), ..failure };
        ExpansionError::Failed(origin.cloned().into_iter().fold(failure, Failure::at))
    })?;
    let missing = view.mounts().missing();
    if report.lacks_repository() && !missing.is_empty() {
        return Err(ExpansionError::External(missing));
    }
    if let Some(mut error) = report.error {
        error.origin = error.origin.map(within_repository);
        return Err(ExpansionError::Failed(error.into_failure(title, origin)));
    }
    let warning = |field: &String| {
        let message =
            format!("ApplicationSet `{title}`: there is no field `{field}`, so Kubernetes drops it");
        origin.cloned().into_iter().fold(Failure::new(message), Failure::at)
    };
    Ok(Expanded {
        warnings: report.ignored_fields.iter().map(warning).collect(),
        applications: report.applications,
        held_back: report.held_back,
    })
}

/// What the plugin says of an ApplicationSet.
fn report(
    renderer: &Renderer,
    set: &Value,
    namespace: &str,
    facts: &SetFacts<'_>,
    tree: &Arc<dyn Source>,
) -> Result<ExpansionReport, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::new(error.to_string());
    let config = Config {
        namespace: namespace.to_owned(),
        clusters: facts.clusters.registered(),
        projects: facts.projects.map(<[String]>::to_vec),
        recorded: facts.recorded.to_vec(),
        release: release(facts.profile),
        tree_of_repositories: true,
        report: true,
        ..Config::default()
    };
    let config = serde_json::to_string(&config).map_err(|error| failed(&error))?;
    let manifest = set.to_string();
    let directory = TreePath::root();
    let task = task(tree, &directory, (&config, &manifest));
    let kept = renderer.cache.as_ref().and_then(|cache| cache.find(renderer, &task));
    let manifests = if let Some(earlier) = kept.and_then(|outcome| outcome.rendered.ok()) {
        earlier.manifests
    } else {
        let manifests = vec![Manifest { json: manifest, origin: None }];
        let request = RenderRequest {
            directory: directory.clone(),
            application: Application::default(),
            config,
            manifests,
        };
        let services = Arc::new(renderer.services(Arc::clone(tree), Arc::clone(&renderer.library)));
        let plugin = renderer.library.get(ApplicationSets::NAME).map_err(|error| failed(&error))?;
        let manifests = match plugin.render(&services, request) {
            Ok(manifests) => manifests,
            Err(SandboxError::Failed { failures, .. }) => {
                let first = failures.into_iter().next();
                return Err(first.unwrap_or_else(|| Failure::new("the plugin failed")));
            }
            Err(error) => return Err(failed(&error)),
        };
        keep(renderer, &task, services, &manifests);
        manifests
    };
    let [manifest] = &*manifests else {
        return Err(Failure::new(format!("the plugin gave {} objects for one", manifests.len())));
    };
    serde_json::from_str(&manifest.json).map_err(|error| failed(&error))
}

/// An expansion as the render cache knows it: by the configuration of the plugin and by the set.
fn task<'a>(
    tree: &'a Arc<dyn Source>,
    directory: &'a TreePath,
    (config, manifest): (&str, &str),
) -> Task<'a> {
    let known = [("config", config), ("set", manifest)];
    let known = known.map(|(key, text)| (key.to_owned(), Value::String(text.to_owned())));
    let overrides = Overrides {
        plugins: Some(vec![ApplicationSets::NAME.to_owned()]),
        config: vec![(ApplicationSets::NAME.to_owned(), Map::from_iter(known))],
        ..Overrides::default()
    };
    Task { overrides, ..Task::new(tree, directory) }
}

/// Keeps an expansion in the render cache, if there is one.
fn keep(renderer: &Renderer, task: &Task<'_>, services: Arc<Services>, manifests: &[Manifest]) {
    let Some(cache) = &renderer.cache else { return };
    let reads = services.take_reads();
    let expanded = Rendered { directory: task.directory.clone(), manifests: manifests.to_vec() };
    let configuration = ReadRecord::new();
    let outcome = RenderOutcome { rendered: Ok(expanded), services, reads, configuration, configured: None };
    cache.keep(renderer, task, &outcome);
}

fn release(profile: Profile) -> Release {
    match profile {
        Profile::ArgoCd3_3 => Release::V3_3,
        Profile::ArgoCd3_4 => Release::V3_4,
        Profile::ArgoCd3_5 => Release::V3_5,
    }
}

/// The repositories that one expansion reads, by the names that the plugin gives them.
struct Mounted {
    repositories: Arc<Repositories>,
    found: Mutex<BTreeMap<String, Result<Checkout, External>>>,
}

impl Mounted {
    fn new(repositories: &Arc<Repositories>) -> Self {
        Self { repositories: Arc::clone(repositories), found: Mutex::default() }
    }

    /// What was wanted and is not at hand.
    fn missing(&self) -> Vec<External> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let missing: BTreeSet<External> = found.values().filter_map(|found| found.clone().err()).collect();
        missing.into_iter().collect()
    }
}

impl Mounts for Mounted {
    fn find(&self, name: &str) -> Option<Checkout> {
        let (url, revision) = named_repository(name)?;
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let checkout =
            found.entry(name.to_owned()).or_insert_with(|| self.repositories.find(&url, &revision));
        checkout.as_ref().ok().cloned()
    }
}

/// A tree without entries: an expansion reads nothing but repositories.
struct NoTree;

impl Source for NoTree {
    fn read(&self, _: &str) -> Result<Vec<u8>, ReadError> {
        Err(ReadError::NotFound)
    }

    fn list(&self, _: &str) -> Result<Listing, ReadError> {
        Err(ReadError::NotFound)
    }

    fn stat(&self, _: &str) -> Result<Metadata, ReadError> {
        Err(ReadError::NotFound)
    }
}

/// A place in a file, by its path in the repository.
fn within_repository(origin: Origin) -> Origin {
    match origin.path.split_once('/') {
        Some((name, path)) if named_repository(name).is_some() => Origin { path: path.to_owned(), ..origin },
        _ => origin,
    }
}

/// The Applications that the ApplicationSets of a file make, each set on its own; `name` is that of
/// the file for messages. Sets without a namespace are in that of Argo CD.
///
/// # Errors
/// If the file is no YAML.
pub(crate) fn expand_file(
    renderer: &Renderer,
    name: &str,
    text: &[u8],
    facts: &SetFacts<'_>,
    namespace: &str,
) -> Result<Vec<ExpandedSet>, Failure> {
    let sets = ApplicationSet::documents(text)
        .map_err(|(line, error)| Failure::new(error.message).at(Origin::at(name, line, 0)))?;
    let expand = |(line, set): (u32, Value)| {
        let title = set.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let origin = Origin::at(name, line, 0);
        let expanded = expand_object(renderer, &set, (&title, Some(&origin), namespace), facts);
        (title, expanded)
    };
    Ok(sets.into_iter().map(expand).collect())
}
