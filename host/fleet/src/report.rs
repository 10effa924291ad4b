//! What a fleet holds, as JSON: `oarlock apps --output json`.
//!
//! [`FORMAT_VERSION`] is raised when a field changes its meaning or goes away; new fields do not
//! raise it.

use std::collections::HashMap;

use oarlock_engine::application::Spec;
use oarlock_plugin::{Failure, Origin};
use schemars::JsonSchema;
use serde::Serialize;

use crate::definition::{Definition, Kind, ObjectName};
use crate::environment::{Application, Environment, Filter, Parent};
use crate::fleet::Fleet;
use crate::plan::{SourceError, SourceType};

use crate::repository::ExternalKind;

/// The version of the form.
pub const FORMAT_VERSION: u32 = 1;

/// Everything that a repository deploys.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppsReport {
    /// The version of this form: 1.
    pub format_version: u32,
    /// The release of Argo CD that the fleet is read like, as `argocd-3.5`.
    pub profile: String,
    /// The environments, by name.
    pub environments: Vec<EnvironmentReport>,
}

/// What one root deploys.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentReport {
    /// Its name.
    pub name: String,
    /// The file or directory of its root, from the root of the tree.
    pub root: String,
    /// Its Applications, sorted by cluster and name.
    pub applications: Vec<ApplicationReport>,
    /// Its ApplicationSets, in the order in which they are found.
    pub application_sets: Vec<SetReport>,
    /// Its projects, in the order in which they are found.
    pub projects: Vec<ProjectReport>,
    /// What is needed that is not at hand, each once.
    pub external: Vec<ExternalReport>,
    /// What is wrong. It is printed as messages, too.
    pub problems: Vec<ProblemReport>,
}

/// An Application.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationReport {
    /// Which one it is.
    #[serde(flatten)]
    pub name: ObjectName,
    /// What makes it; absent where it is applied by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<ParentReport>,
    /// Its project.
    pub project: String,
    /// The cluster that it deploys to, by its name; of a cluster without a name the host of its API
    /// server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The URL of the cluster's API server, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The namespace that it deploys to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_namespace: Option<String>,
    /// Its sync wave within what makes it.
    pub wave: i64,
    /// Its sources, in order.
    pub sources: Vec<SourceReport>,
    /// Where it, or the ApplicationSet that makes it, is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginReport>,
    /// Why it cannot be rendered, if that is known without rendering it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What makes an object.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParentReport {
    /// An Application or an ApplicationSet.
    pub kind: Kind,
    /// Which one.
    #[serde(flatten)]
    pub name: ObjectName,
}

/// A source of an Application.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceReport {
    /// The URL of its repository.
    #[serde(rename = "repoURL")]
    pub repo_url: String,
    /// The directory in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The chart in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart: Option<String>,
    /// The revision, or the version of the chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_revision: Option<String>,
    /// The name by which values files of other sources name it.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What renders it; absent where nothing does, or that is not known.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub source_type: Option<SourceType>,
    /// The directory in the tree at hand that stands for it, from the root of the tree; absent
    /// where it is in another tree or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// What it needs that is not at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<String>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// An ApplicationSet.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetReport {
    /// Which one it is.
    #[serde(flatten)]
    pub name: ObjectName,
    /// What makes it; absent where it is applied by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<ParentReport>,
    /// Its sync wave within what makes it.
    pub wave: i64,
    /// How many Applications it makes.
    pub applications: usize,
    /// Where it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginReport>,
    /// Why it makes none, if it is invalid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A project.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectReport {
    /// Which one it is.
    #[serde(flatten)]
    pub name: ObjectName,
    /// Its sync wave within what makes it.
    pub wave: i64,
    /// Where it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginReport>,
}

/// What is needed that is not at hand.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExternalReport {
    /// Why it is not.
    pub kind: ExternalKind,
    /// The URL of the repository.
    #[serde(rename = "repoURL")]
    pub repo_url: String,
    /// The chart in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart: Option<String>,
    /// The revision, or the version of the chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// The plugin of Argo CD that would render it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// The Applications and ApplicationSets that need it.
    pub used_by: Vec<String>,
}

/// What is wrong.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemReport {
    /// What it is.
    pub message: String,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginReport>,
}

/// A place in a file of the tree.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OriginReport {
    /// The file, from the root of the tree.
    pub path: String,
    /// The line, from 1; 0 where it is not known.
    pub line: u32,
}

impl From<&Origin> for OriginReport {
    fn from(origin: &Origin) -> Self {
        Self { path: origin.path.clone(), line: origin.line }
    }
}

impl From<&Failure> for ProblemReport {
    fn from(failure: &Failure) -> Self {
        Self { message: failure.message.clone(), origin: failure.origin.as_ref().map(OriginReport::from) }
    }
}

impl AppsReport {
    /// The report of some environments.
    pub fn new(fleet: &Fleet, environments: &[Environment], filter: &Filter) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            profile: fleet.profile().release().name.to_owned(),
            environments: environments
                .iter()
                .map(|environment| EnvironmentReport::new(fleet, environment, filter))
                .collect(),
        }
    }
}

impl EnvironmentReport {
    fn new(fleet: &Fleet, environment: &Environment, filter: &Filter) -> Self {
        let origin = |definition: &Definition| definition.origin.as_ref().map(OriginReport::from);
        let parent = |parent| parent_of(environment, parent);
        let applications = environment.in_order().into_iter().filter_map(|index| {
            let application = &environment.applications[index];
            filter.wants(application).then(|| ApplicationReport::new(fleet, environment, application))
        });
        let mut counts: HashMap<Parent, usize> = HashMap::new();
        for application in &environment.applications {
            *counts.entry(application.parent).or_default() += 1;
        }
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        Self {
            name: environment.name.clone(),
            root: environment.root.to_string(),
            applications: applications.collect(),
            application_sets: environment
                .sets
                .iter()
                .enumerate()
                .map(|(index, set)| SetReport {
                    name: set.definition.name.clone(),
                    parent: parent(set.parent),
                    wave: set.definition.wave(),
                    applications: counts.get(&Parent::Set(index)).copied().unwrap_or(0),
                    origin: origin(&set.definition),
                    error: set.failure.as_ref().map(|failure| failure.message.clone()),
                })
                .collect(),
            projects: environment
                .projects
                .iter()
                .map(|project| ProjectReport {
                    name: project.definition.name.clone(),
                    wave: project.definition.wave(),
                    origin: origin(&project.definition),
                })
                .collect(),
            external: fleet
                .external(environment, filter)
                .into_iter()
                .map(|(external, used_by)| ExternalReport {
                    kind: external.kind,
                    chart: external.chart,
                    revision: some(&external.revision),
                    plugin: external.plugin,
                    repo_url: external.repository,
                    used_by,
                })
                .collect(),
            problems: environment.problems.iter().map(ProblemReport::from).collect(),
        }
    }
}

impl ApplicationReport {
    fn new(fleet: &Fleet, environment: &Environment, application: &Application) -> Self {
        let Application { definition, spec, target, .. } = application;
        let target = target.as_ref().ok();
        let some = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
        let mut sources: Vec<SourceReport> = spec
            .iter()
            .flat_map(Spec::sources)
            .map(|source| SourceReport {
                repo_url: source.repo_url.clone().unwrap_or_default(),
                path: some(&source.path),
                chart: some(&source.chart),
                target_revision: some(&source.target_revision),
                reference: some(&source.reference),
                source_type: None,
                directory: None,
                external: None,
                error: None,
            })
            .collect();
        for (index, planned) in fleet.plan(application) {
            let Some(report) = sources.get_mut(index) else { continue };
            match planned {
                Ok(planned) => {
                    report.source_type = Some(planned.source_type);
                    let is_here = planned.checkout.is_same_tree(fleet.repositories().reviewed());
                    report.directory = is_here.then(|| planned.directory.to_string());
                }
                Err(SourceError::External(external)) => report.external = Some(external.to_string()),
                Err(SourceError::Failed(failure)) => report.error = Some(failure.message),
            }
        }
        Self {
            name: definition.name.clone(),
            parent: parent_of(environment, application.parent),
            project: project(spec.as_ref().ok().and_then(|spec| spec.project.clone())),
            cluster: target.map(|target| target.cluster.clone()).filter(|cluster| !cluster.is_empty()),
            server: target.and_then(|target| target.server.clone()),
            destination_namespace: application.destination_namespace().map(str::to_owned),
            wave: definition.wave(),
            sources,
            origin: definition.origin.as_ref().map(OriginReport::from),
            error: application.fault().map(|failure| failure.message.clone()),
        }
    }
}

/// The project of an Application that may name none.
fn project(named: Option<String>) -> String {
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| "default".to_owned())
}

fn parent_of(environment: &Environment, parent: Parent) -> Option<ParentReport> {
    let definition = match parent {
        Parent::Root => return None,
        Parent::Application(index) => &environment.applications[index].definition,
        Parent::Set(index) => &environment.sets[index].definition,
    };
    Some(ParentReport { kind: definition.kind, name: definition.name.clone() })
}
