//! `matrix` and `merge`: generators of generators.

use std::collections::{BTreeMap, BTreeSet};

use oarlock_go_template::{Map, Str, Value};
use oarlock_sprig::json::{Style, write};
use serde_json::{Map as JsonMap, Value as Json};

use super::{Generation, Object, Requested, failure, items};
use crate::error::{ErrorKind, ExpandError, Result};
use crate::params::{Params, combine, merge_over, put};
use crate::schema::{NESTED_MATRIX, NESTED_MERGE, Names, Struct, decode};
use crate::spec::texts;

/// Longest JSON of the values of merge keys, in bytes.
const MAX_KEY: usize = 1 << 20;

impl Generation<'_, '_> {
    pub(super) fn matrix(&mut self, own: &Object, requested: Requested<'_>) -> Result<Vec<Params>> {
        let [first, second] = items(own, "generators") else {
            let count = items(own, "generators").len();
            return Err(failure(format!("a matrix has two generators, not {count}")));
        };
        let mut sets = Vec::new();
        let mut parameters = 0;
        for one in self.child(first, 0, requested, None)? {
            for other in self.child(second, 1, requested, Some(&one))? {
                let set = if self.engine.is_go() {
                    let set = Map::new();
                    merge_over(&set, &other)?;
                    merge_over(&set, &one)?;
                    set
                } else {
                    let set = combine(&one, &other)?;
                    self.count_printed(&set, [&one, &other])?;
                    set
                };
                parameters += set.len();
                sets.push(set);
                self.budget.allow(sets.len(), parameters)?;
            }
        }
        Ok(sets)
    }

    /// Counts the text of values that were none before.
    fn count_printed(&mut self, set: &Params, from: [&Params; 2]) -> Result<()> {
        let mut bytes = 0;
        for params in from {
            for (key, value) in params.entries().iter() {
                if !matches!(value, Value::String(_)) {
                    bytes += set.get(key).and_then(|value| value.as_str().map(Str::len)).unwrap_or(0);
                }
            }
        }
        self.budget.count_bytes(bytes)
    }

    pub(super) fn merge(&mut self, own: &Object, requested: Requested<'_>) -> Result<Vec<Params>> {
        let children = items(own, "generators");
        if children.len() < 2 {
            return Err(failure(format!("a merge has two generators or more, not {}", children.len())));
        }
        let mut results = Vec::new();
        for (index, child) in children.iter().enumerate() {
            results.push(self.child(child, index, requested, None)?);
        }
        let keys: BTreeSet<&str> = own.get("mergeKeys").map(texts).unwrap_or_default().into_iter().collect();
        let mut results = results.into_iter().enumerate();
        let mut base = BTreeMap::new();
        if let Some((index, sets)) = results.next() {
            base = by_keys(&keys, sets, index)?;
        }
        for (index, sets) in results {
            let overrides = by_keys(&keys, sets, index)?;
            for (key, base) in &mut base {
                if let Some(set) = overrides.get(key) {
                    self.override_set(base, set)?;
                }
            }
        }
        // Argo CD has them in random order; these are sorted by the merge keys.
        Ok(base.into_values().collect())
    }

    fn override_set(&self, base: &mut Params, set: &Params) -> Result<()> {
        if self.engine.is_go() {
            if base.is_nil() && !set.is_nil() {
                *base = Map::new();
            }
            return merge_over(base, set);
        }
        for (key, value) in set.snapshot() {
            put(base, key, value)?;
        }
        Ok(())
    }

    /// The sets of a generator within another. `params`: those of a matrix's first generator, for
    /// the second.
    fn child(
        &mut self,
        child: &Json,
        index: usize,
        requested: Requested<'_>,
        params: Option<&Params>,
    ) -> Result<Vec<Params>> {
        let place = format!("generators[{index}]");
        let child = nested(child).map_err(|error| error.within(&place))?;
        let inner = Requested { generator: &child, is_rendered: requested.is_rendered };
        let mut generated =
            self.transform(inner, &JsonMap::new(), params).map_err(|error| error.within(&place))?;
        match (generated.pop(), generated.is_empty()) {
            (Some(generated), true) => Ok(generated.params),
            (None, _) => Err(failure(format!("{place} is no generator that can stand here"))),
            (Some(_), false) => Err(failure(format!("{place} has more than one generator"))),
        }
    }
}

/// A nested generator with what it nests itself decoded: to the schema of Kubernetes that is any
/// JSON.
fn nested(child: &Json) -> Result<Object> {
    let mut child = child.as_object().cloned().unwrap_or_default();
    let nested: [(&str, &'static Struct); 2] = [("matrix", &NESTED_MATRIX), ("merge", &NESTED_MERGE)];
    for (field, of) in nested {
        if let Some(value) = child.get_mut(field) {
            let decoded = decode(value, of, Names::AnyCase, &mut Vec::new())
                .map_err(|error| ExpandError::new(ErrorKind::Decode, error.to_string()).within(field))?;
            *value = Json::Object(decoded);
        }
    }
    Ok(child)
}

/// The sets of a generator by the values of the merge keys, as JSON.
fn by_keys(keys: &BTreeSet<&str>, sets: Vec<Params>, index: usize) -> Result<BTreeMap<String, Params>> {
    if keys.is_empty() {
        return Err(failure("a merge needs `mergeKeys`"));
    }
    let mut by_keys = BTreeMap::new();
    for set in sets {
        let values: Map = keys.iter().map(|key| (*key, set.get(key).unwrap_or_default())).collect();
        let values = write(&values.into(), Style::Plain, MAX_KEY)
            .map_err(|error| failure(format!("merge keys: {}", error.message())))?;

        if by_keys.contains_key(&values) {
            return Err(failure(format!(
                "generators[{index}] gives more than one set for the merge keys {values}"
            )));
        }
        by_keys.insert(values, set);
    }
    Ok(by_keys)
}
