//! Which object it is.

use std::collections::HashMap;
use std::fmt;

use oarlock_kubernetes::Gvk;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::input::Object;

/// Which object of a cluster it is. As for Argo CD, the version of its API does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ObjectId {
    /// The group of its API, empty for the core.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Its kind.
    pub kind: String,
    /// Its namespace, empty if it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Its name; with `generateName` that and a `*`.
    pub name: String,
}

impl ObjectId {
    /// The identity of an object.
    pub fn of(object: &Value) -> Self {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let gvk = Gvk::from_api_version(text("/apiVersion"), text("/kind"));
        let name = match text("/metadata/name") {
            "" if !text("/metadata/generateName").is_empty() => {
                format!("{}*", text("/metadata/generateName"))
            }
            name => name.to_owned(),
        };
        Self {
            group: gvk.group.to_string(),
            kind: gvk.kind.to_string(),
            namespace: text("/metadata/namespace").to_owned(),
            name,
        }
    }

    /// Whether it is of a kind of Kubernetes' or Argo CD's own group.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.kind == kind && self.group == group
    }

    /// What objects are sorted by: kind, namespace, name, group.
    fn order(&self) -> [&str; 4] {
        [&self.kind, &self.namespace, &self.name, &self.group]
    }
}

impl PartialOrd for ObjectId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ObjectId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        // Groups of Kubernetes' own say nothing that the kind does not say.
        if self.group.contains('.') && !self.group.ends_with(".k8s.io") {
            write!(f, ".{}", self.group)?;
        }
        match self.namespace.as_str() {
            "" => write!(f, " {}", self.name),
            namespace => write!(f, " {namespace}/{}", self.name),
        }
    }
}

/// Objects by identity, in its order, and the identities that several have. As in Argo CD, the last
/// of these counts; objects with `generateName` differ by their order.
pub(crate) fn by_identity(objects: &[Object]) -> (Vec<(ObjectId, &Object)>, Vec<ObjectId>) {
    let mut found: HashMap<ObjectId, &Object> = HashMap::with_capacity(objects.len());
    let mut generated: HashMap<ObjectId, usize> = HashMap::new();
    let mut repeated = Vec::new();
    for object in objects {
        let mut id = ObjectId::of(&object.manifest);
        if id.name.ends_with('*') {
            let count = generated.entry(id.clone()).or_default();
            *count += 1;
            if *count > 1 {
                id.name = format!("{}{count}", id.name);
            }
        }
        if found.insert(id.clone(), object).is_some() {
            repeated.push(id);
        }
    }
    let mut sorted: Vec<_> = found.into_iter().collect();
    sorted.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    repeated.sort_unstable();
    repeated.dedup();
    (sorted, repeated)
}

/// What stands before the hash that kustomize appends to names of ConfigMaps and Secrets.
pub(super) fn hash_stem(id: &ObjectId) -> Option<&str> {
    /// The characters that kustomize writes hashes with.
    const ALPHABET: &str = "2456789bcdfghkmt";
    if !id.is("", "ConfigMap") && !id.is("", "Secret") {
        return None;
    }
    let (stem, hash) = id.name.rsplit_once('-')?;
    (hash.len() == 10 && hash.chars().all(|c| ALPHABET.contains(c))).then_some(stem)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn identities_are_printed_briefly() {
        for (object, expected) in [
            (
                json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "b"}}),
                "Deployment b/a",
            ),
            (json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}), "Namespace a"),
            (
                json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "a"}}),
                "ClusterRole a",
            ),
            (
                json!({"apiVersion": "cert-manager.io/v1", "kind": "Issuer", "metadata": {"name": "a", "namespace": "b"}}),
                "Issuer.cert-manager.io b/a",
            ),
            (json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"generateName": "a-"}}), "Job a-*"),
            (json!(3), " "),
        ] {
            assert_eq!(ObjectId::of(&object).to_string(), expected);
        }
    }

    #[test]
    fn hashes_of_names_are_those_of_kustomize() {
        let id =
            |kind: &str, name: &str| ObjectId { kind: kind.into(), name: name.into(), ..ObjectId::default() };
        for (id, expected) in [
            (id("ConfigMap", "app-config-6ct58987ht"), Some("app-config")),
            (id("Secret", "a-t5t4md8fdm"), Some("a")),
            (id("Deployment", "a-t5t4md8fdm"), None),
            (id("ConfigMap", "app-settings-x"), None),
            (id("ConfigMap", "app-development1"), None),
        ] {
            assert_eq!(hash_stem(&id), expected, "{id}");
        }
    }

    #[test]
    fn the_last_of_equal_objects_counts_and_generated_names_are_counted() {
        let object = |metadata: Value| Object {
            manifest: json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata}),
            origin: None,
        };
        let objects = [
            object(json!({"name": "a", "labels": {"n": "1"}})),
            object(json!({"generateName": "g-"})),
            object(json!({"name": "a", "labels": {"n": "2"}})),
            object(json!({"generateName": "g-"})),
        ];
        let (sorted, repeated) = by_identity(&objects);
        let names: Vec<String> = sorted.iter().map(|(id, _)| id.to_string()).collect();
        assert_eq!(names, ["Pod a", "Pod g-*", "Pod g-*2"]);
        assert_eq!(sorted[0].1.manifest["metadata"]["labels"]["n"], "2");
        assert_eq!(repeated.len(), 1);
    }
}
