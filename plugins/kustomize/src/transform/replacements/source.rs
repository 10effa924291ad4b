//! Reading the value.

use std::fmt;

use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Node, ScalarKind, Value};

use super::super::lookup::find;
use super::super::path::split_dots;
use super::select::Wanted;
use super::{DEFAULT_PATH, Options, ReplacementSource};
use crate::resource::{ResMap, Resource};

impl ReplacementSource {
    fn wanted(&self) -> Wanted<'_> {
        let Self { group, version, kind, name, namespace, .. } = self;
        Wanted { group, version, kind, name, namespace }
    }

    fn path(&self) -> &str {
        if self.field_path.is_empty() { DEFAULT_PATH } else { &self.field_path }
    }
}

impl fmt::Display for ReplacementSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` of {}", self.path(), self.wanted().describe())
    }
}

/// The value of a source.
///
/// # Errors
/// If not exactly one resource is meant, its field is absent or empty, or the wanted part of it is.
pub(super) fn read(resources: &ResMap, source: &ReplacementSource) -> Result<Found> {
    let resource = the_one(resources, source)?;
    let blame = |failure| super::super::locate(resource, failure);
    let parts = split_dots(source.path());
    let found = find(&resource.object, &parts).map_err(blame)?.filter(|found| !is_empty(found));
    let Some(found) = found else {
        let failure = Failure::new(format!(
            "the field `{}` of `{}` is absent or empty",
            source.path(),
            resource.current_id()
        ));
        return Err(blame(match siblings(&resource.object, &parts) {
            Some(siblings) => failure.hint(siblings),
            None => failure,
        }));
    };
    let is_secret = is_secret(resource);
    let value = part_of(found, source, is_secret).map_err(blame)?;
    Ok(Found { value, is_secret })
}

/// The node of a source, and its resource.
pub(super) fn find_in<'r>(
    resources: &'r ResMap,
    source: &ReplacementSource,
) -> Option<(&'r Resource, &'r Node)> {
    let resource = the_one(resources, source).ok()?;
    Some((resource, find(&resource.object, &split_dots(source.path())).ok()??))
}

/// The value of a source.
pub(super) struct Found {
    pub(super) value: Node,
    /// Whether it is one of a Secret, which no message shows.
    pub(super) is_secret: bool,
}

/// Whether values of a resource are kept out of messages.
pub(super) fn is_secret(resource: &Resource) -> bool {
    resource.kind() == "Secret"
}

fn the_one<'a>(resources: &'a ResMap, source: &ReplacementSource) -> Result<&'a Resource> {
    let wanted = source.wanted();
    let mut found = resources.iter().filter(|resource| wanted.finds(resource));
    match (found.next(), found.next()) {
        (Some(resource), None) => Ok(resource),
        (Some(first), Some(second)) => Err(Failure::new(format!(
            "the source {} of a replacement means several resources: `{}` and `{}`",
            wanted.describe(),
            first.current_id(),
            second.current_id()
        ))
        .hint("say more of it: `kind`, `name`, `namespace`")),
        (None, _) => {
            let failure =
                Failure::new(format!("the source {} of a replacement is not there", wanted.describe()));
            Err(match wanted.near_misses(resources.iter()) {
                Some(near) => failure.hint(near),
                None => failure,
            })
        }
    }
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Scalar(scalar) => scalar.kind == ScalarKind::Null,
        Value::Sequence(list) => list.is_empty(),
        Value::Mapping(mapping) => mapping.is_empty(),
    }
}

/// The keys that are there instead of the first one that is not.
pub(super) fn siblings(object: &Node, parts: &[String]) -> Option<String> {
    let deepest = (0..parts.len()).rev().find_map(|length| find(object, &parts[..length]).ok().flatten())?;
    let keys: Vec<_> =
        deepest.as_mapping()?.iter().take(12).map(|entry| format!("`{}`", entry.key.text)).collect();
    (!keys.is_empty()).then(|| format!("these are there: {}", keys.join(", ")))
}

fn part_of(found: &Node, source: &ReplacementSource, is_secret: bool) -> Result<Node> {
    let Some((delimiter, index)) = Options::delimiter(source.options.as_ref()) else {
        return Ok(found.clone());
    };
    let mut part = found.clone();
    let Value::Scalar(scalar) = &mut part.value else {
        return Err(Failure::new(format!(
            "`{}` is a {}: `delimiter` is for scalars",
            source.path(),
            found.kind_name()
        )));
    };
    let wanted = usize::try_from(index).ok().and_then(|index| scalar.text.split(delimiter).nth(index));
    let Some(wanted) = wanted else {
        let whole = if is_secret { source.path() } else { scalar.text.as_str() };
        return Err(Failure::new(format!(
            "`{whole}` split at `{delimiter}` has no part {index}: it has {}, counted from 0",
            scalar.text.split(delimiter).count()
        )));
    };
    scalar.text = wanted.into();
    Ok(part)
}
