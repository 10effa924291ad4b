//! What a generated resource takes over from the one that it merges with or replaces.

use oarlock_yaml::{Mapping, Node, Value};

use super::{Generated, Resource};

impl Resource {
    /// Takes over name, namespace, labels, annotations and all that the build remembers:
    /// kustomize's `CopyMergeMetaDataFieldsFrom`.
    pub(crate) fn inherit(&mut self, old: &Self) {
        for field in ["labels", "annotations"] {
            let merged = merged(old.object.at(&["metadata", field]), self.object.at(&["metadata", field]));
            let metadata = self.metadata_mut();
            metadata.remove(field);
            if !merged.is_empty() {
                metadata.push(field, Node::new(Value::Mapping(merged)));
            }
        }
        let (name, namespace) = (Node::string(old.name()), old.namespace());
        let metadata = self.metadata_mut();
        metadata.insert("name", name);
        if namespace.is_empty() {
            metadata.remove("namespace");
        } else {
            metadata.insert("namespace", Node::string(namespace));
        }
        let needs_hash = self.generated.is_some_and(|generated| generated.needs_hash);
        let behavior = self.generated.map(|generated| generated.behavior).unwrap_or_default();
        *self = Self {
            object: std::mem::replace(&mut self.object, Node::null()),
            generated: old.generated.map(|old| Generated {
                // The annotation of the generated one is dropped with the old one's, so both must
                // want a hash.
                needs_hash: needs_hash && old.needs_hash,
                behavior: old.behavior,
            }),
            provenance: match behavior {
                super::Behavior::Merge => old.provenance.clone(),
                _ => match (self.provenance.take(), &old.provenance) {
                    (Some(mut new), Some(old)) => {
                        if new.transformations.is_empty() {
                            new.transformations.clone_from(&old.transformations);
                        }
                        Some(new)
                    }
                    (new, old) => new.or_else(|| old.clone()),
                },
            },
            origin: self.origin.take(),
            ..old.without_object()
        };
    }

    /// Adds the entries of the old one's `data` or `binaryData` that this one lacks.
    pub(crate) fn merge_data(&mut self, old: &Self, field: &str) {
        let merged = merged(old.object.get(field), self.object.get(field));
        if let Some(object) = self.object.as_mapping_mut() {
            object.remove(field);
            if !merged.is_empty() {
                object.push(field, Node::new(Value::Mapping(merged)));
            }
        }
    }

    fn without_object(&self) -> Self {
        Self {
            object: Node::null(),
            origin: None,
            previous: self.previous.clone(),
            prefixes: self.prefixes.clone(),
            suffixes: self.suffixes.clone(),
            generated: self.generated,
            referenced_by: self.referenced_by.clone(),
            variables: self.variables.clone(),
            allow_name_change: self.allow_name_change,
            allow_kind_change: self.allow_kind_change,
            keeps_namespace: self.keeps_namespace,
            provenance: None,
            notes: self.notes.clone(),
            made_cluster_scoped: self.made_cluster_scoped,
        }
    }

    fn metadata_mut(&mut self) -> &mut Mapping {
        if self.object.as_mapping().is_none() {
            self.object.value = Value::Mapping(Mapping::default());
        }
        let object = self.object.as_mapping_mut().expect("made a mapping above");
        let metadata = object.get_or_insert_with("metadata", Node::empty_mapping);
        if metadata.as_mapping().is_none() {
            metadata.value = Value::Mapping(Mapping::default());
        }
        metadata.as_mapping_mut().expect("made a mapping above")
    }
}

/// The entries of both, as texts, those of the second winning.
fn merged(old: Option<&Node>, new: Option<&Node>) -> Mapping {
    let mut merged = Mapping::default();
    for entry in [old, new].into_iter().flatten().filter_map(Node::as_mapping).flatten() {
        merged.insert(entry.key.text.clone(), Node::string(entry.value.scalar_text().unwrap_or_default()));
    }
    merged
}

#[cfg(test)]
mod tests {
    use oarlock_yaml::{Limits, Reader, parse_one};

    use super::super::Behavior;
    use super::*;

    fn resource(yaml: &str, needs_hash: bool) -> Resource {
        let mut resource = Resource::new(
            parse_one(yaml.as_bytes(), Reader::KustomizeResource, Limits::default()).unwrap().unwrap(),
            None,
        );
        resource.generated = Some(Generated { behavior: Behavior::Merge, needs_hash });
        resource
    }

    #[test]
    fn the_new_one_wins_but_keeps_the_old_name() {
        let old = resource(
            "{metadata: {name: p-a, namespace: n, labels: {x: '1', y: '1'}}, data: {k: a, l: a}}",
            true,
        );
        let mut new = resource("{metadata: {name: a, labels: {y: '2'}}, data: {l: b}}", false);
        new.inherit(&old);
        new.merge_data(&old, "data");
        new.merge_data(&old, "binaryData");
        assert_eq!((new.name(), new.namespace()), ("p-a", "n"));
        let text = |path: &[&str]| new.object.at(path).and_then(Node::as_str);
        assert_eq!(text(&["metadata", "labels", "x"]), Some("1"));
        assert_eq!(text(&["metadata", "labels", "y"]), Some("2"));
        assert_eq!(text(&["data", "k"]), Some("a"));
        assert_eq!(text(&["data", "l"]), Some("b"));
        assert!(new.object.get("binaryData").is_none());
        assert!(!new.generated.unwrap().needs_hash);
    }
}
