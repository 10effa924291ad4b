//! Manifests of renders as the objects that are compared.

use oarlock_engine::manifest::Manifest;
use oarlock_kubernetes::{Gvk, Scope};
use oarlock_plugin::Origin;
use serde_json::Value;

use crate::change::{self, Object};

/// What is taken of custom kinds, of which it is not known whether they have a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CustomKinds {
    /// They have one, as most do: their objects are in that of the destination.
    Namespaced,
    /// Nothing: their objects stay as they are.
    Unknown,
}

/// Adds the object of a manifest, or those of a list. An object that names no namespace is in that
/// of the destination, if its kind has namespaces.
pub(crate) fn add(
    manifest: &Manifest,
    namespace: &str,
    custom: CustomKinds,
    objects: &mut Vec<Object>,
) -> Result<(), serde_json::Error> {
    let origin = manifest.origin.as_ref().map(place);
    add_value(serde_json::from_str(&manifest.json)?, origin.as_ref(), (namespace, custom), objects);
    Ok(())
}

/// A place as comparisons have it.
pub(crate) fn place(origin: &Origin) -> change::Origin {
    change::Origin { file: origin.path.clone(), line: (origin.line > 0).then_some(origin.line) }
}

fn add_value(
    mut value: Value,
    origin: Option<&change::Origin>,
    destination: (&str, CustomKinds),
    objects: &mut Vec<Object>,
) {
    let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default();
    if kind.ends_with("List")
        && let Some(Value::Array(items)) = value.get_mut("items")
    {
        for item in std::mem::take(items) {
            add_value(item, origin, destination, objects);
        }
        return;
    }
    fill_namespace(&mut value, destination);
    objects.push(Object { manifest: value, origin: origin.cloned() });
}

/// Puts an object that names no namespace into that of the destination.
pub(crate) fn fill_namespace(object: &mut Value, (namespace, custom): (&str, CustomKinds)) {
    let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    let has_namespace = match Gvk::from_api_version(text("apiVersion"), text("kind")).scope() {
        Some(scope) => scope == Scope::Namespaced,
        None => custom == CustomKinds::Namespaced,
    };
    if namespace.is_empty() || !has_namespace {
        return;
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut)
        && metadata.get("namespace").and_then(Value::as_str).is_none_or(str::is_empty)
    {
        metadata.insert("namespace".to_owned(), Value::String(namespace.to_owned()));
    }
}
