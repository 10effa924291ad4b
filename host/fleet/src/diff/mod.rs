//! Two states of a fleet → what is compared by [`change`](crate::change).
//!
//! [`Pairing`] finds which Application of one side is which of the other, and
//! [`Pairing::render`] renders what may differ: an Application is rendered before the change, and
//! after it only if something that the render read is not the same any more.

mod inputs;
mod missing;
mod pairs;
mod same;

pub use inputs::Differences;
pub use pairs::{FleetSide, Pair, Pairing};

use rayon::prelude::*;

use crate::change::{Application, RenderResult, Side};
use crate::directories::Progress;
use crate::environment::{self, Filter};
use crate::namespaces::CustomKinds;
use crate::outcome::{Extent, Summary, summarize};
use crate::plan::{PlannedSource, SourceError};
use crate::rendered::ApplicationRender;
use inputs::Inputs;
use missing::missing;
use pairs::Place;
use same::is_same_render;

/// How the sources of an Application are rendered, by their numbers.
type Plans = Vec<(usize, Result<PlannedSource, SourceError>)>;

impl Pairing<'_> {
    /// Renders the Applications that are wanted, as far as they may differ, many at once: the sides
    /// before and after the change. Of an Application whose inputs are the same each side has the
    /// names of the objects alone.
    pub fn render(&self, filter: &Filter, progress: &dyn Progress) -> (Side, Side) {
        self.render_to(filter, progress, Extent::Identities)
    }

    /// The same with all that the objects hold, for those who show the whole fleet.
    pub fn render_whole(&self, filter: &Filter, progress: &dyn Progress) -> (Side, Side) {
        self.render_to(filter, progress, Extent::Whole)
    }

    fn render_to(&self, filter: &Filter, progress: &dyn Progress, extent: Extent) -> (Side, Side) {
        let wanted: Vec<&Pair> = self.pairs().iter().filter(|pair| self.wants(pair, filter)).collect();
        progress.begin(wanted.len());
        let (mut before, mut after) = (Side::default(), Side::default());
        for chunk in wanted.chunks(self.base().fleet.batch()) {
            let sides: Vec<[Option<Application>; 2]> = self.base().fleet.pool.install(|| {
                let one = |pair: &&Pair| {
                    let sides = self.sides(pair, extent);
                    progress.advance();
                    sides
                };
                chunk.par_iter().map(one).collect()
            });
            for [base, head] in sides {
                before.applications.extend(base);
                after.applications.extend(head);
            }
        }
        for [base, head] in self.problems() {
            before.applications.extend(base);
            after.applications.extend(head);
        }
        (before, after)
    }

    /// An Application before and after the change.
    fn sides(&self, pair: &Pair, extent: Extent) -> [Option<Application>; 2] {
        let (base, head) = (self.base(), self.head());
        match (pair.base, pair.head) {
            (Some(old), Some(new)) => {
                let inputs = self.inputs(old, new);
                if inputs.differences.is_empty() {
                    let outcome = outcome_of(&inputs.render, base.application(old), extent);
                    let is_dropped = extent == Extent::Identities
                        && base.application(old).definition.manifest
                            == head.application(new).definition.manifest;
                    let side = |side: &FleetSide<'_>, place, outcome| {
                        let mut application = self.application(side, place, pair, outcome);
                        if is_dropped {
                            application.manifest = serde_json::Value::Null;
                        }
                        Some(application)
                    };
                    return [side(base, old, outcome.clone()), side(head, new, outcome)];
                }
                let before = outcome_of(&inputs.render, base.application(old), Extent::Whole);
                let after = outcome_of(&head.render_alone(new), head.application(new), Extent::Whole);
                [
                    Some(self.application(base, old, pair, before)),
                    Some(self.application(head, new, pair, after)),
                ]
            }
            (Some(place), None) => {
                let shown = self.alone(base, place, pair);
                let missing = missing(base, place, head).map(|outcome| without(&shown, outcome));
                [Some(shown), missing]
            }
            (None, Some(place)) => {
                let shown = self.alone(head, place, pair);
                let missing = missing(head, place, base).map(|outcome| without(&shown, outcome));
                [missing, Some(shown)]
            }
            (None, None) => [None, None],
        }
    }

    fn alone(&self, side: &FleetSide<'_>, place: Place, pair: &Pair) -> Application {
        let outcome = outcome_of(&side.render_alone(place), side.application(place), Extent::Whole);
        self.application(side, place, pair, outcome)
    }

    /// The Applications that render to something else, each with the inputs of it that differ; and
    /// how many were looked at. Only those are rendered after the change whose inputs differ: a
    /// comment in a file that is read makes no difference.
    pub fn affected(&self, filter: &Filter, progress: &dyn Progress) -> (Vec<(&Pair, Differences)>, usize) {
        let wanted: Vec<&Pair> = self.pairs().iter().filter(|pair| self.wants(pair, filter)).collect();
        progress.begin(wanted.len());
        let one = |pair: &&Pair| {
            let differences = match (pair.base, pair.head) {
                (Some(old), Some(new)) => {
                    let Inputs { render, differences } = self.inputs(old, new);
                    let is_same = differences.is_empty() || self.is_rendered_alike(&render, (old, new));
                    if is_same { Differences::default() } else { differences }
                }
                _ => Differences { definition: true, ..Differences::default() },
            };
            progress.advance();
            differences
        };
        let found: Vec<Differences> = self.base().fleet.pool.install(|| wanted.par_iter().map(one).collect());
        let count = wanted.len();
        let found = wanted.into_iter().zip(found).filter(|(_, differences)| !differences.is_empty());
        (found.collect(), count)
    }

    /// Whether an Application renders to the same after the change, byte for byte, into the same
    /// namespace.
    fn is_rendered_alike(&self, render: &ApplicationRender, (old, new): (Place, Place)) -> bool {
        let (before, after) = (self.base().application(old), self.head().application(new));
        let is_named = before.destination_namespace() == after.destination_namespace()
            && before.called == after.called
            && before.target.is_ok() == after.target.is_ok();
        is_named && is_same_render(render, &self.head().render_alone(new))
    }

    /// Whether an Application is on one side alone, and not known not to be on the other.
    pub(crate) fn is_unknown(&self, pair: &Pair) -> bool {
        match (pair.base, pair.head) {
            (Some(place), None) => missing(self.base(), place, self.head()).is_some(),
            (None, Some(place)) => missing(self.head(), place, self.base()).is_some(),
            _ => false,
        }
    }
}

/// What became of a render. What is not known of custom kinds is left as it is, so that the text of
/// an object is that of its manifest.
fn outcome_of(render: &ApplicationRender, application: &environment::Application, extent: Extent) -> Summary {
    let namespace = application.destination_namespace().unwrap_or_default();
    summarize(render, (namespace, CustomKinds::Unknown), extent)
}

/// An Application of the other side, of which nothing is rendered here.
fn without(shown: &Application, outcome: RenderResult) -> Application {
    Application { outcome, incomplete: None, ..shown.clone() }
}

impl FleetSide<'_> {
    /// The render of an Application by the plans of its sources: the one that was made to find
    /// others, if it is still there.
    fn render(&self, place: Place, plans: impl FnOnce() -> Plans) -> ApplicationRender {
        let kept = self.environments[place.environment].take_render(place.application);
        kept.unwrap_or_else(|| self.fleet.render_planned(self.application(place), plans))
    }

    /// The same for an Application that is not planned yet.
    fn render_alone(&self, place: Place) -> ApplicationRender {
        self.render(place, || self.fleet.plan(self.application(place)))
    }
}
