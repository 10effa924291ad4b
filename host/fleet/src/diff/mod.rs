//! Two states of a fleet → what is compared by [`change`](crate::change).
//!
//! [`Pairing`] finds which Application of one side is which of the other, and
//! [`Pairing::render`] renders what may differ: an Application is rendered before the change, and
//! after it only if something that the render read is not the same any more.

mod inputs;
mod missing;
mod outcome;
mod pairs;

pub use inputs::Differences;
pub use pairs::{FleetSide, Pair, Pairing};

use rayon::prelude::*;

use crate::change::{Application, RenderResult, Side};
use crate::directories::Progress;
use crate::environment::Filter;
use crate::rendered::ApplicationRender;
use missing::missing;
use outcome::{identities, outcome_of};

impl Pairing<'_> {
    /// Renders the Applications that are wanted, as far as they may differ, many at once: the sides
    /// before and after the change. Of an Application whose inputs are the same each side has the
    /// names of the objects alone.
    pub fn render(&self, filter: &Filter, progress: &dyn Progress) -> (Side, Side) {
        let wanted: Vec<&Pair> = self.pairs().iter().filter(|pair| self.wants(pair, filter)).collect();
        progress.begin(wanted.len());
        let (mut before, mut after) = (Side::default(), Side::default());
        for chunk in wanted.chunks(self.chunk()) {
            let sides: Vec<[Option<Application>; 2]> = self.base().fleet.pool.install(|| {
                let one = |pair: &&Pair| {
                    let sides = self.sides(pair);
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

    fn chunk(&self) -> usize {
        self.base().fleet.pool.current_num_threads() * 8
    }

    /// An Application before and after the change.
    fn sides(&self, pair: &Pair) -> [Option<Application>; 2] {
        let (base, head) = (self.base(), self.head());
        match (pair.base, pair.head) {
            (Some(old), Some(new)) => {
                let inputs = self.inputs(old, new);
                if inputs.differences.is_empty() {
                    let outcome = match outcome_of(&inputs.render, base.application(old)) {
                        RenderResult::Rendered(objects) => RenderResult::Rendered(identities(objects)),
                        outcome => outcome,
                    };
                    let is_same = base.application(old).definition.manifest
                        == head.application(new).definition.manifest;
                    let side = |side: &FleetSide<'_>, place, outcome| {
                        let mut application = self.application(side, place, pair, outcome);
                        if is_same {
                            application.manifest = serde_json::Value::Null;
                        }
                        Some(application)
                    };
                    return [side(base, old, outcome.clone()), side(head, new, outcome)];
                }
                let before = outcome_of(&inputs.render, base.application(old));
                let after = outcome_of(&head.render(new), head.application(new));
                [
                    Some(self.application(base, old, pair, before)),
                    Some(self.application(head, new, pair, after)),
                ]
            }
            (Some(place), None) => {
                let shown = self.alone(base, place, pair);
                let missing =
                    missing(base, place, head).map(|outcome| Application { outcome, ..shown.clone() });
                [Some(shown), missing]
            }
            (None, Some(place)) => {
                let shown = self.alone(head, place, pair);
                let missing =
                    missing(head, place, base).map(|outcome| Application { outcome, ..shown.clone() });
                [missing, Some(shown)]
            }
            (None, None) => [None, None],
        }
    }

    fn alone(&self, side: &FleetSide<'_>, place: pairs::Place, pair: &Pair) -> Application {
        let outcome = outcome_of(&side.render(place), side.application(place));
        self.application(side, place, pair, outcome)
    }

    /// Which inputs of each Application differ: everything that may render to something else. What
    /// is the same has no entry. Nothing is rendered after the change. With them comes how many
    /// Applications were looked at.
    pub fn affected(&self, filter: &Filter, progress: &dyn Progress) -> (Vec<(&Pair, Differences)>, usize) {
        let wanted: Vec<&Pair> = self.pairs().iter().filter(|pair| self.wants(pair, filter)).collect();
        progress.begin(wanted.len());
        let one = |pair: &&Pair| {
            let differences = match (pair.base, pair.head) {
                (Some(old), Some(new)) => self.inputs(old, new).differences,
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

    /// Whether an Application is on one side alone, and not known not to be on the other.
    pub(crate) fn is_unknown(&self, pair: &Pair) -> bool {
        match (pair.base, pair.head) {
            (Some(place), None) => missing(self.base(), place, self.head()).is_some(),
            (None, Some(place)) => missing(self.head(), place, self.base()).is_some(),
            _ => false,
        }
    }
}

impl FleetSide<'_> {
    /// The render of an Application: the one that was made to find others, if it is still there.
    fn render(&self, place: pairs::Place) -> ApplicationRender {
        let kept = self.environments[place.environment].take_render(place.application);
        kept.unwrap_or_else(|| self.fleet.render(self.application(place)))
    }
}
