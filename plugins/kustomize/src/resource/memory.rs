//! What kustomize remembers in annotations of the objects themselves. Here it lies apart from them;
//! what reads and writes the annotations is in this file.

use oarlock_kubernetes::{Gvk, ObjectId};
use oarlock_yaml::{Node, Text};

use super::{Behavior, Resource};

const PREFIX: &str = "internal.config.kubernetes.io/";
const ANNOTATIONS: [&str; 2] = ["metadata", "annotations"];

/// Takes over what a former run of kustomize, or of a function for it, remembered in annotations of
/// its own.
pub(super) fn recall(resource: &mut Resource) {
    let Some(annotations) = resource.object.at(&ANNOTATIONS).and_then(Node::as_mapping) else {
        return;
    };
    let texts = |name: &str| -> Vec<Text> {
        let list = annotations.get(&format!("{PREFIX}{name}")).and_then(Node::scalar_text);
        list.into_iter().flat_map(|list| list.split(',')).map(Text::from).collect()
    };
    if !annotations.iter().any(|entry| entry.key.text.starts_with(PREFIX)) {
        return;
    }
    let (names, namespaces, kinds) =
        (texts("previousNames"), texts("previousNamespaces"), texts("previousKinds"));
    let ids = names.into_iter().zip(namespaces).zip(kinds);
    let previous = ids.map(|((name, namespace), kind)| {
        let gvk = Gvk { kind, ..Gvk::default() };
        ObjectId { gvk, name, namespace }
    });
    let (previous, prefixes, suffixes) = (previous.collect(), texts("prefixes"), texts("suffixes"));
    (resource.previous, resource.prefixes, resource.suffixes) = (previous, prefixes, suffixes);
}

impl Resource {
    /// Writes the memory into the annotations, as kustomize has it there all the time: a patch that
    /// copies or tests them as a whole sees it. [`hide_memory`](Self::hide_memory) undoes it.
    pub(crate) fn show_memory(&mut self) {
        let join =
            |texts: &mut dyn Iterator<Item = &Text>| texts.map(Text::as_str).collect::<Vec<_>>().join(",");
        let enabled = |is: bool| if is { "enabled".to_owned() } else { String::new() };
        let behavior = self.generated.map_or("", |generated| match generated.behavior {
            Behavior::Create => "unspecified",
            Behavior::Replace => "replace",
            Behavior::Merge => "merge",
        });
        let memory = [
            ("allowKindChange", enabled(self.allow_kind_change)),
            ("allowNameChange", enabled(self.allow_name_change)),
            ("generatorBehavior", behavior.to_owned()),
            ("needsHashSuffix", enabled(self.generated.is_some_and(|generated| generated.needs_hash))),
            ("prefixes", join(&mut self.prefixes.iter())),
            ("previousKinds", join(&mut self.previous.iter().map(|id| &id.gvk.kind))),
            ("previousNames", join(&mut self.previous.iter().map(|id| &id.name))),
            ("previousNamespaces", join(&mut self.previous.iter().map(|id| &id.namespace))),
            ("suffixes", join(&mut self.suffixes.iter())),
        ];
        let Some(annotations) = self.object.at_mut(&ANNOTATIONS).and_then(Node::as_mapping_mut) else {
            return;
        };
        for (name, value) in memory.into_iter().filter(|(_, value)| !value.is_empty()) {
            annotations.insert(format!("{PREFIX}{name}").as_str(), Node::string(value));
        }
    }

    /// Takes the memory out of the annotations again.
    pub(crate) fn hide_memory(&mut self) {
        if let Some(annotations) = self.object.at_mut(&ANNOTATIONS).and_then(Node::as_mapping_mut) {
            annotations.retain(|entry| !entry.key.text.starts_with(PREFIX));
        }
    }
}
