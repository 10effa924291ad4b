//! Manifests of renders as the objects that are compared.

use oarlock_engine::manifest::Manifest;
use oarlock_plugin::Origin;
use serde_json::Value;

use crate::change::{self, Object};
use crate::namespaces::{CustomKinds, fill_namespace};

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
