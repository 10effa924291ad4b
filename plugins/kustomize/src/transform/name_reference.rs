//! Name references: fields that name other resources follow when those get other names or
//! namespaces.
//!
//! kustomize tries each resource as the target of each reference, which takes it a quadratic time.
//! Here an [index](candidates) of all former names is built once, and each reference looks its own
//! name up.

use std::collections::HashMap;
use std::rc::Rc;

use oarlock_kubernetes::Gvk;
use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Node, ScalarKind, Value};

use super::config::TransformerConfig;
use super::field_spec::FieldPath;
use super::lookup::field;
use super::scalar;
use crate::resource::{ResMap, Resource};

mod candidate;
mod candidates;
mod referrer;

use candidate::Candidate;
use candidates::Candidates;
use referrer::Referrer;

/// Writes the current names of renamed resources into the fields that name them.
///
/// # Errors
/// If several resources of different names could be meant, or a field that should name a resource
/// has no name.
pub(crate) fn fix(resources: &mut ResMap, config: &TransformerConfig) -> Result<()> {
    let candidates = Candidates::of(resources);
    let mut rules = Rules { config, by_kind: HashMap::new() };
    let resources = resources.as_mut_vec();
    for position in 0..resources.len() {
        let mut targets = Vec::new();
        let resource = &mut resources[position];
        fix_one(resource, &rules.for_kind(resource.original_id().gvk), &candidates, &mut targets)?;
        if !targets.is_empty() {
            let id = resource.current_id();
            for target in targets {
                resources[target].referenced_by.push(id.clone());
            }
        }
    }
    Ok(())
}

/// A field that holds names of resources of a kind.
struct Rule<'a> {
    target: &'a Gvk,
    path: &'a FieldPath,
}

/// Which rules are for which kinds.
struct Rules<'a> {
    config: &'a TransformerConfig,
    by_kind: HashMap<Gvk, Rc<[Rule<'a>]>>,
}

impl<'a> Rules<'a> {
    fn for_kind(&mut self, kind: Gvk) -> Rc<[Rule<'a>]> {
        let config = self.config;
        let make = |kind: &Gvk| {
            let all = config.name_reference.iter().flat_map(|reference| {
                reference.referrers.iter().map(move |referrer| (&reference.target, referrer))
            });
            all.filter(|(_, referrer)| kind.is_selected_by(&referrer.gvk))
                .map(|(target, referrer)| Rule { target, path: &referrer.path })
                .collect()
        };
        self.by_kind.entry(kind).or_insert_with_key(make).clone()
    }
}

fn fix_one(
    resource: &mut Resource,
    rules: &[Rule<'_>],
    candidates: &Candidates,
    targets: &mut Vec<usize>,
) -> Result<()> {
    if rules.is_empty() {
        return Ok(());
    }
    let referrer = Referrer::of(resource).map_err(|failure| super::locate(resource, failure))?;
    for rule in rules {
        let role = rule.path.as_str().ends_with("roleRef/name").then_some(referrer.role.as_ref()).flatten();
        let mut search = Search { referrer: &referrer, target: rule.target, role, candidates, targets };
        let mut set = |node: &mut Node| search.fix(node);
        if let Err(failure) = rule.path.visit(&mut resource.object, None, &mut set) {
            return Err(rule.path.blame(resource, failure));
        }
    }
    Ok(())
}

/// The search for what one field names.
struct Search<'a> {
    referrer: &'a Referrer,
    target: &'a Gvk,
    role: Option<&'a Gvk>,
    candidates: &'a Candidates,
    /// Positions of the resources that were found to be named.
    targets: &'a mut Vec<usize>,
}

impl<'a> Search<'a> {
    fn fix(&mut self, node: &mut Node) -> Result<()> {
        match &mut node.value {
            Value::Scalar(scalar) if scalar.kind == ScalarKind::Null => Ok(()),
            Value::Scalar(_) => self.fix_scalar(node),
            Value::Mapping(_) => self.fix_mapping(node),
            Value::Sequence(elements) => elements.iter_mut().try_for_each(|element| match &element.value {
                Value::Sequence(_) => Err(scalar::wrong_kind("name, or a mapping with one", element)),
                _ if element.is_null() => Ok(()),
                Value::Scalar(_) => self.fix_scalar(element),
                Value::Mapping(_) => self.fix_mapping(element),
            }),
        }
    }

    /// A name alone.
    fn fix_scalar(&mut self, node: &mut Node) -> Result<()> {
        let name = node.scalar_text().unwrap_or_default();
        let found = self.find(name, |_| true);
        match self.choose(name, &found, |a, b| a.name == b.name)? {
            Some(target) if target.name != name => scalar::respell(node, target.name.clone()),
            _ => Ok(()),
        }
    }

    /// A mapping with a name and perhaps a namespace.
    fn fix_mapping(&mut self, node: &mut Node) -> Result<()> {
        let Some(name) = field(node, "name")? else {
            return Err(Failure::new("there is no `name` in what should name a resource").hint(
                "let the field specification of the name reference end at the name or at a mapping with a `name`",
            ));
        };
        let name = name.scalar_text().unwrap_or_default();
        let found = match field(node, "namespace")? {
            None => self.find(name, |_| true),
            Some(namespace) => {
                let namespace = namespace.scalar_text().unwrap_or_default();
                self.find(name, self.candidates.is_in(namespace, self.referrer))
            }
        };
        let is_same = |a: &Candidate, b: &Candidate| a.name == b.name && a.namespace == b.namespace;
        let Some(target) = self.choose(name, &found, is_same)? else { return Ok(()) };
        if target.name == name && target.namespace.is_empty() {
            return Ok(());
        }
        if let Some(name) = node.get_mut("name") {
            scalar::respell(name, target.name.clone())?;
        }
        if target.namespace.is_empty() {
            // A namespace that is written there stays: that the target has none written down does
            // not mean another one.
            return Ok(());
        }
        if let Some(namespace) = node.get_mut("namespace") {
            return scalar::respell(namespace, target.namespace.clone());
        }
        if let Some(mapping) = node.as_mapping_mut() {
            mapping.push("namespace", Node::string(target.namespace.clone()));
        }
        Ok(())
    }

    /// What could be meant by a name: the one that can, or of several those with the referrer's
    /// prefixes and suffixes.
    fn find(&self, name: &str, is_there: impl Fn(&Candidate) -> bool) -> Vec<&'a Candidate> {
        let kind = &self.target.kind;
        let can_be_meant = |candidate: &Candidate| {
            candidate.was(self.target)
                && self.role.is_none_or(|role| candidate.was(role))
                && self.referrer.can_name(candidate)
                && is_there(candidate)
        };
        let mut found = self.candidates.named_alike(name, kind, self.referrer);
        found.retain(|candidate| can_be_meant(candidate) && self.referrer.has_affixes_of(candidate, true));
        if found.is_empty() {
            let mut others = self.candidates.named(name, kind, self.referrer).filter(|it| can_be_meant(it));
            let first = others.next();
            let is_only = first.is_some_and(|first| others.all(|other| other.position == first.position));
            return first.filter(|_| is_only).into_iter().collect();
        }
        if found.len() > 1 {
            found.retain(|candidate| self.referrer.has_affixes_of(candidate, false));
        }
        found
    }

    /// The one that is meant. What is alike for the field counts as one.
    fn choose(
        &mut self,
        name: &str,
        found: &[&'a Candidate],
        is_same: impl Fn(&Candidate, &Candidate) -> bool,
    ) -> Result<Option<&'a Candidate>> {
        let Some((first, others)) = found.split_first() else { return Ok(None) };
        if others.iter().all(|other| is_same(first, other)) {
            self.targets.push(first.position);
            return Ok(Some(first));
        }
        let ids: Vec<_> = found.iter().map(|candidate| format!("`{}`", candidate.id)).collect();
        Err(Failure::new(format!("`{name}` could mean each of {}", ids.join(", "))).hint(
            "give them different names, or the same prefixes and suffixes as the resource that names them",
        ))
    }
}

#[cfg(test)]
mod tests;
