//! `oarlock plugin run`.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use oarlock_author::{Project, Trace, check};
use oarlock_engine::pipeline::{self, Overrides, Task};
use oarlock_engine::sandbox::Workload;
use oarlock_engine::source::Source;
use oarlock_engine::writer::{Format, to_text};
use oarlock_plugin::Stage;

use super::{Failed, bench};
use crate::exit::Exit;
use crate::render::DirectoryOutcome;
use crate::session::{HostOptions, Session};
use crate::terminal::{self, Report};

/// Renders a directory with a plugin that was built, as `oarlock render` does.
///
/// A plugin that the directory's pipeline does not name runs behind the others, or as its generator.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The directory to render.
    #[arg(value_name = "DIR")]
    directory: PathBuf,

    /// The folder of the plugin.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    project: PathBuf,

    /// Configuration of the plugin, laid over that of oarlock.yaml, as JSON.
    #[arg(long, value_name = "JSON")]
    config: Option<String>,

    /// Show on standard error what plugins read, logged and returned, and the time and memory of each call.
    #[arg(long)]
    trace: bool,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit, Failed> {
    let project = Project::open(&args.project)?;
    let stage = check(&bench(host, &project.name, &project.component())?, &project)?.descriptor.stage;
    let host = host.clone().with_plugin(&project.name, &project.component());
    let (session, directory) = Session::open(&host, None, &args.directory, None, Workload::Few)?;
    session.tell_ignored(Report::Text);
    let pipeline = session.project(&directory).ok().and_then(|(project, _)| project.project.pipeline);
    let is_named = pipeline.is_some_and(|pipeline| pipeline.contains(&project.name));
    let plugins = match stage {
        _ if is_named => None,
        Stage::Generator => Some(vec![project.name.clone()]),
        Stage::Transformer => Some(vec![oarlock_engine::pipeline::AUTO.to_owned(), project.name.clone()]),
    };
    let config = match &args.config {
        Some(text) => {
            let config = serde_json::from_str(text).context("--config is not a JSON object")?;
            vec![(project.name.clone(), config)]
        }
        None => Vec::new(),
    };
    let overrides = Overrides { plugins, config, ..Overrides::default() };
    let tree: Arc<dyn Source> = Arc::clone(&session.tree) as _;
    let task = Task { overrides, traced: args.trace, ..Task::new(&tree, &directory) };
    let outcome = pipeline::render(session.renderer(), task);
    let trace = args.trace.then(|| Trace::take(&outcome));
    let outcome = DirectoryOutcome::of(&session, (outcome, None));
    if let Some(trace) = trace {
        terminal::say_block(trace.to_text().trim_end());
    }
    terminal::tell(&outcome.diagnostics, Some(session.tree.as_ref()), Report::Text);
    let Ok(rendered) = outcome.rendered else { return Ok(outcome.exit) };
    let text = to_text(&rendered.manifests, Format::Yaml).map_err(anyhow::Error::from)?;
    Ok(terminal::print(text.as_bytes())?)
}
