//! Images: new names, tags and digests.

use oarlock_plugin::Result;
use oarlock_yaml::{Node, Value};

use super::field_spec::{FieldPath, FieldSpec, visit_all};
use super::lookup::field;
use super::scalar;
use crate::resource::ResMap;

mod reference;

use reference::Matcher;
pub(crate) use reference::Reference;

/// One entry of `images` in a kustomization.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Image {
    /// The name of the images to change, without tag and digest. It is a regular expression, as
    /// kustomize has it.
    pub(crate) name: String,
    /// The new name; empty keeps the old one.
    pub(crate) new_name: String,
    /// What is added to the tag; only where neither tag nor digest is given.
    pub(crate) tag_suffix: String,
    /// The new tag, in place of tag and digest.
    pub(crate) new_tag: String,
    /// The new digest, in place of tag and digest.
    pub(crate) digest: String,
}

/// Changes the images of all containers, wherever they are in a resource, and then of the fields
/// that the specifications name.
///
/// A field that is both gets a tag suffix twice, as from kustomize.
///
/// # Errors
/// If the name is not a regular expression, or an image is not a scalar.
pub(crate) fn apply(resources: &mut ResMap, image: &Image, specs: &[FieldSpec]) -> Result<()> {
    let matcher = Matcher::new(&image.name)?;
    let mut set = |node: &mut Node| set_image(node, image, &matcher);
    for resource in resources.iter_mut().filter(|resource| resource.kind() != "CustomResourceDefinition") {
        if let Err(failure) = set_in_containers(&mut resource.object, &mut set) {
            return Err(FieldPath::new("containers").blame(resource, failure));
        }
        visit_all(resource, specs, None, &mut set)?;
    }
    Ok(())
}

/// Goes through everything for `containers` and `initContainers`, of whatever kind the resource is.
fn set_in_containers(node: &mut Node, set: &mut dyn FnMut(&mut Node) -> Result<()>) -> Result<()> {
    match &mut node.value {
        Value::Mapping(mapping) => {
            for entry in mapping.iter_mut() {
                set_in_containers(&mut entry.value, set)?;
                if matches!(entry.key.text.as_str(), "containers" | "initContainers") {
                    for container in entry.value.as_sequence_mut().into_iter().flatten() {
                        field(container, "image")?;
                        if let Some(image) = container.get_mut("image") {
                            set(image)?;
                        }
                    }
                }
            }
            Ok(())
        }
        Value::Sequence(elements) => {
            elements.iter_mut().try_for_each(|element| set_in_containers(element, set))
        }
        Value::Scalar(_) => Ok(()),
    }
}

fn set_image(node: &mut Node, image: &Image, matcher: &Matcher) -> Result<()> {
    let Some(text) = node.scalar_text() else { return Err(scalar::wrong_kind("scalar", node)) };
    if !matcher.matches(text) {
        return Ok(());
    }
    let changed = changed(Reference::parse(text), image).to_string();
    scalar::respell(node, changed)
}

fn changed<'a>(mut reference: Reference<'a>, image: &'a Image) -> Reference<'a> {
    if !image.new_name.is_empty() {
        reference.name = &image.new_name;
    }
    if !image.new_tag.is_empty() || !image.digest.is_empty() {
        reference.tag = image.new_tag.as_str().into();
        reference.digest = &image.digest;
    } else if !image.tag_suffix.is_empty() {
        reference.tag = format!("{}{}", reference.tag, image.tag_suffix).into();
        reference.digest = "";
    }
    reference
}

#[cfg(test)]
mod tests {
    use super::super::config::TransformerConfig;
    use super::super::testing::{assert_resources, read, resources};
    use super::*;

    #[test]
    fn images_change_as_asked() {
        let cases = [
            ("nginx", "{name: nginx, newTag: '2'}", "nginx:2"),
            ("nginx:1@sha256:abc", "{name: nginx, newTag: '2'}", "nginx:2"),
            ("nginx:1", "{name: nginx, digest: 'sha256:d'}", "nginx@sha256:d"),
            ("nginx:1", "{name: nginx, newTag: '2', digest: 'sha256:d'}", "nginx:2@sha256:d"),
            ("nginx:1", "{name: nginx, newName: my/nginx}", "my/nginx:1"),
            ("nginx:1@sha256:abc", "{name: nginx, newName: my/nginx}", "my/nginx:1@sha256:abc"),
            ("nginx:1", "{name: nginx, tagSuffix: -x}", "nginx:1-x"),
            ("nginx:1@sha256:abc", "{name: nginx, tagSuffix: -x}", "nginx:1-x"),
            ("nginx:1", "{name: apache, newTag: '2'}", "nginx:1"),
            ("nginx-other:1", "{name: nginx, newTag: '2'}", "nginx-other:1"),
            ("host:5000/nginx:1", "{name: 'host:5000/nginx', newTag: '2'}", "host:5000/nginx:2"),
        ];
        for (before, image, after) in cases {
            let yaml = |image| {
                format!(
                    "{{apiVersion: v1, kind: Thing, metadata: {{name: a}}, any: {{containers: [{{image: '{image}'}}]}}}}"
                )
            };
            let mut map = resources(&yaml(before));
            apply(&mut map, &read(image), &TransformerConfig::builtin().images).unwrap();
            assert_resources(&map, &yaml(after));
        }
    }

    #[test]
    fn fields_of_specifications_change_and_definitions_do_not() {
        let yaml = |image| {
            format!(
                "
{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {{volumes: [{{image: {{reference: '{image}'}}}}]}}}}
---
{{apiVersion: v1, kind: CustomResourceDefinition, metadata: {{name: a}}, spec: {{containers: [{{image: nginx}}]}}}}
"
            )
        };
        let mut map = resources(&yaml("nginx"));
        let image: Image = read("{name: nginx, newTag: v2}");
        apply(&mut map, &image, &TransformerConfig::builtin().images).unwrap();
        assert_resources(&map, &yaml("nginx:v2"));
    }

    #[test]
    fn suffixes_of_pods_double() {
        let mut map = resources(
            "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{image: 'a:1'}]}}",
        );
        apply(&mut map, &read("{name: a, tagSuffix: -x}"), &TransformerConfig::builtin().images).unwrap();
        assert_resources(
            &map,
            "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{image: 'a:1-x-x'}]}}",
        );
    }

    #[test]
    fn what_is_no_image_is_an_error() {
        let mut map =
            resources("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{image: {}}]}}");
        let failure = apply(&mut map, &read("{name: a, newTag: b}"), &[]).unwrap_err();
        assert_eq!(failure.message, "expected a scalar, found a mapping");
        let failure = apply(&mut map, &read("{name: 'a(', newTag: b}"), &[]).unwrap_err();
        assert_eq!(failure.message, "`images`: the name `a(` is not a regular expression");
    }
}
