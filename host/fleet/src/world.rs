//! A repository's fleet over any tree of it: as it is, or as it is going to be.

use std::sync::Arc;

use oarlock_engine::source::Source;
use oarlock_plugin::Failure;

use crate::change::Side;
use crate::directories::Progress;
use crate::edit::ChangeSet;
use crate::environment::{Environment, Filter};
use crate::fleet::Fleet;
use crate::settings::Root;

/// Makes the fleet of a repository over a tree of it.
pub type MakeFleet<'a> = dyn Fn(&Arc<dyn Source>) -> Result<Fleet, Failure> + 'a;

/// A repository whose files are about to change.
pub struct World<'a> {
    /// The tree as it is.
    pub tree: Arc<dyn Source>,
    /// The roots of its environments.
    pub roots: &'a [Root],
    /// Makes its fleet, also over the tree as it is going to be.
    pub fleet: &'a MakeFleet<'a>,
    /// Hears how far renders have come.
    pub progress: &'a dyn Progress,
}

/// A fleet over one tree, rendered.
pub(crate) struct RenderedFleet {
    pub(crate) fleet: Fleet,
    pub(crate) environments: Vec<Environment>,
    pub(crate) side: Side,
}

impl World<'_> {
    /// The fleet over a tree and what it deploys, not rendered yet.
    pub(crate) fn open(&self, tree: &Arc<dyn Source>) -> Result<(Fleet, Vec<Environment>), Failure> {
        let fleet = (self.fleet)(tree)?;
        let environments =
            self.roots.iter().map(|root| fleet.environment(&root.environment, &root.path)).collect();
        Ok((fleet, environments))
    }

    /// The fleet over the tree as it is and with changes, both rendered as a whole.
    ///
    /// # Errors
    /// If the changes bring a problem that was not there before.
    pub(crate) fn render_both(&self, changes: &ChangeSet) -> Result<(RenderedFleet, RenderedFleet), Failure> {
        let before = self.render(&self.tree)?;
        let after = self.render(&changes.over(&self.tree))?;
        let problems = |rendered: &RenderedFleet| -> Vec<Failure> {
            rendered.environments.iter().flat_map(|environment| environment.problems.clone()).collect()
        };
        let known = problems(&before);
        match problems(&after).into_iter().find(|problem| !known.contains(problem)) {
            Some(problem) => Err(problem),
            None => Ok((before, after)),
        }
    }

    /// The fleet over a tree, rendered as a whole.
    pub(crate) fn render(&self, tree: &Arc<dyn Source>) -> Result<RenderedFleet, Failure> {
        let (fleet, environments) = self.open(tree)?;
        let (side, _) = fleet.side(&environments, &Filter::default(), self.progress);
        Ok(RenderedFleet { fleet, environments, side })
    }
}
