//! A whole render, as `helm template` does it, and the text that it prints.

use std::collections::HashMap;
use std::fmt::Write as _;

use oarlock_go::filepath;
use oarlock_plugin::{Failure, Origin, Result};

use crate::capabilities::Capabilities;
use crate::chart::{Chart, Crd};
use crate::coalesce::Merger;
use crate::engine::{self, Input};
use crate::functions::RenderState;
use crate::log::Log;
use crate::manifest::{self, ChartManifest, Manifests};
use crate::memory::abandon;
use crate::options::Options;
use crate::profile::Profile;
use crate::text::text_of;
use crate::{dependencies, schema};

/// What a chart rendered to.
#[derive(Clone, Debug, Default)]
pub struct RenderedChart {
    /// The files of `crds/`, where they were asked for.
    pub crds: Vec<Crd>,
    /// What is installed.
    pub resources: Vec<ChartManifest>,
    /// Hooks, as far as they were asked for.
    pub hooks: Vec<ChartManifest>,
    /// From templates to their paths in the tree.
    pub paths: HashMap<String, String>,
}

/// Renders a chart.
///
/// # Errors
/// Where `helm template` fails, with its message.
pub fn template(
    mut chart: Chart,
    options: &Options,
    state: &mut RenderState,
    log: &Log,
) -> Result<RenderedChart> {
    let profile = options.profile;
    state.set_profile(profile);
    let capabilities = Capabilities::new(profile, options.kube_version.as_deref(), &options.api_versions)?;
    check_installable(&chart, log)?;
    dependencies::check(&chart, profile)?;
    check_release_name(&options.release_name, profile)?;
    dependencies::process(&mut chart, &options.values, profile, log).map_err(|failure| {
        if profile.before_4() {
            return failure;
        }
        let message = format!("chart dependencies processing failed: {}", failure.message);
        Failure { message, ..failure }
    })?;
    let values = engine::root_values(&Merger { profile, log }.coalesce(&chart, &options.values)?, profile);
    if !options.skip_schema_validation {
        schema::validate(&chart, &values, log)?;
    }
    check_kube_version(&chart, &capabilities, profile)?;

    let input = Input {
        values,
        release: engine::release(&options.release_name, &options.namespace, options.is_upgrade),
        capabilities: capabilities.to_value(),
        limits: options.limits,
        profile,
        short_errors: options.short_errors,
    };
    let mut files = engine::render(&chart, &input, state)?;
    files.retain(|name, _| !name.ends_with(engine::NOTES));
    let paths = engine::paths(&chart);
    let Manifests { resources, mut hooks } = manifest::sort(files, profile, log).map_err(|mut failure| {
        if let Some(origin) = &mut failure.origin
            && let Some(path) = paths.get(&origin.path)
        {
            origin.path.clone_from(path);
        }
        failure
    })?;
    if options.no_hooks {
        hooks.clear();
    }
    if options.skip_tests {
        hooks.retain(|hook| !hook.is_test());
    }
    let crds = if options.include_crds { chart.crds() } else { Vec::new() };
    abandon(chart);
    Ok(RenderedChart { crds, resources, hooks, paths })
}

fn check_installable(chart: &Chart, log: &Log) -> Result<()> {
    if !matches!(chart.metadata.kind.as_str(), "" | "application") {
        return Err(Failure::new(format!("{} charts are not installable", chart.metadata.kind))
            .at(Origin::file(chart.path.as_ref())));
    }
    if chart.metadata.deprecated {
        log.say("this chart is deprecated");
    }
    Ok(())
}

/// Helm's pattern: labels of letters, digits and `-`, with dots between.
fn check_release_name(name: &str, profile: Profile) -> Result<()> {
    const PATTERN: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
    let is_end = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        bytes.first().is_some_and(|byte| is_end(*byte))
            && bytes.last().is_some_and(|byte| is_end(*byte))
            && bytes.iter().all(|byte| is_end(*byte) || *byte == b'-')
    };
    let check = if profile.before_4() { "" } else { "release name check failed: " };
    if name.is_empty() {
        return Err(Failure::new(format!("{check}release name \"\": no name provided")));
    }
    if name.len() <= 53 && name.split('.').all(is_label) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{check}release name {name:?}: invalid release name, must match regex {PATTERN} \
         and the length must not be longer than 53"
    ))
    .hint("set `releaseName`"))
}

fn check_kube_version(chart: &Chart, capabilities: &Capabilities, profile: Profile) -> Result<()> {
    let wanted = &chart.metadata.kube_version;
    let cluster = &capabilities.kube_version;
    if wanted.is_empty() || profile.semver_rules().is_compatible(wanted, &cluster.normalized) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {}",
        cluster.version
    ))
    .at(Origin::file(chart.path.as_ref()))
    .hint("set `kubeVersion` to that of the cluster"))
}

impl RenderedChart {
    /// The text that `helm template` prints.
    ///
    /// # Errors
    /// If nothing was rendered by what should be shown alone.
    pub fn to_text(&self, options: &Options) -> Result<String> {
        let text = self.all_text();
        if options.show_only.is_empty() {
            return Ok(text);
        }
        let documents: Vec<(&str, &str)> = manifest::split(&text, options.profile)
            .into_iter()
            .filter_map(|(_, document)| Some((source_within_chart(document)?, document)))
            .collect();
        let mut shown = String::new();
        for pattern in &options.show_only {
            let mut found = false;
            for (source, document) in &documents {
                if filepath::matches(pattern, source) == Ok(true) {
                    let _ = write!(shown, "---\n{document}\n");
                    found = true;
                }
            }
            if !found {
                return Err(Failure::new(format!("could not find template {pattern} in chart")));
            }
        }
        Ok(shown)
    }

    fn all_text(&self) -> String {
        let mut text = String::new();
        for crd in &self.crds {
            let data = text_of(&crd.file.data);
            let _ = write!(text, "---\n# Source: {}\n{data}\n", crd.source);
        }
        for manifest in &self.resources {
            let _ = write!(text, "---\n# Source: {}\n{}\n", manifest.source, manifest.text);
        }
        let mut text = text.trim().to_owned();
        text.push('\n');
        for hook in &self.hooks {
            let _ = write!(text, "---\n# Source: {}\n{}\n", hook.source, hook.text);
        }
        text
    }
}

/// The path of a document's template below that of the chart, as its comment tells.
fn source_within_chart(document: &str) -> Option<&str> {
    let mut search = document;
    loop {
        let (_, behind) = search.split_once("# Source: ")?;
        let line = behind.lines().next().unwrap_or_default();
        match line.split_once('/') {
            Some((chart, path)) if !chart.is_empty() && !path.is_empty() => return Some(path),
            _ => search = behind,
        }
    }
}
