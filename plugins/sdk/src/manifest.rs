//! One Kubernetes object on its way through the pipeline.

use std::cell::OnceCell;

use oarlock_model::{Failure, Origin, Result};
use serde::Serialize;
use serde_json::{Map, Value};

/// One Kubernetes object as an ordered JSON tree, and where it came from.
///
/// The tree is parsed when it is first looked at, and a manifest that was only looked at is handed
/// on as the very text that came in.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The object as text, as long as the tree has not been changed.
    text: Option<String>,
    tree: OnceCell<Map<String, Value>>,
    /// Where the object was written down, if it was.
    pub origin: Option<Origin>,
}

impl Manifest {
    /// A manifest that a program made.
    pub fn new(object: Map<String, Value>) -> Self {
        Self { text: None, tree: OnceCell::from(object), origin: None }
    }

    /// A manifest from anything that serialises to a JSON object, for example a `k8s-openapi` type.
    ///
    /// # Errors
    /// If the value does not serialise, or to something else than an object.
    pub fn from_value(object: &impl Serialize) -> Result<Self> {
        let text = serde_json::to_string(object)
            .map_err(|error| Failure::new(format!("cannot write a manifest as JSON: {error}")))?;
        Self::from_serialized(text)
    }

    /// A manifest from JSON text that a serialiser has just written. It is taken as it is: what is
    /// no JSON shows when the tree is looked at.
    ///
    /// # Errors
    /// If the text is not that of an object.
    pub fn from_serialized(text: String) -> Result<Self> {
        if text.starts_with('{') {
            Ok(Self::from_trusted_text(text, None))
        } else {
            Err(Failure::new("a manifest must be a JSON object"))
        }
    }

    /// A manifest from JSON text.
    ///
    /// # Errors
    /// If the text is not one JSON object.
    pub fn from_json(text: String) -> Result<Self> {
        let tree = serde_json::from_str::<Map<String, Value>>(&text)
            .map_err(|error| Failure::new(format!("a manifest is not a JSON object: {error}")))?;
        Ok(Self { text: Some(text), tree: OnceCell::from(tree), origin: None })
    }

    /// A manifest whose text is known to be a JSON object: the host checks what it passes on, and
    /// serde wrote the rest.
    pub(crate) fn from_trusted_text(text: String, origin: Option<Origin>) -> Self {
        Self { text: Some(text), tree: OnceCell::new(), origin }
    }

    /// Sets where the object was written down.
    #[must_use]
    pub fn with_origin(mut self, origin: Option<Origin>) -> Self {
        self.origin = origin;
        self
    }

    /// The object.
    #[allow(clippy::missing_panics_doc)] // the text was checked, or written by serde, when the manifest was made
    pub fn object(&self) -> &Map<String, Value> {
        self.tree.get_or_init(|| {
            let text = self.text.as_deref().unwrap_or("{}");
            serde_json::from_str(text).expect("the host hands out JSON objects only")
        })
    }

    /// The object, to be changed.
    #[allow(clippy::missing_panics_doc)] // the first line fills the tree
    pub fn object_mut(&mut self) -> &mut Map<String, Value> {
        self.object();
        self.text = None;
        self.tree.get_mut().expect("the line above fills it")
    }

    /// The object as JSON text.
    pub fn into_json(self) -> String {
        match self.text {
            Some(text) => text,
            None => Value::Object(self.tree.into_inner().unwrap_or_default()).to_string(),
        }
    }

    /// `apiVersion`, empty where it is absent.
    pub fn api_version(&self) -> &str {
        self.text_at(&["apiVersion"])
    }

    /// The group of `apiVersion`, empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version().rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// The version of `apiVersion`.
    pub fn version(&self) -> &str {
        self.api_version().rsplit_once('/').map_or(self.api_version(), |(_, version)| version)
    }

    /// `kind`, empty where it is absent.
    pub fn kind(&self) -> &str {
        self.text_at(&["kind"])
    }

    /// `metadata.name`, empty where it is absent.
    pub fn name(&self) -> &str {
        self.text_at(&["metadata", "name"])
    }

    /// `metadata.namespace`, empty where it is absent.
    pub fn namespace(&self) -> &str {
        self.text_at(&["metadata", "namespace"])
    }

    /// The labels, in their order. Values that are no text are left out.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries(&["metadata", "labels"])
    }

    /// The annotations, in their order. Values that are no text are left out.
    pub fn annotations(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries(&["metadata", "annotations"])
    }

    /// One label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.at(&["metadata", "labels", key])?.as_str()
    }

    /// One annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.at(&["metadata", "annotations", key])?.as_str()
    }

    /// Sets an annotation. One that has the value already leaves the manifest untouched.
    pub fn set_annotation(&mut self, key: &str, value: &str) {
        if self.annotation(key) == Some(value) {
            return;
        }
        let metadata = object_in(self.object_mut(), "metadata");
        object_in(metadata, "annotations").insert(key.to_owned(), Value::from(value));
    }

    /// The value that the keys lead to.
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.object().get(*first)?, |value, key| value.get(key))
    }

    /// `Kind namespace/name`, as people speak of the object.
    pub fn display_name(&self) -> String {
        match self.namespace() {
            "" => format!("{} {}", self.kind(), self.name()),
            namespace => format!("{} {namespace}/{}", self.kind(), self.name()),
        }
    }

    fn text_at(&self, path: &[&str]) -> &str {
        self.at(path).and_then(Value::as_str).unwrap_or("")
    }

    fn entries(&self, path: &[&str]) -> impl Iterator<Item = (&str, &str)> {
        let map = self.at(path).and_then(Value::as_object);
        map.into_iter().flatten().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
    }
}

/// The object under a key; made, also in place of `null`, where there is none.
fn object_in<'a>(map: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let value = map.entry(key).or_insert(Value::Null);
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().expect("made an object above")
}

impl PartialEq for Manifest {
    fn eq(&self, other: &Self) -> bool {
        self.origin == other.origin && self.object() == other.object()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        r#"{"kind": "Pod", "apiVersion":"v1","metadata":{"name":"a","labels":{"b":"c","n":1}}}"#;

    #[test]
    fn text_survives_until_the_tree_is_changed() {
        let mut manifest = Manifest::from_json(TEXT.to_owned()).unwrap();
        assert_eq!(manifest.kind(), "Pod");
        assert_eq!(manifest.clone().into_json(), TEXT);
        manifest.set_annotation("x", "y");
        assert_eq!(
            manifest.into_json(),
            r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","labels":{"b":"c","n":1},"annotations":{"x":"y"}}}"#
        );
    }

    #[test]
    fn helpers_answer_for_absent_fields() {
        let manifest = Manifest::from_json(TEXT.to_owned()).unwrap();
        assert_eq!((manifest.group(), manifest.version(), manifest.namespace()), ("", "v1", ""));
        assert_eq!(manifest.labels().collect::<Vec<_>>(), [("b", "c")]);
        assert_eq!(manifest.display_name(), "Pod a");
    }

    #[test]
    fn an_annotation_replaces_null() {
        let mut manifest = Manifest::from_json(r#"{"metadata":{"annotations":null}}"#.to_owned()).unwrap();
        manifest.set_annotation("x", "y");
        assert_eq!(manifest.annotation("x"), Some("y"));
    }

    #[test]
    fn only_objects_are_manifests() {
        assert!(Manifest::from_json("[]".to_owned()).is_err());
        assert!(Manifest::from_value(&["a"]).is_err());
    }
}
