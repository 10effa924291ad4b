//! Runs the transformers of a kustomization: those that its fields configure, in kustomize's fixed
//! order, then those that objects of their own configure; and validators, which may look but not
//! change.

use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Mapping, Node};

use super::{Accumulator, Target, external, trace};
use crate::patch;
use crate::resource::{ResMap, Resource};
use crate::transform::namespace::NamespaceArgs;
use crate::transform::{affix, annotations, images, labels, namespace, replacements, replicas};

/// The label that a validator may leave behind.
const VALIDATED_BY: &str = "validated-by";

impl Target<'_, '_> {
    /// Changes all resources as the kustomization says.
    pub(super) fn run_transformers(&self, all: &mut Accumulator) -> Result<()> {
        let Accumulator { resources, config, .. } = all;
        let fields = &self.kustomization.fields;
        let schema = self.session.schema();
        let profile = self.session.options.profile;

        if !fields.patches_strategic_merge.is_empty() {
            let patches = (0..).zip(&fields.patches_strategic_merge).map(|(index, text)| {
                let blame = |failure: Failure| failure.at(self.origin("patchesStrategicMerge", index));
                let mut patch = patch::load_strategic(text, &|path| self.loader.read(path)).map_err(blame)?;
                self.record_patch(&mut patch, "patchesStrategicMerge", index);
                Ok(patch)
            });
            let patches = patches.collect::<Result<Vec<_>>>()?;
            let step = ("patchesStrategicMerge", "PatchStrategicMergeTransformer");
            self.run(resources, step, None, |resources| {
                patch::apply_strategic_list(resources, &patches, &schema)
            })?;
        }
        for (index, args) in fields.patches.iter().enumerate() {
            self.run(resources, ("patches", "PatchTransformer"), Some(index), |resources| {
                if profile.refuses_unknown_patch_options() {
                    args.check_options()?;
                }
                let mut patch = patch::load(args, &|path| self.loader.read(path))?;
                self.record_patch(&mut patch, "patches", index);
                patch::apply(resources, std::slice::from_ref(&patch), &schema)
            })?;
        }
        drop_empty(resources);
        if !fields.namespace.is_empty() {
            let args = NamespaceArgs {
                namespace: fields.namespace.as_str().into(),
                field_specs: config.namespace.clone(),
                ..NamespaceArgs::default()
            };
            self.run(resources, ("namespace", "NamespaceTransformer"), None, |r| namespace::apply(r, &args))?;
        }
        if !fields.name_prefix.is_empty() {
            self.run(resources, ("namePrefix", "PrefixTransformer"), None, |resources| {
                affix::apply_prefix(resources, &fields.name_prefix, &config.name_prefix)
            })?;
        }
        if !fields.name_suffix.is_empty() {
            self.run(resources, ("nameSuffix", "SuffixTransformer"), None, |resources| {
                affix::apply_suffix(resources, &fields.name_suffix, &config.name_suffix)
            })?;
        }
        for (index, label) in fields.labels.iter().enumerate() {
            self.run(resources, ("labels", "LabelTransformer"), Some(index), |resources| {
                labels::apply(resources, &label.pairs, &label.specs(config)?)
            })?;
        }
        // kustomize runs this one also where there are only `labels`, which the annotations of
        // `buildMetadata` tell.
        if !fields.labels.is_empty() || !fields.common_labels.is_empty() {
            self.run(resources, ("commonLabels", "LabelTransformer"), None, |resources| {
                labels::apply(resources, &fields.common_labels, &config.common_labels)
            })?;
        }
        if !fields.common_annotations.is_empty() {
            self.run(resources, ("commonAnnotations", "AnnotationsTransformer"), None, |resources| {
                annotations::apply(resources, &fields.common_annotations, &config.common_annotations)
            })?;
        }
        for (index, args) in fields.patches_json6902.iter().enumerate() {
            self.run(resources, ("patchesJson6902", "PatchJson6902Transformer"), Some(index), |resources| {
                let mut patch = patch::load_json6902(args, &|path| self.loader.read(path))?;
                self.record_patch(&mut patch, "patchesJson6902", index);
                patch::apply_json6902_list(resources, std::slice::from_ref(&patch))
            })?;
        }
        drop_empty(resources);
        for (index, replica) in fields.replicas.iter().enumerate() {
            self.run(resources, ("replicas", "ReplicaCountTransformer"), Some(index), |resources| {
                replicas::apply(resources, replica, &config.replicas)
            })?;
        }
        for (index, image) in fields.images.iter().enumerate() {
            self.run(resources, ("images", "ImageTagTransformer"), Some(index), |resources| {
                images::apply(resources, image, &config.images)
            })?;
        }
        if !fields.replacements.is_empty() {
            self.run(resources, ("replacements", "ReplacementTransformer"), None, |resources| {
                if self.recorder().is_some() {
                    return self.replace_one_by_one(resources);
                }
                let replacements = replacements::load(&fields.replacements, &|path| self.loader.read(path))?;
                replacements::apply(resources, &replacements, profile)
            })?;
        }

        for configuration in self.configurations(&self.kustomization.transformers)? {
            let before = self.before(resources);
            external::transform(self, &configuration, resources)?;
            self.record_configured(resources, &before, ("transformers", &configuration));
            trace::transformed(resources, trace::configured_by(&configuration).as_ref());
            drop_empty(resources);
        }
        Ok(())
    }

    /// Runs one transformer that a field configures.
    fn run(
        &self,
        resources: &mut ResMap,
        (field, kind): (&str, &str),
        index: Option<usize>,
        transform: impl FnOnce(&mut ResMap) -> Result<()>,
    ) -> Result<()> {
        let before = self.before(resources);
        transform(resources).map_err(|failure| {
            let origin = self.origin(field, index.unwrap_or(usize::MAX));
            match &failure.origin {
                // The fault is in a resource or a patch; say which field brought the two together.
                Some(place) if *place != origin => failure.note(format!("in `{field}` at `{origin}`")),
                _ => failure.at(origin),
            }
        })?;
        self.record_entry(resources, &before, (field, index));
        let step = self.trace.as_ref().map(|trace| trace.builtin(self.kustomization.file_name(), kind));
        trace::transformed(resources, step.as_ref());
        Ok(())
    }

    /// Does the replacements, and records what each did.
    fn replace_one_by_one(&self, resources: &mut ResMap) -> Result<()> {
        let profile = self.session.options.profile;
        for (index, entry) in self.kustomization.fields.replacements.iter().enumerate() {
            for replacement in
                replacements::load(std::slice::from_ref(entry), &|path| self.loader.read(path))?
            {
                let source = self.source_place(resources, &replacement);
                let before = self.before(resources);
                replacements::apply(resources, std::slice::from_ref(&replacement), profile)?;
                self.record_replacement(resources, &before, (index, source.as_ref()));
            }
        }
        Ok(())
    }

    fn origin(&self, field: &str, index: usize) -> oarlock_plugin::Origin {
        self.kustomization.origin_of_entry(field, index)
    }

    /// Runs the validators.
    pub(super) fn run_validators(&self, resources: &mut ResMap) -> Result<()> {
        for configuration in self.configurations(&self.kustomization.validators)? {
            let before: Vec<Node> = resources.iter().map(|resource| resource.object.clone()).collect();
            external::transform(self, &configuration, resources)?;
            let same = resources.len() == before.len()
                && resources.iter().zip(&before).all(|(after, before)| without_mark(after) == *before);
            if !same {
                let failure =
                    Failure::new(format!("the validator `{}` changes resources", configuration.current_id()))
                        .hint("list it under `transformers` if that is meant");
                return Err(match configuration.origin {
                    Some(origin) => failure.at(origin),
                    None => failure,
                });
            }
        }
        Ok(())
    }
}

/// Drops resources of which a patch left nothing.
fn drop_empty(resources: &mut ResMap) {
    let is_empty = |resource: &Resource| resource.object.as_mapping().is_none_or(Mapping::is_empty);
    if resources.iter().any(is_empty) {
        resources.as_mut_vec().retain(|resource| !is_empty(resource));
    }
}

fn without_mark(resource: &Resource) -> Node {
    let mut object = resource.object.clone();
    if let Some(metadata) = object.get_mut("metadata").and_then(Node::as_mapping_mut) {
        let labels = metadata.get_mut("labels").and_then(Node::as_mapping_mut);
        if labels.is_some_and(|labels| labels.remove(VALIDATED_BY).is_some() && labels.is_empty()) {
            metadata.remove("labels");
        }
    }
    object
}
