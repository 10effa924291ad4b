//! The namespaces of objects that name none.

use oarlock_kubernetes::{Gvk, Scope};
use serde_json::Value;

/// What is taken of custom kinds, of which it is not known whether they have a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CustomKinds {
    /// They have one, as most do: their objects are in that of the destination.
    Namespaced,
    /// Nothing: their objects stay as they are.
    #[cfg_attr(not(feature = "render"), allow(dead_code))]
    Unknown,
}

/// Puts an object that names no namespace into that of the destination, if its kind has namespaces.
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
