//! What `fleet` of `oarlock.yaml` says → the trees, the clusters and the roots.

use std::collections::BTreeMap;
use std::sync::Arc;

use oarlock_applicationset::Recorded;
use oarlock_engine::Budget;
use oarlock_engine::application::CONTROL_PLANE;
use oarlock_engine::pipeline::{IgnoredFields, LocatedProject};
use oarlock_engine::source::Source;
use oarlock_plugin::{Failure, Origin, TreePath};
use oarlock_yaml::{Reader, from_node, parse_one};
use serde_json::{Map, Value, json};

use crate::change::{self, IgnoreRules};
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
    /// What comparisons leave out, and what they show apart.
    pub comparison: change::Options,
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
        let ignore = ignore_rules(&settings.ignore_differences)
            .map_err(|(key, message)| at(&["ignoreDifferences", &key], Failure::new(message)))?;
        let comparison = change::Options { ignore, noise: settings.noise };
        Ok(Self { repositories, options, roots, comparison })
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

/// Argo CD's settings of what comparisons leave out; the error has the key and what is wrong with
/// it.
fn ignore_rules(settings: &BTreeMap<String, IgnoredFields>) -> Result<IgnoreRules, (String, String)> {
    let mut rules = Vec::new();
    for (key, fields) in settings {
        let parts: Vec<&str> = key.split('_').collect();
        let (group, kind) = match parts.as_slice() {
            ["all"] => ("*", "*"),
            [kind] if !kind.is_empty() => ("", *kind),
            [group, kind] => (*group, *kind),
            _ => return Err((key.clone(), format!("`{key}` is neither GROUP_KIND, KIND nor `all`"))),
        };
        let IgnoredFields { json_pointers, jq_path_expressions, managed_fields_managers } = fields;
        rules.push(json!({
            "group": group,
            "kind": kind,
            "jsonPointers": json_pointers,
            "jqPathExpressions": jq_path_expressions,
            "managedFieldsManagers": managed_fields_managers,
        }));
    }
    Ok(IgnoreRules::read(&Value::Array(rules)))
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
    fn settings_of_argo_cd_become_rules() {
        let fields = |pointer: &str| IgnoredFields {
            json_pointers: vec![pointer.to_owned()],
            ..IgnoredFields::default()
        };
        let settings = |entries: &[(&str, &str)]| -> BTreeMap<String, IgnoredFields> {
            entries.iter().map(|(key, pointer)| ((*key).to_owned(), fields(pointer))).collect()
        };
        let rules = ignore_rules(&settings(&[
            ("all", "/metadata/labels"),
            ("apps_Deployment", "/spec/replicas"),
            ("Secret", "/data"),
        ]));
        let rules = rules.unwrap();
        let object = |api: &str, kind: &str| json!({"apiVersion": api, "kind": kind, "metadata": {"name": "a", "labels": {}}, "data": {}, "spec": {"replicas": 1}});
        for (api, kind, expected) in [
            ("apps/v1", "Deployment", json!({"metadata": {"name": "a"}, "data": {}, "spec": {}})),
            (
                "apps/v1",
                "StatefulSet",
                json!({"metadata": {"name": "a"}, "data": {}, "spec": {"replicas": 1}}),
            ),
            ("v1", "Secret", json!({"metadata": {"name": "a"}, "spec": {"replicas": 1}})),
            ("x/v1", "Secret", json!({"metadata": {"name": "a"}, "data": {}, "spec": {"replicas": 1}})),
        ] {
            let mut stripped = rules.strip(&object(api, kind)).unwrap();
            stripped.as_object_mut().unwrap().retain(|key, _| !matches!(key.as_str(), "apiVersion" | "kind"));
            assert_eq!(stripped, expected, "{api} {kind}");
        }
        for key in ["a_b_c", ""] {
            assert_eq!(ignore_rules(&settings(&[(key, "/a")])).unwrap_err().0, key);
        }
    }

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
