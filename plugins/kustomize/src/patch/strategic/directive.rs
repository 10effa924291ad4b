//! `$patch`: what a patch says about how it is to be applied.

use oarlock_yaml::{Mapping, Node};

use super::elements::{Elements, raw_text};
use super::error::MergeError;

/// The key of the directive.
const KEY: &str = "$patch";

/// How a mapping or list of a patch meets the one of the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Directive {
    /// Merge the two: the default.
    Merge,
    /// Take the patch's.
    Replace,
    /// Leave nothing.
    Delete,
}

impl Directive {
    /// Takes the directive out of a mapping.
    ///
    /// # Errors
    /// If it is none of the three; it then stays.
    pub(super) fn take(patch: &mut Mapping) -> Result<Self, MergeError> {
        let Some(value) = patch.get(KEY) else {
            return Ok(Self::Merge);
        };
        let directive = Self::parse(value)?;
        patch.remove(KEY);
        Ok(directive)
    }

    /// Takes the directive out of a list: the first element that has the key, if it has no other.
    /// kustomize then drops every element that says the same.
    ///
    /// # Errors
    /// If it is none of the three.
    pub(super) fn take_from_list(patch: &mut Vec<Node>) -> Result<Self, MergeError> {
        let Some((element, value)) = patch.iter().find_map(|element| Some((element, element.get(KEY)?)))
        else {
            return Ok(Self::Merge);
        };
        if element.as_mapping().is_none_or(|element| element.len() > 1) {
            return Ok(Self::Merge);
        }
        let directive = Self::parse(value)?;
        let said = raw_text(value).to_owned();
        let elements = Elements::new(std::mem::take(patch));
        let mut all = elements.all();
        elements.set(&mut all, None, &[KEY], &[&said])?;
        *patch = elements.into_list(all);
        Ok(directive)
    }

    fn parse(value: &Node) -> Result<Self, MergeError> {
        match raw_text(value) {
            "merge" => Ok(Self::Merge),
            "replace" => Ok(Self::Replace),
            "delete" => Ok(Self::Delete),
            other => Err(MergeError::unknown_directive(other, value.span)),
        }
    }
}
