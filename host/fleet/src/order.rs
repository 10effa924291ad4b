//! The order in which Argo CD applies what an environment deploys.

use std::collections::{BTreeMap, HashMap};

use oarlock_engine::manifest::Manifest;
use oarlock_kubernetes::SyncRank;
use oarlock_plugin::{Failure, Manifest as Object};
use schemars::JsonSchema;
use serde::Serialize;

use crate::definition::{Kind, ObjectName};
use crate::environment::{Environment, Parent};

/// The version of the form of [`OrderReport`].
pub const ORDER_FORMAT_VERSION: u32 = 1;

const WAVE: &str = "argocd.argoproj.io/sync-wave";
const HOOK: &str = "argocd.argoproj.io/hook";
const HELM_HOOK: &str = "helm.sh/hook";
const HELM_WEIGHT: &str = "helm.sh/hook-weight";

/// The sync order of environments, as JSON: `oarlock waves --fleet --output json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderReport {
    /// The version of this form: 1.
    pub format_version: u32,
    /// The environments, by name.
    pub environments: Vec<EnvironmentOrder>,
}

/// The sync order of an environment.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentOrder {
    /// Its name.
    pub name: String,
    /// The Applications that are applied by hand; the others are below what makes them.
    pub applications: Vec<ApplicationOrder>,
}

/// The sync order of an Application.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationOrder {
    /// Which one it is.
    #[serde(flatten)]
    pub name: ObjectName,
    /// The cluster that it deploys to.
    pub cluster: String,
    /// Its steps, from first to last. Argo CD begins one when all before it are healthy.
    pub steps: Vec<Step>,
}

/// What is applied together.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The phase of the sync.
    pub phase: Phase,
    /// The wave in it.
    pub wave: i64,
    /// The objects, in the order in which they are applied.
    pub objects: Vec<Ordered>,
}

/// A phase of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub enum Phase {
    /// Hooks before the sync.
    PreSync,
    /// The sync itself.
    Sync,
    /// Hooks after it.
    PostSync,
    /// Hooks after a sync that failed.
    SyncFail,
}

/// An object in the order.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ordered {
    /// Its kind.
    pub kind: String,
    /// Its namespace, where it has one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The Application that it is, or those that it makes. Argo CD goes on to the next step without
    /// waiting for them unless its settings say how their health is assessed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applications: Vec<ApplicationOrder>,
}

/// The steps of Applications, by their number in an environment.
pub type Steps = HashMap<usize, Vec<Step>>;

/// The steps in which manifests are applied.
///
/// # Errors
/// If a manifest cannot be read.
pub fn steps<'a>(manifests: impl IntoIterator<Item = &'a Manifest>) -> Result<Vec<Step>, Failure> {
    let mut steps: BTreeMap<(Phase, i64), Vec<Ordered>> = BTreeMap::new();
    for manifest in manifests {
        let object = Object::from_json(manifest.json.clone())?;
        let wave = wave(&object);
        for phase in phases(&object) {
            let namespace = object.namespace().to_owned();
            steps.entry((phase, wave)).or_default().push(Ordered {
                kind: object.kind().to_owned(),
                namespace,
                name: object.name().to_owned(),
                applications: Vec::new(),
            });
        }
    }
    let step = |((phase, wave), mut objects): ((Phase, i64), Vec<Ordered>)| {
        objects.sort_by(|one, other| {
            SyncRank::of(&one.kind).cmp(&SyncRank::of(&other.kind)).then_with(|| one.name.cmp(&other.name))
        });
        Step { phase, wave, objects }
    };
    Ok(steps.into_iter().map(step).collect())
}

/// The wave of an object: that of Argo CD, else that of Helm, else 0. What is no integer counts as
/// absent.
fn wave(object: &Object) -> i64 {
    let number = |name: &str| object.annotation(name).and_then(|text| text.parse().ok());
    number(WAVE).or_else(|| number(HELM_WEIGHT)).unwrap_or(0)
}

/// The phases in which an object is applied; none for hooks of other occasions.
fn phases(object: &Object) -> Vec<Phase> {
    let words = |name: &str| -> Option<Vec<String>> {
        let text = object.annotation(name)?;
        Some(text.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect())
    };
    let mut phases = Vec::new();
    let hooks = words(HOOK);
    let is_hook = hooks.is_some();
    for word in hooks.into_iter().flatten() {
        phases.extend(match word.as_str() {
            "PreSync" => Some(Phase::PreSync),
            "Sync" => Some(Phase::Sync),
            "PostSync" => Some(Phase::PostSync),
            "SyncFail" => Some(Phase::SyncFail),
            _ => None,
        });
    }
    if !is_hook {
        let Some(hooks) = words(HELM_HOOK) else { return vec![Phase::Sync] };
        for word in hooks {
            phases.extend(match word.as_str() {
                "pre-install" | "pre-upgrade" => Some(Phase::PreSync),
                "post-install" | "post-upgrade" => Some(Phase::PostSync),
                "crd-install" => Some(Phase::Sync),
                _ => None,
            });
        }
    }
    phases.sort_unstable();
    phases.dedup();
    phases
}

impl EnvironmentOrder {
    /// The order of an environment, by the steps of its Applications. Applications without steps
    /// have none.
    pub fn new(environment: &Environment, mut steps: Steps) -> Self {
        let mut below: HashMap<Parent, Vec<usize>> = HashMap::new();
        for (index, application) in environment.applications.iter().enumerate() {
            below.entry(application.parent).or_default().push(index);
        }
        let sets: HashMap<&ObjectName, usize> =
            environment.sets.iter().enumerate().map(|(index, set)| (&set.definition.name, index)).collect();
        let names: HashMap<&ObjectName, usize> = environment
            .applications
            .iter()
            .enumerate()
            .map(|(index, application)| (&application.definition.name, index))
            .collect();
        let mut orders: HashMap<usize, ApplicationOrder> = HashMap::new();
        // Each Application comes after the one that makes it, so backwards those that are made are
        // ready.
        for (index, application) in environment.applications.iter().enumerate().rev() {
            let mut own = steps.remove(&index).unwrap_or_default();
            let namespace = application.destination_namespace().unwrap_or_default();
            for object in own.iter_mut().flat_map(|step| &mut step.objects) {
                let object_namespace =
                    if object.namespace.is_empty() { namespace } else { object.namespace.as_str() };
                let name = ObjectName { namespace: object_namespace.to_owned(), name: object.name.clone() };
                let made: Vec<usize> = match object.kind.as_str() {
                    kind if kind == Kind::Application.name() => names
                        .get(&name)
                        .copied()
                        .filter(|made| environment.applications[*made].parent == Parent::Application(index))
                        .into_iter()
                        .collect(),
                    kind if kind == Kind::ApplicationSet.name() => {
                        let set = sets.get(&name);
                        set.and_then(|set| below.get(&Parent::Set(*set))).cloned().unwrap_or_default()
                    }
                    _ => Vec::new(),
                };
                object.applications = made.iter().filter_map(|made| orders.remove(made)).collect();
            }
            let order = ApplicationOrder {
                name: application.definition.name.clone(),
                cluster: application.cluster().to_owned(),
                steps: own,
            };
            orders.insert(index, order);
        }
        // Those that are applied by hand, or by an ApplicationSet that is.
        let mut rest: Vec<usize> = orders.keys().copied().collect();
        rest.sort_by_key(|index| (environment.applications[*index].definition.wave(), *index));
        let applications = rest.iter().filter_map(|index| orders.remove(index)).collect();
        Self { name: environment.name.clone(), applications }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(kind: &str, name: &str, annotations: &serde_json::Value) -> Manifest {
        let object = json!({
            "apiVersion": "v1", "kind": kind, "metadata": {"name": name, "annotations": annotations},
        });
        Manifest { json: object.to_string(), origin: None }
    }

    #[test]
    fn phases_come_before_waves_and_kinds_after() {
        let manifests = [
            object("Deployment", "web", &json!({})),
            object("Job", "migrate", &json!({HOOK: "PreSync", WAVE: "5"})),
            object("Job", "both", &json!({HOOK: "PreSync,PostSync"})),
            object("Job", "never", &json!({HOOK: "Skip"})),
            object("Pod", "test", &json!({HELM_HOOK: "test"})),
            object("Job", "install", &json!({HELM_HOOK: "pre-install", HELM_WEIGHT: "-2"})),
            object("Service", "web", &json!({WAVE: "1"})),
            object("Namespace", "shop", &json!({WAVE: "x"})),
            object("ConfigMap", "a", &json!({})),
        ];
        let lines: Vec<String> = steps(&manifests)
            .unwrap()
            .iter()
            .map(|step| {
                let objects: Vec<String> =
                    step.objects.iter().map(|object| format!("{} {}", object.kind, object.name)).collect();
                format!("{:?} {}: {}", step.phase, step.wave, objects.join(", "))
            })
            .collect();
        assert_eq!(
            lines,
            [
                "PreSync -2: Job install",
                "PreSync 0: Job both",
                "PreSync 5: Job migrate",
                "Sync 0: Namespace shop, ConfigMap a, Deployment web",
                "Sync 1: Service web",
                "PostSync 0: Job both",
            ]
        );
    }
}
