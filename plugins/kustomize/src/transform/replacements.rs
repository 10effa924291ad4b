//! Replacements: a value of one resource, or a given one, is written into fields of others.

use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Node, Text};

use crate::profile::Profile;
use crate::resource::{ResMap, Resource, Selector};

mod inside;
mod load;
mod select;
mod source;
mod target;
mod target_path;

use self::source::Found;

pub(crate) use load::load;

/// The field that is meant where none is given.
const DEFAULT_PATH: &str = "metadata.name";

/// One entry of `replacements` in a kustomization: a file that holds replacements, or one itself.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ReplacementField {
    /// The file.
    pub(crate) path: String,
    source: Option<ReplacementSource>,
    source_value: Option<Text>,
    targets: Option<Vec<Target>>,
}

impl ReplacementField {
    /// The replacement that is written down here; `None` if a file holds it.
    ///
    /// # Errors
    /// If there are both.
    fn inline(&self) -> Result<Option<Replacement>> {
        let Self { path, source, source_value, targets } = self.clone();
        // kustomize forgets an empty list on its way from the kustomization to the transformer.
        let targets = targets.filter(|targets| !targets.is_empty());
        if path.is_empty() {
            return Ok(Some(Replacement { source, source_value, targets }));
        }
        if source.is_some() || targets.is_some() {
            return Err(Failure::new(format!(
                "`replacements`: there is a `path`, `{path}`, beside a `source` or `targets`"
            ))
            .hint("make two entries of it: one with the path, one with the rest"));
        }
        Ok(None)
    }
}

/// A value and where it is written.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Replacement {
    /// Where the value is read.
    source: Option<ReplacementSource>,
    /// The value itself.
    source_value: Option<Text>,
    /// Where it is written.
    targets: Option<Vec<Target>>,
}

/// Where a value is read: a field of exactly one resource.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct ReplacementSource {
    group: Text,
    version: Text,
    kind: Text,
    name: Text,
    namespace: Text,
    field_path: String,
    options: Option<Options>,
}

/// Where a value is written: fields of all resources that are selected and not rejected.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct Target {
    select: Option<Selector>,
    reject: Vec<Selector>,
    field_paths: Vec<String>,
    options: Option<Options>,
}

/// Which part of a field is meant, and whether the field is made.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct Options {
    /// What splits the field into parts.
    delimiter: String,
    /// Which part. In a target, a negative one means before the first, and one too large means
    /// after the last.
    index: i64,
    /// Without effect, as in kustomize.
    encoding: String,
    /// Whether a target field is made where it is absent.
    create: bool,
}

impl Options {
    /// The delimiter, if there is one.
    fn delimiter(options: Option<&Self>) -> Option<(&str, i64)> {
        options
            .filter(|options| !options.delimiter.is_empty())
            .map(|options| (&*options.delimiter, options.index))
    }
}

/// Does the replacements one after the other.
///
/// # Errors
/// If a source is not exactly one field of one resource, or a target field is absent or cannot hold
/// the value.
pub(crate) fn apply(resources: &mut ResMap, replacements: &[Replacement], profile: Profile) -> Result<()> {
    replacements.iter().try_for_each(|replacement| {
        let outcome = apply_one(resources, replacement, profile);
        outcome.map_err(|failure| {
            failure.note(format!("in the replacement from {}", replacement.describe_source()))
        })
    })
}

fn apply_one(resources: &mut ResMap, replacement: &Replacement, profile: Profile) -> Result<()> {
    let Replacement { source, source_value, targets: Some(targets) } = replacement else {
        return Err(incomplete("targets"));
    };
    let value = match (source, source_value) {
        (_, Some(_)) if !profile.knows_source_values() => {
            return Err(Failure::new("a replacement has no field `sourceValue` in this profile")
                .hint("kustomize has it since 5.7: set `profile: 5.7` in the configuration of the plugin `kustomize`"));
        }
        (None, None) => return Err(incomplete("source")),
        (Some(_), Some(_)) => {
            return Err(Failure::new("a replacement has both `source` and `sourceValue`")
                .hint("leave one of them out"));
        }
        (None, Some(value)) => Found { value: Node::plain(value.clone()), is_secret: false },
        (Some(source), None) => source::read(resources, source)?,
    };
    targets.iter().try_for_each(|target| target::write(resources, target, &value, profile))
}

fn incomplete(field: &str) -> Failure {
    Failure::new(format!("a replacement has no `{field}`"))
        .hint("it needs a `source` or `sourceValue`, and `targets`")
}

impl Replacement {
    /// The node that the value is read from, and its resource.
    pub(crate) fn source_node<'r>(&self, resources: &'r ResMap) -> Option<(&'r Resource, &'r Node)> {
        source::find_in(resources, self.source.as_ref()?)
    }

    fn describe_source(&self) -> String {
        match (&self.source, &self.source_value) {
            (Some(source), _) => source.to_string(),
            // It may be meant for a Secret.
            (None, Some(_)) => "its `sourceValue`".to_owned(),
            (None, None) => "nowhere".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
