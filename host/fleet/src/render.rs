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
    /// What `each` gives: nothing more is rendered then.
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
        let mut hand_on = |chunk: &[usize], renders| {
            for (index, render) in chunk.iter().zip::<Vec<ApplicationRender>>(renders) {
                let application = &environment.applications[*index];
                for needed in render.needed() {
                    needs.add(needed, application.definition.title());
                }
                each(application, render)?;
            }
            Ok(())
        };
        let mut chunks = wanted.chunks(self.pool.current_num_threads() * 8);
        let mut rendered = chunks.next().map(|chunk| (chunk, self.pool.install(|| render(chunk))));
        while let Some((chunk, renders)) = rendered {
            let later = chunks.next();
            let mut next = None;
            self.pool.in_place_scope(|scope| {
                scope.spawn(|_| next = later.map(|chunk| (chunk, render(chunk))));
                hand_on(chunk, renders)
            })?;
            rendered = next;
        }
        for set in &environment.sets {
            for external in &set.external {
                needs.add(Needed::External(external.clone()), set.definition.title());
            }
        }
        Ok(needs)
    }
}
