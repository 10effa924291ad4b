//! An Application as Kubernetes has it: where its manifests come from, and what plugins see of it.

mod context;
mod fields;
mod overrides;

use oarlock_plugin::Application as PluginApplication;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::source::TreePath;

pub use context::Context;
pub use overrides::Overrides;

/// The namespace in which Argo CD runs by default.
pub const CONTROL_PLANE: &str = "argocd";

/// `spec` of an Application, as far as it concerns rendering.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {
    /// The AppProject.
    pub project: Option<String>,
    /// Where it deploys to.
    pub destination: Option<Destination>,
    source: Option<ApplicationSource>,
    sources: Option<Vec<ApplicationSource>>,
    /// Where its manifests come from, if they are committed before they are deployed.
    pub source_hydrator: Option<Hydrator>,
}

/// An Application whose manifests are committed before they are deployed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Hydrator {
    dry_source: Option<ApplicationSource>,
    /// Where its manifests are committed, and deployed from.
    pub sync_source: Option<SyncSource>,
    /// Where they are committed, if they are not deployed from there.
    pub hydrate_to: Option<HydrateTo>,
}

/// Where rendered manifests are deployed from.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SyncSource {
    /// The branch.
    pub target_branch: Option<String>,
    /// The directory.
    pub path: Option<String>,
}

/// Where rendered manifests wait to be merged.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HydrateTo {
    /// The branch.
    pub target_branch: Option<String>,
}

impl Hydrator {
    /// The branch that manifests are committed to.
    pub fn branch(&self) -> Option<&str> {
        let to = self.hydrate_to.as_ref().and_then(|to| to.target_branch.as_deref());
        to.or_else(|| self.sync_source.as_ref()?.target_branch.as_deref())
    }
}

/// Where an Application deploys to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Destination {
    /// The name of the cluster.
    pub name: Option<String>,
    /// The URL of the cluster's API server.
    pub server: Option<String>,
    /// The namespace of objects that name none.
    pub namespace: Option<String>,
}

/// Where manifests come from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationSource {
    /// The URL of the repository.
    #[serde(rename = "repoURL")]
    pub repo_url: Option<String>,
    /// The directory in the repository.
    pub path: Option<String>,
    /// The branch, tag or commit, or the version of the chart.
    pub target_revision: Option<String>,
    /// The chart in a chart repository.
    pub chart: Option<String>,
    /// The name by which values files of other sources name this one.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// How a config management plugin renders it.
    pub plugin: Option<Plugin>,
    helm: Option<Map<String, Value>>,
    kustomize: Option<Map<String, Value>>,
    directory: Option<Map<String, Value>>,
}

/// The block `plugin` of a source.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Plugin {
    /// The name of the plugin.
    pub name: Option<String>,
    env: Option<Vec<Variable>>,
    parameters: Option<Vec<Value>>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Variable {
    name: String,
    value: String,
}

/// The blocks of a source that choose its type, in the order in which Argo CD names them.
pub const BLOCKS: [&str; 4] = ["kustomize", "helm", "directory", "plugin"];

impl Spec {
    /// The sources as Argo CD takes them: `sources` wins, and what is hydrated wins over both.
    pub fn sources(&self) -> &[ApplicationSource] {
        let hydrated = self.source_hydrator.as_ref().and_then(|hydrator| hydrator.dry_source.as_ref());
        match (&self.sources, &self.source) {
            _ if hydrated.is_some() => hydrated.map(std::slice::from_ref).unwrap_or_default(),
            (Some(sources), _) if !sources.is_empty() => sources,
            (_, Some(source)) => std::slice::from_ref(source),
            _ => &[],
        }
    }

    /// Whether there are several sources, or could be: a list of one is one.
    pub fn has_many_sources(&self) -> bool {
        let is_hydrated = self.source_hydrator.as_ref().is_some_and(|hydrator| hydrator.dry_source.is_some());
        !is_hydrated && self.sources.as_ref().is_some_and(|sources| !sources.is_empty())
    }

    /// The source that values files of others call by a name.
    pub fn referenced(&self, name: &str) -> Option<&ApplicationSource> {
        let sources = self.sources();
        sources.iter().find(|source| self.has_many_sources() && source.reference.as_deref() == Some(name))
    }

    /// The source that gives a directory its manifests, and the keys that lead to it from `spec`:
    /// the one with its path, else one for plugins, else the first that gives manifests at all.
    pub fn source_of(&self, directory: &TreePath) -> Option<(&ApplicationSource, Vec<String>)> {
        let sources = self.sources();
        let is_here = |source: &ApplicationSource| {
            let path = source.path.as_deref().map(|path| TreePath::new(path.trim_matches('/')));
            path.is_some_and(|path| path.is_ok_and(|path| path == *directory))
        };
        let index = sources
            .iter()
            .position(is_here)
            .or_else(|| sources.iter().position(|source| source.plugin.is_some()))
            .or_else(|| sources.iter().position(|source| !source.is_reference()))
            .or_else(|| (!sources.is_empty()).then_some(0))?;
        let keys: &[&str] = match (&self.source_hydrator, &self.sources) {
            (Some(Hydrator { dry_source: Some(_), .. }), _) => &["sourceHydrator", "drySource"],
            (_, Some(sources)) if !sources.is_empty() => &["sources", &index.to_string()],
            _ => &["source"],
        };
        Some((&sources[index], keys.iter().map(|key| (*key).to_owned()).collect()))
    }

    /// A source as the controller hands it on: without blocks that say nothing. Those of `sources`
    /// it leaves alone.
    pub fn normalised(&self, source: &ApplicationSource) -> ApplicationSource {
        let mut source = source.clone();
        if self.sources.as_ref().is_none_or(Vec::is_empty) {
            let says_something =
                |fields| move |block: &Map<String, Value>| !fields::says_nothing(fields, block);
            source.helm = source.helm.filter(says_something(fields::HELM));
            source.kustomize = source.kustomize.filter(says_something(fields::KUSTOMIZE));
            source.directory = source.directory.filter(says_something(fields::DIRECTORY));
        }
        source
    }

    /// What plugins see of an Application, by the name that Argo CD calls it; `None` for one that
    /// is not known yet, as that of an ApplicationSet.
    pub fn for_plugins(&self, name: Option<String>, source: &ApplicationSource) -> PluginApplication {
        let mut seen = PluginApplication {
            name,
            namespace: self.destination.as_ref().and_then(|found| found.namespace.clone()),
            // As the controller fills it in.
            project: Some(
                self.project.clone().filter(|it| !it.is_empty()).unwrap_or_else(|| "default".to_owned()),
            ),
            repository: source.repo_url.clone(),
            ..PluginApplication::default()
        };
        let place = [
            ("ARGOCD_APP_SOURCE_PATH", &source.path),
            ("ARGOCD_APP_SOURCE_TARGET_REVISION", &source.target_revision),
        ];
        for (name, value) in place {
            seen.environment.extend(value.clone().map(|value| (name.to_owned(), value)));
        }
        if let Some(plugin) = &source.plugin {
            // The path of the source is known already.
            let root = TreePath::root();
            let known = seen.variables(&root);
            let variables = plugin.env.iter().flatten();
            let variables: Vec<_> =
                variables.map(|one| (one.name.clone(), known.replaced(&one.value))).collect();
            seen.environment.extend(variables);
            seen.parameters = plugin
                .parameters
                .as_ref()
                .map(|parameters| json!(parameters).to_string())
                .unwrap_or_default();
        }
        seen
    }
}

impl ApplicationSource {
    /// Whether it is there for the values files of other sources alone.
    pub fn is_reference(&self) -> bool {
        let is_set = |field: &Option<String>| field.as_ref().is_some_and(|text| !text.is_empty());
        is_set(&self.reference) && !is_set(&self.path) && !is_set(&self.chart)
    }

    /// The blocks that there are. Argo CD rejects a source with more than one.
    pub fn types(&self) -> impl Iterator<Item = &'static str> {
        let present =
            [self.kustomize.is_some(), self.helm.is_some(), self.directory.is_some(), self.plugin.is_some()];
        BLOCKS.into_iter().zip(present).filter(|(_, present)| *present).map(|(name, _)| name)
    }

    /// Whether Argo CD has to find out of what type it is.
    pub fn is_untyped(&self) -> bool {
        self.chart.is_none() && self.path.is_some() && self.plugin.is_none() && self.blocks().next().is_none()
    }

    /// What the source says to one of Argo CD's own tools, with the name of that tool.
    pub fn blocks(&self) -> impl Iterator<Item = (&'static str, &Map<String, Value>)> {
        let blocks = [("helm", &self.helm), ("kustomize", &self.kustomize), ("directory", &self.directory)];
        blocks.into_iter().filter_map(|(name, block)| Some((name, block.as_ref()?)))
    }
}

/// What Argo CD calls an Application when it talks to plugins: with its namespace where that is not
/// Argo CD's own.
pub fn instance_name(name: &str, namespace: Option<&str>, control_plane: &str) -> String {
    match namespace {
        Some(namespace) if namespace != control_plane => format!("{namespace}_{name}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_are_told_what_argo_cd_would_tell_them() {
        let spec: Spec = serde_json::from_value(json!({
            "project": "ua", "destination": {"namespace": "shop", "server": "https://kubernetes.default.svc"},
            "source": {
                "repoURL": "https://git.example.com/a.git", "path": "apps/web", "targetRevision": "main",
                "plugin": {
                    "name": "oarlock", "env": [{"name": "TEAM", "value": "$ARGOCD_APP_NAME-$ARGOCD_APP_SOURCE_PATH"}],
                    "parameters": [{"name": "images", "array": ["web:1"]}],
                },
            },
        }))
        .unwrap();
        let seen = spec.for_plugins(Some("web".to_owned()), &spec.sources()[0]);
        let text = |text: &str| Some(text.to_owned());
        assert_eq!((seen.name.clone(), seen.namespace.clone()), (text("web"), text("shop")));
        assert_eq!(seen.project, text("ua"));
        assert_eq!(seen.variables(&TreePath::root()).replaced("$TEAM"), "web-apps/web");
        assert_eq!(seen.set_parameters().unwrap()[0].as_array().unwrap(), ["web:1"]);
    }

    #[test]
    fn names_tell_other_namespaces() {
        assert_eq!(instance_name("web", Some("argocd"), CONTROL_PLANE), "web");
        assert_eq!(instance_name("web", None, CONTROL_PLANE), "web");
        assert_eq!(instance_name("web", Some("teams"), CONTROL_PLANE), "teams_web");
    }
}
