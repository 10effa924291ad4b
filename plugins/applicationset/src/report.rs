//! What the plugin answers a program that wants to know more than the Applications.

use std::collections::BTreeMap;

use oarlock_plugin::{Failure, Manifest};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::error::{ErrorKind, ExpandError};
use crate::expand::{Application, expand};
use crate::inputs::Inputs;
use crate::spec::ApplicationSet;

/// The expansion of one ApplicationSet. It takes the place of the set where the configuration says
/// `report: true`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpansionReport {
    /// `oarlock.dev/v1alpha1`.
    pub api_version: String,
    /// `ExpansionReport`.
    pub kind: String,
    /// The name of the set.
    pub metadata: ReportMetadata,
    /// The Applications, sorted by name, those that Argo CD does not create among them.
    pub applications: Vec<Json>,
    /// The names of those that it does not create, each with the reason.
    pub held_back: BTreeMap<String, String>,
    /// Fields that Kubernetes drops.
    pub ignored_fields: Vec<String>,
    /// Why there are no Applications.
    pub error: Option<ExpandError>,
}

/// The metadata of an [`ExpansionReport`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportMetadata {
    /// The name of the ApplicationSet.
    pub name: String,
}

impl ExpansionReport {
    /// Expands an ApplicationSet.
    pub(crate) fn of(set: &Manifest, inputs: Inputs<'_>) -> Self {
        let mut report = Self {
            api_version: "oarlock.dev/v1alpha1".to_owned(),
            kind: "ExpansionReport".to_owned(),
            metadata: ReportMetadata { name: set.name().to_owned() },
            applications: Vec::new(),
            held_back: BTreeMap::new(),
            ignored_fields: Vec::new(),
            error: None,
        };
        report.error = report.expand(&Json::Object(set.object().clone()), inputs).err();
        report
    }

    fn expand(&mut self, set: &Json, inputs: Inputs<'_>) -> Result<(), ExpandError> {
        let set = ApplicationSet::from_json(set)?;
        self.ignored_fields = set.ignored_fields().to_vec();
        let expansion = expand(&set, inputs)?;
        self.applications = expansion.applications.iter().map(Application::to_json).collect();
        let held_back = expansion.held_back.into_iter();
        self.held_back = held_back.map(|(name, reason)| (name, reason.to_string())).collect();
        Ok(())
    }

    /// The report as the plugin returns it.
    pub(crate) fn into_manifest(self) -> Result<Manifest, Failure> {
        let json = serde_json::to_value(self).map_err(|error| Failure::new(error.to_string()))?;
        Manifest::from_value(&json)
    }

    /// Whether a repository is missing: the caller may know which.
    pub fn lacks_repository(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.kind == ErrorKind::Repository)
    }
}
