//! Which object is meant by a name as kubectl takes it.

use std::fmt;
use std::str::FromStr;

use oarlock_plugin::nearest;
use serde_json::Value;

use crate::change::ObjectId;

/// An object as people name it: `deployment/web`, `Deployment.apps/web`, `cm/settings`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectQuery {
    kind: String,
    /// The group, or a version and the group; empty for any.
    group: String,
    name: String,
    namespace: Option<String>,
}

/// Why no object was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// The text is not `KIND/NAME`.
    #[error("`{0}` is not KIND/NAME")]
    NotAName(String),
    /// There is none.
    #[error("there is no `{query}` in the output")]
    Missing {
        /// What was looked for.
        query: String,
        /// What was probably meant.
        near: Option<String>,
    },
    /// There are several.
    #[error("`{query}` are {}", found.join(", "))]
    Several {
        /// What was looked for.
        query: String,
        /// What was found.
        found: Vec<String>,
    },
}

impl FindError {
    /// How to find it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotAName(_) => Some("as `deployment/web`, or `deployment.apps/web`".to_owned()),
            Self::Missing { near, .. } => near.as_ref().map(|near| format!("did you mean `{near}`?")),
            Self::Several { .. } => Some("say which by `--namespace`, or by KIND.GROUP/NAME".to_owned()),
        }
    }
}

/// Short names of kinds, as `kubectl api-resources` lists them.
const SHORT_NAMES: &[(&str, &str)] = &[
    ("cj", "cronjob"),
    ("cm", "configmap"),
    ("crd", "customresourcedefinition"),
    ("deploy", "deployment"),
    ("ds", "daemonset"),
    ("ep", "endpoints"),
    ("hpa", "horizontalpodautoscaler"),
    ("ing", "ingress"),
    ("limits", "limitrange"),
    ("netpol", "networkpolicy"),
    ("ns", "namespace"),
    ("pc", "priorityclass"),
    ("pdb", "poddisruptionbudget"),
    ("po", "pod"),
    ("pv", "persistentvolume"),
    ("pvc", "persistentvolumeclaim"),
    ("quota", "resourcequota"),
    ("rc", "replicationcontroller"),
    ("rs", "replicaset"),
    ("sa", "serviceaccount"),
    ("sc", "storageclass"),
    ("sts", "statefulset"),
    ("svc", "service"),
    ("app", "application"),
    ("appset", "applicationset"),
];

impl FromStr for ObjectQuery {
    type Err = FindError;

    fn from_str(text: &str) -> Result<Self, FindError> {
        match text.split_once('/') {
            Some((kind, name)) if !kind.is_empty() && !name.is_empty() => {
                let (kind, group) = kind.split_once('.').unwrap_or((kind, ""));
                Ok(Self {
                    kind: kind.to_ascii_lowercase(),
                    group: group.to_ascii_lowercase(),
                    name: name.to_owned(),
                    namespace: None,
                })
            }
            _ => Err(FindError::NotAName(text.to_owned())),
        }
    }
}

impl fmt::Display for ObjectQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        write!(f, "/{}", self.name)
    }
}

impl ObjectQuery {
    /// The same in a namespace.
    #[must_use]
    pub fn in_namespace(self, namespace: Option<&str>) -> Self {
        Self { namespace: namespace.map(str::to_owned), ..self }
    }

    /// The position of the object that is meant.
    ///
    /// # Errors
    /// If it is none of them, or several.
    pub fn find(&self, objects: &[Value]) -> Result<usize, FindError> {
        let ids: Vec<ObjectId> = objects.iter().map(ObjectId::of).collect();
        let found: Vec<usize> = ids
            .iter()
            .zip(objects)
            .enumerate()
            .filter(|(_, (id, object))| {
                id.name == self.name && self.is_kind(object, id) && self.is_namespace(id)
            })
            .map(|(position, _)| position)
            .collect();
        match found[..] {
            [position] => Ok(position),
            [] => Err(FindError::Missing { query: self.to_string(), near: self.near(&ids, objects) }),
            _ => Err(FindError::Several {
                query: self.to_string(),
                found: found.iter().map(|position| format!("`{}`", ids[*position])).collect(),
            }),
        }
    }

    fn is_kind(&self, object: &Value, id: &ObjectId) -> bool {
        let kind = id.kind.to_ascii_lowercase();
        let meant = SHORT_NAMES.iter().find(|(short, _)| *short == self.kind).map(|(_, kind)| *kind);
        let is_kind = meant == Some(kind.as_str()) || self.kind == kind || is_plural(&self.kind, &kind);
        let version = object["apiVersion"].as_str().unwrap_or_default();
        let version = version.rsplit_once('/').map_or(version, |(_, version)| version);
        let is_group = self.group.is_empty()
            || self.group == id.group
            || self.group == version
            || self.group.split_once('.').is_some_and(|(v, group)| v == version && group == id.group);
        is_kind && is_group
    }

    fn is_namespace(&self, id: &ObjectId) -> bool {
        self.namespace.as_ref().is_none_or(|namespace| *namespace == id.namespace)
    }

    /// What was probably meant.
    fn near(&self, ids: &[ObjectId], objects: &[Value]) -> Option<String> {
        let spelled = |id: &ObjectId| format!("{}/{}", id.kind.to_ascii_lowercase(), id.name);
        let of_kind = || ids.iter().zip(objects).filter(|(id, object)| self.is_kind(object, id));
        // A name with the hash that kustomize appends.
        let stem = format!("{}-", self.name);
        let hashed = of_kind().map(|(id, _)| id).find(|id| id.name.starts_with(&stem));
        let named = || nearest(&self.name, of_kind().map(|(id, _)| id.name.as_str()));
        let near = hashed.map(spelled).or_else(|| named().map(|name| format!("{}/{name}", self.kind)));
        near.or_else(|| {
            let all: Vec<String> = ids.iter().map(spelled).collect();
            nearest(&format!("{}/{}", self.kind, self.name), all.iter().map(String::as_str))
                .map(str::to_owned)
        })
    }
}

/// Whether a word is the plural of a kind, as resources are called.
fn is_plural(word: &str, kind: &str) -> bool {
    let by = |stem: &str, end: &str| word.strip_suffix(end) == Some(stem);
    by(kind, "s") || by(kind, "es") || kind.strip_suffix('y').is_some_and(|stem| by(stem, "ies"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn objects() -> Vec<Value> {
        let object = |version: &str, kind: &str, namespace: &str, name: &str| json!({"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}});
        vec![
            object("apps/v1", "Deployment", "a", "web"),
            object("v1", "Service", "a", "web"),
            object("v1", "Service", "b", "web"),
            object("networking.k8s.io/v1", "NetworkPolicy", "a", "deny"),
            object("v1", "ConfigMap", "a", "settings-5h2k4d9b7c"),
        ]
    }

    #[test]
    fn names_are_those_of_kubectl() {
        for (name, namespace, expected) in [
            ("deployment/web", None, Ok(0)),
            ("Deployments.apps/web", None, Ok(0)),
            ("deploy.v1.apps/web", None, Ok(0)),
            ("deployment.batch/web", None, Err("there is no `deployment.batch/web` in the output")),
            ("svc/web", Some("b"), Ok(2)),
            ("svc/web", None, Err("`svc/web` are `Service a/web`, `Service b/web`")),
            ("networkpolicies/deny", None, Ok(3)),
            ("web", None, Err("`web` is not KIND/NAME")),
        ] {
            let query = name.parse::<ObjectQuery>().map(|query| query.in_namespace(namespace));
            let found = query.and_then(|query| query.find(&objects()));
            assert_eq!(found.map_err(|error| error.to_string()), expected.map_err(str::to_owned), "{name}");
        }
    }

    #[test]
    fn the_nearest_name_is_suggested() {
        for (name, near) in [
            ("deployment/wbe", "did you mean `deployment/web`?"),
            ("cm/settings", "did you mean `configmap/settings-5h2k4d9b7c`?"),
            ("deploiment/web", "did you mean `deployment/web`?"),
        ] {
            let error = name.parse::<ObjectQuery>().unwrap().find(&objects()).unwrap_err();
            assert_eq!(error.hint().as_deref(), Some(near), "{name}");
        }
    }
}
