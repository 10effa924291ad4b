//! Many renders at once, in a stable order.

use rayon::prelude::*;

use crate::directories::Progress;
use crate::environment::{Application, Environment, Filter};
use crate::fleet::Fleet;
use crate::needed::{Needed, Needs};
use crate::rendered::ApplicationRender;

impl Fleet {
    /// Renders the Applications of an environment that are wanted, many at once, and hands each on:
    /// sorted by cluster and name, while the next ones are rendered. So many renders are kept in
    /// memory as run at once, sixteen times over. Returns what they lack that is not at hand, and
    /// what generators lack.
    ///
    /// # Errors
    /// What `each` gives: nothing more is rendered then than what was begun.
    pub fn render_all<'e, E>(
        &self,
        environment: &'e Environment,
        filter: &Filter,
        progress: &dyn Progress,
        mut each: impl FnMut(&'e Application, ApplicationRender) -> Result<(), E>,
    ) -> Result<Needs, E> {
        let mut needs = Needs::default();
        let wanted: Vec<usize> = environment
            .in_order()
            .into_iter()
            .filter(|index| filter.wants(&environment.applications[*index]))
            .collect();
        progress.begin(wanted.len());
        let render = |chunk: &[usize]| -> Vec<ApplicationRender> {
            let one = |index: &usize| {
                let kept = environment.take_render(*index);
                let render = kept.unwrap_or_else(|| self.render(&environment.applications[*index]));
                progress.advance();
                render
            };
            chunk.par_iter().map(one).collect()
        };
        let mut hand_on = |chunk: &[usize], renders: Vec<ApplicationRender>| {
            for (index, render) in chunk.iter().zip(renders) {
                let application = &environment.applications[*index];
                for needed in render.needed() {
                    needs.add(needed, application.definition.title());
                }
                each(application, render)?;
            }
            Ok(())
        };
        let (mut earlier, mut renders): (&[usize], _) = (&[], Vec::new());
        // Behind the last chunk nothing is rendered, while that one is handed on.
        for chunk in wanted.chunks(self.batch()).chain([&[][..]]) {
            let (done, next) = (std::mem::take(&mut renders), &mut renders);
            self.pool.in_place_scope(|scope| {
                scope.spawn(|_| *next = render(chunk));
                hand_on(earlier, done)
            })?;
            earlier = chunk;
        }
        for set in &environment.sets {
            for external in &set.external {
                needs.add(Needed::External(external.clone()), set.definition.title());
            }
        }
        Ok(needs)
    }
}
