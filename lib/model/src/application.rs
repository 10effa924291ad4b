//! The Argo CD Application that is being rendered.

use crate::failure::{Failure, Result};
use crate::parameter::SetParameter;

/// What is known about the Argo CD Application that is being rendered. Offline renders leave most
/// of it absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Application {
    /// Name of the Application.
    pub name: Option<String>,
    /// Namespace that the Application deploys to.
    pub namespace: Option<String>,
    /// Argo CD project of the Application.
    pub project: Option<String>,
    /// URL of the repository that the tree was taken from.
    pub repository: Option<String>,
    /// Commit that the tree was taken from.
    pub revision: Option<String>,
    /// Version of the destination cluster, as `1.34.0`.
    pub kube_version: Option<String>,
    /// API versions that the destination cluster serves, as `apps/v1` or `apps/v1/Deployment`.
    pub api_versions: Vec<String>,
    /// Variables that the Application hands to its plugin, in their order; a later one wins.
    pub environment: Vec<(String, String)>,
    /// Parameters that the Application sets, as JSON text; empty where none are set.
    pub parameters: String,
}

impl Application {
    /// The parameters that the Application sets, in their order.
    ///
    /// # Errors
    /// If [`parameters`](Self::parameters) is of another shape than Argo CD gives it.
    pub fn set_parameters(&self) -> Result<Vec<SetParameter>> {
        if self.parameters.is_empty() {
            return Ok(Vec::new());
        }
        // No parameters at all are `null`.
        let parameters: Option<Vec<SetParameter>> =
            serde_json::from_str(&self.parameters).map_err(|error| {
                Failure::new(format!("the parameters of the Application cannot be read: {error}"))
                    .hint("they are a list under `spec.source.plugin.parameters`, each with `name` and `string`, `array` or `map`")
            })?;
        Ok(parameters.unwrap_or_default())
    }

    /// The Application's own name. Argo CD puts the namespace before the name of one outside of its
    /// own namespace, as `team-a_shop`, and calls a Helm release by what is behind the first `_`.
    ///
    /// ```
    /// let application = oarlock_model::Application { name: Some("team-a_shop".into()), ..Default::default() };
    /// assert_eq!(application.own_name(), Some("shop"));
    /// ```
    pub fn own_name(&self) -> Option<&str> {
        let name = self.name.as_deref()?;
        let own = name.split_once('_').map_or(name, |(_, own)| own);
        (!own.is_empty()).then_some(own).or((!name.is_empty()).then_some(name))
    }
}
