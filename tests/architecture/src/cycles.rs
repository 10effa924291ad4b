//! Cycles of modules.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::modules::{Graph, Use};

/// Groups of modules in which each can be reached from each.
pub fn cycles(graph: &Graph) -> Vec<BTreeSet<String>> {
    let reach: BTreeMap<&String, BTreeSet<&String>> =
        graph.keys().map(|from| (from, reachable(graph, from))).collect();
    let mut found = BTreeSet::new();
    for (from, to) in &reach {
        let group: BTreeSet<String> = to
            .iter()
            .filter(|other| reach.get(*other).is_some_and(|back| back.contains(from)))
            .map(|other| (*other).clone())
            .collect();
        if !group.is_empty() {
            found.insert(group);
        }
    }
    found.into_iter().collect()
}

fn reachable<'g>(graph: &'g Graph, from: &String) -> BTreeSet<&'g String> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&String> = graph.get(from).map(|to| to.keys().collect()).unwrap_or_default();
    while let Some(module) = next.pop() {
        if reached.insert(module) {
            next.extend(graph.get(module).into_iter().flat_map(BTreeMap::keys));
        }
    }
    reached
}

/// The edges of a cycle, each with a place.
pub fn describe(cycle: &BTreeSet<String>, graph: &Graph) -> String {
    let mut text = cycle.iter().cloned().collect::<Vec<_>>().join(" ↔ ");
    for from in cycle {
        for (to, Use { place, path }) in graph.get(from).into_iter().flatten() {
            if cycle.contains(to) {
                let _ = write!(text, "\n  {from} → {to}: {path} at {place}");
            }
        }
    }
    text
}
