//! The steps at the end of a build, which no single kustomization configures.

use std::collections::HashMap;

use oarlock_plugin::{Cause, Origin};
use oarlock_yaml::Node;

use super::{Made, Recorder, Step};
use crate::resource::{ResMap, Resource};
use crate::transform::variables::{self, Var};

/// Records the steps at the end of a build.
pub(crate) struct Ends<'r> {
    pub(crate) recorder: &'r Recorder,
}

/// A variable as it is written in a text, and where its value is written.
type ValueSource = (String, Option<Origin>);

impl Ends<'_> {
    /// Hashes were added to names: what gave the name still decides it.
    pub(crate) fn hashes(&self, resources: &ResMap) {
        let names = self.places(resources, "name");
        let place = |made: &Made<'_>| names.get(made.text).cloned().flatten();
        self.record(resources.as_slice(), "hash of the content", None, &place);
    }

    /// References follow the names and namespaces of what they refer to.
    pub(crate) fn references(&self, resources: &ResMap) {
        let names = self.places(resources, "name");
        let namespaces = self.places(resources, "namespace");
        let place = |made: &Made<'_>| {
            let known = if made.key == "namespace" { &namespaces } else { &names };
            let within = || {
                let parts = known.iter().filter(|(name, _)| made.text.contains(**name));
                parts.max_by_key(|(name, _)| name.len()).map(|(_, place)| place)
            };
            known.get(made.text).or_else(within).cloned().flatten()
        };
        self.record(resources.as_slice(), "reference to a name", None, &place);
    }

    /// Where the values of variables are written.
    pub(crate) fn sources(&self, resources: &ResMap, variables: &[Var]) -> Vec<ValueSource> {
        let place = |var: &Var| {
            let found = variables::source_node(resources, var);
            let place = found.and_then(|(resource, node)| self.recorder.place_in(resource, node));
            place.or_else(|| var.origin().cloned())
        };
        variables.iter().map(|var| (var.reference(), place(var))).collect()
    }

    /// Variables were replaced by their values.
    pub(crate) fn variables(&self, resources: &ResMap, sources: &[ValueSource]) {
        let place = |made: &Made<'_>| {
            let before = made.before.unwrap_or_default();
            let used = sources.iter().find(|(reference, _)| before.contains(reference.as_str()));
            used.and_then(|(_, place)| place.clone())
        };
        self.record(resources.as_slice(), "vars", None, &place);
    }

    /// Annotations and labels that `buildMetadata` asks for.
    pub(crate) fn metadata(&self, resources: &[Resource], origin: &Origin) {
        self.record(resources, "buildMetadata", Some(origin), &|_| Some(origin.clone()));
    }

    fn record(
        &self,
        resources: &[Resource],
        by: &str,
        origin: Option<&Origin>,
        place: &dyn Fn(&Made<'_>) -> Option<Origin>,
    ) {
        let cause = Cause { by: by.to_owned(), origin: origin.cloned() };
        self.recorder.settle_all(resources, &Step { cause, place });
    }

    /// Where the names or namespaces of resources are written, by what they are.
    fn places<'n>(&self, resources: &'n ResMap, field: &str) -> HashMap<&'n str, Option<Origin>> {
        let named = |resource: &'n Resource| {
            let node: &Node = resource.object.at(&["metadata", field])?;
            Some((node.scalar_text()?, self.recorder.place_in(resource, node)))
        };
        resources.iter().filter_map(named).collect()
    }
}
