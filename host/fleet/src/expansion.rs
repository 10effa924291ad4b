//! ApplicationSets → Applications.

use std::cell::RefCell;
use std::collections::BTreeMap;

use oarlock_applicationset::{
    ApplicationSet, Checkout as SetCheckout, ErrorKind, Inputs, Limits, Recorded, Release,
    Repositories as SetRepositories, expand,
};
use oarlock_engine::pipeline::Profile;
use oarlock_engine::source::{Metadata, ReadError, Source};
use oarlock_plugin::{Entry, Failure, Failures, Host, Level, Manifest, Origin, Request, TreePath};
use serde_json::Value;

use crate::clusters::Clusters;
use crate::definition::Definition;
use crate::repository::{Checkout, External, Repositories};

/// What is known besides an ApplicationSet.
#[derive(Clone, Copy)]
pub struct SetFacts<'a> {
    /// The clusters that are registered.
    pub clusters: &'a Clusters,
    /// The repositories that git generators read.
    pub repositories: &'a Repositories,
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
    /// It is at fault, or what it reads is.
    Failed(Failure),
    /// It reads what is not at hand.
    External(Vec<External>),
}

/// What expands ApplicationSets.
pub trait ExpandApplicationSets: Send + Sync {
    /// The Applications that an ApplicationSet makes.
    ///
    /// # Errors
    /// If Argo CD's controller would fail, too, or something is not at hand.
    fn expand(&self, set: &Definition, facts: &SetFacts<'_>) -> Result<Expanded, ExpansionError>;
}

/// Expands in this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Native;

impl ExpandApplicationSets for Native {
    fn expand(&self, set: &Definition, facts: &SetFacts<'_>) -> Result<Expanded, ExpansionError> {
        let name = set.name.to_string();
        let origin = set.origin.as_ref();
        let parsed = ApplicationSet::from_json(&set.manifest)
            .map_err(|error| ExpansionError::Failed(error.into_failure(&name, origin)))?;
        expand_set(&parsed, &name, (origin, &set.name.namespace), facts)
    }
}

/// Expands a set that is called `name` in messages.
fn expand_set(
    set: &ApplicationSet,
    name: &str,
    (origin, namespace): (Option<&Origin>, &str),
    facts: &SetFacts<'_>,
) -> Result<Expanded, ExpansionError> {
    let trees = Trees::new(facts.repositories);
    let clusters = facts.clusters.registered();
    let inputs = Inputs {
        clusters: &clusters,
        repositories: &trees,
        projects: facts.projects,
        namespace,
        recorded: facts.recorded,
        release: release(facts.profile),
        include_hidden_directories: false,
        limits: Limits::default(),
    };
    let expansion = match expand(set, inputs) {
        Ok(expansion) => expansion,
        Err(mut error) => {
            let missing = trees.missing.into_inner();
            if error.kind == ErrorKind::Repository && !missing.is_empty() {
                return Err(ExpansionError::External(missing));
            }
            if let Some(origin) = &mut error.origin
                && let Some((_, path)) = split(&origin.path)
            {
                origin.path = path.into_string();
            }
            return Err(ExpansionError::Failed(error.into_failure(name, origin)));
        }
    };
    let warning = |field: &String| {
        let message = format!("ApplicationSet `{name}`: there is no field `{field}`, so Kubernetes drops it");
        origin.cloned().into_iter().fold(Failure::new(message), Failure::at)
    };
    let held_back = expansion.held_back.iter();
    Ok(Expanded {
        held_back: held_back.map(|(name, reason)| (name.clone(), reason.to_string())).collect(),
        applications: expansion
            .applications
            .iter()
            .map(oarlock_applicationset::Application::to_json)
            .collect(),
        warnings: set.ignored_fields().iter().map(warning).collect(),
    })
}

fn release(profile: Profile) -> Release {
    match profile {
        Profile::ArgoCd3_3 => Release::V3_3,
        Profile::ArgoCd3_4 => Release::V3_4,
        Profile::ArgoCd3_5 => Release::V3_5,
    }
}

/// The trees that one expansion reads, side by side in one: the first part of each path is the
/// number of a tree.
struct Trees<'a> {
    repositories: &'a Repositories,
    opened: RefCell<Vec<Checkout>>,
    missing: RefCell<Vec<External>>,
}

impl<'a> Trees<'a> {
    fn new(repositories: &'a Repositories) -> Self {
        Self { repositories, opened: RefCell::default(), missing: RefCell::default() }
    }

    /// Reads from the tree of a path.
    fn with<T>(
        &self,
        path: &str,
        read: impl FnOnce(&dyn Source, &TreePath) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let (number, path) = split(path).ok_or(ReadError::NotFound)?;
        let tree = self.opened.borrow().get(number).map(|checkout| checkout.tree.clone());
        read(tree.ok_or(ReadError::NotFound)?.as_ref(), &path)
    }
}

/// The number of a tree and the path in it.
fn split(path: &str) -> Option<(usize, TreePath)> {
    let path = TreePath::new(path).ok()?;
    let number = path.parts().next()?.parse().ok()?;
    let below: Vec<&str> = path.parts().skip(1).collect();
    Some((number, TreePath::new(&below.join("/")).ok()?))
}

impl SetRepositories for Trees<'_> {
    fn checkout(&self, url: &str, revision: &str) -> Option<SetCheckout<'_>> {
        match self.repositories.find(url, revision) {
            Ok(checkout) => {
                let mut opened = self.opened.borrow_mut();
                let number = opened.iter().position(|known| known.is_same(&checkout)).unwrap_or_else(|| {
                    opened.push(checkout.clone());
                    opened.len() - 1
                });
                let root = TreePath::new(&format!("{number}/{}", checkout.root)).ok()?;
                Some(SetCheckout { host: self, root })
            }
            Err(external) => {
                let mut missing = self.missing.borrow_mut();
                if !missing.contains(&external) {
                    missing.push(external);
                }
                None
            }
        }
    }
}

impl Host for Trees<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.with(path, |tree, path| tree.read(path))
    }

    fn list(&self, path: &str) -> Result<Vec<Entry>, ReadError> {
        let mut entries = self.with(path, |tree, path| tree.list(path))?.entries;
        entries.sort();
        Ok(entries)
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        let found = self.with(path, |tree, path| tree.stat(path))?;
        let number = split(path).map_or(0, |(number, _)| number);
        let path = if found.path == "." { number.to_string() } else { format!("{number}/{}", found.path) };
        Ok(Metadata { path, ..found })
    }

    fn log(&self, _: Level, _: &str) {}

    fn warn(&self, _: Failure) {}

    fn compose(&self, plugin: &str, _: Request<String>) -> Result<Vec<Manifest>, Failures> {
        Err(Failure::new(format!("no plugin `{plugin}` runs while ApplicationSets are expanded")).into())
    }
}

/// The Applications that the ApplicationSets of a file make, each set on its own; `name` is that of
/// the file for messages. Sets without a namespace are in that of Argo CD.
///
/// # Errors
/// If the file is no YAML, or an ApplicationSet in it has a field of another type.
pub(crate) fn expand_file(
    name: &str,
    text: &[u8],
    facts: &SetFacts<'_>,
    namespace: &str,
) -> Result<Vec<ExpandedSet>, Failure> {
    let sets = ApplicationSet::from_yaml(text)
        .map_err(|(line, error)| Failure::new(error.message).at(Origin::at(name, line, 0)))?;
    let expand = |set: ApplicationSet| {
        let title = set.name().to_owned();
        let origin = Origin::at(name, set.line(), 0);
        let expanded = expand_set(&set, &title, (Some(&origin), namespace), facts);
        (title, expanded)
    };
    Ok(sets.into_iter().map(expand).collect())
}
