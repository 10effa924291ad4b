//! Applications, ApplicationSets and projects among the manifests of a render.

use std::fmt;
use std::sync::Arc;

use oarlock_engine::Budget;
use oarlock_engine::application::Spec;
use oarlock_engine::manifest::Manifest;
use oarlock_plugin::{Failure, Origin};
use oarlock_yaml::{Node, Reader, parse, to_json};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The annotation that Argo CD orders by.
const WAVE: &str = "argocd.argoproj.io/sync-wave";

/// Which object of Argo CD it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectName {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// The kinds of objects by which Argo CD is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Kind {
    /// A project.
    AppProject,
    /// Many Applications from one template.
    ApplicationSet,
    /// An Application.
    Application,
}

impl Kind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::AppProject => "AppProject",
            Self::ApplicationSet => "ApplicationSet",
            Self::Application => "Application",
        }
    }
}

/// An object by which Argo CD is configured.
#[derive(Clone, Debug)]
pub struct Definition {
    /// What it is.
    pub kind: Kind,
    /// Which one it is.
    pub name: ObjectName,
    /// The object, its namespace filled in.
    pub manifest: Arc<Value>,
    /// Where it was written down, if it was.
    pub origin: Option<Origin>,
}

impl Definition {
    /// The object of Argo CD that a manifest is; `None` for any other. An object without a
    /// namespace is in the one that the Application around it deploys to.
    ///
    /// # Errors
    /// If it has no name.
    pub fn read(manifest: &Manifest, namespace: &str) -> Result<Option<Self>, Failure> {
        // Most manifests are others, and parsing them all takes time.
        if !manifest.json.contains("argoproj.io/") {
            return Ok(None);
        }
        let object: Value = serde_json::from_str(&manifest.json).map_err(|error| {
            let failure = Failure::new(format!("a manifest cannot be read: {error}"));
            manifest.origin.clone().into_iter().fold(failure, Failure::at)
        })?;
        Self::of(object, manifest.origin.clone(), namespace)
    }

    /// Whether another object configures Argo CD in the same way. Labels and annotations may
    /// differ.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.name == other.name
            && self.manifest.get("spec") == other.manifest.get("spec")
    }

    /// The object of Argo CD that an object is.
    ///
    /// # Errors
    /// If it has no name.
    pub fn of(mut object: Value, origin: Option<Origin>, namespace: &str) -> Result<Option<Self>, Failure> {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let kind = match text("/kind") {
            "Application" => Kind::Application,
            "ApplicationSet" => Kind::ApplicationSet,
            "AppProject" => Kind::AppProject,
            _ => return Ok(None),
        };
        if !text("/apiVersion").starts_with("argoproj.io/") {
            return Ok(None);
        }
        let name = text("/metadata/name").to_owned();
        let own = text("/metadata/namespace");
        let namespace = if own.is_empty() { namespace } else { own }.to_owned();
        if name.is_empty() {
            let failure = Failure::new(format!("an {} has no name", kind.name()));
            return Err(origin.into_iter().fold(failure, Failure::at));
        }
        if let Some(metadata) = object.pointer_mut("/metadata").and_then(Value::as_object_mut) {
            metadata.insert("namespace".to_owned(), Value::String(namespace.clone()));
        }
        Ok(Some(Self { kind, name: ObjectName { namespace, name }, manifest: Arc::new(object), origin }))
    }

    /// The wave in which Argo CD applies it. What is no integer counts as absent, and absent as 0.
    pub fn wave(&self) -> i64 {
        let annotation = self.annotation(WAVE);
        annotation.and_then(|wave| wave.parse().ok()).unwrap_or(0)
    }

    /// An annotation.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.manifest.get("metadata")?.get("annotations")?.get(name)?.as_str()
    }

    /// The specification of an Application.
    ///
    /// # Errors
    /// If it has a field of another type.
    pub fn spec(&self) -> Result<Spec, Failure> {
        let spec =
            self.manifest.get("spec").cloned().unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        serde_json::from_value(spec).map_err(|error| {
            let failure = Failure::new(format!("`spec` of Application `{}`: {error}", self.name.name));
            self.origin.clone().into_iter().fold(failure, Failure::at)
        })
    }

    /// What it is called in messages.
    pub fn title(&self) -> String {
        format!("{} `{}`", self.kind.name(), self.name)
    }
}

/// The objects of Argo CD in a file.
pub(crate) fn definitions(path: &str, text: &[u8], namespace: &str) -> Result<Vec<Definition>, Failure> {
    let mut budget = Budget::for_objects();
    let place = |span: oarlock_yaml::Span| Origin::at(path, span.line, span.column);
    let documents = parse(text, Reader::ArgoCd, budget.begin(path, text)?)
        .map_err(|error| Failure::new(error.message).at(place(error.span)))?;
    let mut found = Vec::new();
    for document in &documents {
        let node = &document.root;
        budget.charge(path, node)?;
        if node.get("kind").and_then(Node::as_str).is_none() {
            continue;
        }
        let json = to_json(node).map_err(|error| Failure::new(error.to_string()).at(place(node.span)))?;
        let object = serde_json::from_str(&json)
            .map_err(|error| Failure::new(error.to_string()).at(place(node.span)))?;
        found.extend(Definition::of(object, Some(place(node.span)), namespace)?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(object: &Value) -> Result<Option<Definition>, Failure> {
        let manifest = Manifest { json: object.to_string(), origin: Some(Origin::at("a.yaml", 3, 1)) };
        Definition::read(&manifest, "argocd")
    }

    #[test]
    fn objects_of_argo_cd_are_found() {
        let object = |version: &str, kind: &str| json!({"apiVersion": version, "kind": kind, "metadata": {"name": "a", "annotations": {WAVE: "-5"}}});
        for (version, kind, expected) in [
            ("argoproj.io/v1alpha1", "Application", Some(Kind::Application)),
            ("argoproj.io/v1alpha1", "ApplicationSet", Some(Kind::ApplicationSet)),
            ("argoproj.io/v1alpha1", "AppProject", Some(Kind::AppProject)),
            ("argoproj.io/v1alpha1", "Rollout", None),
            ("example.com/v1", "Application", None),
        ] {
            let found = read(&object(version, kind)).unwrap();
            assert_eq!(found.as_ref().map(|found| found.kind), expected, "{version} {kind}");
            if let Some(found) = found {
                assert_eq!((found.name.to_string().as_str(), found.wave()), ("argocd/a", -5));
                assert_eq!(found.manifest["metadata"]["namespace"], "argocd");
            }
        }
    }

    #[test]
    fn one_without_a_name_is_an_error_with_its_place() {
        let failure =
            read(&json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application"})).unwrap_err();
        assert_eq!(failure.to_string(), "a.yaml:3:1: an Application has no name");
    }
}
