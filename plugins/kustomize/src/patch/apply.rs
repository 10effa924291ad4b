//! Finding the resources that a patch is for, and changing them.

use std::collections::HashSet;

use oarlock_kubernetes::ObjectId;
use oarlock_plugin::{Failure, Result, nearest};

use super::strategic::{Addressed, StrategicPatch};
use super::{Content, LoadedPatch, json6902, strategic};
use crate::resource::{CompiledSelector, ResMap, Resource};
use crate::schema::Schema;

/// Applies entries of `patches`, in order. What a patch leaves nothing of goes.
///
/// # Errors
/// If a patch without a target names no resource, or does not fit.
pub(crate) fn apply(resources: &mut ResMap, patches: &[LoadedPatch], schema: &Schema) -> Result<()> {
    let mut work = Work { resources, schema, emptied: HashSet::new() };
    for patch in patches {
        match (&patch.content, &patch.target) {
            (Content::Strategic(patches), None) => {
                for patch in patches {
                    let position = work.find(patch)?;
                    work.merge(position, patch, Addressed::ByItself)?;
                }
            }
            (Content::Strategic(patches), Some(target)) => {
                for patch in patches {
                    work.merge_into_all(&work.select(target)?, patch)?;
                }
            }
            (Content::Json(patch), target) => {
                let Some(target) = target else { continue };
                for position in work.select(target)? {
                    // kustomize remembers the id here, whether or not the patch changes it.
                    work.resources.change(position, |resource| {
                        resource.remember_id();
                        json6902::apply(resource, patch)
                    })?;
                }
            }
        }
    }
    work.finish();
    Ok(())
}

/// Applies the entries of `patchesStrategicMerge`.
///
/// # Errors
/// If there are none in them, or one names no resource, or does not fit.
pub(crate) fn apply_strategic_list(
    resources: &mut ResMap,
    patches: &[LoadedPatch],
    schema: &Schema,
) -> Result<()> {
    let mut work = Work { resources, schema, emptied: HashSet::new() };
    let mut count = 0;
    for patch in patches {
        let Content::Strategic(patches) = &patch.content else { continue };
        for patch in patches {
            let position = work.find(patch)?;
            work.merge_into_all(&[position], patch)?;
        }
        count += patches.len();
    }
    if count == 0 {
        return Err(Failure::new("there are no patches in `patchesStrategicMerge`")
            .hint("name files that have some, or drop the field"));
    }
    work.finish();
    Ok(())
}

/// Applies entries of `patchesJson6902`.
///
/// # Errors
/// If a patch does not fit.
pub(crate) fn apply_json6902_list(resources: &mut ResMap, patches: &[LoadedPatch]) -> Result<()> {
    let schema = Schema::builtin();
    let work = Work { resources, schema: &schema, emptied: HashSet::new() };
    for patch in patches {
        if let (Content::Json(patch), Some(target)) = (&patch.content, &patch.target) {
            for position in work.select(target)? {
                work.resources.change(position, |resource| json6902::apply(resource, patch))?;
            }
        }
    }
    Ok(())
}

/// Resources while they are patched. Those of which nothing is left stay in their places until the
/// end, so that positions hold.
struct Work<'a> {
    resources: &'a mut ResMap,
    schema: &'a Schema,
    emptied: HashSet<usize>,
}

impl Work<'_> {
    /// The one resource that a patch names, by an id that it has or had.
    fn find(&self, patch: &StrategicPatch) -> Result<usize> {
        let mut id = patch.id.clone();
        if self.schema.makes_cluster_scoped(&id.gvk) {
            id.make_cluster_scoped();
        }
        let positions = self.resources.positions_by_any_id(&id).iter();
        let found: Vec<usize> =
            positions.copied().filter(|position| !self.emptied.contains(position)).collect();
        match found[..] {
            [one] => Ok(one),
            [] => Err(self.not_found(patch)),
            _ => Err(self.ambiguous(patch, &found)),
        }
    }

    /// The resources that a target means; none is no error.
    fn select(&self, target: &CompiledSelector) -> Result<Vec<usize>> {
        let is_meant = |position: &usize| {
            if self.emptied.contains(position) {
                return Ok(false);
            }
            target.matches(&self.resources.as_slice()[*position])
        };
        let mut found = Vec::new();
        if let Some(name) = target.exact_name() {
            found.extend_from_slice(self.resources.positions_by_name(name));
        } else {
            found.extend(0..self.resources.len());
        }
        let meant = found.iter().map(is_meant).collect::<Result<Vec<bool>>>()?;
        Ok(found.into_iter().zip(meant).filter(|(_, meant)| *meant).map(|(position, _)| position).collect())
    }

    fn merge(&mut self, position: usize, patch: &StrategicPatch, addressed: Addressed) -> Result<()> {
        let schema = self.schema;
        let stays = self
            .resources
            .change(position, |resource| strategic::apply(resource, patch, addressed, schema))?;
        if !stays {
            self.emptied.insert(position);
        }
        Ok(())
    }

    fn merge_into_all(&mut self, positions: &[usize], patch: &StrategicPatch) -> Result<()> {
        for position in positions {
            self.merge(*position, patch, Addressed::ByCopy)?;
        }
        if patch.allow_name_change || patch.allow_kind_change {
            self.check_ids(positions, patch)?;
        }
        Ok(())
    }

    /// Two resources may have come to the same id.
    fn check_ids(&self, positions: &[usize], patch: &StrategicPatch) -> Result<()> {
        for position in positions.iter().filter(|position| !self.emptied.contains(position)) {
            let id = self.resources.as_slice()[*position].current_id();
            if self.resources.count_by_current_id(&id, |other| !self.emptied.contains(&other)) > 1 {
                let failure = Failure::new(format!("after the patch there are two of `{id}`"))
                    .hint("a patch that changes names or kinds must be for one resource");
                return Err(patch.source.blame(failure, patch.node.span));
            }
        }
        Ok(())
    }

    fn finish(self) {
        if self.emptied.is_empty() {
            return;
        }
        let mut position = 0;
        self.resources.as_mut_vec().retain(|_| {
            position += 1;
            !self.emptied.contains(&(position - 1))
        });
    }

    fn not_found(&self, patch: &StrategicPatch) -> Failure {
        let failure = Failure::new(format!("no resource matches the patch of `{}`", patch.id));
        let failure = patch.source.blame(failure, patch.node.span);
        match self.near(&patch.id) {
            Some(hint) => failure.hint(hint),
            None => failure.hint(
                "a patch needs the `apiVersion`, `kind`, name and namespace of its resource, or a `target`",
            ),
        }
    }

    fn ambiguous(&self, patch: &StrategicPatch, found: &[usize]) -> Failure {
        let failure = Failure::new(format!("{} resources match the patch of `{}`", found.len(), patch.id));
        let names = found.iter().map(|position| self.resources.as_slice()[*position].current_id());
        let names: Vec<String> = names.map(|id| format!("`{id}`")).collect();
        patch
            .source
            .blame(failure, patch.node.span)
            .hint(format!("a `target` can tell them apart: {}", names.join(", ")))
    }

    /// What was probably meant by an id.
    fn near(&self, id: &ObjectId) -> Option<String> {
        let ids: Vec<ObjectId> = self.resources.iter().map(Resource::current_id).collect();
        let elsewhere = |other: &&ObjectId| other.name == id.name && other.gvk.kind == id.gvk.kind;
        if let Some(other) = ids.iter().find(elsewhere) {
            let what = if other.gvk == id.gvk { "namespace" } else { "`apiVersion`" };
            return Some(format!("there is `{other}`: the {what} differs"));
        }
        let same_kind = ids.iter().filter(|other| other.gvk.kind == id.gvk.kind);
        if let Some(name) = nearest(&id.name, same_kind.clone().map(|other| other.name.as_str())) {
            return Some(format!("did you mean `{name}`?"));
        }
        if let Some(other) = ids.iter().find(|other| other.name == id.name) {
            return Some(format!("there is `{other}` of that name"));
        }
        let names: Vec<String> = same_kind.map(|other| format!("`{}`", other.name)).collect();
        match names.len() {
            0 => None,
            count @ 1..=5 => Some(format!(
                "of that kind there {} {}",
                if count == 1 { "is" } else { "are" },
                names.join(", ")
            )),
            count => Some(format!("of that kind there are {} and {} more", names[..4].join(", "), count - 4)),
        }
    }
}
