//! An Application as Kubernetes has it: where its manifests come from, and what plugins are told of it.

use oarlock_plugin::Application as Told;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use crate::source::TreePath;

/// The namespace in which Argo CD runs unless it is told otherwise.
pub(crate) const CONTROL_PLANE: &str = "argocd";

/// `spec` of an Application, as far as it concerns rendering.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Spec {
    pub(crate) project: Option<String>,
    pub(crate) destination: Option<Destination>,
    source: Option<Source>,
    sources: Option<Vec<Source>>,
    pub(crate) source_hydrator: Option<IgnoredAny>,
}

/// Where an Application deploys to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Destination {
    pub(crate) namespace: Option<String>,
}

/// Where manifests come from.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Source {
    #[serde(rename = "repoURL")]
    pub(crate) repo_url: Option<String>,
    pub(crate) path: Option<String>,
    target_revision: Option<String>,
    chart: Option<String>,
    pub(crate) plugin: Option<Plugin>,
    helm: Option<Map<String, Value>>,
    kustomize: Option<Map<String, Value>>,
    directory: Option<Map<String, Value>>,
}

/// The block `plugin` of a source.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Plugin {
    pub(crate) name: Option<String>,
    env: Option<Vec<Variable>>,
    parameters: Option<Vec<Value>>,
}

#[derive(Debug, Deserialize)]
struct Variable {
    name: String,
    #[serde(default)]
    value: String,
}

impl Spec {
    /// The sources as Argo CD takes them: `sources` wins.
    pub(crate) fn sources(&self) -> &[Source] {
        match (&self.sources, &self.source) {
            (Some(sources), _) if !sources.is_empty() => sources,
            (_, Some(source)) => std::slice::from_ref(source),
            _ => &[],
        }
    }

    /// What plugins are told of an Application, by the name that Argo CD calls it; `None` for one that is not known yet, as that of an
    /// ApplicationSet.
    pub(crate) fn told(&self, name: Option<String>, source: &Source) -> Told {
        let mut told = Told {
            name,
            namespace: self.destination.as_ref().and_then(|found| found.namespace.clone()),
            project: self.project.clone(),
            repository: source.repo_url.clone(),
            ..Told::default()
        };
        let place = [
            ("ARGOCD_APP_SOURCE_PATH", &source.path),
            ("ARGOCD_APP_SOURCE_TARGET_REVISION", &source.target_revision),
        ];
        for (name, value) in place {
            told.environment.extend(value.clone().map(|value| (name.to_owned(), value)));
        }
        if let Some(plugin) = &source.plugin {
            // The path of the source is among what is told already.
            let root = TreePath::root();
            let known = told.variables(&root);
            let variables = plugin.env.iter().flatten();
            let variables: Vec<_> =
                variables.map(|one| (one.name.clone(), known.replaced(&one.value))).collect();
            told.environment.extend(variables);
            told.parameters = plugin
                .parameters
                .as_ref()
                .map(|parameters| json!(parameters).to_string())
                .unwrap_or_default();
        }
        told
    }
}

impl Source {
    /// Whether Argo CD has to find out of what type it is.
    pub(crate) fn is_untyped(&self) -> bool {
        self.chart.is_none() && self.path.is_some() && self.plugin.is_none() && self.blocks().next().is_none()
    }

    /// What the source says to one of Argo CD's own tools, with the name of that tool.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = (&'static str, &Map<String, Value>)> {
        let blocks = [("helm", &self.helm), ("kustomize", &self.kustomize), ("directory", &self.directory)];
        blocks.into_iter().filter_map(|(name, block)| Some((name, block.as_ref()?)))
    }
}

/// What Argo CD calls an Application when it talks to plugins: with its namespace where that is not Argo CD's own.
pub(crate) fn instance_name(name: &str, namespace: Option<&str>, control_plane: &str) -> String {
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
        let told = spec.told(Some("web".to_owned()), &spec.sources()[0]);
        let text = |text: &str| Some(text.to_owned());
        assert_eq!((told.name.clone(), told.namespace.clone()), (text("web"), text("shop")));
        assert_eq!(told.project, text("ua"));
        assert_eq!(told.variables(&TreePath::root()).replaced("$TEAM"), "web-apps/web");
        assert_eq!(told.set_parameters().unwrap()[0].as_array().unwrap(), ["web:1"]);
    }

    #[test]
    fn names_tell_other_namespaces() {
        assert_eq!(instance_name("web", Some("argocd"), CONTROL_PLANE), "web");
        assert_eq!(instance_name("web", None, CONTROL_PLANE), "web");
        assert_eq!(instance_name("web", Some("teams"), CONTROL_PLANE), "teams_web");
    }
}
