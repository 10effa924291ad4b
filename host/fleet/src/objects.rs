//! Manifests of renders as the objects that are compared.

use oarlock_engine::manifest::Manifest;
use oarlock_plugin::Origin;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

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

/// The same with the identity of each object alone, for which most of a manifest need not be kept.
pub(crate) fn add_identity(
    manifest: &Manifest,
    namespace: &str,
    custom: CustomKinds,
    objects: &mut Vec<Object>,
) -> Result<(), serde_json::Error> {
    let outline = serde_json::from_str::<Outline>(&manifest.json);
    let Ok(Outline { items: None, api_version, kind, metadata }) = outline else {
        // A list, or a manifest of another form.
        let mut whole = Vec::new();
        add(manifest, namespace, custom, &mut whole)?;
        objects.extend(whole.into_iter().map(|object| identity(&object)));
        return Ok(());
    };
    let mut kept = Map::new();
    kept.extend(api_version.map(|version| ("apiVersion".to_owned(), version)));
    kept.extend(kind.map(|kind| ("kind".to_owned(), kind)));
    kept.insert("metadata".to_owned(), json!(metadata.unwrap_or_default()));
    add_value(Value::Object(kept), None, (namespace, custom), objects);
    Ok(())
}

/// What of a manifest says which object it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline {
    api_version: Option<Value>,
    kind: Option<Value>,
    metadata: Option<OutlineMetadata>,
    items: Option<IgnoredAny>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OutlineMetadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generate_name: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<Value>,
}

/// An object without what it holds beside its identity.
fn identity(object: &Object) -> Object {
    let mut kept = Map::new();
    for key in ["apiVersion", "kind"] {
        kept.extend(object.manifest.get(key).map(|value| (key.to_owned(), value.clone())));
    }
    let mut metadata = Map::new();
    for key in ["name", "generateName", "namespace"] {
        let found = object.manifest.get("metadata").and_then(|metadata| metadata.get(key));
        metadata.extend(found.map(|value| (key.to_owned(), value.clone())));
    }
    kept.insert("metadata".to_owned(), Value::Object(metadata));
    Object { manifest: Value::Object(kept), origin: None }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_that_of_the_whole_object() {
        for json in [
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a","labels":{"x":"y"}},"spec":{"replicas":1}}"#,
            r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a","uid":null}}"#,
            r#"{"apiVersion":"batch/v1","kind":"Job","metadata":{"generateName":"a-"}}"#,
            r#"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Secret","metadata":{"name":"b"},"data":{}}]}"#,
            r#"{"apiVersion":"x/v1","kind":"Odd","metadata":{"name":1},"items":[1]}"#,
            r#"{"kind":"Nothing"}"#,
            r#"{"apiVersion":"v1","kind":"Pod","metadata":"text"}"#,
        ] {
            let manifest = Manifest { json: json.to_owned(), origin: None };
            let (mut whole, mut outlined) = (Vec::new(), Vec::new());
            add(&manifest, "shop", CustomKinds::Unknown, &mut whole).unwrap();
            add_identity(&manifest, "shop", CustomKinds::Unknown, &mut outlined).unwrap();
            let whole: Vec<Value> = whole.iter().map(|object| identity(object).manifest).collect();
            let outlined: Vec<Value> = outlined.into_iter().map(|object| object.manifest).collect();
            assert_eq!(outlined, whole, "{json}");
        }
        let broken = Manifest { json: "{".to_owned(), origin: None };
        assert!(add_identity(&broken, "shop", CustomKinds::Unknown, &mut Vec::new()).is_err());
    }
}
