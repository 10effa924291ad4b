//! What `fleet` of `oarlock.yaml` says → the trees, the clusters and the roots.

use std::sync::Arc;

use oarlock_applicationset::Recorded;
use oarlock_engine::Budget;
use oarlock_engine::application::CONTROL_PLANE;
use oarlock_engine::pipeline::LocatedProject;
use oarlock_engine::source::Source;
use oarlock_plugin::{Failure, Origin, TreePath};
use oarlock_yaml::{Reader, from_node, parse_one};
use serde_json::{Map, Value, json};

use crate::clusters::Clusters;
use crate::fleet::FleetOptions;
use crate::repository::{Checkout, Repositories};

/// The branches for which the tree at hand stands where nobody says.
const DEFAULT_BRANCHES: [&str; 2] = ["main", "master"];

/// A root, and the environment that it is the root of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// The name of the environment.
    pub environment: String,
    /// The file or directory.
    pub path: TreePath,
}

/// What the repository says of its fleet.
pub struct Settings {
    /// The trees of repositories: the one at hand, and those that lie in it.
    pub repositories: Repositories,
    /// What is known around the fleet.
    pub options: FleetOptions,
    /// The roots, by name.
    pub roots: Vec<Root>,
}

impl Settings {
    /// Reads what the `oarlock.yaml` at the root of a tree says.
    ///
    /// # Errors
    /// If it names what is not there, or a file of it is wrong. The place is that in `oarlock.yaml`
    /// or in the file.
    pub fn load(tree: &Arc<dyn Source>, project: &LocatedProject) -> Result<Self, Failure> {
        let settings = project.project.fleet.clone().unwrap_or_default();
        let at = |keys: &[&str], failure: Failure| {
            let keys: Vec<&str> = ["fleet"].into_iter().chain(keys.iter().copied()).collect();
            project.locate(&keys).into_iter().fold(failure, Failure::at)
        };
        let place = |keys: &[&str], path: &str| {
            let place = TreePath::new(path).map_err(|error| Failure::new(error.to_string()));
            place.map_err(|failure| at(keys, failure.hint("write the path from the root of the tree")))
        };
        let file = |key: &str, path: &str| -> Result<(TreePath, Vec<u8>), Failure> {
            let place = place(&[key], path)?;
            let text = tree.read(&place).map_err(|error| {
                let failure = Failure { origin: None, ..error.at(&place) };
                at(&[key], failure)
            })?;
            Ok((place, text))
        };

        let mut repositories = Repositories::new(Arc::clone(tree)).with_remotes(project.remotes.clone());
        if let Some(url) = &settings.repository {
            repositories = repositories.known_as(url);
        }
        if let Some(branch) = &settings.branch {
            repositories = repositories.on_branch(branch);
        }
        for (url, path) in &settings.repositories {
            let root = place(&["repositories", url], path)?;
            if tree.list(&root).is_err() {
                let failure = Failure::new(format!("there is no directory `{root}` in the tree"));
                return Err(at(&["repositories", url], failure));
            }
            repositories = repositories.with(url, Checkout { tree: Arc::clone(tree), root });
        }
        let clusters = match &settings.clusters {
            Some(path) => {
                let (place, text) = file("clusters", path)?;
                Clusters::parse(&place, &text, CONTROL_PLANE)?
            }
            None => Clusters::default(),
        };
        let recorded = match &settings.recorded {
            Some(path) => {
                let (place, text) = file("recorded", path)?;
                read_recorded(&place, &text)?
            }
            None => Vec::new(),
        };
        let kustomize = settings.kustomize_build_options.as_deref().unwrap_or_default();
        let kustomize = kustomize_options(kustomize)
            .map_err(|message| at(&["kustomizeBuildOptions"], Failure::new(message)))?;
        let roots = settings
            .roots
            .iter()
            .map(|(name, path)| {
                let path = place(&["roots", name], path)?;
                if let Err(error) = tree.stat(&path) {
                    let failure = Failure { origin: None, ..error.at(&path) };
                    return Err(at(&["roots", name], failure));
                }
                Ok(Root { environment: name.clone(), path })
            })
            .collect::<Result<_, Failure>>()?;
        let options = FleetOptions {
            clusters,
            profile: settings.profile,
            kustomize,
            recorded,
            ..FleetOptions::default()
        };
        Ok(Self { repositories, options, roots })
    }

    /// Takes the tree at hand for the branches that most repositories review, unless the repository
    /// names its branch.
    #[must_use]
    pub fn with_default_branches(mut self, project: &LocatedProject, known: &[String]) -> Self {
        if project.project.fleet.as_ref().and_then(|fleet| fleet.branch.as_ref()).is_none() {
            for branch in
                DEFAULT_BRANCHES.iter().map(|branch| (*branch).to_owned()).chain(known.iter().cloned())
            {
                self.repositories = self.repositories.on_branch(branch);
            }
        }
        self
    }
}

/// The parameters of generators that ask services, from a file.
///
/// # Errors
/// If it is no YAML, or no list of them.
pub fn read_recorded(name: &str, text: &[u8]) -> Result<Vec<Recorded>, Failure> {
    let at = |span: oarlock_yaml::Span| Origin::at(name, span.line, span.column);
    let mut budget = Budget::for_objects();
    let node = parse_one(text, Reader::Oarlock, budget.begin(name, text)?)
        .map_err(|error| Failure::new(error.message).at(at(error.span)))?;
    let Some(node) = node.filter(|node| !node.is_null()) else { return Ok(Vec::new()) };
    budget.charge(name, &node)?;
    from_node(&node).map_err(|error| Failure::new(error.to_string()).at(at(error.span)))
}

/// The options of `kustomize build` as configuration of the plugin.
fn kustomize_options(options: &str) -> Result<Map<String, Value>, String> {
    let mut config = Map::new();
    let mut words = options.split_whitespace();
    while let Some(word) = words.next() {
        let (flag, value) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (word, None),
        };
        match flag {
            "--enable-helm" => {
                config.insert("enableHelm".to_owned(), json!(value != Some("false")));
            }
            "--load-restrictor" => {
                let restrictor = match value.or_else(|| words.next()) {
                    Some("LoadRestrictionsNone") => "none",
                    Some("LoadRestrictionsRootOnly") => "rootOnly",
                    other => {
                        return Err(format!("`--load-restrictor` is not `{}`", other.unwrap_or_default()));
                    }
                };
                config.insert("loadRestrictor".to_owned(), json!(restrictor));
            }
            _ => {
                return Err(format!(
                    "`{word}` is none of the options that are known: `--enable-helm`, `--load-restrictor`"
                ));
            }
        }
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_kustomize_are_read() {
        for (options, expected) in [
            ("", json!({})),
            ("--enable-helm", json!({"enableHelm": true})),
            (
                "--load-restrictor LoadRestrictionsNone  --enable-helm=false",
                json!({"loadRestrictor": "none", "enableHelm": false}),
            ),
            ("--load-restrictor=LoadRestrictionsRootOnly", json!({"loadRestrictor": "rootOnly"})),
        ] {
            assert_eq!(kustomize_options(options).map(Value::Object), Ok(expected), "{options}");
        }
        for options in ["--enable-alpha-plugins", "--load-restrictor", "--load-restrictor x"] {
            assert!(kustomize_options(options).is_err(), "{options}");
        }
    }
}
