//! A render with a plugin that was just built.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use oarlock_author::Project;
use oarlock_engine::pipeline::{self, AUTO, Overrides, Task};
use oarlock_engine::sandbox::Workload;
use oarlock_engine::source::Source;
use oarlock_plugin::{Stage, TreePath};

use super::Failed;
use crate::session::{HostOptions, Session};

/// A directory, and how it is rendered with the plugin of a project.
pub(super) struct Rendering {
    pub(super) session: Session,
    directory: TreePath,
    name: String,
    stage: Stage,
    /// What the repository's pipeline is, where it has one.
    pipeline: Option<Vec<String>>,
    config: Option<serde_json::Map<String, serde_json::Value>>,
}

impl Rendering {
    /// Opens the tree around a directory. The configuration of the plugin is JSON text.
    pub(super) fn open(
        host: &HostOptions,
        project: &Project,
        stage: Stage,
        directory: &Path,
        config: Option<&str>,
    ) -> Result<Self, Failed> {
        let config = config.map(|text| serde_json::from_str(text).context("--config is not a JSON object"));
        let config = config.transpose()?;
        let host = host.clone().with_plugin(&project.name, &project.component());
        let (session, directory) = Session::open(&host, None, directory, None, Workload::Few)?;
        let pipeline = session.project(&directory).ok().and_then(|(project, _)| project.project.pipeline);
        Ok(Self { session, directory, name: project.name.clone(), stage, pipeline, config })
    }

    /// Renders as `oarlock render` does. A plugin that the pipeline does not name runs behind the
    /// others, or as the generator.
    pub(super) fn render(&self, traced: bool) -> pipeline::RenderOutcome {
        let is_named = self.pipeline.as_ref().is_some_and(|pipeline| pipeline.contains(&self.name));
        let plugins = match self.stage {
            _ if is_named => None,
            Stage::Generator => Some(vec![self.name.clone()]),
            Stage::Transformer => Some(vec![AUTO.to_owned(), self.name.clone()]),
        };
        let config = self.config.iter().map(|config| (self.name.clone(), config.clone())).collect();
        self.run(Overrides { plugins, config, ..Overrides::default() }, traced)
    }

    /// Renders without the plugin, to see what it changes. `None` for a generator: without it there
    /// is nothing.
    pub(super) fn render_without(&self) -> Option<pipeline::RenderOutcome> {
        if self.stage == Stage::Generator {
            return None;
        }
        let plugins = match &self.pipeline {
            Some(pipeline) if pipeline.contains(&self.name) => {
                pipeline.iter().filter(|name| **name != self.name).cloned().collect()
            }
            _ => vec![AUTO.to_owned()],
        };
        Some(self.run(Overrides { plugins: Some(plugins), ..Overrides::default() }, false))
    }

    fn run(&self, overrides: Overrides, traced: bool) -> pipeline::RenderOutcome {
        let tree: Arc<dyn Source> = Arc::clone(&self.session.tree) as _;
        pipeline::render(
            self.session.renderer(),
            Task { overrides, traced, ..Task::new(&tree, &self.directory) },
        )
    }
}
