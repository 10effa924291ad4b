//! Secrets of environments → those of each Application.

use std::collections::BTreeMap;

use serde_json::Value;

use super::data::ReportApplication;
use crate::change::{Application, ApplicationKey, RenderResult, Side};
use crate::namespaces::{CustomKinds, fill_namespace};
use crate::secrets::{EnvironmentSecrets, secrets};

/// Puts the Secrets of an environment to the Applications that read them from Vault or whose
/// workloads consume them.
pub(super) fn add(applications: &mut [ReportApplication], name: &str, side: &Side) {
    let report = secrets([(name, side)]);
    let Some(EnvironmentSecrets { vault, missing, .. }) = report.environments.into_iter().next() else {
        return;
    };
    let mut numbers: BTreeMap<ApplicationKey, usize> = BTreeMap::new();
    for (index, application) in applications.iter().enumerate() {
        if application.environment == name {
            numbers.insert(application.application.clone(), index);
        }
    }
    let owners = |keys: Vec<&ApplicationKey>| {
        let mut owners: Vec<usize> = keys.into_iter().filter_map(|key| numbers.get(key).copied()).collect();
        owners.sort_unstable();
        owners.dedup();
        owners
    };
    for secret in vault {
        let readers = secret.consumers.iter().map(|consumer| &consumer.application);
        for owner in owners(readers.chain([&secret.application]).collect()) {
            applications[owner].secret_count += 1;
            if let Some(details) = &mut applications[owner].details {
                details.secrets.push(secret.clone());
            }
        }
    }
    for secret in missing {
        for owner in owners(secret.consumers.iter().map(|consumer| &consumer.application).collect()) {
            applications[owner].missing_count += 1;
            if let Some(details) = &mut applications[owner].details {
                details.missing.push(secret.clone());
            }
        }
    }
}

/// Applications by their environment, with the namespaces that Argo CD gives their objects: what
/// reads and provides Secrets is matched by namespace.
pub(super) fn by_environment(
    side: Side,
    environment_of: impl Fn(&ApplicationKey) -> Option<String>,
) -> BTreeMap<String, Side> {
    let mut sides: BTreeMap<String, Side> = BTreeMap::new();
    for mut application in side.applications {
        let Some(environment) = environment_of(&application.key) else { continue };
        fill(&mut application);
        sides.entry(environment).or_default().applications.push(application);
    }
    sides
}

fn fill(application: &mut Application) {
    let namespace = application.manifest.pointer("/spec/destination/namespace").and_then(Value::as_str);
    let namespace = namespace.unwrap_or_default().to_owned();
    if let RenderResult::Rendered(objects) = &mut application.outcome {
        for object in objects {
            fill_namespace(&mut object.manifest, (&namespace, CustomKinds::Namespaced));
        }
    }
}
