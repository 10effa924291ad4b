//! Where values come from: a build that keeps, for each field, what gave it its value.
//!
//! A [`Recorder`] is there only in a build that is asked for histories. It knows the values of all
//! resources after each step of the build; what differs after the next step, that step did. Nodes
//! that are read from files are [stamped](Places), so that they are known wherever a patch or a
//! replacement carries them. What a step makes itself has no stamp: the step says where in its
//! [settings](settings) the value is written.

mod ends;
mod fields;
mod places;
mod settings;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use oarlock_plugin::{Assignment, Cause, FieldHistory, ObjectHistory, Origin};
use oarlock_yaml::{Node, Span};

pub(crate) use self::ends::Ends;
use self::fields::{Field, fields, first_key, json, last_key, text};
pub(crate) use self::places::Lines;
use self::places::{Places, span_of, stamp_of};
pub(crate) use self::settings::Settings;
use crate::resource::{ResMap, Resource};

/// A step of a build, as it is recorded.
pub(crate) struct Step<'a> {
    /// What acts.
    pub cause: Cause,
    /// Where a value that the step makes is written.
    pub place: &'a dyn Fn(&Made<'_>) -> Option<Origin>,
}

/// A value that a step made.
pub(crate) struct Made<'a> {
    /// The last key on the way to the field.
    pub key: &'a str,
    /// The first key on the way to the field.
    pub section: &'a str,
    /// The value as text.
    pub text: &'a str,
    /// The text that the field held before.
    pub before: Option<&'a str>,
}

/// What is known of a build so far.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    known: RefCell<Known>,
}

#[derive(Debug, Default)]
struct Known {
    places: Places,
    /// The values that fields had, in the order in which they got them.
    assigned: Vec<Assigned>,
    /// The resources after the step that saw them last, by the stamps of their roots.
    states: HashMap<u32, SeenResource>,
    /// What a stamped node held last, in whichever resource it was.
    latest: HashMap<u32, usize>,
}

/// A value that a field had.
#[derive(Debug)]
struct Assigned {
    json: String,
    text: String,
    place: Option<Origin>,
    cause: Rc<Cause>,
    /// What the field held before.
    before: Option<usize>,
}

/// A resource as the last step that saw it left it.
#[derive(Debug)]
struct SeenResource {
    made_by: Rc<Cause>,
    changed_by: Vec<Rc<Cause>>,
    fields: Vec<Held>,
}

/// What a field holds.
#[derive(Debug)]
struct Held {
    path: String,
    stamp: Option<u32>,
    json: String,
    assigned: usize,
}

impl Recorder {
    /// Takes resources as they were read: their values are written where `lines` says.
    pub(crate) fn read(&self, lines: &Lines<'_>, resources: &mut [Resource], cause: &Cause) {
        for resource in resources.iter_mut() {
            let known = &mut *self.known.borrow_mut();
            known.places.stamp(&mut resource.object, lines);
            known.places.root(&mut resource.object, resource.origin.as_ref());
        }
        self.settle_all(resources, &Step { cause: cause.clone(), place: &|_| None });
    }

    /// Stamps a tree whose nodes may end up in resources.
    pub(crate) fn stamp(&self, node: &mut Node, lines: &Lines<'_>) {
        self.known.borrow_mut().places.stamp(node, lines);
    }

    /// The resources before a step, for [`after`](Self::after).
    pub(crate) fn before(resources: &ResMap) -> Vec<Option<u32>> {
        resources.iter().map(|resource| stamp_of(resource.object.span)).collect()
    }

    /// Records what a step did. `before` are the resources before it.
    pub(crate) fn after(&self, resources: &mut ResMap, before: &[Option<u32>], step: &Step<'_>) {
        if resources.iter().any(|resource| stamp_of(resource.object.span).is_none()) {
            self.stamp_roots(resources.as_mut_vec(), before);
        }
        self.settle_all(resources.as_slice(), step);
    }

    /// Gives resources that a step made or replaced a stamp: that of the resource in whose place
    /// they are, or a new one.
    fn stamp_roots(&self, resources: &mut [Resource], before: &[Option<u32>]) {
        let kept: HashSet<u32> =
            resources.iter().filter_map(|resource| stamp_of(resource.object.span)).collect();
        let is_same_number = resources.len() == before.len();
        for (position, resource) in resources.iter_mut().enumerate() {
            if stamp_of(resource.object.span).is_some() {
                continue;
            }
            let former = before.get(position).copied().flatten();
            match former.filter(|former| is_same_number && !kept.contains(former)) {
                Some(former) => resource.object.span = span_of(former),
                None => {
                    self.known.borrow_mut().places.root(&mut resource.object, resource.origin.as_ref());
                }
            }
        }
    }

    /// Compares resources with what was known of them, and keeps what a step did to them.
    pub(crate) fn settle_all(&self, resources: &[Resource], step: &Step<'_>) {
        let cause = Rc::new(step.cause.clone());
        for resource in resources {
            let Some(root) = stamp_of(resource.object.span) else { continue };
            let former = self.known.borrow_mut().states.remove(&root);
            let state = match former {
                Some(state) if is_same(&resource.object, &state.fields) => state,
                Some(mut state) => {
                    let (fields, acted) = self.settle(&resource.object, &state.fields, step, &cause);
                    if acted || fields.len() != state.fields.len() {
                        state.changed_by.push(Rc::clone(&cause));
                    }
                    SeenResource { fields, ..state }
                }
                None => {
                    let (fields, _) = self.settle(&resource.object, &[], step, &cause);
                    SeenResource { made_by: Rc::clone(&cause), changed_by: Vec::new(), fields }
                }
            };
            let known = &mut *self.known.borrow_mut();
            for held in &state.fields {
                if let Some(stamp) = held.stamp {
                    known.latest.insert(stamp, held.assigned);
                }
            }
            known.states.insert(root, state);
        }
    }

    /// The fields of an object after a step, and whether it gave one of them its value.
    fn settle(
        &self,
        object: &Node,
        former: &[Held],
        step: &Step<'_>,
        cause: &Rc<Cause>,
    ) -> (Vec<Held>, bool) {
        let mut by_stamp: HashMap<u32, Vec<&Held>> = HashMap::new();
        let mut by_path: HashMap<&str, &Held> = HashMap::new();
        for held in former {
            by_path.insert(&held.path, held);
            if let Some(stamp) = held.stamp {
                by_stamp.entry(stamp).or_default().push(held);
            }
        }
        let mut acted = false;
        let mut settled = Vec::new();
        for Field { path, node } in fields(object) {
            let (stamp, json) = (stamp_of(node.span), json(node));
            let here = by_path.get(path.as_str()).copied();
            let carried = stamp.and_then(|stamp| by_stamp.get(&stamp));
            let same = match (stamp, carried) {
                (Some(_), Some(carried)) => carried.iter().copied().find(|held| held.json == json),
                (Some(_), None) => None,
                (None, _) => here.filter(|held| held.json == json),
            };
            let assigned = same.map_or_else(
                || {
                    acted = true;
                    let before = here.or_else(|| carried.and_then(|carried| carried.first().copied()));
                    let place = match (stamp, carried) {
                        // A node from elsewhere: a patch, another resource.
                        (Some(stamp), None) => self.place_of_stamp(stamp, &json),
                        _ => self.place_of_made(&path, node, before, step),
                    };
                    self.assign(Assigned {
                        text: text(node),
                        json: json.clone(),
                        place,
                        cause: Rc::clone(cause),
                        before: before.map(|held| held.assigned),
                    })
                },
                |held| held.assigned,
            );
            settled.push(Held { path, stamp, json, assigned });
        }
        (settled, acted)
    }

    fn assign(&self, assigned: Assigned) -> usize {
        let all = &mut self.known.borrow_mut().assigned;
        all.push(assigned);
        all.len() - 1
    }

    fn place_of_stamp(&self, stamp: u32, json: &str) -> Option<Origin> {
        let known = self.known.borrow();
        let latest = known.latest.get(&stamp).map(|assigned| &known.assigned[*assigned]);
        match latest.filter(|assigned| assigned.json == json) {
            Some(assigned) => assigned.place.clone(),
            None => known.places.of_stamp(stamp),
        }
    }

    fn place_of_made(
        &self,
        path: &str,
        node: &Node,
        before: Option<&Held>,
        step: &Step<'_>,
    ) -> Option<Origin> {
        let before = before.map(|held| self.known.borrow().assigned[held.assigned].text.clone());
        (step.place)(&Made {
            key: last_key(path),
            section: first_key(path),
            text: &text(node),
            before: before.as_deref(),
        })
    }

    /// Where a node of a tree was written: a stamped one where it was read, another one in its
    /// file.
    pub(crate) fn place(&self, file: &str, span: Span) -> Option<Origin> {
        match stamp_of(span) {
            Some(stamp) => self.known.borrow().places.of_stamp(stamp),
            None => (span.line > 0).then(|| Origin::at(file, span.line, span.column)),
        }
    }

    /// Where the value of a node of a resource is written.
    pub(crate) fn place_in(&self, resource: &Resource, node: &Node) -> Option<Origin> {
        let position = fields(&resource.object).position(|field| std::ptr::eq(field.node, node));
        let known = self.known.borrow();
        let state = known.states.get(&stamp_of(resource.object.span)?)?;
        match position.and_then(|position| state.fields.get(position)) {
            Some(held) => known.assigned[held.assigned].place.clone(),
            None => known.places.of_stamp(stamp_of(node.span)?),
        }
    }

    /// Where the history of resources leads, in their order.
    pub(crate) fn histories(&self, resources: &[Resource]) -> Vec<ObjectHistory> {
        resources.iter().map(|resource| self.history(resource)).collect()
    }

    fn history(&self, resource: &Resource) -> ObjectHistory {
        let known = self.known.borrow();
        let state = stamp_of(resource.object.span).and_then(|root| known.states.get(&root));
        let Some(state) = state else { return ObjectHistory::default() };
        let field = |(pointer, held): (String, &Held)| FieldHistory {
            pointer,
            assignments: known.assignments(held.assigned),
        };
        ObjectHistory {
            made_by: Cause::clone(&state.made_by),
            changed_by: state.changed_by.iter().map(|cause| Cause::clone(cause)).collect(),
            fields: fields::pointers(&resource.object).into_iter().zip(&state.fields).map(field).collect(),
        }
    }
}

impl Known {
    /// What a field held, oldest first.
    fn assignments(&self, last: usize) -> Vec<Assignment> {
        let mut chain: Vec<Assignment> =
            std::iter::successors(self.assigned.get(last), |assigned| self.assigned.get(assigned.before?))
                .map(|assigned| Assignment {
                    value: assigned.json.clone(),
                    origin: assigned.place.clone(),
                    cause: Cause::clone(&assigned.cause),
                })
                .collect();
        chain.reverse();
        chain
    }
}

/// Whether an object is as its fields were, value by value.
fn is_same(object: &Node, former: &[Held]) -> bool {
    let mut former = former.iter();
    fields::nodes(object).all(|node| {
        former.next().is_some_and(|held| held.stamp == stamp_of(node.span) && held.json == json(node))
    }) && former.next().is_none()
}
