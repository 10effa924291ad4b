//! `oarlock.yaml`: what a repository says of its rendering.

use std::collections::{BTreeMap, HashMap};

use oarlock_plugin::{Failure, Failures, Origin, ReadError, TreePath};
use oarlock_yaml::{Key, Mapping, Node, Value, from_node};
use schemars::JsonSchema;
use serde::Deserialize;

use super::place::find;
use super::{FleetSettings, Profile};
use crate::config_file::{self, Budget};
use crate::source::{Remotes, Source};

/// Names under which the file is looked for in each directory.
pub const FILE_NAMES: [&str; 2] = ["oarlock.yaml", "oarlock.yml"];

/// What a repository says of its rendering: `oarlock.yaml` at its root, refined by those of the
/// directories on the way to the one that is rendered. Mappings are merged key by key, everything
/// else is replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields, expecting = "a mapping")]
pub struct Project {
    /// The plugins to run, in order. `auto` stands for the generator that claims the directory.
    /// Default: `[auto, vault, sync-wave]`.
    pub pipeline: Option<Vec<String>>,
    /// The release of Argo CD to render like: which Helm and kustomize it ships, and what it does
    /// differently itself. What is set in `plugins` wins. Default: the operator's, else the newest.
    pub profile: Option<Profile>,
    /// Settings of plugins, by name.
    pub plugins: BTreeMap<String, PluginSettings>,
    /// Where the repository keeps its copies of what is at URLs: a directory or file by its path
    /// from the root of the tree, by the URL that is written, or by that of the whole repository
    /// with its `?ref=`, which serves all of its directories. `oarlock vendor` writes it.
    pub remotes: BTreeMap<String, String>,
    /// What is known of the cluster, for renders to which Argo CD tells nothing: a file that
    /// `oarlock facts` wrote, by its path from the root of the tree.
    pub facts: Option<String>,
    /// Everything that this repository deploys, for `oarlock apps` and the other verbs of the
    /// fleet. Only in the file at the root of the tree.
    pub fleet: Option<FleetSettings>,
    /// Accept a render without manifests. Off by default, since Argo CD would prune the whole
    /// application.
    pub allow_empty: bool,
}

/// What a repository says of one plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct PluginSettings {
    /// The plugin's configuration; `oarlock plugins NAME` shows what it takes.
    #[serde(deserialize_with = "json_object")]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub config: serde_json::Map<String, serde_json::Value>,
    /// A component in the repository, by its path from the root. Runs only where the operator
    /// allows plugins of the repository.
    pub component: Option<String>,
    /// SHA-256 that the component must have, as `sha256:…`.
    pub digest: Option<String>,
}

/// `config:` without a value is an empty configuration.
fn json_object<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<serde_json::Map<String, serde_json::Value>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A project with the text that it came from, so that faults found later still have a place.
#[derive(Clone, Debug, Default)]
pub struct LocatedProject {
    /// The project.
    pub project: Project,
    /// Its `remotes`, their paths checked.
    pub remotes: Remotes,
    /// Its `facts`, the path checked.
    pub(crate) facts: Option<TreePath>,
    /// The files, outermost first.
    layers: Vec<(String, Node)>,
}

impl LocatedProject {
    /// Reads the project that holds for a directory.
    ///
    /// # Errors
    /// If a file cannot be read, is no YAML, or says something that it may not.
    pub fn load(tree: &dyn Source, directory: &TreePath) -> Result<Self, Failures> {
        let mut layers = Vec::new();
        let mut budget = Budget::for_configuration();
        let mut place = TreePath::root();
        let parts: Vec<&str> = directory.parts().collect();
        for depth in 0..=parts.len() {
            if depth > 0 {
                place = place.join(parts[depth - 1]).map_err(|error| Failure::new(error.to_string()))?;
            }
            layers.extend(read_layer(tree, &place, &mut budget)?);
        }
        Self::from_layers(layers)
    }

    /// Reads the project from one file that stands in for those of the repository.
    ///
    /// # Errors
    /// If it is no YAML or says something that it may not.
    pub fn from_file(path: &str, text: &[u8]) -> Result<Self, Failures> {
        Self::from_layers(
            parse_layer(path.to_owned(), text, &mut Budget::for_configuration())?.into_iter().collect(),
        )
    }

    fn from_layers(layers: Vec<(String, Node)>) -> Result<Self, Failures> {
        for (path, node) in &layers {
            // Each layer must stand alone, so that a fault is found in the file that has it.
            config_file::typed::<Project>(path, node, "project")?;
        }
        let nodes: Vec<&Node> = layers.iter().map(|(_, node)| node).collect();
        let project: Project =
            from_node(&merged(&nodes, &mut 0)).map_err(|error| Failure::new(error.to_string()))?;
        let remotes = remotes(&project, &layers)?;
        let facts = facts(&project, &layers)?;
        Ok(Self { project, remotes, facts, layers })
    }

    /// Where a place in a plugin's configuration is written, by the keys that lead there; without
    /// any, the configuration itself.
    pub fn locate_config(&self, plugin: &str, keys: &[String]) -> Option<Origin> {
        let way = ["plugins", plugin, "config"].map(str::to_owned);
        let keys: Vec<String> = way.into_iter().chain(keys.iter().cloned()).collect();
        let mut layers = self.layers.iter().rev();
        layers.find_map(|(path, node)| Some(config_file::place(path, find(node, node.span, &keys)?)))
    }

    /// Where a value is written, by the keys that lead there.
    pub fn locate(&self, keys: &[&str]) -> Option<Origin> {
        self.layers.iter().rev().find_map(|(path, node)| Some(config_file::place(path, node.at(keys)?.span)))
    }

    /// Where a step of the pipeline is written.
    pub fn locate_step(&self, name: &str) -> Option<Origin> {
        self.layers.iter().rev().find_map(|(path, node)| {
            let steps = node.get("pipeline")?.as_sequence()?;
            let step = steps.iter().find(|step| step.scalar_text() == Some(name))?;
            Some(config_file::place(path, step.span))
        })
    }

    /// Where the component of a plugin that the repository brings is named.
    pub fn locate_component(&self, plugin: &str) -> Option<Origin> {
        self.layers.iter().rev().find_map(|(path, node)| {
            let component = node.at(&["plugins", plugin, "component"])?;
            Some(config_file::place(path, component.span))
        })
    }
}

/// The places of copies; a path that leaves the tree is refused where it is written.
fn remotes(project: &Project, layers: &[(String, Node)]) -> Result<Remotes, Failure> {
    let refuse = |url: &str, message: String| {
        let failure = Failure::new(message).hint("write the path of the copy from the root of the tree");
        written_at(failure, layers, &["remotes", url])
    };
    let entry = |(url, path): (&String, &String)| match TreePath::new(path) {
        Ok(place) if place.is_root() => Err(refuse(url, "a copy cannot be the whole tree".to_owned())),
        Ok(place) => Ok((url.clone(), place)),
        Err(error) => Err(refuse(url, error.to_string())),
    };
    Ok(Remotes::new(project.remotes.iter().map(entry).collect::<Result<Vec<_>, _>>()?))
}

/// The file of facts; a path that leaves the tree is refused where it is written.
fn facts(project: &Project, layers: &[(String, Node)]) -> Result<Option<TreePath>, Failure> {
    let place = project.facts.as_deref().map(TreePath::new).transpose();
    place.map_err(|error| {
        let failure = Failure::new(error.to_string()).hint("write the path from the root of the tree");
        written_at(failure, layers, &["facts"])
    })
}

/// A failure at the nearest place where something is written.
fn written_at(failure: Failure, layers: &[(String, Node)], key: &[&str]) -> Failure {
    let written =
        layers.iter().rev().find_map(|(path, node)| Some(config_file::place(path, node.at(key)?.span)));
    match written {
        Some(origin) => failure.at(origin),
        None => failure,
    }
}

fn read_layer(
    tree: &dyn Source,
    directory: &TreePath,
    budget: &mut Budget,
) -> Result<Option<(String, Node)>, Failure> {
    for name in FILE_NAMES {
        let path = directory.join(name).map_err(|error| Failure::new(error.to_string()))?;
        match tree.read(&path) {
            Ok(text) => return parse_layer(path.into_string(), &text, budget),
            Err(ReadError::NotFound) => {}
            Err(error) => return Err(error.at(&path)),
        }
    }
    Ok(None)
}

fn parse_layer(path: String, text: &[u8], budget: &mut Budget) -> Result<Option<(String, Node)>, Failure> {
    Ok(config_file::parse(&path, text, budget)?.map(|node| (path, node)))
}

/// Lays nearer files, which come later, over farther ones: mappings key by key, everything else
/// replaced.
///
/// All of them at once, and keys by their hash: the work is linear in what the files hold, however
/// many there are. It is counted in `work`, node by node.
fn merged(layers: &[&Node], work: &mut usize) -> Node {
    *work += layers.len();
    // What is farther than something that is no mapping was replaced by it.
    let is_mapping = |node: &&Node| matches!(node.value, Value::Mapping(_));
    let first = layers.iter().rposition(|node| !is_mapping(node)).map_or(0, |replaced| replaced + 1);
    let mappings = &layers[first..];
    let Some(farthest) = mappings.first() else {
        return layers.last().map_or_else(Node::empty_mapping, |node| (*node).clone());
    };
    if mappings.len() == 1 {
        return (*farthest).clone();
    }
    let mut keys: Vec<(&Key, Vec<&Node>)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for entry in mappings.iter().filter_map(|node| node.as_mapping()).flatten() {
        let place = *places.entry(&entry.key.text).or_insert_with(|| {
            keys.push((&entry.key, Vec::new()));
            keys.len() - 1
        });
        keys[place].1.push(&entry.value);
    }
    let mut mapping = Mapping::default();
    for (key, values) in keys {
        mapping.push(key.clone(), merged(&values, work));
    }
    Node::new(Value::Mapping(mapping)).with_span(farthest.span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(texts: &[String]) -> Vec<Node> {
        texts
            .iter()
            .map(|text| {
                oarlock_yaml::parse_one(
                    text.as_bytes(),
                    oarlock_yaml::Reader::Oarlock,
                    oarlock_yaml::Limits::default(),
                )
                .unwrap()
                .unwrap()
            })
            .collect()
    }

    fn merge(texts: &[String]) -> (String, usize) {
        let layers = layers(texts);
        let mut work = 0;
        let merged = merged(&layers.iter().collect::<Vec<_>>(), &mut work);
        (oarlock_yaml::to_json(&merged).unwrap(), work)
    }

    #[test]
    fn a_nearer_file_is_laid_over_a_farther_one() {
        for (texts, expected) in [
            (
                &["{a: 1, b: {c: 1, d: [1]}}", "{b: {d: [2], e: 3}, f: 4}"][..],
                r#"{"a":1,"b":{"c":1,"d":[2],"e":3},"f":4}"#,
            ),
            (&["a: {b: 1}", "a: 2", "a: {c: 3}"], r#"{"a":{"c":3}}"#),
            (&["a: {b: 1}", "a: {c: 3}", "a: 2"], r#"{"a":2}"#),
            (&["a: {b: 1}", "a: null"], r#"{"a":null}"#),
            (&[], "{}"),
        ] {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(merge(&texts).0, expected);
        }
    }

    #[test]
    fn merging_is_linear_in_keys_and_in_files() {
        let file = |keys: std::ops::Range<usize>| {
            keys.map(|key| format!("a{key}: {{b: {key}}}\n")).collect::<Vec<_>>().concat()
        };
        // Two files of many keys, and many files of few keys over one of many.
        let keys = |count: usize| merge(&[file(0..count), file(count / 2..count + count / 2)]).1;
        let files = |count: usize| {
            let near = (0..count).map(|number| file(number..number + 1));
            merge(&std::iter::once(file(0..count)).chain(near).collect::<Vec<_>>()).1
        };
        for work in [&keys as &dyn Fn(usize) -> usize, &files] {
            let (few, many) = (work(200), work(1_600));
            assert!(many <= 9 * few, "{few} nodes at first, {many} of eight times as much");
        }
    }
}
