//! What an image is set in: the Applications that render a directory, or the directory alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use oarlock_engine::application::ApplicationSource;
use oarlock_engine::source::{Lookup, LookupResult, ReadRecord, Source};
use oarlock_plugin::{Failure, Kind, TreePath};

use crate::change::{self, ApplicationKey, Side};
use crate::definition::ObjectName;
use crate::environment::{Application, Environment, Parent};
use crate::fleet::Fleet;
use crate::outcome::Summary;
use crate::rendered::ApplicationRender;
use crate::side::outcome;

/// What an image is set in.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    /// Applications, by the number of their environment and their name.
    Applications(Vec<(usize, ObjectName)>),
    /// A directory that no Application renders.
    Directory(TreePath),
}

/// A subject, rendered, and the files that it depends on.
pub(crate) struct View {
    pub(crate) side: Side,
    /// Files that were read to render it, links resolved.
    pub(crate) read: BTreeSet<TreePath>,
    /// Files that hold its Applications and what makes them.
    pub(crate) definitions: BTreeSet<TreePath>,
}

impl Subject {
    /// What a target stands for: a directory that Applications render, else an Application by its
    /// name, else a directory that no Application renders.
    pub(crate) fn find(
        target: &str,
        directory: Option<&TreePath>,
        fleet: &Fleet,
        environments: &[Environment],
    ) -> Result<Self, Failure> {
        let everything: Vec<(usize, &Application)> = environments
            .iter()
            .enumerate()
            .flat_map(|(index, one)| one.applications.iter().map(move |application| (index, application)))
            .collect();
        // The same directory on several clusters has the same images.
        let deployed = |directories: &BTreeSet<TreePath>| -> Vec<(usize, ObjectName)> {
            let renders = |one: &Application| !own_directories(fleet, one).is_disjoint(directories);
            let deployed = everything.iter().filter(|(_, one)| renders(one));
            deployed.map(|(index, one)| (*index, one.definition.name.clone())).collect()
        };
        if let Some(directory) = directory {
            let applications = deployed(&BTreeSet::from([directory.clone()]));
            if !applications.is_empty() {
                return Ok(Self::Applications(applications));
            }
        }
        let is_called = |one: &Application| {
            one.definition.name.name == target || one.definition.name.to_string() == target
        };
        let named: Vec<_> = everything.iter().filter(|(_, one)| is_called(one)).collect();
        match (named.as_slice(), directory) {
            ([(index, application)], _) => {
                let own = own_directories(fleet, application);
                Ok(Self::Applications(if own.is_empty() {
                    vec![(*index, application.definition.name.clone())]
                } else {
                    deployed(&own)
                }))
            }
            ([], Some(directory)) => Ok(Self::Directory(directory.clone())),
            ([], None) => Err(unknown(target, &everything)),
            _ => Err(Failure::new(format!("several environments have an Application `{target}`"))
                .hint("name the directory that it renders")),
        }
    }

    /// The Applications of an environment that have a name, or that an ApplicationSet of that name
    /// makes. The tree at hand must be what they render.
    pub(crate) fn in_environment(
        name: &str,
        (fleet, environments): (&Fleet, &[Environment]),
        index: usize,
    ) -> Result<Self, Failure> {
        let environment = &environments[index];
        let has_name = |found: &ObjectName| found.name == name || found.to_string() == name;
        let is_called = |one: &&Application| has_name(&one.definition.name);
        let is_of_set = |one: &&Application| matches!(one.parent, Parent::Set(set) if has_name(&environment.sets[set].definition.name));
        let mut found: Vec<&Application> = environment.applications.iter().filter(is_called).collect();
        if found.is_empty() {
            found = environment.applications.iter().filter(is_of_set).collect();
        }
        if found.is_empty() {
            let names = environment.applications.iter().map(|one| (index, one)).collect::<Vec<_>>();
            let failure = Failure::new(format!(
                "`{}` has no Application `{name}`, and no ApplicationSet of that name makes one",
                environment.name
            ));
            return Err(near(name, &names).into_iter().fold(failure, Failure::hint));
        }
        if let Some(failure) = found.iter().find_map(|one| follows_another_revision(fleet, one)) {
            return Err(failure);
        }
        Ok(Self::Applications(found.iter().map(|one| (index, one.definition.name.clone())).collect()))
    }

    /// Renders it. The environments may be those of the fleet over another tree.
    pub(crate) fn render(&self, fleet: &Fleet, environments: &[Environment]) -> View {
        let mut view = View { side: Side::default(), read: BTreeSet::new(), definitions: BTreeSet::new() };
        match self {
            Self::Directory(directory) => {
                let render = fleet.render_as_configured(directory);
                view.note_reads(fleet, &render);
                let Summary { result, incomplete } = outcome(&render, "");
                view.side.applications.push(change::Application {
                    key: ApplicationKey { cluster: String::new(), name: directory.to_string() },
                    manifest: serde_json::Value::Null,
                    parent: None,
                    file: Some(directory.to_string()),
                    outcome: result,
                    incomplete,
                });
            }
            Self::Applications(names) => {
                for (index, name) in names {
                    let Some(environment) = environments.get(*index) else { continue };
                    let mut all = environment.applications.iter();
                    let Some(application) = all.find(|one| one.definition.name == *name) else { continue };
                    let render = fleet.render(application);
                    view.note_reads(fleet, &render);
                    let chain = environment.chain(application.parent);
                    for definition in chain.into_iter().chain([&application.definition]) {
                        let file = definition.origin.as_ref().map(|origin| TreePath::new(&origin.path));
                        view.definitions.extend(file.and_then(Result::ok));
                    }
                    view.side.applications.push(fleet.compared(environment, application, &render));
                }
            }
        }
        view
    }
}

impl View {
    fn note_reads(&mut self, fleet: &Fleet, render: &ApplicationRender) {
        let own = &fleet.repositories().reviewed().tree;
        for source in &render.sources {
            // Another tree is none that can be edited.
            if Arc::ptr_eq(&source.tree, own) {
                self.read.extend(files(own.as_ref(), &source.reads));
            }
        }
    }
}

/// The files of a record, links resolved.
fn files(tree: &dyn Source, record: &ReadRecord) -> Vec<TreePath> {
    let read = record.iter().filter_map(|(request, answer)| match (request, answer) {
        (Lookup::Read(path), LookupResult::Content(_)) => Some(path),
        _ => None,
    });
    let resolved = |path: &TreePath| {
        let found = tree.stat(path).ok().filter(|found| found.kind == Kind::File)?;
        TreePath::new(&found.path).ok()
    };
    read.filter_map(resolved).collect()
}

/// The directories of the tree at hand that an Application renders.
fn own_directories(fleet: &Fleet, application: &Application) -> BTreeSet<TreePath> {
    let reviewed = fleet.repositories().reviewed();
    let planned = fleet.plan(application).into_iter().filter_map(|(_, planned)| planned.ok());
    planned
        .filter(|planned| planned.checkout.is_same_tree(reviewed))
        .map(|planned| planned.directory)
        .collect()
}

/// Why an Application cannot be changed in the tree at hand: it renders another revision of the
/// repository, and nothing of this one.
fn follows_another_revision(fleet: &Fleet, application: &Application) -> Option<Failure> {
    let repositories = fleet.repositories();
    let is_own = |source: &&ApplicationSource| {
        source.repo_url.as_deref().is_some_and(|url| repositories.is_reviewed(url))
    };
    let spec = application.spec.as_ref().ok()?;
    let revisions = spec.sources().iter().filter(is_own);
    let mut revisions = revisions.map(|source| source.target_revision.as_deref().unwrap_or_default());
    let revision = revisions.next()?;
    if repositories.stands_for(revision) || revisions.any(|revision| repositories.stands_for(revision)) {
        return None;
    }
    let title = application.definition.title();
    let failure = Failure::new(format!("{title} follows `{revision}`, which is another revision"));
    Some(failure.hint(format!("start from there, by `--base origin/{revision}`")))
}

fn unknown(target: &str, all: &[(usize, &Application)]) -> Failure {
    let failure = Failure::new(format!("there is no directory and no Application `{target}`"));
    near(target, all).into_iter().fold(failure, Failure::hint)
}

/// The names of Applications that resemble one.
fn near(target: &str, all: &[(usize, &Application)]) -> Option<String> {
    let near: Vec<&str> = all
        .iter()
        .map(|(_, one)| one.definition.name.name.as_str())
        .filter(|name| name.contains(target) || target.contains(name))
        .take(5)
        .collect();
    (!near.is_empty()).then(|| format!("these are like it: {}", near.join(", ")))
}
