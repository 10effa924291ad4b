//! What is changed in a kustomization before it is built, as `kustomize edit` does it for Argo CD:
//! nothing is written, the kustomization that was read is changed.

mod components;
mod images;

use std::collections::BTreeMap;

use oarlock_plugin::{Failure, Host, Result};

use crate::kustomization::{Fields, Kustomization};
use crate::patch::Patch;
use crate::transform::labels::Label;
use crate::transform::replicas::Replica;

pub(crate) use images::argument as image_argument;

/// The changes. Empty texts and lists change nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    pub(crate) name_prefix: String,
    pub(crate) name_suffix: String,
    pub(crate) namespace: String,
    pub(crate) images: Vec<String>,
    pub(crate) replicas: BTreeMap<String, i64>,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) force_labels: bool,
    pub(crate) labels_in: LabelsIn,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) force_annotations: bool,
    pub(crate) patches: Vec<Patch>,
    pub(crate) components: Vec<String>,
    pub(crate) ignore_missing_components: bool,
}

/// Where labels go besides the metadata of resources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LabelsIn {
    /// Selectors and templates.
    #[default]
    Selectors,
    /// Templates.
    Templates,
    /// Nowhere.
    Metadata,
}

impl Edits {
    /// Whether nothing is changed.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Changes a kustomization, in Argo CD's order.
    ///
    /// # Errors
    /// If an image is none, a label or annotation is there already and is not to be replaced, or a
    /// component is missing.
    pub(crate) fn apply(&self, kustomization: &mut Kustomization, host: &dyn Host) -> Result<()> {
        let fields = &mut kustomization.fields;
        for (given, field) in [
            (&self.name_prefix, &mut fields.name_prefix),
            (&self.name_suffix, &mut fields.name_suffix),
            (&self.namespace, &mut fields.namespace),
        ] {
            if !given.is_empty() {
                field.clone_from(given);
            }
        }
        if !self.images.is_empty() {
            images::set(&mut fields.images, &self.images)?;
            kustomization.forget_places("images");
        }
        if !self.replicas.is_empty() {
            self.set_replicas(&mut kustomization.fields.replicas);
            kustomization.forget_places("replicas");
        }
        self.add_labels(kustomization)?;
        let annotations = &mut kustomization.fields.common_annotations;
        add(annotations, &self.annotations, self.force_annotations)
            .map_err(|failure| failure.at(kustomization.origin_of("commonAnnotations")))?;
        kustomization.fields.patches.extend(self.patches.iter().cloned());
        components::add(kustomization, &self.components, self.ignore_missing_components, host)
    }

    /// Each in place of what stands there for the same name. kustomize sorts the list.
    fn set_replicas(&self, replicas: &mut Vec<Replica>) {
        replicas.retain(|replica| !self.replicas.contains_key(replica.name.as_str()));
        let more =
            self.replicas.iter().map(|(name, count)| Replica { name: name.as_str().into(), count: *count });
        replicas.extend(more);
        replicas.sort_by(|a, b| a.name.cmp(&b.name));
    }

    fn add_labels(&self, kustomization: &mut Kustomization) -> Result<()> {
        let Fields { common_labels, labels, .. } = &mut kustomization.fields;
        let (field, pairs) = match self.labels_in {
            _ if self.labels.is_empty() => return Ok(()),
            LabelsIn::Selectors => ("commonLabels", common_labels),
            LabelsIn::Templates => ("labels", pairs_without_selectors(labels, true)),
            LabelsIn::Metadata => ("labels", pairs_without_selectors(labels, false)),
        };
        add(pairs, &self.labels, self.force_labels)
            .map_err(|failure| failure.at(kustomization.origin_of(field)))
    }
}

/// The pairs of the entry of `labels` with these settings, which is made where there is none.
fn pairs_without_selectors(
    labels: &mut Vec<Label>,
    include_templates: bool,
) -> &mut BTreeMap<String, String> {
    let is_same = |label: &Label| !label.include_selectors && label.include_templates == include_templates;
    let index = labels.iter().position(is_same).unwrap_or_else(|| {
        labels.push(Label { include_templates, ..Label::default() });
        labels.len() - 1
    });
    &mut labels[index].pairs
}

/// Adds labels or annotations.
fn add(pairs: &mut BTreeMap<String, String>, more: &BTreeMap<String, String>, force: bool) -> Result<()> {
    for (key, value) in more {
        if !force && pairs.contains_key(key) {
            return Err(Failure::new(format!("the kustomization sets `{key}` already"))
                .hint("take it away there, or set `forceCommonLabels` or `forceCommonAnnotations`"));
        }
        pairs.insert(key.clone(), value.clone());
    }
    Ok(())
}
