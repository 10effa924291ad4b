//! Which object before is which object after.

use std::collections::HashMap;

use super::identity::{ObjectId, by_identity, hash_stem};
use super::input::{Application, ApplicationKey, Object, RenderResult};
use super::sides::{ObjectChange, SharedObject};

/// An Application with those of its objects that are not equal on both sides.
pub(super) struct Paired<'a> {
    pub(super) key: &'a ApplicationKey,
    pub(super) before: Option<&'a Application>,
    pub(super) after: Option<&'a Application>,
    pub(super) pairs: Vec<Pair<'a>>,
    pub(super) unchanged: usize,
    pub(super) repeated: Vec<ObjectId>,
    /// All objects before and after, by identity.
    all: [Vec<ObjectId>; 2],
}

/// An object that differs.
pub(super) struct Pair<'a> {
    pub(super) id: ObjectId,
    pub(super) change: ObjectChange,
    pub(super) before: Option<&'a Object>,
    pub(super) after: Option<&'a Object>,
}

/// Pairs the objects of an Application, unless a side was not rendered.
pub(super) fn pair_objects<'a>(
    key: &'a ApplicationKey,
    before: Option<&'a Application>,
    after: Option<&'a Application>,
) -> Paired<'a> {
    let is_rendered = |side: Option<&Application>| {
        side.is_none_or(|application| matches!(application.outcome, RenderResult::Rendered(_)))
    };
    let objects = |side: Option<&'a Application>| side.map_or(&[][..], Application::objects);
    let (old, _) = by_identity(objects(before));
    let (new, repeated) = by_identity(objects(after));
    let all = [&old, &new].map(|side| side.iter().map(|(id, _)| id.clone()).collect());
    let mut paired = Paired { key, before, after, pairs: Vec::new(), unchanged: 0, repeated, all };
    if is_rendered(before) && is_rendered(after) {
        let (mut old, mut new) = (old.into_iter().peekable(), new.into_iter().peekable());
        loop {
            // Both are sorted: the lower identity is of one side alone.
            let order = match (old.peek(), new.peek()) {
                (Some((was, _)), Some((is, _))) => was.cmp(is),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (None, None) => break,
            };
            let was = if order.is_le() { old.next() } else { None };
            let is = if order.is_ge() { new.next() } else { None };
            paired.add(was, is);
        }
        paired.find_renames();
    }
    paired
}

impl<'a> Paired<'a> {
    fn add(&mut self, before: Option<(ObjectId, &'a Object)>, after: Option<(ObjectId, &'a Object)>) {
        let (id, change, before, after) = match (before, after) {
            (Some((_, before)), Some((_, after))) if before.manifest == after.manifest => {
                self.unchanged += 1;
                return;
            }
            (Some((id, before)), Some((_, after))) => (id, ObjectChange::Changed, Some(before), Some(after)),
            (Some((id, before)), None) => (id, ObjectChange::Removed, Some(before), None),
            (None, Some((id, after))) => (id, ObjectChange::Added, None, Some(after)),
            (None, None) => return,
        };
        self.pairs.push(Pair { id, change, before, after });
    }

    /// Takes a ConfigMap or Secret whose name ends in another hash for the same one.
    fn find_renames(&mut self) {
        let mut gone: HashMap<(String, String, String), Vec<usize>> = HashMap::new();
        let stem = |pair: &Pair<'_>| {
            hash_stem(&pair.id).map(|stem| (pair.id.kind.clone(), pair.id.namespace.clone(), stem.to_owned()))
        };
        for (index, pair) in self.pairs.iter().enumerate().rev() {
            if let (ObjectChange::Removed, Some(stem)) = (&pair.change, stem(pair)) {
                gone.entry(stem).or_default().push(index);
            }
        }
        let mut taken = vec![false; self.pairs.len()];
        for index in 0..self.pairs.len() {
            let pair = &self.pairs[index];
            if pair.change != ObjectChange::Added {
                continue;
            }
            let Some(old) = stem(pair).and_then(|stem| gone.get_mut(&stem)?.pop()) else { continue };
            taken[old] = true;
            let (before, from) = (self.pairs[old].before, self.pairs[old].id.name.clone());
            self.pairs[index].before = before;
            self.pairs[index].change = ObjectChange::Renamed { from };
        }
        let mut taken = taken.into_iter();
        self.pairs.retain(|_| !taken.next().unwrap_or_default());
    }
}

/// Takes an object that one Application lost and another of the same cluster gained for one that
/// moved.
pub(super) fn find_moves(applications: &mut [Paired<'_>]) {
    let mut lost: HashMap<(String, ObjectId), Vec<(usize, usize)>> = HashMap::new();
    for (application, paired) in applications.iter().enumerate().rev() {
        for (index, pair) in paired.pairs.iter().enumerate() {
            if pair.change == ObjectChange::Removed {
                let place = (paired.key.cluster.clone(), pair.id.clone());
                lost.entry(place).or_default().push((application, index));
            }
        }
    }
    for application in 0..applications.len() {
        for index in 0..applications[application].pairs.len() {
            let paired = &applications[application];
            let pair = &paired.pairs[index];
            if pair.change != ObjectChange::Added || pair.id.name.ends_with('*') {
                continue;
            }
            let place = (paired.key.cluster.clone(), pair.id.clone());
            let Some((from, old)) = lost.get_mut(&place).and_then(Vec::pop) else { continue };
            let (to_key, from_key) = (paired.key.clone(), applications[from].key.clone());
            let before = applications[from].pairs[old].before;
            applications[from].pairs[old].change = ObjectChange::MovedTo(to_key);
            let pair = &mut applications[application].pairs[index];
            pair.before = before;
            pair.change = ObjectChange::MovedFrom(from_key);
        }
    }
}

/// The objects that several Applications have on one cluster after the change.
pub(super) fn find_shared(applications: &[Paired<'_>]) -> Vec<SharedObject> {
    let owners = |side: usize| {
        let mut owners: HashMap<(&str, &ObjectId), Vec<&ApplicationKey>> = HashMap::new();
        for paired in applications {
            for id in paired.all[side].iter().filter(|id| !id.name.contains('*')) {
                owners.entry((&paired.key.cluster, id)).or_default().push(paired.key);
            }
        }
        owners
    };
    let (before, after) = (owners(0), owners(1));
    let mut shared: Vec<SharedObject> = after
        .iter()
        .filter(|(_, owners)| owners.len() > 1)
        .map(|(place, owners)| SharedObject {
            id: place.1.clone(),
            owners: owners.iter().map(|&key| key.clone()).collect(),
            before: before.get(place) == Some(owners),
        })
        .collect();
    shared.sort_unstable_by(|one, other| (&one.owners, &one.id).cmp(&(&other.owners, &other.id)));
    shared
}
