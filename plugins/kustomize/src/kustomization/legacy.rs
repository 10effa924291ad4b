//! Deprecated fields: a warning for each, and their content moved to the fields that replace them.

use oarlock_plugin::{Failure, TreePath};
use oarlock_yaml::Node;

use super::fields::{Fields, HelmChart, HelmChartArgs, HelmGlobals};
use super::origin;

/// Deprecated fields and what replaces them.
const DEPRECATED: &[(&str, &str)] = &[
    ("bases", "resources"),
    ("commonLabels", "labels"),
    ("imageTags", "images"),
    ("patchesJson6902", "patches"),
    ("patchesStrategicMerge", "patches"),
    ("vars", "replacements"),
];

/// One warning for each deprecated field of the file.
pub(super) fn warnings<'a>(file: &'a TreePath, node: &'a Node) -> impl Iterator<Item = Failure> + 'a {
    DEPRECATED.iter().filter_map(move |(field, instead)| {
        let value = node.get(field)?;
        let warning =
            Failure::new(format!("`{field}` is deprecated")).hint(format!("use `{instead}` instead"));
        Some(warning.at(origin(file, value.span)))
    })
}

/// Moves the content of deprecated fields, as kustomize's `FixKustomization` does.
pub(super) fn migrate(fields: &mut Fields) {
    let image_tags = std::mem::take(&mut fields.image_tags);
    fields.images.extend(image_tags);
    for generator in fields.config_map_generator.iter_mut().chain(&mut fields.secret_generator) {
        let env = std::mem::take(&mut generator.env);
        if !env.is_empty() {
            generator.envs.push(env);
        }
    }
    let old = std::mem::take(&mut fields.helm_chart_inflation_generator);
    let globals = globals(&old);
    if fields.helm_globals.is_none() && (!globals.chart_home.is_empty() || !globals.config_home.is_empty()) {
        fields.helm_globals = Some(globals);
    }
    fields.helm_charts.extend(old.into_iter().map(chart));
}

/// The last value of each wins.
fn globals(charts: &[HelmChartArgs]) -> HelmGlobals {
    let last = |value: fn(&HelmChartArgs) -> &String| {
        charts.iter().rev().map(value).find(|value| !value.is_empty()).cloned().unwrap_or_default()
    };
    HelmGlobals { chart_home: last(|chart| &chart.chart_home), config_home: last(|chart| &chart.helm_home) }
}

/// The release's namespace and the extra arguments are dropped, as kustomize drops them.
fn chart(old: HelmChartArgs) -> HelmChart {
    HelmChart {
        name: old.chart_name,
        version: old.chart_version,
        repo: old.chart_repo_url,
        values_file: old.values,
        values_inline: old.values_local,
        values_merge: old.values_merge,
        release_name: old.release_name,
        ..HelmChart::default()
    }
}
