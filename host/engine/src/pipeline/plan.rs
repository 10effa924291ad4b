//! From what repository and operator say to the calls that are made.

use std::sync::Arc;

use oarlock_plugin::{Failure, Failures, Stage, TreePath};
use serde_json::{Map, Value};

use super::project::LocatedProject;
use super::{AUTO, FALLBACK_GENERATOR, Profile, Written};
use crate::sandbox::{Library, SandboxError, Services};
use crate::source::Source as _;

/// The steps of a pipeline that nobody configured.
const DEFAULT_PIPELINE: [&str; 3] = [AUTO, "vault", "sync-wave"];

/// One call of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The plugin.
    pub plugin: String,
    /// Its configuration.
    pub config: Map<String, Value>,
}

/// The calls that render one directory.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The directory.
    pub directory: TreePath,
    /// The calls, in order.
    pub steps: Vec<Step>,
    /// Whether a render without manifests is accepted.
    pub allow_empty: bool,
    /// Where the configuration is written.
    pub project: LocatedProject,
    /// Where else it is, the nearest last.
    pub(super) written: Vec<Written>,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The repository's configuration is invalid.
    #[error("{0}")]
    Project(Failures),
    /// No generator claims the directory.
    #[error("no plugin claims `{directory}`")]
    Unclaimed {
        /// The directory.
        directory: TreePath,
        /// What there is instead of something that a plugin renders.
        hint: String,
    },
    /// A plugin could not be asked.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}

impl From<Failure> for PlanError {
    fn from(failure: Failure) -> Self {
        Self::Project(failure.into())
    }
}

impl From<Failures> for PlanError {
    fn from(failures: Failures) -> Self {
        Self::Project(failures)
    }
}

/// What the command line says over what the repository says.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Just these plugins, in this order.
    pub plugins: Option<Vec<String>>,
    /// The generator for `auto`, in place of the one that claims the directory.
    pub generator: Option<String>,
    /// Configuration laid over the repository's, by plugin.
    pub config: Vec<(String, Map<String, Value>)>,
    /// Where such configuration is written, the nearest last.
    pub written: Vec<Written>,
    /// Accept a render without manifests.
    pub allow_empty: bool,
    /// The release of Argo CD to be like, whatever the repository and the operator say.
    pub profile: Option<Profile>,
    /// Render as Argo CD's own tools do: the pipeline and the plugins of the repository's
    /// configuration do not count, its copies of remote repositories and its facts do.
    pub ignores_plugins: bool,
}

impl Plan {
    /// Makes the plan for a directory.
    ///
    /// # Errors
    /// If the configuration is invalid, a plugin is unknown, or no generator claims the directory.
    pub fn make(
        services: &Arc<Services>,
        project: LocatedProject,
        directory: TreePath,
        overrides: &Overrides,
    ) -> Result<Self, PlanError> {
        let names = step_names(&services.library, &project, overrides);
        check_count(services, &names, &project, overrides)?;
        let mut steps = Vec::with_capacity(names.len());
        for name in names {
            let plugin = match &overrides.generator {
                _ if name != AUTO => name,
                Some(generator) => generator.clone(),
                None => claim(services, &directory)?,
            };
            services.library.check_known(&plugin).map_err(|error| blame(error, &project, overrides))?;
            let config = configuration_of(&plugin, &project, overrides);
            steps.push(Step { plugin, config });
        }
        let allow_empty = project.project.allow_empty || overrides.allow_empty;
        Ok(Self { directory, steps, allow_empty, project, written: overrides.written.clone() })
    }
}

/// The names of the steps, as command line and repository have them.
pub(super) fn step_names(library: &Library, project: &LocatedProject, overrides: &Overrides) -> Vec<String> {
    match (&overrides.plugins, &project.project.pipeline) {
        (Some(plugins), _) | (None, Some(plugins)) => plugins.clone(),
        // A bundled transformer that the operator took away is not missed by a pipeline that nobody
        // wrote.
        (None, None) => DEFAULT_PIPELINE
            .into_iter()
            .filter(|name| *name == AUTO || library.source(name).is_some())
            .map(str::to_owned)
            .collect(),
    }
}

/// The configuration of a step.
pub(super) fn configuration_of(
    plugin: &str,
    project: &LocatedProject,
    overrides: &Overrides,
) -> Map<String, Value> {
    let settings = project.project.plugins.get(plugin);
    let mut config = settings.map(|settings| settings.config.clone()).unwrap_or_default();
    for (_, over) in overrides.config.iter().filter(|(name, _)| *name == plugin) {
        merge(&mut config, over);
    }
    config
}

/// Whether a pipeline has no more steps than it may.
fn check_count(
    services: &Services,
    names: &[String],
    project: &LocatedProject,
    overrides: &Overrides,
) -> Result<(), PlanError> {
    let (count, limit) = (names.len(), services.limits.pipeline_steps);
    let Some(over) = names.get(limit as usize) else { return Ok(()) };
    let failure = Failure::new(format!("the pipeline has {count} steps, over its limit of {limit}"))
        .hint("raise `limits.pipelineSteps` in the operator's configuration");
    Err(PlanError::from(match project.locate_step(over) {
        Some(origin) if overrides.plugins.is_none() => failure.at(origin),
        _ => failure,
    }))
}

/// Whose mistake an unknown plugin is: that of the command line, or of the file that names it.
fn blame(error: SandboxError, project: &LocatedProject, overrides: &Overrides) -> PlanError {
    let origin = error.plugin().and_then(|plugin| project.locate_step(plugin));
    match origin {
        Some(origin) if overrides.plugins.is_none() => {
            PlanError::from(error.into_failures().swap_remove(0).at(origin))
        }
        _ => error.into(),
    }
}

/// The generator that claims a directory; the fallback is asked last.
fn claim(services: &Arc<Services>, directory: &TreePath) -> Result<String, PlanError> {
    match claim_by(services, directory, |_| true)? {
        Some(generator) => Ok(generator),
        None => Err(PlanError::Unclaimed {
            directory: directory.clone(),
            hint: unclaimed_hint(services, directory),
        }),
    }
}

/// The first generator among those that `asked` lets through that claims a directory.
///
/// # Errors
/// If a plugin cannot be loaded, or fails to answer.
pub fn claim_by(
    services: &Arc<Services>,
    directory: &TreePath,
    asked: impl Fn(&str) -> bool,
) -> Result<Option<String>, PlanError> {
    let mut names: Vec<&str> = services.library.names().filter(|name| asked(name)).collect();
    names.sort_by_key(|name| *name == FALLBACK_GENERATOR);
    for name in names {
        // A transformer claims nothing.
        if stage_of(services, name)? == Stage::Generator
            && services.load(name)?.detect(services, directory)?
        {
            return Ok(Some(name.to_owned()));
        }
    }
    Ok(None)
}

/// What to do about a directory that nothing claims.
fn unclaimed_hint(services: &Arc<Services>, directory: &TreePath) -> String {
    if let Err(error) = services.tree.stat(directory) {
        return error.to_string();
    }
    let is_generator = |name: &&str| matches!(stage_of(services, name), Ok(Stage::Generator));
    let generators: Vec<&str> = services.library.names().filter(is_generator).collect();
    let is_chart = directory.join("Chart.yaml").is_ok_and(|path| services.tree.stat(&path).is_ok());
    let what = if is_chart {
        "it is a Helm chart, and none of the plugins here renders charts"
    } else {
        "none of the plugins here renders it"
    };
    format!("{what}: there are {}", generators.join(", "))
}

/// The stage of a plugin. What is part of the program is not loaded for that; what is not says it
/// once in the life of the process.
///
/// # Errors
/// If a plugin cannot be loaded, or breaks.
pub fn stage_of(services: &Arc<Services>, plugin: &str) -> Result<Stage, SandboxError> {
    match services.library.known_stage(plugin) {
        Some(stage) => Ok(stage),
        None => services.load(plugin)?.stage(services),
    }
}

/// Lays one configuration over another: objects key by key, everything else replaced.
fn merge(base: &mut Map<String, Value>, over: &Map<String, Value>) {
    for (key, value) in over {
        match (base.get_mut(key), value) {
            (Some(Value::Object(base)), Value::Object(over)) => merge(base, over),
            _ => {
                base.insert(key.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_configuration_is_laid_over_key_by_key() {
        let object = |value: Value| value.as_object().unwrap().clone();
        let mut base = object(json!({"a": {"b": 1, "c": [1]}, "d": 2}));
        merge(&mut base, &object(json!({"a": {"c": [2]}, "d": {"e": 3}})));
        assert_eq!(Value::Object(base), json!({"a": {"b": 1, "c": [2]}, "d": {"e": 3}}));
    }
}
