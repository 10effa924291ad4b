//! Patches: the field `patches` and its deprecated forerunners `patchesStrategicMerge` and
//! `patchesJson6902`.
//!
//! [`load`] reads a patch and finds out which of the two kinds it is, [`apply`] looks for the
//! resources it is for and changes them: [`strategic`] merge patches by the rules of kustomize's
//! own merge, [`json6902`] patches by those of RFC 6902 as its library has them.

mod apply;
mod json6902;
mod load;
mod source;
mod strategic;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use oarlock_plugin::{Failure, Result, TreePath};
use oarlock_yaml::{Mapping, Node};
use serde::Deserialize;

use crate::resource::{CompiledSelector, Resource, Selector};
use json6902::JsonPatch;
use source::PatchSource;
use strategic::StrategicPatch;

pub(crate) use apply::{apply, apply_json6902_list, apply_strategic_list};
pub(crate) use load::{load, load_json6902, load_strategic};
pub(crate) use strategic::merge_values;

/// An entry of `patches` or `patchesJson6902`. The names are kustomize's.
#[expect(clippy::struct_field_names, reason = "the fields are called so in the file")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Patch {
    /// A file with the patch.
    pub(crate) path: String,
    /// The patch itself.
    pub(crate) patch: String,
    /// Which resources it is for.
    pub(crate) target: Option<Selector>,
    /// `allowNameChange` and `allowKindChange`; others mean nothing.
    pub(crate) options: BTreeMap<String, bool>,
}

impl Patch {
    /// The options that mean something.
    const OPTIONS: [&str; 2] = ["allowNameChange", "allowKindChange"];

    /// Checks that all options mean something.
    ///
    /// # Errors
    /// If one does not.
    pub(crate) fn check_options(&self) -> Result<()> {
        match self.options.keys().find(|option| !Self::OPTIONS.contains(&option.as_str())) {
            Some(option) => Err(Failure::new(format!("a patch has no option `{option}`"))
                .hint("there are `allowNameChange` and `allowKindChange`")),
            None => Ok(()),
        }
    }
}

/// Reads a file by its path in the kustomization.
pub(crate) type Read<'a> = &'a dyn Fn(&str) -> Result<(TreePath, Vec<u8>)>;

/// A patch that is ready to be applied.
#[derive(Clone, Debug)]
pub(crate) struct LoadedPatch {
    content: Content,
    target: Option<CompiledSelector>,
}

impl LoadedPatch {
    /// The trees of which parts may end up in resources, each with its file; inline ones have none.
    pub(crate) fn nodes_mut(&mut self) -> Vec<(Option<TreePath>, &mut Node)> {
        let file = |source: &PatchSource| match source {
            PatchSource::File(file) => Some(file.clone()),
            PatchSource::Inline => None,
        };
        match &mut self.content {
            Content::Strategic(patches) => {
                patches.iter_mut().map(|patch| (file(&patch.source), &mut patch.node)).collect()
            }
            Content::Json(patch) => {
                let file = file(&patch.source);
                patch.operations.iter_mut().map(|operation| (file.clone(), operation)).collect()
            }
        }
    }
}

/// What a patch is.
#[derive(Clone, Debug)]
enum Content {
    /// Resources in outline.
    Strategic(Vec<StrategicPatch>),
    /// Operations.
    Json(JsonPatch),
}

/// Takes away annotations that are empty but for what kustomize remembers there, as it does at the
/// end.
fn drop_empty_annotations(resource: &mut Resource) {
    if !resource.has_build_annotations() {
        return;
    }
    let Some(metadata) = resource.object.get_mut("metadata").and_then(Node::as_mapping_mut) else {
        return;
    };
    if metadata.get("annotations").and_then(Node::as_mapping).is_some_and(Mapping::is_empty) {
        metadata.remove("annotations");
    }
}
