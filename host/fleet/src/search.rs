//! The search for what a root deploys: the objects of Argo CD among its manifests, and those that
//! they make in turn.

use std::collections::{HashMap, HashSet};

use oarlock_engine::application::instance_name;
use oarlock_plugin::{Failure, Kind as EntryKind, Origin, TreePath};
use rayon::prelude::*;

use crate::clusters::{LOCAL_NAME, Target};
use crate::definition::{Definition, Kind, ObjectName, definitions};
use crate::environment::{Application, Environment, Parent, Project, Set};
use crate::expansion::{Expanded, ExpansionError};
use crate::fleet::Fleet;
use crate::origin::repository_of;
use crate::rendered::ApplicationRender;
use crate::repository::LocateError;

/// How deep Applications may make Applications.
const MAX_DEPTH: usize = 20;

/// How many Applications an environment may have.
const MAX_APPLICATIONS: usize = 100_000;

/// A search for what a root deploys.
struct Search<'f> {
    fleet: &'f Fleet,
    environment: Environment,
    /// What is known, by kind and name.
    known: HashMap<(Kind, ObjectName), Known>,
    /// The cluster in which Argo CD runs: only there do Applications make Applications.
    control_plane: Option<String>,
}

/// An object that is known, by its number among those of its kind.
#[derive(Clone, Copy)]
enum Known {
    Application(usize),
    Set(usize),
    Project(usize),
}

/// An object and what makes it.
type Found = (Definition, Parent);

impl Fleet {
    /// Finds what a root deploys: a file with the root Application, or a directory that is applied
    /// by hand.
    pub fn environment(&self, name: &str, root: &TreePath) -> Environment {
        let mut search = Search {
            fleet: self,
            environment: Environment::new(name, root),
            known: HashMap::new(),
            control_plane: None,
        };
        let found = search.read_root();
        search.run(found);
        search.check_found();
        search.environment
    }
}

impl Search<'_> {
    fn problem(&mut self, failure: Failure) {
        self.environment.problems.push(failure);
    }

    /// What is applied by hand.
    fn read_root(&mut self) -> Vec<Found> {
        let root = self.environment.root.clone();
        let tree = self.fleet.repositories.reviewed().tree.clone();
        let definitions = match tree.stat(&root) {
            Ok(found) if found.kind == EntryKind::File => {
                match tree
                    .read(&root)
                    .map_err(|error| error.at(&root))
                    .and_then(|text| definitions(&root, &text, &self.fleet.options.namespace))
                {
                    Ok(definitions) => definitions,
                    Err(failure) => {
                        self.problem(failure);
                        return Vec::new();
                    }
                }
            }
            Ok(_) => self.read_directory(&root),
            Err(error) => {
                self.problem(error.at(&root));
                return Vec::new();
            }
        };
        self.adopt_repository(&definitions);
        let own: Vec<bool> = definitions.iter().map(|definition| self.deploys(definition, &root)).collect();
        let is_own = own.contains(&true);
        definitions
            .into_iter()
            .zip(own)
            // A directory that one of its own Applications deploys is what that one makes of it.
            .filter(|(_, own)| *own || !is_own)
            .map(|(definition, _)| (definition, Parent::Root))
            .collect()
    }

    fn read_directory(&mut self, root: &TreePath) -> Vec<Definition> {
        let render = match self.fleet.pool.install(|| self.fleet.render_directory(root)) {
            Ok(render) => render,
            Err(failure) => {
                self.problem(failure);
                return Vec::new();
            }
        };
        let mut definitions = Vec::new();
        for manifest in render.rendered.iter().flatten() {
            match Definition::read(manifest, &self.fleet.options.namespace) {
                Ok(definition) => definitions.extend(definition),
                Err(failure) => self.problem(failure),
            }
        }
        if render.rendered.is_err() {
            self.environment.root_render = Some(render);
        } else {
            self.environment.root_reads = vec![render.reads, render.configuration];
        }
        definitions
    }

    /// Finds out under which URL the tree at hand is known, where nobody says: the one that is
    /// named most often with a path that is there.
    fn adopt_repository(&self, definitions: &[Definition]) {
        let repositories = &self.fleet.repositories;
        if repositories.is_known() {
            return;
        }
        let checkout = repositories.reviewed();
        if let Some(url) = repository_of(definitions, checkout.tree.as_ref()) {
            repositories.adopt(&url);
        }
    }

    /// Whether an Application deploys a directory of the tree at hand.
    fn deploys(&self, definition: &Definition, directory: &TreePath) -> bool {
        if definition.kind != Kind::Application {
            return false;
        }
        let Ok(spec) = definition.spec() else { return false };
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        spec.sources().iter().any(|source| {
            let located = self.fleet.repositories.locate(
                &text(&source.repo_url),
                &text(&source.target_revision),
                &text(&source.path),
            );
            match located {
                Ok(located) => {
                    source.chart.is_none()
                        && located.checkout.is_same(self.fleet.repositories.reviewed())
                        && located.directory == *directory
                }
                Err(LocateError::External(_) | LocateError::Path(_)) => false,
            }
        })
    }

    fn run(&mut self, mut found: Vec<Found>) {
        for depth in 0.. {
            let applications = self.admit(found);
            if applications.is_empty() {
                return;
            }
            found = self.children(&applications);
            if depth == MAX_DEPTH && !found.is_empty() {
                let (definition, parent) = &found[0];
                let chain = self.way_to(*parent, definition);
                self.problem(
                    Failure::new(format!("Applications nest deeper than the limit of {MAX_DEPTH}: {chain}"))
                        .note("deeper ones are left out"),
                );
                return;
            }
        }
    }

    /// The names from the root to an object.
    fn way_to(&self, parent: Parent, definition: &Definition) -> String {
        let chain = self.environment.chain(parent);
        let names = chain.into_iter().chain([definition]).map(|found| found.name.to_string());
        names.collect::<Vec<_>>().join(" → ")
    }

    /// Takes objects in, and what the ApplicationSets among them make. Returns the numbers of the
    /// Applications.
    fn admit(&mut self, found: Vec<Found>) -> Vec<usize> {
        let (mut applications, mut sets) = (Vec::new(), Vec::new());
        for (definition, parent) in found {
            match definition.kind {
                Kind::AppProject => {
                    if self.is_new(&definition, parent) {
                        self.environment.projects.push(Project { definition, parent });
                    }
                }
                Kind::ApplicationSet => {
                    if self.is_new(&definition, parent) {
                        sets.push(self.environment.sets.len());
                        let (external, failure) = (Vec::new(), None);
                        self.environment.sets.push(Set { definition, parent, external, failure });
                    }
                }
                Kind::Application => applications.extend(self.add(definition, parent)),
            }
        }
        let (fleet, environment) = (self.fleet, &self.environment);
        let expansions: Vec<Result<Expanded, ExpansionError>> = fleet.pool.install(|| {
            sets.par_iter().map(|set| fleet.expand(&environment.sets[*set].definition, None)).collect()
        });
        for (set, expansion) in sets.into_iter().zip(expansions) {
            match expansion {
                Ok(expanded) => applications.extend(self.add_expanded(set, expanded)),
                Err(ExpansionError::Failed(failure)) => {
                    self.environment.sets[set].failure = Some(failure.clone());
                    self.problem(failure);
                }
                Err(ExpansionError::External(external)) => self.environment.sets[set].external = external,
            }
        }
        applications
    }

    fn add_expanded(&mut self, set: usize, expanded: Expanded) -> Vec<usize> {
        self.environment.warnings.extend(expanded.warnings);
        let Definition { origin, name: set_name, .. } = self.environment.sets[set].definition.clone();
        let mut added = Vec::new();
        let mut reported = HashSet::new();
        for object in expanded.applications {
            let name =
                object.pointer("/metadata/name").and_then(serde_json::Value::as_str).unwrap_or_default();
            if let Some(reason) = expanded.held_back.get(name) {
                // Two of one name are reported once.
                if reported.insert(name.to_owned()) {
                    let message = format!(
                        "ApplicationSet `{set_name}` makes Application `{name}`, which Argo CD does not create: {reason}"
                    );
                    self.problem(origin.clone().into_iter().fold(Failure::new(message), Failure::at));
                }
                continue;
            }
            match Definition::of(object, origin.clone(), &set_name.namespace) {
                Ok(Some(definition)) => added.extend(self.add(definition, Parent::Set(set))),
                Ok(None) => {}
                Err(failure) => self.problem(failure),
            }
        }
        added
    }

    fn add(&mut self, definition: Definition, parent: Parent) -> Option<usize> {
        let index = self.environment.applications.len();
        if !self.is_new(&definition, parent) {
            return None;
        }
        if index == MAX_APPLICATIONS {
            self.problem(
                Failure::new(format!("there are more than {MAX_APPLICATIONS} Applications"))
                    .note("further ones are left out"),
            );
        }
        if index >= MAX_APPLICATIONS {
            return None;
        }
        let spec = definition.spec();
        let target = match &spec {
            Ok(spec) => {
                let destination = spec.destination.clone().unwrap_or_default();
                self.fleet.options.clusters.target(&destination).map_err(|failure| {
                    let failure = Failure {
                        message: format!("{}: {}", definition.title(), failure.message),
                        ..failure
                    };
                    definition.origin.clone().into_iter().fold(failure, Failure::at)
                })
            }
            Err(_) => Ok(Target::local()),
        };
        let ObjectName { namespace, name } = &definition.name;
        let called = instance_name(name, Some(namespace), &self.fleet.options.namespace);
        if let (Parent::Root, Ok(target)) = (parent, &target) {
            self.control_plane.get_or_insert_with(|| target.cluster.clone());
        }
        self.environment.applications.push(Application { definition, spec, parent, target, called });
        Some(index)
    }

    /// Whether an object is not known yet. One that is known is a problem, unless Argo CD would
    /// apply it once more as it is.
    fn is_new(&mut self, definition: &Definition, parent: Parent) -> bool {
        let key = (definition.kind, definition.name.clone());
        let Some(known) = self.known.get(&key).copied() else {
            let here = match definition.kind {
                Kind::Application => Known::Application(self.environment.applications.len()),
                Kind::ApplicationSet => Known::Set(self.environment.sets.len()),
                Kind::AppProject => Known::Project(self.environment.projects.len()),
            };
            self.known.insert(key, here);
            return true;
        };
        let first = self.first(known);
        let is_same = first.is_some_and(|(first, _)| first.is_same(definition));
        let is_by_hand = first.is_some_and(|(_, parent)| parent == Parent::Root);
        let is_above = self
            .environment
            .chain(parent)
            .iter()
            .any(|above| above.kind == definition.kind && above.name == definition.name);
        let title = definition.title();
        if is_above {
            let failure =
                Failure::new(format!("{title} includes itself: {}", self.way_to(parent, definition)));
            let at = |failure| definition.origin.clone().into_iter().fold(failure, Failure::at);
            if is_same {
                // It is applied by hand once, and by itself from then on.
                let note = "Argo CD accepts this: what is applied is the same";
                self.environment.warnings.push(at(failure.note(note)));
            } else {
                self.problem(at(failure
                    .note("its `spec` is another one there, and Argo CD replaces the first by that")
                    .hint("make both the same, or leave its own file out of what it deploys, as by `directory.exclude`")));
            }
            return false;
        }
        // What is applied by hand may be handed over to an Application.
        if is_same && is_by_hand {
            return false;
        }
        let place =
            first.and_then(|(first, _)| first.origin.as_ref()).map(|origin| format!(", first in {origin}"));
        let failure = Failure::new(format!("{title} is there twice{}", place.unwrap_or_default()))
            .note(format!("this one by {}", self.way_to(parent, definition)))
            .hint("give one of them another name");
        self.problem(definition.origin.clone().into_iter().fold(failure, Failure::at));
        false
    }

    /// An object that is known, and what makes it.
    fn first(&self, known: Known) -> Option<(&Definition, Parent)> {
        let environment = &self.environment;
        match known {
            Known::Application(index) => {
                environment.applications.get(index).map(|it| (&it.definition, it.parent))
            }
            Known::Set(index) => environment.sets.get(index).map(|it| (&it.definition, it.parent)),
            Known::Project(index) => environment.projects.get(index).map(|it| (&it.definition, it.parent)),
        }
    }

    /// The objects of Argo CD among the manifests of Applications.
    fn children(&mut self, applications: &[usize]) -> Vec<Found> {
        let control_plane = self.control_plane.clone().unwrap_or_else(|| LOCAL_NAME.to_owned());
        let looked_into: Vec<usize> = applications
            .iter()
            .copied()
            .filter(|index| {
                let application = &self.environment.applications[*index];
                application.fault().is_none() && application.cluster() == control_plane
            })
            .collect();
        let mut found = Vec::new();
        let fleet = self.fleet;
        for chunk in looked_into.chunks(fleet.batch()) {
            let environment = &self.environment;
            let renders: Vec<ApplicationRender> = fleet.pool.install(|| {
                chunk.par_iter().map(|index| fleet.render(&environment.applications[*index])).collect()
            });
            for (index, render) in chunk.iter().zip(renders) {
                let namespace = self.environment.applications[*index].destination_namespace();
                let namespace = namespace.unwrap_or(&fleet.options.namespace).to_owned();
                for manifest in render.manifests() {
                    match Definition::read(manifest, &namespace) {
                        Ok(definition) => {
                            found.extend(
                                definition.map(|definition| (definition, Parent::Application(*index))),
                            );
                        }
                        Err(failure) => self.problem(failure),
                    }
                }
                self.environment.keep_render(*index, render);
            }
        }
        found
    }

    /// A fleet in which nothing is found is never taken for one in which nothing is wrong.
    fn check_found(&mut self) {
        let environment = &self.environment;
        let is_told = environment.root_render.is_some()
            || !environment.problems.is_empty()
            || environment.sets.iter().any(|set| !set.external.is_empty());
        if !environment.applications.is_empty() || is_told {
            return;
        }
        let what = if environment.sets.is_empty() {
            "neither Applications nor ApplicationSets"
        } else {
            "no Applications: its ApplicationSets make none"
        };
        let failure = Failure::new(format!("the root `{}` has {what}", environment.root))
            .at(Origin::file(environment.root.as_str()))
            .hint("a root is a file with the Application that deploys all others, or the directory that it deploys");
        self.problem(failure);
    }
}
