//! Which of the charts within take part, under which names, and which of their values their parents
//! take over.

use oarlock_go_template::{Map, Value};
use oarlock_plugin::{Failure, Origin, Result, shell_path, shell_word};

use crate::chart::{Chart, Dependency, Import};
use crate::coalesce::Merger;
use crate::log::Log;
use crate::profile::Profile;
use crate::values::{NoValue, deep_copy_map, path_value, table};

/// Refuses a chart that depends on charts which are not there.
///
/// # Errors
/// If a dependency is not in `charts/`: names it, where it comes from, and the command that brings
/// it.
pub fn check(chart: &Chart, profile: Profile) -> Result<()> {
    let is_there = |name: &str| chart.dependencies.iter().any(|dependency| dependency.name() == name);
    let missing: Vec<&Dependency> =
        chart.metadata.dependencies.iter().filter(|dependency| !is_there(&dependency.name)).collect();
    let Some(first) = missing.first() else { return Ok(()) };
    let names: Vec<&str> = missing.iter().map(|dependency| dependency.name.as_str()).collect();
    let directory = chart.path.rsplit_once('/').map_or(".", |(directory, _)| directory);
    let mut failure = Failure::new(format!(
        "{} error occurred while checking for chart dependencies. You may need to run {} to fetch missing \
         dependencies: found in Chart.yaml, but missing in charts/ directory: {}",
        if profile.before_4() { "An" } else { "an" },
        if profile.quotes_commands_singly() { "'helm dependency build'" } else { "`helm dependency build`" },
        names.join(", ")
    ))
    .at(Origin::file(chart.path.as_ref()))
    .hint(format!("a render has no network: vendor it with {}", vendor_command(first, directory)));
    for dependency in missing {
        let from = match dependency.repository.as_str() {
            "" => String::new(),
            repository => format!(" from `{repository}`"),
        };
        failure = failure.note(format!("missing: `{}` {}{from}", dependency.name, dependency.version));
    }
    Err(failure)
}

fn vendor_command(dependency: &Dependency, directory: &str) -> String {
    if dependency.repository.is_empty() {
        format!(
            "`cp -r PATH/{} {}`",
            shell_word(&dependency.name),
            shell_path(&format!("{directory}/charts/"))
        )
    } else {
        let directory = shell_path(directory);
        format!("`oarlock vendor --fetch {directory}` or `helm dependency build {directory}`")
    }
}

/// Leaves the charts that are enabled, with their aliases, and takes over what parents import.
///
/// # Errors
/// If what is meant for a chart within is no table.
pub fn process(chart: &mut Chart, values: &Map, profile: Profile, log: &Log) -> Result<()> {
    let merger = Merger { profile, log };
    process_enabled(chart, values, "", merger)?;
    process_imports(chart, merger)
}

fn fits(dependency: &Dependency, chart: &Chart, profile: Profile) -> bool {
    chart.name() == dependency.name
        && profile.semver_rules().is_compatible(&dependency.version, &chart.metadata.version)
}

fn process_enabled(chart: &mut Chart, values: &Map, path: &str, merger: Merger<'_>) -> Result<()> {
    let Merger { profile, log } = merger;
    if chart.metadata.dependencies.is_empty() {
        return Ok(());
    }
    chart.share_renamed();
    let present = std::mem::take(&mut chart.dependencies);
    let listed = |chart_within: &Chart, list: &[Dependency]| {
        list.iter().any(|dependency| fits(dependency, chart_within, profile))
    };
    let unlisted = present.iter().filter(|chart_within| !listed(chart_within, &chart.metadata.dependencies));
    let mut dependencies: Vec<Chart> = unlisted.cloned().collect();
    for dependency in &mut chart.metadata.dependencies {
        if let Some(found) = present.iter().find(|chart_within| fits(dependency, chart_within, profile)) {
            dependencies.push(found.copied(&dependency.alias, profile));
        }
        if !dependency.alias.is_empty() {
            dependency.name.clone_from(&dependency.alias);
        }
        dependency.enabled = true;
    }
    for within in dependencies {
        chart.add(within);
    }

    let all = merger.coalesce(chart, values)?;
    apply_tags(&mut chart.metadata.dependencies, &all, log);
    apply_conditions(&mut chart.metadata.dependencies, &all, path, log);

    let (enabled, disabled): (Vec<_>, Vec<_>) =
        std::mem::take(&mut chart.metadata.dependencies).into_iter().partition(|one| one.enabled);
    let is_off = |name: &str| disabled.iter().any(|dependency| dependency.name == name);
    chart.dependencies.retain(|within| !is_off(within.name()));
    chart.metadata.dependencies = enabled.into_iter().filter(|one| !is_off(&one.name)).collect();
    for within in &mut chart.dependencies {
        let path = format!("{path}{}.", within.name());
        process_enabled(within, &all, &path, merger)?;
    }
    Ok(())
}

/// A dependency is off if one of its tags is `false` and none is `true`.
fn apply_tags(dependencies: &mut [Dependency], values: &Map, log: &Log) {
    let Ok(tags) = table(values, "tags") else { return };
    for dependency in dependencies {
        let (mut on, mut off) = (false, false);
        for tag in &dependency.tags {
            match tags.get(tag) {
                Some(Value::Bool(true)) => on = true,
                Some(Value::Bool(false)) => off = true,
                Some(_) => log.say(format!("returned non-bool value tag={tag} chart={}", dependency.name)),
                None => {}
            }
        }
        dependency.enabled = on || !off;
    }
}

/// The first condition that is a truth value decides, over tags.
fn apply_conditions(dependencies: &mut [Dependency], values: &Map, path: &str, log: &Log) {
    for dependency in dependencies {
        let conditions = dependency.condition.trim().split(',').filter(|one| !one.is_empty());
        for condition in conditions {
            match path_value(values, &format!("{path}{condition}")) {
                Ok(Value::Bool(enabled)) => {
                    dependency.enabled = enabled;
                    break;
                }
                Ok(_) => {
                    log.say(format!("returned non-bool value path={condition} chart={}", dependency.name));
                }
                Err(NoValue::NoValue(_) | NoValue::NoTable(_)) => {}
            }
        }
    }
}

/// Charts within first: their parents may import what they have imported.
fn process_imports(chart: &mut Chart, merger: Merger<'_>) -> Result<()> {
    for within in &mut chart.dependencies {
        process_imports(within, merger)?;
    }
    if chart.metadata.dependencies.is_empty() {
        return Ok(());
    }
    let values = merger.merge(chart, &Map::new())?;
    let imported = Map::new();
    for dependency in &chart.metadata.dependencies {
        for import in dependency.take_imports() {
            let (child, parent) = match import {
                Import::Export(name) => (format!("exports.{name}"), "."),
                Import::Table { child, parent } => (child.clone(), parent.as_str()),
            };
            match table(&values, &format!("{}.{child}", dependency.name)) {
                Ok(found) => merger.merge_tables(&imported, &nested(parent, found)),
                Err(error) => {
                    merger
                        .log
                        .say(format!("ImportValues missing table from chart {}: {error}", dependency.name));
                }
            }
        }
    }
    let values = deep_copy_map(&values);
    merger.merge_tables(&values, &imported);
    chart.values = values;
    Ok(())
}

/// A table below a dotted path.
fn nested(path: &str, table: Map) -> Map {
    if path == "." {
        return table;
    }
    path.rsplit('.').fold(table, |inner, step| [(step, inner)].into_iter().collect())
}
