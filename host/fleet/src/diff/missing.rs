//! Why an Application is on one side alone: nothing is known of what something that failed would
//! make.

use std::collections::BTreeMap;

use oarlock_plugin::Failure;
use serde_json::Value;

use super::pairs::{FleetSide, Pairing, Place};
use crate::change::{self, ApplicationKey, RenderResult};
use crate::environment::{Environment, Parent};
use crate::outcome::{failure, first_failure, render_failure};

/// What becomes of an Application on the side that does not have it; `None` if it is not there
/// for certain.
pub(super) fn missing(side: &FleetSide<'_>, place: Place, other: &FleetSide<'_>) -> Option<RenderResult> {
    let environment = &side.environments[place.environment];
    let number = other.environments.iter().position(|known| known.name == environment.name)?;
    let there = &other.environments[number];
    let own = &side.application(place).definition.name;
    // It deploys to another cluster.
    if other.named(number, own).is_some() {
        return None;
    }
    let mut parent = side.application(place).parent;
    loop {
        parent = match parent {
            Parent::Root => {
                let is_empty = there.applications.is_empty() || there.root_render.is_some();
                return problem_of(there).filter(|_| is_empty).map(RenderResult::Failed);
            }
            Parent::Set(index) => {
                let set = &environment.sets[index];
                match other.named_set(number, &set.definition.name) {
                    None => set.parent,
                    Some(known) => {
                        let title = known.definition.title();
                        if let Some(cause) = &known.failure {
                            return Some(RenderResult::Failed(because(&title, cause)));
                        }
                        let external = known.external.first()?;
                        let reason = format!("{title} needs {external}, which is not at hand");
                        return Some(RenderResult::External(reason));
                    }
                }
            }
            Parent::Application(index) => {
                let above = &environment.applications[index];
                let name = &above.definition.name;
                match other.named(number, name) {
                    None => above.parent,
                    Some(known) => {
                        let title = known.definition.title();
                        if let Some(cause) = known.fault() {
                            return Some(RenderResult::Failed(because(&title, cause)));
                        }
                        if let Some(lacks) = other.unknown[number].get(name)? {
                            let reason = format!("{title}, which makes it: {}", lacks.reason());
                            return Some(RenderResult::External(reason));
                        }
                        let message = format!("{title}, which makes it, does not render");
                        return Some(RenderResult::Failed(change::Failure { message, origin: None }));
                    }
                }
            }
        };
    }
}

fn because(title: &str, cause: &Failure) -> change::Failure {
    let failure = failure(cause);
    change::Failure { message: format!("{title}, which makes it, fails: {}", failure.message), ..failure }
}

impl Pairing<'_> {
    /// What is wrong with environments as a whole, as failures of something by their name: nothing
    /// is known of the Applications that they lack.
    pub(crate) fn problems(&self) -> Vec<[Option<change::Application>; 2]> {
        let mut names: BTreeMap<&str, [Option<&Environment>; 2]> = BTreeMap::new();
        for (index, side) in [self.base(), self.head()].into_iter().enumerate() {
            for environment in &side.environments {
                names.entry(&environment.name).or_default()[index] = Some(environment);
            }
        }
        let mut problems = Vec::new();
        for (name, sides) in names {
            let failures = sides.map(|side| side.and_then(problem_of));
            if failures.iter().all(Option::is_none) {
                continue;
            }
            let key = ApplicationKey { cluster: String::new(), name: format!("environment {name}") };
            let entry = |failure: Option<change::Failure>| {
                Some(change::Application {
                    key: key.clone(),
                    manifest: Value::Null,
                    parent: None,
                    file: None,
                    outcome: failure.map_or(RenderResult::Rendered(Vec::new()), RenderResult::Failed),
                    incomplete: None,
                })
            };
            problems.push(failures.map(entry));
        }
        problems
    }
}

/// What is wrong with an environment as a whole.
fn problem_of(environment: &Environment) -> Option<change::Failure> {
    if let Some(root) = &environment.root_render
        && let Err(error) = &root.rendered
    {
        return Some(render_failure(error));
    }
    first_failure(&environment.problems)
}
