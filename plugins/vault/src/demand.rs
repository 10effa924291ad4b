//! What Secrets the workloads ask for.

use k8s_openapi::api::core::v1::KeyToPath;
use oarlock_plugin::Manifest;

use crate::crd::RestartTarget;
use crate::finding::{self, Findings, at};
use crate::scope::Scope;
use crate::suggestion;
use crate::workload::{ANNOTATION_PREFIX, ANNOTATIONS, ContainerShape, PodShape, VolumeShape, Workload};

/// One Secret that is asked for, and by whom.
#[derive(Debug)]
pub(crate) struct Demand<'m> {
    pub(crate) namespace: String,
    pub(crate) secret: String,
    /// In the order of the manifests; a workload may ask more than once.
    pub(crate) asks: Vec<Ask<'m>>,
}

/// One place where a workload asks for a Secret.
#[derive(Clone, Debug)]
pub(crate) struct Ask<'m> {
    pub(crate) workload: Workload<'m>,
    pub(crate) what: What,
    pub(crate) optional: bool,
    /// The field that asks.
    pub(crate) field: String,
    /// What to restart when the Secret changes.
    pub(crate) restart: Option<RestartTarget>,
}

/// How much of a Secret is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// One key.
    Key(String),
    /// Every key as a file.
    Files,
    /// Every key as an environment variable.
    Environment,
}

impl Demand<'_> {
    /// Whether some workload cannot start without the Secret.
    pub(crate) fn is_required(&self) -> bool {
        self.asks.iter().any(|ask| !ask.optional)
    }

    /// The keys that are asked for, each once; `None` where somebody takes the Secret whole.
    pub(crate) fn keys(&self) -> Option<Vec<&str>> {
        let mut keys = Vec::new();
        for ask in &self.asks {
            let What::Key(key) = &ask.what else { return None };
            if !keys.contains(&key.as_str()) {
                keys.push(key);
            }
        }
        Some(keys)
    }

    /// The workloads to restart, each once.
    pub(crate) fn restart_targets(&self) -> Vec<RestartTarget> {
        let mut targets: Vec<RestartTarget> = Vec::new();
        for target in self.asks.iter().filter_map(|ask| ask.restart.clone()) {
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
        targets
    }
}

/// Every Secret that the workloads ask for, in the order in which it is first asked for.
pub(crate) fn collect<'m>(
    manifests: &'m [Manifest],
    scope: &Scope<'_>,
    findings: &mut Findings,
) -> Vec<Demand<'m>> {
    let workloads: Vec<Workload<'m>> =
        manifests.iter().filter_map(|manifest| Workload::new(manifest, scope)).collect();
    let mut demands: Vec<Demand<'m>> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for workload in &workloads {
        check_annotations(workload, findings);
        if workload.is_ignored() {
            continue;
        }
        let pod = match workload.pod() {
            Ok(Some(pod)) => pod,
            Ok(None) => continue,
            Err(error) => {
                let message = format!("`{}` cannot be read{error}", workload.pod_path());
                findings.add(&finding::UNREADABLE_WORKLOAD, workload.manifest, message, "");
                continue;
            }
        };
        let restart = restart_target(workload, &workloads);
        for (secret, what, optional, field) in
            asks(&pod, &workload.pod_path(), scope.config.image_pull_secrets)
        {
            if secret.is_empty() || what == What::Key(String::new()) {
                let message =
                    at(&field, format!(" names no {}", if secret.is_empty() { "Secret" } else { "key" }));
                findings.add(&finding::UNREADABLE_WORKLOAD, workload.manifest, message, "");
                continue;
            }
            let place = *places.entry((workload.namespace.clone(), secret.clone())).or_insert_with(|| {
                demands.push(Demand { namespace: workload.namespace.clone(), secret, asks: Vec::new() });
                demands.len() - 1
            });
            let ask = Ask { workload: workload.clone(), what, optional, field, restart: restart.clone() };
            demands[place].asks.push(ask);
        }
    }
    demands
}

/// A Deployment whose template a Rollout borrows runs no pods of its own: the Rollout is what
/// restarts.
fn restart_target(workload: &Workload<'_>, all: &[Workload<'_>]) -> Option<RestartTarget> {
    let is_deployment = workload.manifest.kind() == "Deployment";
    let borrower = all.iter().filter(|_| is_deployment).find(|other| {
        other.namespace == workload.namespace && other.borrowed_deployment() == Some(workload.manifest.name())
    });
    borrower.unwrap_or(workload).restart_target()
}

type Found = (String, What, bool, String);

/// Every reference to a Secret in a pod spec: name, how much of it, whether it is optional, and the
/// field.
fn asks(pod: &PodShape, path: &str, image_pull_secrets: bool) -> Vec<Found> {
    let mut found = Vec::new();
    for (field, containers) in [
        ("initContainers", &pod.init_containers),
        ("containers", &pod.containers),
        ("ephemeralContainers", &pod.ephemeral_containers),
    ] {
        for container in containers.iter().flatten() {
            asks_of_container(container, &format!("{path}.{field}[{}]", container.name), &mut found);
        }
    }
    for volume in pod.volumes.iter().flatten() {
        asks_of_volume(volume, &format!("{path}.volumes[{}]", volume.name), &mut found);
    }
    if image_pull_secrets {
        for secret in pod.image_pull_secrets.iter().flatten() {
            let key = What::Key(".dockerconfigjson".to_owned());
            found.push((secret.name.clone(), key, false, format!("{path}.imagePullSecrets")));
        }
    }
    found
}

fn asks_of_container(container: &ContainerShape, path: &str, found: &mut Vec<Found>) {
    for variable in container.env.iter().flatten() {
        if let Some(reference) = variable.value_from.as_ref().and_then(|from| from.secret_key_ref.as_ref()) {
            let field = format!("{path}.env[{}].valueFrom.secretKeyRef", variable.name);
            let key = What::Key(reference.key.clone());
            found.push((reference.name.clone(), key, reference.optional == Some(true), field));
        }
    }
    for (index, source) in container.env_from.iter().flatten().enumerate() {
        if let Some(reference) = &source.secret_ref {
            let field = format!("{path}.envFrom[{index}].secretRef");
            found.push((reference.name.clone(), What::Environment, reference.optional == Some(true), field));
        }
    }
}

fn asks_of_volume(volume: &VolumeShape, path: &str, found: &mut Vec<Found>) {
    if let Some(secret) = &volume.secret {
        let name = secret.secret_name.clone().unwrap_or_default();
        asks_of_files(
            &name,
            secret.items.as_deref(),
            secret.optional == Some(true),
            &format!("{path}.secret"),
            found,
        );
    }
    let sources = volume.projected.iter().flat_map(|projected| projected.sources.iter().flatten());
    for (index, source) in sources.enumerate() {
        if let Some(secret) = &source.secret {
            let field = format!("{path}.projected.sources[{index}].secret");
            asks_of_files(
                &secret.name,
                secret.items.as_deref(),
                secret.optional == Some(true),
                &field,
                found,
            );
        }
    }
}

/// Without items, and with none listed, every key becomes a file.
fn asks_of_files(
    name: &str,
    items: Option<&[KeyToPath]>,
    optional: bool,
    field: &str,
    found: &mut Vec<Found>,
) {
    let items = items.unwrap_or_default();
    if items.is_empty() {
        found.push((name.to_owned(), What::Files, optional, field.to_owned()));
    }
    for item in items {
        found.push((name.to_owned(), What::Key(item.key.clone()), optional, format!("{field}.items")));
    }
}

fn check_annotations(workload: &Workload<'_>, findings: &mut Findings) {
    for (key, value) in workload.manifest.annotations() {
        let Some(name) = key.strip_prefix(ANNOTATION_PREFIX).filter(|name| name.starts_with("vault")) else {
            continue;
        };
        let base = name.split_once('.').map_or(name, |(base, _)| base);
        if !ANNOTATIONS.contains(&base) || name.starts_with("vault.") {
            let known = ANNOTATIONS.map(|name| format!("{ANNOTATION_PREFIX}{name}"));
            let hint = suggestion::did_you_mean(key, known.iter().map(String::as_str));
            findings.add(
                &finding::ANNOTATION,
                workload.manifest,
                format!("there is no annotation `{key}`"),
                hint,
            );
        } else if base == "vault" && value != "ignore" {
            let message = format!("annotation `{key}` is `{value}`");
            findings.add(&finding::ANNOTATION, workload.manifest, message, "allowed is `ignore`");
        } else if base == "vault-refresh-after" && !crate::crd::is_duration(value) {
            let message = format!("annotation `{key}` is `{value}`, no duration");
            findings.add(&finding::ANNOTATION, workload.manifest, message, "one number and one unit: `60s`");
        } else if value.trim().is_empty() {
            findings.add(&finding::ANNOTATION, workload.manifest, format!("annotation `{key}` is empty"), "");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_every_way_to_ask() {
        let pod = json!({
            "initContainers": [{"name": "i", "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "a", "key": "k"}}}]}],
            "containers": [{
                "name": "c",
                "env": [
                    {"name": "PLAIN", "value": 1},
                    {"name": "FIELD", "valueFrom": {"fieldRef": {"fieldPath": "x"}}},
                    {"name": "B", "valueFrom": {"secretKeyRef": {"name": "b", "key": "k", "optional": true}}},
                ],
                "envFrom": [{"configMapRef": {"name": "x"}}, {"secretRef": {"name": "c"}, "prefix": "P_"}],
            }],
            "ephemeralContainers": [{"name": "e", "envFrom": [{"secretRef": {"name": "d", "optional": true}}]}],
            "volumes": [
                {"name": "v", "secret": {"secretName": "f"}},
                {"name": "w", "secret": {"secretName": "g", "items": [{"key": "k", "path": "p"}]}},
                {"name": "x", "projected": {"sources": [{"configMap": {"name": "x"}}, {"secret": {"name": "h"}}]}},
                {"name": "y", "emptyDir": {}},
            ],
            "imagePullSecrets": [{"name": "j"}],
        });
        let pod: PodShape = serde_json::from_value(pod).unwrap();
        let lines = |image_pull_secrets| -> Vec<String> {
            let found = asks(&pod, "spec", image_pull_secrets).into_iter();
            found.map(|(name, what, optional, field)| format!("{name} {what:?} {optional} {field}")).collect()
        };
        let expected = [
            "a Key(\"k\") false spec.initContainers[i].env[A].valueFrom.secretKeyRef",
            "b Key(\"k\") true spec.containers[c].env[B].valueFrom.secretKeyRef",
            "c Environment false spec.containers[c].envFrom[1].secretRef",
            "d Environment true spec.ephemeralContainers[e].envFrom[0].secretRef",
            "f Files false spec.volumes[v].secret",
            "g Key(\"k\") false spec.volumes[w].secret.items",
            "h Files false spec.volumes[x].projected.sources[1].secret",
        ];
        assert_eq!(lines(false), expected);
        assert_eq!(lines(true).last().unwrap(), "j Key(\".dockerconfigjson\") false spec.imagePullSecrets");
    }
}
