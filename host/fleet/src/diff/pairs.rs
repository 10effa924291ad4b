//! Which Application before the change is which after it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::change::{self, ApplicationKey};
use crate::clusters::LOCAL_NAME;
use crate::definition::{Definition, ObjectName};
use crate::environment::{Application, Environment, Filter, Parent, Set};
use crate::fleet::Fleet;
use crate::needed::Needed;
use crate::outcome::Summary;
use crate::settings::Root;

/// A fleet before or after a change: what its roots deploy.
pub struct FleetSide<'f> {
    pub(crate) fleet: &'f Fleet,
    /// What each root deploys.
    pub environments: Vec<Environment>,
    /// Of each environment the Applications of which it is not known what they make, since their
    /// render failed or lacks something: that.
    pub(super) unknown: Vec<HashMap<ObjectName, Option<Needed>>>,
    /// Of each environment the number of each Application, and of each ApplicationSet, by its name.
    numbers: Vec<[HashMap<ObjectName, usize>; 2]>,
}

/// Where an Application is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) environment: usize,
    pub(crate) application: usize,
}

/// An Application before and after.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Which it is.
    pub key: ApplicationKey,
    /// The environment that it is in.
    pub environment: String,
    pub(crate) base: Option<Place>,
    pub(crate) head: Option<Place>,
}

/// Two states of a fleet, Application by Application.
pub struct Pairing<'f> {
    base: FleetSide<'f>,
    head: FleetSide<'f>,
    pairs: Vec<Pair>,
    /// The number of the pair of each Application, before and after the change.
    numbers: [HashMap<Place, usize>; 2],
}

impl Pair {
    /// Whether it is there before the change, and after it.
    pub fn is_there(&self) -> (bool, bool) {
        (self.base.is_some(), self.head.is_some())
    }
}

impl<'f> FleetSide<'f> {
    /// Finds what roots deploy.
    pub fn new(fleet: &'f Fleet, roots: &[Root]) -> Self {
        let environments: Vec<Environment> =
            roots.iter().map(|root| fleet.environment(&root.environment, &root.path)).collect();
        let unknown = environments.iter().map(|environment| {
            let renders = environment.unknown_renders().into_iter();
            let name = |index: usize| environment.applications[index].definition.name.clone();
            renders.map(|(index, lacks)| (name(index), lacks)).collect()
        });
        let numbers = environments.iter().map(|environment| {
            let applications = environment.applications.iter().map(|one| &one.definition);
            let sets = environment.sets.iter().map(|one| &one.definition);
            [numbers(applications), numbers(sets)]
        });
        Self { fleet, unknown: unknown.collect(), numbers: numbers.collect(), environments }
    }

    /// Finds what the roots of two fleets deploy, both at the same time.
    pub fn both([base, head]: [(&'f Fleet, &[Root]); 2]) -> [Self; 2] {
        let sides = || rayon::join(|| Self::new(base.0, base.1), || Self::new(head.0, head.1));
        base.0.pool.install(sides).into()
    }

    /// The Application of a name in an environment.
    pub(super) fn named(&self, environment: usize, name: &ObjectName) -> Option<&Application> {
        let [applications, _] = &self.numbers[environment];
        Some(&self.environments[environment].applications[*applications.get(name)?])
    }

    /// The ApplicationSet of a name in an environment.
    pub(super) fn named_set(&self, environment: usize, name: &ObjectName) -> Option<&Set> {
        let [_, sets] = &self.numbers[environment];
        Some(&self.environments[environment].sets[*sets.get(name)?])
    }

    /// An Application.
    pub(crate) fn application(&self, place: Place) -> &Application {
        &self.environments[place.environment].applications[place.application]
    }

    /// The fleet.
    pub fn fleet(&self) -> &'f Fleet {
        self.fleet
    }

    fn places(&self) -> BTreeMap<(&str, &ObjectName), Place> {
        let mut places = BTreeMap::new();
        for (number, environment) in self.environments.iter().enumerate() {
            for (index, application) in environment.applications.iter().enumerate() {
                let place = Place { environment: number, application: index };
                places.insert((environment.name.as_str(), &application.definition.name), place);
            }
        }
        places
    }
}

/// The number of each object, by its name.
fn numbers<'d>(all: impl Iterator<Item = &'d Definition>) -> HashMap<ObjectName, usize> {
    all.enumerate().map(|(number, definition)| (definition.name.clone(), number)).collect()
}

impl<'f> Pairing<'f> {
    /// Pairs two states of a fleet. An Application that deploys to another cluster is gone from one
    /// and new on the other.
    pub fn new(base: FleetSide<'f>, head: FleetSide<'f>) -> Self {
        let names: BTreeSet<&str> = [&base, &head]
            .into_iter()
            .flat_map(|side| &side.environments)
            .map(|it| it.name.as_str())
            .collect();
        // Each environment has an Argo CD of its own.
        let is_several = names.len() > 1;
        let mut both: BTreeMap<(&str, &ObjectName), [Option<Place>; 2]> = BTreeMap::new();
        for (index, side) in [&base, &head].into_iter().enumerate() {
            for (name, place) in side.places() {
                both.entry(name).or_default()[index] = Some(place);
            }
        }
        let mut pairs: Vec<Pair> = Vec::new();
        for ((environment, name), [old, new]) in both {
            let cluster = |side: &FleetSide<'_>, place: Option<Place>| {
                side.application(place?).target.as_ref().ok().map(|target| target.cluster.clone())
            };
            let mut add = |cluster: Option<String>, old, new| {
                let cluster = match cluster.unwrap_or_default() {
                    // Each environment's Argo CD runs in a cluster of its own.
                    cluster if is_several && cluster == LOCAL_NAME => format!("{environment}/{cluster}"),
                    cluster => cluster,
                };
                let name = if name.namespace == head.fleet.options.namespace {
                    name.name.clone()
                } else {
                    name.to_string()
                };
                let key = ApplicationKey { cluster, name };
                pairs.push(Pair { key, environment: environment.to_owned(), base: old, head: new });
            };
            match (cluster(&base, old), cluster(&head, new)) {
                (Some(from), Some(to)) if from != to => {
                    add(Some(from), old, None);
                    add(Some(to), None, new);
                }
                (from, to) => add(to.or(from), old, new),
            }
        }
        pairs.sort_by(|one, other| (&one.key, &one.environment).cmp(&(&other.key, &other.environment)));
        let numbers = [|pair: &Pair| pair.base, |pair: &Pair| pair.head].map(|place| {
            let places = pairs.iter().enumerate();
            places.filter_map(|(number, pair)| Some((place(pair)?, number))).collect()
        });
        Self { base, head, pairs, numbers }
    }

    /// The side before the change.
    pub fn base(&self) -> &FleetSide<'f> {
        &self.base
    }

    /// The side after the change.
    pub fn head(&self) -> &FleetSide<'f> {
        &self.head
    }

    /// The Applications of both sides, by cluster and name.
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// The Application of a pair, after the change if it is there.
    pub fn latest(&self, pair: &Pair) -> Option<&Application> {
        let head = pair.head.map(|place| self.head.application(place));
        head.or_else(|| pair.base.map(|place| self.base.application(place)))
    }

    pub(super) fn wants(&self, pair: &Pair, filter: &Filter) -> bool {
        let is_wanted = |side: &FleetSide<'_>, place: Option<Place>| {
            place.is_some_and(|it| filter.wants(side.application(it)))
        };
        is_wanted(&self.base, pair.base) || is_wanted(&self.head, pair.head)
    }

    /// An Application as the comparison takes it.
    pub(super) fn application(
        &self,
        side: &FleetSide<'_>,
        place: Place,
        pair: &Pair,
        Summary { result, incomplete }: Summary,
    ) -> change::Application {
        let found = side.application(place);
        let parent = match found.parent {
            Parent::Root => None,
            Parent::Application(index) => {
                let known = &self.numbers[usize::from(!std::ptr::eq(side, &raw const self.base))];
                let number = known.get(&Place { application: index, ..place });
                number.map(|number| change::Parent::Application(self.pairs[*number].key.clone()))
            }
            Parent::Set(index) => {
                let set = &side.environments[place.environment].sets[index].definition;
                Some(change::Parent::ApplicationSet {
                    name: set.name.name.clone(),
                    manifest: Arc::clone(&set.manifest),
                })
            }
        };
        change::Application {
            key: pair.key.clone(),
            manifest: found.definition.manifest.as_ref().clone(),
            parent,
            file: found.definition.origin.as_ref().map(|origin| origin.path.clone()),
            outcome: result,
            incomplete,
        }
    }
}
