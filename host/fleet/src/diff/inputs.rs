//! What the render of an Application depends on, and what of it differs.

use std::collections::BTreeSet;

use oarlock_engine::pipeline::{PlanError, RenderError};
use oarlock_engine::sandbox::SandboxError;
use oarlock_engine::source::{Lookup, changed, still_holds};

use super::pairs::{Pairing, Place};
use crate::plan::{PlannedSource, SourceError};
use crate::rendered::ApplicationRender;

/// How the inputs of a render differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// Whether the Application itself says something else: it is new or gone, has other sources or
    /// settings, or deploys to a cluster that serves something else.
    pub definition: bool,
    /// The files and directories that were read and are not the same, from the root of their tree.
    pub paths: BTreeSet<String>,
}

impl Differences {
    /// Whether the render is the same for certain.
    pub fn is_empty(&self) -> bool {
        !self.definition && self.paths.is_empty()
    }
}

/// The render before the change, and how its inputs differ after it.
pub(super) struct Inputs {
    pub(super) render: ApplicationRender,
    pub(super) differences: Differences,
}

impl Pairing<'_> {
    /// Renders an Application as it was, and looks what it read up again.
    pub(super) fn inputs(&self, old: Place, new: Place) -> Inputs {
        let (base, head) = (self.base(), self.head());
        let (before, after) = (base.application(old), head.application(new));
        let plans = base.fleet.plan(before);
        let render = base.render(old, || plans.clone());
        let mut differences = Differences::default();
        let facts = |application: &crate::environment::Application| {
            application.target.as_ref().ok().and_then(|target| target.facts.clone())
        };
        let fault = |application: &crate::environment::Application| {
            application.fault().map(|fault| fault.message.clone())
        };
        if facts(before) != facts(after) || fault(before) != fault(after) || before.called != after.called {
            differences.definition = true;
            return Inputs { render, differences };
        }
        let again = head.fleet.plan(after);
        if plans.len() != again.len() {
            differences.definition = true;
        }
        for ((index, plan), (other, now)) in plans.iter().zip(&again) {
            let is_same = index == other
                && match (plan, now) {
                    (Ok(plan), Ok(now)) => plan.is_same_as(now),
                    (Err(SourceError::External(one)), Err(SourceError::External(other))) => one == other,
                    (Err(SourceError::Failed(one)), Err(SourceError::Failed(other))) => {
                        one.message == other.message
                    }
                    _ => false,
                };
            let source = render.sources.iter().find(|source| source.index == *index);
            match (is_same, (plan, now), source) {
                (false, ..) => differences.definition = true,
                (true, (Ok(plan), Ok(now)), Some(source)) => {
                    if source.rendered.as_ref().err().is_some_and(is_uncertain) {
                        differences.definition = true;
                    }
                    let tree = now.tree.as_ref();
                    differences.paths.extend(changed(&source.reads, tree).map(path_of));
                    let is_alike = plan.overrides.profile == now.overrides.profile
                        && still_holds(&source.configuration, tree);
                    if !is_alike && !head.fleet.is_configured_as(source, now, facts(after).as_ref()) {
                        let files = differences.paths.len();
                        differences.paths.extend(changed(&source.configuration, tree).map(path_of));
                        differences.definition |= differences.paths.len() == files;
                    }
                }
                (true, ..) => {}
            }
        }
        Inputs { render, differences }
    }
}

/// Whether a failed render may have depended on more than its record says: the record was full, or
/// a limit of time was exceeded.
pub(super) fn is_uncertain(error: &RenderError) -> bool {
    !matches!(
        error,
        RenderError::Sandbox(SandboxError::Failed { .. })
            | RenderError::Plan(
                PlanError::Project(_)
                    | PlanError::Unclaimed { .. }
                    | PlanError::Sandbox(SandboxError::Failed { .. })
            )
            | RenderError::Objects { then: None | Some(SandboxError::Failed { .. }), .. }
            | RenderError::Empty(_)
    )
}

fn path_of(request: &Lookup) -> String {
    match request {
        Lookup::Read(path) | Lookup::List(path) | Lookup::Stat(path) => path.to_string(),
        Lookup::Remote(url) => url.clone(),
    }
}

impl PlannedSource {
    /// Whether both are rendered alike, given that all they read is the same, and what the
    /// repository and the profile configure.
    fn is_same_as(&self, other: &Self) -> bool {
        let (one, two) = (&self.overrides, &other.overrides);
        self.source_type == other.source_type
            && self.directory == other.directory
            && self.application == other.application
            && one.plugins == two.plugins
            && one.generator == two.generator
            && one.config == two.config
            && one.allow_empty == two.allow_empty
            && one.ignores_plugins == two.ignores_plugins
    }
}
