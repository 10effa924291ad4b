//! Helm's rules for values: a parent's win over its subcharts', tables are merged, globals reach
//! everyone, `null` takes defaults away.
//!
//! *Coalescing* drops keys that `null` takes away, *merging* keeps the `null` for a later
//! coalescing.

use std::collections::HashSet;

use oarlock_go_template::{Map, Str, Value, fmt};
use oarlock_plugin::{Failure, Result};

use crate::chart::Chart;
use crate::log::Log;
use crate::profile::Profile;
use crate::values::deep_copy_map;

const GLOBAL: &str = "global";

/// Helm's rules for values as a version has them, and where they warn that something was left
/// out.
#[derive(Clone, Copy)]
pub struct Merger<'a> {
    /// The version of Helm.
    pub profile: Profile,
    /// What Helm logs.
    pub log: &'a Log,
}

impl Merger<'_> {
    /// The values of a chart and its subcharts, with those of the user on top; `null` takes away.
    ///
    /// # Errors
    /// If what is meant for a subchart is no table.
    pub fn coalesce(self, chart: &Chart, user: &Map) -> Result<Map> {
        let values = deep_copy_map(user);
        self.chart_and_dependencies(chart, &values, "", false)?;
        Ok(values)
    }

    /// As [`coalesce`](Self::coalesce), but `null` stays.
    ///
    /// # Errors
    /// If what is meant for a subchart is no table.
    pub fn merge(self, chart: &Chart, user: &Map) -> Result<Map> {
        let values = deep_copy_map(user);
        self.chart_and_dependencies(chart, &values, "", true)?;
        Ok(values)
    }

    /// Merges `source` into `target`, which wins; `null` in the target takes the source's key away.
    pub fn coalesce_tables(self, target: &Map, source: &Map) {
        self.tables(target, source, "", false);
    }

    /// Merges `source` into `target`, which wins; `null` stays.
    pub fn merge_tables(self, target: &Map, source: &Map) {
        self.tables(target, source, "", true);
    }

    fn chart_and_dependencies(self, chart: &Chart, target: &Map, prefix: &str, merge: bool) -> Result<()> {
        self.own_values(chart, target, prefix, merge);
        for dependency in &chart.dependencies {
            let name = dependency.name();
            let table = match target.get(name) {
                None => {
                    let table = Map::new();
                    target.insert(name, table.clone());
                    table
                }
                Some(Value::Map(table)) => table,
                Some(other) => {
                    let shown = fmt::sprintf(b"%t", &[other]).unwrap_or_default();
                    return Err(Failure::new(format!("type mismatch on {name}: {}", shown.to_text())));
                }
            };
            let prefix = concat(prefix, chart.name());
            self.globals(&table, target, &prefix);
            self.chart_and_dependencies(dependency, &table, &prefix, merge)?;
        }
        Ok(())
    }

    /// Copies the globals of a chart to those of its subchart.
    fn globals(self, target: &Map, source: &Map, prefix: &str) {
        let log = self.log;
        let below = match target.get(GLOBAL) {
            None => Map::new(),
            Some(Value::Map(map)) => map,
            Some(_) => {
                return log.say("warning: skipping globals because destination global is not a table.");
            }
        };
        let above = match source.get(GLOBAL) {
            None => Map::new(),
            Some(Value::Map(map)) => map,
            Some(_) => return log.say("warning: skipping globals because source global is not a table."),
        };
        for (key, value) in above.snapshot() {
            match (value, below.get(&key)) {
                (Value::Map(table), None) => {
                    below.insert(key, shallow_copy(&table));
                }
                (Value::Map(table), Some(Value::Map(old))) => {
                    let copy = shallow_copy(&table);
                    self.tables(&copy, &old, &concat(prefix, &key.to_text()), true);
                    below.insert(key, copy);
                }
                (Value::Map(_), Some(_)) => {
                    log.say(format!(
                        "Conflict: cannot merge map onto non-map for {:?}. Skipping.",
                        key.to_text()
                    ));
                }
                (_, Some(Value::Map(_))) => log.say(format!("key {} is table. Skipping", key.to_text())),
                (value, _) => {
                    below.insert(key, value);
                }
            }
        }
        target.insert(GLOBAL, below);
    }

    /// Merges a chart's own values into those that are there already.
    fn own_values(self, chart: &Chart, target: &Map, prefix: &str, merge: bool) {
        let prefix = concat(prefix, chart.name());
        let is_dependency = |key: &Str| {
            chart.dependencies.iter().any(|dependency| dependency.name().as_bytes() == key.as_bytes())
        };
        for (key, default) in deep_copy_map(&chart.values).snapshot() {
            match target.get(&key) {
                None if !merge && self.profile.drops_nulls_of_charts() && matches!(default, Value::Nil) => {}
                None => {
                    if let (false, Value::Map(table)) = (merge, &default) {
                        self.clean(table);
                    }
                    target.insert(key, default);
                }
                Some(Value::Nil) if !merge => {
                    target.remove(&key);
                }
                Some(Value::Map(table)) => match default {
                    Value::Map(source) => {
                        // What is meant for a subchart is coalesced when its turn comes.
                        let merge = merge || is_dependency(&key);
                        if !merge {
                            self.clean(&source);
                        }
                        self.tables(&table, &source, &concat(&prefix, &key.to_text()), merge);
                    }
                    Value::Nil => {}
                    _ => self
                        .log
                        .say(format!("warning: skipped value for {prefix}.{}: Not a table.", key.to_text())),
                },
                Some(_) => {}
            }
        }
    }

    /// Takes the `null`s out of a chart's own table.
    fn clean(self, table: &Map) {
        if self.profile.drops_nulls_of_charts() {
            without_nulls(table);
        }
    }

    fn tables(self, target: &Map, source: &Map, prefix: &str, merge: bool) {
        let log = self.log;
        if source.is_nil() || target.is_nil() {
            return;
        }
        let defaults: HashSet<Str> = source
            .entries()
            .iter()
            .filter(|(_, value)| !matches!(value, Value::Nil))
            .map(|(key, _)| key.clone())
            .collect();
        let keeps_nulls = self.profile.keeps_nulls_over_nulls();
        if keeps_nulls {
            for (key, value) in target.snapshot() {
                if matches!(value, Value::Nil) {
                    source.insert(key, Value::Nil);
                }
            }
        }
        for (key, value) in source.snapshot() {
            let full = || concat(prefix, &key.to_text());
            match (target.get(&key), &value) {
                // The user takes a default away. Where there is none, the `null` is a value.
                (Some(Value::Nil), _) if !merge && (!keeps_nulls || defaults.contains(&key)) => {
                    target.remove(&key);
                }
                (None, _) => {
                    target.insert(key, value);
                }
                (Some(Value::Map(own)), Value::Map(table)) => self.tables(&own, table, &full(), merge),
                (Some(_), Value::Map(_)) => log.say(format!(
                    "warning: cannot overwrite table with non table for {} ({})",
                    full(),
                    printed(&value)
                )),
                (Some(Value::Map(_)), other) if !matches!(other, Value::Nil) => log.say(format!(
                    "warning: destination for {} is a table. Ignoring non-table value ({})",
                    full(),
                    printed(&value)
                )),
                _ => {}
            }
        }
    }
}

fn concat(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

fn shallow_copy(map: &Map) -> Map {
    Map::from_entries(map.map_type(), map.snapshot())
}

/// Takes `null`s out of a table and the tables within; those of lists stay.
fn without_nulls(table: &Map) {
    for (key, value) in table.snapshot() {
        match value {
            Value::Nil => {
                table.remove(&key);
            }
            Value::Map(within) => without_nulls(&within),
            _ => {}
        }
    }
}

fn printed(value: &Value) -> String {
    fmt::sprint(std::slice::from_ref(value)).unwrap_or_default().to_text().into_owned()
}
