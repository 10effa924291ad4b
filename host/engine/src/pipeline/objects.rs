//! What every object must have, whatever made it: Argo CD hands an object without it on, or drops
//! the field, and the API server rejects it after the review.

mod outline;

use oarlock_plugin::Failure;

use self::outline::{Items, Metadata, Named, Object, Scalar};
use crate::manifest::Manifest;

/// The most objects that are reported: what is wrong with a template is wrong with all that it
/// makes.
const MOST: usize = 20;

/// What is wrong with objects, each with its object and place.
#[derive(Debug, Default)]
pub struct Faults {
    /// What no cluster takes, or Argo CD would lose without a word.
    pub errors: Vec<Failure>,
    /// Labels and annotations that are not text: Argo CD hands them on, and the API server rejects
    /// them when the object is applied.
    pub warnings: Vec<Failure>,
}

/// Checks the objects that a step of the pipeline gave.
pub fn check(manifests: &[Manifest]) -> Faults {
    check_some(manifests.iter().enumerate())
}

/// Checks some of the objects that a step of the pipeline gave, each with its number.
pub(super) fn check_some<'m>(manifests: impl Iterator<Item = (usize, &'m Manifest)>) -> Faults {
    let mut faults = Faults::default();
    for (index, manifest) in manifests {
        // A plugin's answer is JSON objects by now.
        let Ok(object) = serde_json::from_str::<Object>(&manifest.json) else { continue };
        let Some(Fault { failure, field, is_error }) = fault(&object) else { continue };
        let found = if is_error { &mut faults.errors } else { &mut faults.warnings };
        if found.len() > MOST {
            continue;
        }
        found.push(match (&manifest.origin, found.len() == MOST) {
            (_, true) => Failure::new("there are more objects like these"),
            (Some(origin), false) => failure.at(origin.within(field)),
            (None, false) => failure.note(format!("it is manifest number {}", index + 1)),
        });
    }
    faults
}

/// What is wrong with an object, and the keys of the field.
struct Fault {
    failure: Failure,
    field: Vec<String>,
    is_error: bool,
}

impl Fault {
    fn new(failure: Failure, field: &[&str]) -> Self {
        Self { failure, field: field.iter().map(|key| (*key).to_owned()).collect(), is_error: true }
    }

    /// A field that should be text, and is something else.
    fn no_text(field: &[&str], of: &str, found: &Scalar) -> Self {
        let name = match field {
            [outer, names, key] => format!("{outer}.{names}[{key}]"),
            keys => keys.join("."),
        };
        let failure = match found {
            Scalar::Missing | Scalar::Null => Failure::new(format!("{of} has no `{name}`")),
            Scalar::Text(_) => Failure::new(format!("`{name}` of {of} is empty")),
            Scalar::Bool(_) | Scalar::Number(_) => {
                Failure::new(format!("`{name}` of {of} is {found}, and should be text"))
                    .hint("put it in quotes")
            }
            Scalar::Collection(_) => Failure::new(format!("`{name}` of {of} is {found}, and should be text")),
        };
        Self::new(failure, field)
    }

    /// A field that should be a mapping.
    fn no_mapping(field: &[&str], of: &str, found: &Scalar) -> Self {
        let message = format!("`{}` of {of} is {found}, and should be a mapping", field.join("."));
        Self::new(Failure::new(message), field)
    }

    fn note(self, note: impl Into<String>) -> Self {
        Self { failure: self.failure.note(note), ..self }
    }
}

/// What is wrong with an object.
fn fault(object: &Object) -> Option<Fault> {
    let kind = match &object.kind {
        Scalar::Text(kind) if !kind.is_empty() => kind.as_str(),
        kind => return Some(Fault::no_text(&["kind"], "an object", kind)),
    };
    let this = format!("this `{kind}`");
    if !matches!(&object.api_version, Scalar::Text(text) if !text.is_empty()) {
        return Some(Fault::no_text(&["apiVersion"], &this, &object.api_version));
    }
    match &object.items {
        // Argo CD takes a list apart, whatever its kind, and nothing else of it counts.
        Items::List(items) => {
            return items.iter().enumerate().find_map(|(index, item)| {
                let fault = fault(item)?.note(format!("it is item {index} of {this}"));
                let outer = ["items".to_owned(), index.to_string()];
                Some(Fault { field: outer.into_iter().chain(fault.field).collect(), ..fault })
            });
        }
        // And drops one that has none.
        Items::Null if !object.has_spec_or_status => return None,
        Items::Null | Items::Missing => {}
    }
    match &object.metadata {
        Metadata::Mapping(metadata) => fault_of_metadata(metadata, kind, &this),
        Metadata::Missing => {
            let failure = Failure::new(format!("{this} has no `metadata`")).hint("it needs `metadata.name`");
            Some(Fault::new(failure, &[]))
        }
        Metadata::Other(found) => Some(Fault::no_mapping(&["metadata"], &this, found)),
    }
}

fn fault_of_metadata(metadata: &Named, kind: &str, this: &str) -> Option<Fault> {
    let name = match &metadata.name {
        Scalar::Text(name) if !name.is_empty() => Some(name),
        Scalar::Missing | Scalar::Null | Scalar::Text(_) => None,
        other => return Some(Fault::no_text(&["metadata", "name"], this, other)),
    };
    let this = name.map_or(this.to_owned(), |name| format!("`{kind}` `{name}`"));
    if name.is_none() && !matches!(&metadata.generate_name, Scalar::Text(text) if !text.is_empty()) {
        return Some(Fault::no_text(&["metadata", "name"], &this, &metadata.name));
    }
    if !matches!(metadata.namespace, Scalar::Missing | Scalar::Null | Scalar::Text(_)) {
        let fault = Fault::no_text(&["metadata", "namespace"], &this, &metadata.namespace);
        return Some(fault.note("Argo CD would pass over it and take the namespace of the Application"));
    }
    for (field, names) in [("labels", &metadata.labels), ("annotations", &metadata.annotations)] {
        if let Some((key, found)) = &names.wrong {
            let fault = match key {
                Some(key) => Fault::no_text(&["metadata", field, key], &this, found),
                None => Fault::no_mapping(&["metadata", field], &this, found),
            };
            let fault = fault.note(format!("Argo CD would pass over all of its {field}"));
            return Some(Fault { is_error: false, ..fault });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use oarlock_plugin::Origin;

    use super::*;

    fn said(json: &str) -> Option<String> {
        let manifest = Manifest { json: json.to_owned(), origin: Some(Origin::at("a.yaml", 3, 1)) };
        let Faults { errors, warnings } = check(&[manifest]);
        errors.first().or(warnings.first()).map(|failure| {
            let origin = failure.origin.as_ref().unwrap();
            let at = origin.split_field().map_or(origin.clone(), |(at, _)| at);
            format!("{at}: {}", failure.message)
        })
    }

    #[test]
    fn what_a_cluster_takes_passes() {
        for json in [
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}"#,
            r#"{"kind":"Job","metadata":{"generateName":"a-","namespace":null,"labels":null,"annotations":{"a":"b","c":null}},"apiVersion":"batch/v1"}"#,
            r#"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}]}"#,
            r#"{"apiVersion":"v1","kind":"ConfigMapList","items":null}"#,
            r#"{"apiVersion":"v1","kind":"List","items":[]}"#,
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"","ownerReferences":[{"name":1}]},"items":5}"#,
        ] {
            assert_eq!(said(json), None, "{json}");
        }
    }

    #[test]
    fn what_argo_cd_would_drop_or_a_cluster_reject_is_an_error() {
        for (json, expected) in [
            (r#"{"containerPort":80}"#, "an object has no `kind`"),
            (r#"{"apiVersion":"v1","kind":""}"#, "`kind` of an object is empty"),
            (r#"{"apiVersion":"v1","kind":["Pod"]}"#, "`kind` of an object is a list, and should be text"),
            (r#"{"kind":"Pod","metadata":{"name":"a"}}"#, "this `Pod` has no `apiVersion`"),
            (
                r#"{"apiVersion":1,"kind":"Pod","metadata":{"name":"a"}}"#,
                "`apiVersion` of this `Pod` is the number `1`, and should be text",
            ),
            (r#"{"apiVersion":"v1","kind":"Pod"}"#, "this `Pod` has no `metadata`"),
            (
                r#"{"apiVersion":"v1","kind":"Pod","metadata":[]}"#,
                "`metadata` of this `Pod` is a list, and should be a mapping",
            ),
            (r#"{"apiVersion":"v1","kind":"Pod","metadata":{}}"#, "this `Pod` has no `metadata.name`"),
            (
                r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":""}}"#,
                "`metadata.name` of this `Pod` is empty",
            ),
            (
                r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":123}}"#,
                "`metadata.name` of this `Pod` is the number `123`, and should be text",
            ),
            (
                r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":false}}"#,
                "`metadata.namespace` of `Pod` `a` is the boolean `false`, and should be text",
            ),
            (
                r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","labels":{"x":"y","v":1.5}}}"#,
                "`metadata.labels[v]` of `Pod` `a` is the number `1.5`, and should be text",
            ),
            (
                r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","annotations":[{"x":"y"}]}}"#,
                "`metadata.annotations` of `Pod` `a` is a list, and should be a mapping",
            ),
            (
                r#"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod","metadata":{}}]}"#,
                "this `Pod` has no `metadata.name`",
            ),
            (r#"{"apiVersion":"v1","kind":"List","items":[1]}"#, "an object has no `kind`"),
        ] {
            assert_eq!(said(json), Some(format!("a.yaml:3:1: {expected}")), "{json}");
        }
    }

    #[test]
    fn labels_and_annotations_that_are_no_text_are_warnings() {
        let json = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","labels":{"v":true}}}"#;
        let Faults { errors, warnings } = check(&[Manifest { json: json.to_owned(), origin: None }]);
        assert_eq!((errors.len(), warnings.len()), (0, 1));
    }

    #[test]
    fn there_is_an_end_to_what_is_reported() {
        let manifest = Manifest { json: "{}".to_owned(), origin: None };
        let failures = check(&vec![manifest; 1000]).errors;
        assert_eq!(failures.len(), MOST + 1);
        assert_eq!(failures[0].notes, ["it is manifest number 1"]);
    }
}
