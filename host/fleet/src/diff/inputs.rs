//! What the render of an Application depends on, and what of it differs.

use std::collections::BTreeSet;

use oarlock_engine::pipeline::{PlanError, RenderError};
use oarlock_engine::sandbox::SandboxError;
use oarlock_engine::source::{Lookup, changed};

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
        let render = base.render(old);
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
        let (plans, again) = (base.fleet.plan(before), head.fleet.plan(after));
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
            match (is_same, now, source) {
                (false, ..) => differences.definition = true,
                (true, Ok(now), Some(source)) => {
                    if source.rendered.as_ref().err().is_some_and(is_uncertain) {
                        differences.definition = true;
                    }
                    let tree = now.tree.as_ref();
                    for record in [&source.configuration, &source.reads] {
                        differences.paths.extend(changed(record, tree).map(path_of));
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
fn is_uncertain(error: &RenderError) -> bool {
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
    /// Whether both are rendered alike, given that all they read is the same.
    fn is_same_as(&self, other: &Self) -> bool {
        let (one, two) = (&self.overrides, &other.overrides);
        self.source_type == other.source_type
            && self.directory == other.directory
            && self.application == other.application
            && one.plugins == two.plugins
            && one.generator == two.generator
            && one.config == two.config
            && one.allow_empty == two.allow_empty
            && one.profile == two.profile
            && one.ignores_plugins == two.ignores_plugins
    }
}
