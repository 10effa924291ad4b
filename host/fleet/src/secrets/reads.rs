//! Which Secrets an object reads.

use std::collections::BTreeSet;

use serde_json::Value;

use super::SecretName;

/// A Secret that a workload reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) secret: SecretName,
    pub(super) keys: Keys,
    /// Whether the workload starts without it.
    pub(super) optional: bool,
}

/// How much of a Secret is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    All,
    Some(BTreeSet<String>),
}

/// The Secrets that the pods of an object read, each once.
pub(super) fn reads(object: &Value) -> Vec<Read> {
    let Some(pod) = pod(object) else { return Vec::new() };
    let namespace = object.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
    let mut found: Vec<Read> = Vec::new();
    let mut add = |name: Option<&str>, key: Option<&str>, optional: bool| {
        let Some(name) = name.filter(|name| !name.is_empty()) else { return };
        let secret = SecretName { namespace: namespace.to_owned(), name: name.to_owned() };
        let keys = key.map_or(Keys::All, |key| Keys::Some(BTreeSet::from([key.to_owned()])));
        match found.iter_mut().find(|read| read.secret == secret) {
            Some(read) => {
                read.optional &= optional;
                match (&mut read.keys, keys) {
                    (Keys::Some(known), Keys::Some(more)) => known.extend(more),
                    (known, _) => *known = Keys::All,
                }
            }
            None => found.push(Read { secret, keys, optional }),
        }
    };
    let text = |value: &'_ Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let optional = |value: &Value| value.get("optional") == Some(&Value::Bool(true));
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for container in items(pod, list) {
            for variable in items(container, "env") {
                if let Some(reference) = variable.pointer("/valueFrom/secretKeyRef") {
                    let (name, key) = (text(reference, "name"), text(reference, "key"));
                    add(name.as_deref(), key.as_deref(), optional(reference));
                }
            }
            for from in items(container, "envFrom") {
                if let Some(reference) = from.get("secretRef") {
                    add(text(reference, "name").as_deref(), None, optional(reference));
                }
            }
        }
    }
    for volume in items(pod, "volumes") {
        let projected = volume.get("projected").map(|projected| items(projected, "sources"));
        let own = volume.get("secret").map(|secret| (secret, "secretName"));
        let sources =
            projected.into_iter().flatten().filter_map(|source| Some((source.get("secret")?, "name")));
        for (secret, key) in sources.chain(own) {
            let name = text(secret, key);
            let keys: Vec<String> = items(secret, "items").filter_map(|item| text(item, "key")).collect();
            if keys.is_empty() {
                add(name.as_deref(), None, optional(secret));
            }
            for key in &keys {
                add(name.as_deref(), Some(key), optional(secret));
            }
        }
    }
    // A pod starts without these where its image can be pulled by anyone, but nobody lists them for
    // fun.
    for reference in items(pod, "imagePullSecrets") {
        add(text(reference, "name").as_deref(), None, false);
    }
    found
}

fn items<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// The specification of an object's pods.
pub(crate) fn pod(object: &Value) -> Option<&Value> {
    let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    let group = text("apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
    let pointer = match (group, text("kind")) {
        ("", "Pod") => "/spec",
        ("", "ReplicationController")
        | ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
        | ("batch", "Job")
        | ("argoproj.io", "Rollout") => "/spec/template/spec",
        ("batch", "CronJob") => "/spec/jobTemplate/spec/template/spec",
        _ => return None,
    };
    object.pointer(pointer)
}
