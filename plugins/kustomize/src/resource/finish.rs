//! Last touches: annotations in their final form, and those that `buildMetadata` asks for.

use oarlock_yaml::{Dialect, Mapping, Node, Value, emit};

use super::{Maker, Resource, Step};
use crate::profile::Profile;

const ORIGIN: &str = "config.kubernetes.io/origin";
const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";

/// Annotations that are only for tools on the way; kustomize strips its own and those of its
/// predecessors.
const INTERNAL: [&str; 18] = [
    "internal.config.kubernetes.io/previousKinds",
    "internal.config.kubernetes.io/previousNames",
    "internal.config.kubernetes.io/prefixes",
    "internal.config.kubernetes.io/suffixes",
    "internal.config.kubernetes.io/previousNamespaces",
    "internal.config.kubernetes.io/allowNameChange",
    "internal.config.kubernetes.io/allowKindChange",
    "internal.config.kubernetes.io/refBy",
    "internal.config.kubernetes.io/generatorBehavior",
    "internal.config.kubernetes.io/needsHashSuffix",
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/id",
    "internal.config.kubernetes.io/annotations-migration-resource-id",
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
];

/// Gives annotations their final form.
pub(crate) fn finish(resources: &mut [Resource], build_metadata: &[String], profile: Profile) {
    let asked = |option: &str| build_metadata.iter().any(|given| given == option);
    let (origins, transformations) = (asked("originAnnotations"), asked("transformerAnnotations"));
    for resource in resources {
        if asked("managedByLabel") {
            // As released binaries and kubectl name the version.
            let version = format!("kustomize-{}", profile.release());
            set(resource, "labels", "app.kubernetes.io/managed-by", &version);
        }
        clean(resource, origins, transformations);
        let Some(provenance) = resource.provenance.take() else { continue };
        if let Some(origin) = provenance.origin.as_ref().filter(|_| origins) {
            set(resource, "annotations", ORIGIN, &step(origin, ""));
        }
        if transformations && !provenance.transformations.is_empty() {
            let steps = provenance.transformations.iter().map(|transformation| step(transformation, "- "));
            set(resource, "annotations", TRANSFORMATIONS, &steps.collect::<String>());
        }
    }
}

/// Leaves out what is internal. What remains is text, and where nothing remains there are no
/// annotations.
fn clean(resource: &mut Resource, keep_origin: bool, keep_transformations: bool) {
    let Some(metadata) = resource.object.get_mut("metadata").and_then(Node::as_mapping_mut) else { return };
    let Some(annotations) = metadata.get_mut("annotations") else { return };
    if let Value::Mapping(mapping) = &mut annotations.value {
        mapping.retain(|entry| {
            let key = entry.key.text.as_str();
            !INTERNAL.contains(&key)
                && (keep_origin || key != ORIGIN)
                && (keep_transformations || key != TRANSFORMATIONS)
        });
        for entry in mapping.iter_mut() {
            entry.key.unquote();
            if entry.value.as_str().is_none() {
                entry.value = Node::string(entry.value.scalar_text().unwrap_or_default());
            }
        }
    }
    if annotations.as_mapping().is_none_or(Mapping::is_empty) {
        metadata.remove("annotations");
    }
}

/// Sets a label or an annotation.
fn set(resource: &mut Resource, field: &str, key: &str, value: &str) {
    let Some(object) = resource.object.as_mapping_mut() else { return };
    let metadata = object.get_or_insert_with("metadata", Node::empty_mapping);
    let Some(metadata) = metadata.as_mapping_mut() else { return };
    let map = metadata.get_or_insert_with(field, Node::empty_mapping);
    if map.is_null() {
        *map = Node::empty_mapping();
    }
    if let Some(map) = map.as_mapping_mut() {
        map.insert(key, Node::string(value));
    }
}

/// One step as YAML, keys in the order that kustomize gives them.
fn step(step: &Step, bullet: &str) -> String {
    let Maker { api_version, kind, name, namespace } = &step.configured_by;
    let mut lines = vec![];
    let mut line = |indent: &str, key: &str, value: &str| {
        if !value.is_empty() {
            lines.push(format!("{indent}{key}: {}", scalar(value)));
        }
    };
    line("", "path", &step.path);
    line("", "repo", &step.repo);
    line("", "ref", &step.reference);
    line("", "configuredIn", &step.configured_in);
    let maker = [("apiVersion", api_version), ("kind", kind), ("name", name), ("namespace", namespace)];
    if maker.iter().any(|(_, value)| !value.is_empty()) {
        lines.push("configuredBy:".to_owned());
        for (key, value) in maker.into_iter().filter(|(_, value)| !value.is_empty()) {
            lines.push(format!("  {key}: {}", scalar(value)));
        }
    }
    let indent = " ".repeat(bullet.len());
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        text.push_str(if index == 0 { bullet } else { &indent });
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// A text as a YAML scalar.
fn scalar(text: &str) -> String {
    emit(&Node::string(text), Dialect::Kustomize)
        .map_or_else(|_| text.to_owned(), |text| text.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use oarlock_yaml::{Limits, Reader, parse_one};

    use super::super::Provenance;
    use super::*;

    fn resource(yaml: &str) -> Resource {
        Resource::new(
            parse_one(yaml.as_bytes(), Reader::KustomizeResource, Limits::default()).unwrap().unwrap(),
            None,
        )
    }

    #[test]
    fn annotations_are_texts_or_absent() {
        let mut resources = [
            resource("metadata: {annotations: {}}"),
            resource("metadata: {annotations: {config.kubernetes.io/origin: x}}"),
            resource("metadata: {annotations: {a: 1, internal.config.kubernetes.io/prefixes: p}}"),
        ];
        finish(&mut resources, &[], Profile::default());
        let annotations: Vec<_> =
            resources.iter().map(|r| r.object.at(&["metadata", "annotations"])).collect();
        assert_eq!(annotations[..2], [None, None]);
        assert_eq!(annotations[2].unwrap().get("a").and_then(Node::as_str), Some("1"));
        assert_eq!(annotations[2].unwrap().as_mapping().unwrap().len(), 1);
    }

    #[test]
    fn provenance_becomes_annotations_where_it_is_asked_for() {
        let maker =
            Maker { api_version: "builtin".into(), kind: "PrefixTransformer".into(), ..Maker::default() };
        let transformation = Step { configured_in: "k.yaml".into(), configured_by: maker, ..Step::default() };
        let origin = Step { path: "a/b.yaml".into(), ..Step::default() };
        let mut made = resource("metadata: {name: a}");
        made.provenance = Some(Box::new(Provenance {
            origin: Some(origin),
            transformations: vec![transformation.clone(), transformation],
        }));
        let mut resources = [made];
        let asked = ["originAnnotations".into(), "transformerAnnotations".into()];
        finish(&mut resources, &asked, Profile::default());
        let text =
            |key| resources[0].object.at(&["metadata", "annotations", key]).and_then(Node::as_str).unwrap();
        assert_eq!(text(ORIGIN), "path: a/b.yaml\n");
        let one =
            "- configuredIn: k.yaml\n  configuredBy:\n    apiVersion: builtin\n    kind: PrefixTransformer\n";
        assert_eq!(text(TRANSFORMATIONS), one.repeat(2));
    }
}
