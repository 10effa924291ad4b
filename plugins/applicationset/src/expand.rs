//! From an ApplicationSet to its Applications: `GenerateApplications` of Argo CD's controller, and
//! what the controller checks after.

use std::collections::{BTreeMap, BTreeSet};

use oarlock_kubernetes::is_subdomain;
use oarlock_sprig::json::{Style, write};
use serde_json::{Map as JsonMap, Value as Json, json};

use crate::cluster::{Cluster, IN_CLUSTER, IN_CLUSTER_SERVER};
use crate::error::Result;
use crate::generators::{Budget, Generated, Generation, Requested};
use crate::inputs::Inputs;
use crate::json::to_value;
use crate::params::Params;
use crate::patch;
use crate::repository::Reads;
use crate::schema::{APPLICATION, encode};
use crate::spec::{ApplicationSet, text};
use crate::template::{GoTemplate, TemplateEngine, render_document};

/// What deletes an Application's resources with it.
const RESOURCES_FINALIZER: &str = "resources-finalizer.argocd.argoproj.io";

/// What an ApplicationSet makes.
#[derive(Clone, Debug, Default)]
pub struct Expansion {
    /// The Applications, sorted by name; those of one name by their text.
    pub applications: Vec<Application>,
    /// The names of Applications that the controller does not create, each with the reason. The
    /// others are created all the same.
    pub held_back: BTreeMap<String, HeldBack>,
}

/// An Application that a template made.
#[derive(Clone, Debug, PartialEq)]
pub struct Application {
    /// The manifest: `apiVersion`, `kind`, `metadata` and `spec`.
    pub manifest: JsonMap<String, Json>,
}

/// Why an Application is not created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeldBack {
    /// The ApplicationSet makes more than one of its name.
    DuplicateName,
    /// It has no name.
    NoName,
    /// Its name is none that an object may have.
    InvalidName,
    /// Its project does not exist.
    MissingProject,
    /// Its destination has both a name and a server, or neither.
    InvalidDestination,
    /// Its destination is not among the clusters that are given.
    UnknownCluster,
}

impl std::fmt::Display for HeldBack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::DuplicateName => "the ApplicationSet makes more than one Application of this name",
            Self::NoName => "the template makes an Application without a name",
            Self::InvalidName => "the name is not allowed: it must be a lower-case domain name",
            Self::MissingProject => "its project does not exist",
            Self::InvalidDestination => "its destination must have one of `name` and `server`, and not both",
            Self::UnknownCluster => "its destination is not among the registered clusters",
        })
    }
}

impl Application {
    /// `metadata.name`.
    pub fn name(&self) -> &str {
        text(&self.manifest, &["metadata", "name"])
    }

    /// `spec.project`.
    pub fn project(&self) -> &str {
        text(&self.manifest, &["spec", "project"])
    }

    /// The manifest as JSON.
    pub fn to_json(&self) -> Json {
        Json::Object(self.manifest.clone())
    }
}

impl Expansion {
    /// The Applications that the controller creates.
    pub fn created(self) -> impl Iterator<Item = Application> {
        let Self { applications, held_back } = self;
        applications.into_iter().filter(move |application| !held_back.contains_key(application.name()))
    }
}

/// Makes the Applications of an ApplicationSet.
///
/// # Errors
/// The first error of a generator, a template or a patch: the controller then changes nothing at
/// all. And if a limit is reached.
pub fn expand(set: &ApplicationSet, inputs: Inputs<'_>) -> Result<Expansion> {
    let mut template = GoTemplate::new();
    let options = set.go_template_options();
    let engine = if set.uses_go_templates() {
        TemplateEngine::Go(Box::new(template.executor(&options)))
    } else {
        TemplateEngine::fast()
    };
    let budget = Budget::new(inputs.limits);
    let mut generation = Generation { set, inputs, engine, reads: Reads::default(), budget };
    let namespace = if set.namespace().is_empty() { inputs.namespace } else { set.namespace() };

    let base = set.template();
    let mut applications = Vec::new();
    for (index, generator) in set.generators().iter().enumerate() {
        let Json::Object(generator) = generator else { continue };
        let within = |error: crate::ExpandError| error.within(&format!("spec.generators[{index}]"));
        let requested = Requested { generator, is_rendered: false };
        let generated = generation.transform(requested, &base, None).map_err(within)?;
        for Generated { params, template } in generated {
            for params in params {
                let manifest = application(&mut generation, &template, &params, namespace).map_err(within)?;
                generation.budget.count_application(size(&manifest))?;
                applications.push(Application { manifest });
            }
        }
    }
    sort(&mut applications);
    let held_back = held_back(&applications, inputs);
    Ok(Expansion { applications, held_back })
}

/// By name, and those of one name by the JSON that Go writes of them: Argo CD has some of them in
/// random order.
fn sort(applications: &mut [Application]) {
    applications.sort_by(|one, other| one.name().cmp(other.name()));
    for same in applications.chunk_by_mut(|one, other| one.name() == other.name()) {
        if same.len() > 1 {
            same.sort_by_cached_key(|application| {
                let value = to_value(&application.to_json());
                write(&value, Style::Plain, usize::MAX).unwrap_or_default()
            });
        }
    }
}

/// Renders the template with a parameter set, and patches it.
fn application(
    generation: &mut Generation<'_, '_>,
    template: &JsonMap<String, Json>,
    params: &Params,
    namespace: &str,
) -> Result<JsonMap<String, Json>> {
    let set = generation.set;
    let engine = &mut generation.engine;
    let mut application = if params.is_empty() {
        // As Argo CD has it: no parameters, no rendering, and no finalizer.
        template.clone()
    } else {
        let mut rendered = render_document(template, &APPLICATION, engine, params)?;
        if !set.preserves_resources() {
            let metadata = rendered.entry("metadata").or_insert_with(|| json!({}));
            if let Json::Object(metadata) = metadata {
                metadata.entry("finalizers").or_insert_with(|| json!([RESOURCES_FINALIZER]));
            }
        }
        rendered
    };
    if let Some(patch) = set.template_patch() {
        let patch = engine.replace(patch, params).map_err(|error| error.within("templatePatch"))?;
        application = patch::apply(&application, &patch)?;
    }
    Ok(finish(&application, namespace))
}

/// The manifest, with what the controller sets whatever the template says.
fn finish(application: &JsonMap<String, Json>, namespace: &str) -> JsonMap<String, Json> {
    let mut encoded = encode(application, &APPLICATION);
    let mut metadata = match encoded.remove("metadata") {
        Some(Json::Object(metadata)) => metadata,
        _ => JsonMap::new(),
    };
    metadata.remove("creationTimestamp");
    metadata.insert("namespace".to_owned(), json!(namespace));
    let mut manifest = JsonMap::new();
    manifest.insert("apiVersion".to_owned(), json!("argoproj.io/v1alpha1"));
    manifest.insert("kind".to_owned(), json!("Application"));
    manifest.insert("metadata".to_owned(), Json::Object(metadata));
    manifest.insert("spec".to_owned(), encoded.remove("spec").unwrap_or_else(|| json!({})));
    manifest
}

/// What the controller refuses to create: `validateGeneratedApplications`, and what the API server
/// refuses.
fn held_back(applications: &[Application], inputs: Inputs<'_>) -> BTreeMap<String, HeldBack> {
    let (mut held_back, mut seen) = (BTreeMap::new(), BTreeSet::new());
    for application in applications {
        let name = application.name();
        let reason = if name.is_empty() {
            HeldBack::NoName
        } else if !seen.insert(name) {
            HeldBack::DuplicateName
        } else if !is_subdomain(name) {
            HeldBack::InvalidName
        } else if inputs
            .projects
            .is_some_and(|known| known.iter().all(|known| known != application.project()))
        {
            HeldBack::MissingProject
        } else if let Some(reason) = bad_destination(application, inputs.clusters) {
            reason
        } else {
            continue;
        };
        held_back.entry(name.to_owned()).or_insert(reason);
    }
    held_back
}

/// What is wrong with a destination: `GetDestinationCluster`. Where no clusters are given, any may
/// be registered.
fn bad_destination(application: &Application, clusters: &[Cluster]) -> Option<HeldBack> {
    let field = |field| text(&application.manifest, &["spec", "destination", field]);
    let (name, server) = (field("name"), field("server").trim_end_matches('/'));
    if name.is_empty() == server.is_empty() {
        return Some(HeldBack::InvalidDestination);
    }
    let is_known = clusters.is_empty()
        || name == IN_CLUSTER
        || server == IN_CLUSTER_SERVER
        || clusters.iter().any(|cluster| {
            if name.is_empty() {
                cluster.server.trim_end_matches('/') == server
            } else {
                cluster.name == name
            }
        });
    (!is_known).then_some(HeldBack::UnknownCluster)
}

/// About how many bytes a manifest takes as text.
fn size(object: &JsonMap<String, Json>) -> usize {
    fn of(value: &Json) -> usize {
        match value {
            Json::String(text) => text.len() + 2,
            Json::Array(items) => items.iter().map(of).sum::<usize>() + items.len() + 2,
            Json::Object(object) => size(object),
            _ => 8,
        }
    }
    object.iter().map(|(key, value)| key.len() + 4 + of(value)).sum::<usize>() + 2
}
