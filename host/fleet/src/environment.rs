//! What one root deploys: Applications, ApplicationSets and projects.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use oarlock_engine::application::Spec;
use oarlock_engine::source::ReadRecord;
use oarlock_plugin::{Failure, Glob, TreePath};

use crate::clusters::Target;
use crate::definition::Definition;
use crate::needed::Needed;
use crate::rendered::{ApplicationRender, SourceRender};
use crate::repository::External;

/// How much memory renders may take that are kept because they had to be made to find Applications,
/// in bytes.
const KEPT_BYTES: usize = 64 << 20;

/// What one root deploys.
pub struct Environment {
    /// Its name.
    pub name: String,
    /// The file or directory of the root.
    pub root: TreePath,
    /// The Applications, in the order in which they were found: each after the one that makes it.
    pub applications: Vec<Application>,
    /// The ApplicationSets, likewise.
    pub sets: Vec<Set>,
    /// The projects, likewise.
    pub projects: Vec<Project>,
    /// What is wrong, but for renders that fail.
    pub problems: Vec<Failure>,
    /// What has no effect.
    pub warnings: Vec<Failure>,
    /// The render of the root, where it is a directory and that failed.
    pub root_render: Option<SourceRender>,
    /// What the render of the root read, where it is a directory and that succeeded.
    pub root_reads: Vec<ReadRecord>,
    kept: Mutex<Kept>,
}

/// What makes an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parent {
    /// The root: it is applied by hand.
    Root,
    /// An Application, by its number.
    Application(usize),
    /// An ApplicationSet, by its number.
    Set(usize),
}

/// An Application.
#[derive(Debug)]
pub struct Application {
    /// The object.
    pub definition: Definition,
    /// Its specification, or why there is none.
    pub spec: Result<Spec, Failure>,
    /// What makes it.
    pub parent: Parent,
    /// The cluster that it deploys to, or why there is none.
    pub target: Result<Target, Failure>,
    /// What Argo CD calls it when it talks to plugins: with its namespace where that is not Argo
    /// CD's own.
    pub called: String,
}

/// An ApplicationSet.
#[derive(Debug)]
pub struct Set {
    /// The object.
    pub definition: Definition,
    /// What makes it.
    pub parent: Parent,
    /// What its generators read that is not at hand: it makes nothing then.
    pub external: Vec<External>,
    /// Why it makes nothing, if it is invalid.
    pub failure: Option<Failure>,
}

/// A project.
#[derive(Debug)]
pub struct Project {
    /// The object.
    pub definition: Definition,
    /// What makes it.
    pub parent: Parent,
}

/// Renders that were made to find Applications.
#[derive(Default)]
struct Kept {
    renders: HashMap<usize, ApplicationRender>,
    bytes: usize,
}

impl Application {
    /// Why it cannot be rendered, if it cannot.
    pub fn fault(&self) -> Option<&Failure> {
        self.spec.as_ref().err().or_else(|| self.target.as_ref().err())
    }

    /// The URL of a source's repository.
    pub fn source_url(&self, index: usize) -> Option<&str> {
        self.spec.as_ref().ok()?.sources().get(index)?.repo_url.as_deref()
    }

    /// The name of its cluster, empty where that is not known.
    pub fn cluster(&self) -> &str {
        self.target.as_ref().map_or("", |target| &target.cluster)
    }

    /// The namespace that it deploys to.
    pub fn destination_namespace(&self) -> Option<&str> {
        let spec = self.spec.as_ref().ok()?;
        spec.destination.as_ref()?.namespace.as_deref().filter(|namespace| !namespace.is_empty())
    }
}

impl Environment {
    pub(crate) fn new(name: &str, root: &TreePath) -> Self {
        Self {
            name: name.to_owned(),
            root: root.clone(),
            applications: Vec::new(),
            sets: Vec::new(),
            projects: Vec::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
            root_render: None,
            root_reads: Vec::new(),
            kept: Mutex::default(),
        }
    }

    /// The numbers of the Applications, sorted by cluster and name.
    pub fn in_order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.applications.len()).collect();
        order.sort_by_key(|index| {
            let application = &self.applications[*index];
            (application.cluster(), &application.definition.name.name, &application.definition.name.namespace)
        });
        order
    }

    /// The Applications of which a render was made to find others, and failed or lacks something
    /// that their sources name: what they make is not known.
    pub fn failed_renders(&self) -> Vec<usize> {
        self.unknown_renders().into_keys().collect()
    }

    /// The same, each with what it lacks, where it is that.
    pub(crate) fn unknown_renders(&self) -> BTreeMap<usize, Option<Needed>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let unknown = kept.renders.iter().filter_map(|(index, render)| {
            let lacks = render.sources.iter().find_map(|source| source.needed.first());
            let is_known = render.is_ok() && lacks.is_none();
            (!is_known).then(|| (*index, lacks.filter(|_| render.is_ok()).cloned()))
        });
        unknown.collect()
    }

    /// The render of an Application, if one was made to find others and is still there. It is given
    /// away once.
    pub fn take_render(&self, index: usize) -> Option<ApplicationRender> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let render = kept.renders.remove(&index)?;
        kept.bytes = kept.bytes.saturating_sub(render.size());
        Some(render)
    }

    pub(crate) fn keep_render(&self, index: usize, render: ApplicationRender) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let size = render.size();
        // What is not known is kept in any case, and small.
        if kept.bytes + size <= KEPT_BYTES || !render.is_ok() || render.is_lacking() {
            kept.bytes += size;
            kept.renders.insert(index, render);
        }
    }

    /// What made an object, from the root down to it: Applications and ApplicationSets.
    pub fn chain(&self, parent: Parent) -> Vec<&Definition> {
        let mut chain = Vec::new();
        let mut next = parent;
        loop {
            next = match next {
                Parent::Root => break,
                Parent::Application(index) => {
                    chain.push(&self.applications[index].definition);
                    self.applications[index].parent
                }
                Parent::Set(index) => {
                    chain.push(&self.sets[index].definition);
                    self.sets[index].parent
                }
            };
        }
        chain.reverse();
        chain
    }
}

/// Which Applications are wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those whose name is like this, with their namespace or without.
    pub only: Option<Glob>,
    /// Those that deploy to this cluster, by its name or the URL of its API server.
    pub cluster: Option<String>,
}

impl Filter {
    /// Whether an Application is wanted.
    pub fn wants(&self, application: &Application) -> bool {
        let name = &application.definition.name;
        let is_named =
            self.only.as_ref().is_none_or(|only| only.matches(&name.name) || only.matches(&name.to_string()));
        let is_there = self.cluster.as_ref().is_none_or(|cluster| {
            let target = application.target.as_ref().ok();
            target.is_some_and(|target| {
                target.cluster == *cluster || target.server.as_deref() == Some(cluster.as_str())
            })
        });
        is_named && is_there
    }
}
