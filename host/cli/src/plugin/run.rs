//! `oarlock plugin run`.

use std::path::PathBuf;

use oarlock_author::{Project, Trace, check};
use oarlock_engine::writer::{Format, to_text};

use super::rendering::Rendering;
use super::{Failed, bench};
use crate::exit::Exit;
use crate::render::DirectoryOutcome;
use crate::session::HostOptions;
use crate::terminal::{self, Report};

/// Renders a directory with a plugin that was built, as `oarlock render` does.
///
/// A plugin that the directory's pipeline does not name runs behind the others, or as its
/// generator.
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

    /// Show on standard error what plugins read, logged and returned, and the time and memory of
    /// each call.
    #[arg(long)]
    trace: bool,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit, Failed> {
    let project = Project::open(&args.project)?;
    let stage = check(&bench(host, &project.name, &project.component())?, &project)?.descriptor.stage;
    let rendering = Rendering::open(host, &project, stage, &args.directory, args.config.as_deref())?;
    let session = &rendering.session;
    session.tell_ignored(Report::Text);
    let outcome = rendering.render(args.trace);
    let trace = args.trace.then(|| Trace::take(&outcome));
    let outcome = DirectoryOutcome::of(session, (outcome, None));
    if let Some(trace) = trace {
        terminal::say_block(trace.to_text().trim_end());
    }
    terminal::tell(&outcome.diagnostics, Some(session.tree.as_ref()), Report::Text);
    let Ok(rendered) = outcome.rendered else { return Ok(outcome.exit) };
    let text = to_text(&rendered.manifests, Format::Yaml).map_err(anyhow::Error::from)?;
    Ok(terminal::print(text.as_bytes())?)
}
