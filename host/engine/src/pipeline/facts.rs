//! What is known of the cluster that a render is for: a file that anyone can keep in the
//! repository, so that a render on a laptop sees what Argo CD tells during a sync.

use std::collections::BTreeSet;

use oarlock_plugin::{Application, Failure, TreePath};
use oarlock_yaml::{Dialect, emit, from_json};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config_file::{self, Budget};
use crate::source::Source;

/// What a cluster serves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields, expecting = "a mapping")]
pub struct Facts {
    /// Its version of Kubernetes, as `1.34.0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kube_version: Option<String>,
    /// The API versions that it serves, as `apps/v1` and `apps/v1/Deployment`.
    pub api_versions: Vec<String>,
}

impl Facts {
    /// Reads the text of a file, which has a name for messages.
    ///
    /// # Errors
    /// If it is no YAML or says something that it may not.
    pub fn parse(name: &str, text: &[u8]) -> Result<Self, Failure> {
        match config_file::parse(name, text, &mut Budget::for_configuration())? {
            Some(node) => config_file::typed(name, &node, "facts").map_err(config_file::first),
            None => Ok(Self::default()),
        }
    }

    /// Reads a file of the tree.
    ///
    /// # Errors
    /// If it is not there, or [`parse`](Self::parse) fails.
    pub fn load(tree: &dyn Source, path: &TreePath) -> Result<Self, Failure> {
        let text = tree.read(path).map_err(|error| {
            error.at(path).hint("`facts` in `oarlock.yaml` names a file that `oarlock facts` writes")
        })?;
        Self::parse(path.as_str(), &text)
    }

    /// The file's text.
    ///
    /// # Errors
    /// Never for facts that were read.
    pub fn to_yaml(&self) -> Result<String, Failure> {
        let failed = |error: &dyn std::fmt::Display| Failure::new(error.to_string());
        let json = serde_json::to_string(self).map_err(|error| failed(&error))?;
        let node = from_json(&json).map_err(|error| failed(&error))?;
        emit(&node, Dialect::Kustomize).map_err(|error| failed(&error))
    }

    /// What Argo CD says of an Application's cluster; `None` where it says nothing.
    pub fn of(application: &Application) -> Option<Self> {
        let facts = Self {
            kube_version: application.kube_version.clone(),
            api_versions: application.api_versions.clone(),
        };
        (facts != Self::default()).then_some(facts)
    }

    /// Adds the facts to an Application that has none yet.
    pub fn add_to(self, application: &mut Application) {
        if Self::of(application).is_none() {
            application.kube_version = self.kube_version;
            application.api_versions = self.api_versions;
        }
    }
}

/// A cluster, as far as Argo CD tells: its name is not among that.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cluster {
    /// What it serves.
    #[serde(flatten)]
    pub facts: Facts,
    /// The Applications that deploy to it.
    pub applications: BTreeSet<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_read_as_they_are_written() {
        let facts = Facts {
            kube_version: Some("1.34.0".to_owned()),
            api_versions: vec!["v1".to_owned(), "apps/v1/Deployment".to_owned()],
        };
        let text = facts.to_yaml().unwrap();
        assert_eq!(text, "apiVersions:\n- v1\n- apps/v1/Deployment\nkubeVersion: 1.34.0\n");
        assert_eq!(Facts::parse("facts.yaml", text.as_bytes()), Ok(facts));
        // A version like a number is text again.
        let short = Facts { kube_version: Some("1.30".to_owned()), ..Facts::default() };
        assert_eq!(Facts::parse("facts.yaml", short.to_yaml().unwrap().as_bytes()), Ok(short));
        assert!(
            Facts::parse("facts.yaml", b"kubeversion: 1.3.0")
                .unwrap_err()
                .to_string()
                .contains("facts.yaml:1:1")
        );
    }

    #[test]
    fn what_argo_cd_tells_wins() {
        let facts = || Facts { kube_version: Some("1.30.0".to_owned()), api_versions: vec!["v1".to_owned()] };
        let mut application =
            Application { kube_version: Some("1.34.0".to_owned()), ..Application::default() };
        facts().add_to(&mut application);
        assert_eq!(
            (application.kube_version.as_deref(), application.api_versions.len()),
            (Some("1.34.0"), 0)
        );
        let mut unchanged = Application::default();
        facts().add_to(&mut unchanged);
        assert_eq!(Facts::of(&unchanged), Some(facts()));
    }
}
