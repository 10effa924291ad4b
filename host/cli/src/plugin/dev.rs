//! `oarlock plugin dev`: the loop of someone who writes a plugin.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use oarlock_author::{Project, Snapshot, build, check, diff};
use oarlock_engine::source::still_holds;
use oarlock_engine::writer::{Format, to_text};
use oarlock_plugin::Stage;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::rendering::Rendering;
use super::{Failed, bench, tell_author};
use crate::exit::Exit;
use crate::render::DirectoryOutcome;
use crate::session::HostOptions;
use crate::terminal::{self, Report};

/// How often files are looked at. Where one look takes long, as on a network mount, it is less
/// often, so that looking takes a tenth of the time at most.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How long files must stay as they are before they count as saved: editors write several.
const SETTLED: Duration = Duration::from_millis(60);

/// How often that is waited for, at most: a file that is written all the time is read as it is.
const MAX_SETTLES: usize = 20;

/// Builds and renders again whenever a file is saved, and shows what that changed.
///
/// Watches the plugin's folder and every file that the last render asked for. Shows first what the
/// plugin changes in the render of DIR, then what each save changes. Ends with Ctrl-C.
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
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit, Failed> {
    let project = Project::open(&args.project)?;
    let stop = Stop::on_signals()?;
    let mut dev = Loop { host, args, project: &project, stage: Stage::Transformer, shown: None };
    let mut sources = Snapshot::of_project(&project)?;
    let mut is_built = false;
    while !stop.is_asked() {
        terminal::begin_again();
        if !is_built {
            is_built = stop.unless_asked(dev.build())?;
        }
        let mut reads = None;
        if is_built && !stop.is_asked() {
            let rendered = dev.render()?;
            if !rendered.is_current && !stop.is_asked() {
                thread::sleep(SETTLED);
                continue;
            }
            reads = Some(rendered.files);
        }
        if stop.is_asked() {
            break;
        }
        terminal::say("waiting for changes; Ctrl-C ends this");
        match wait(&stop, &project, &sources, reads.as_ref())? {
            Some(now) => {
                is_built = is_built && now == sources;
                sources = now;
            }
            None => break,
        }
    }
    Ok(Exit::Done)
}

/// What a render asked for.
struct Reads {
    files: Snapshot,
    /// Whether the files are still what was rendered.
    is_current: bool,
}

/// What is done for each change.
struct Loop<'a> {
    host: &'a HostOptions,
    args: &'a Args,
    project: &'a Project,
    /// When the plugin runs, as the component said that was built last.
    stage: Stage,
    /// The render that was shown last.
    shown: Option<String>,
}

impl Loop<'_> {
    /// Builds and checks the component.
    fn build(&mut self) -> Result<(), Failed> {
        let begun = Instant::now();
        build(self.project)?;
        let bench = bench(self.host, &self.project.name, &self.project.component())?;
        self.stage = check(&bench, self.project)?.descriptor.stage;
        terminal::say(&format!("built in {:.1} s", begun.elapsed().as_secs_f64()));
        Ok(())
    }

    /// Renders and shows what is different.
    fn render(&mut self) -> Result<Reads, Failed> {
        let Args { directory, config, .. } = self.args;
        let rendering = Rendering::open(self.host, self.project, self.stage, directory, config.as_deref())?;
        let session = &rendering.session;
        if self.shown.is_none() {
            session.tell_ignored(Report::Text);
        }
        let outcome = rendering.render(false);
        let root = session.directory()?.root().to_owned();
        let records = [&outcome.reads, &outcome.configuration];
        let files = Snapshot::of_reads(&root, records);
        let tree = session.tree.as_ref();
        // In this order: what is saved behind the snapshot differs from it.
        let is_current = records.into_iter().all(|record| still_holds(record, tree));
        let reads = Reads { files, is_current };
        if !reads.is_current {
            return Ok(reads);
        }
        let outcome = DirectoryOutcome::of(session, (outcome, None));
        terminal::tell(&outcome.diagnostics, Some(tree), Report::Text);
        let Ok(rendered) = outcome.rendered else { return Ok(reads) };
        let text = to_text(&rendered.manifests, Format::Yaml).map_err(anyhow::Error::from)?;
        let (before, title) = match self.shown.take() {
            Some(shown) => (shown, "the last render"),
            None => (without(&rendering), "without the plugin"),
        };
        match diff(&before, &text, title, &format!("with {}", self.project.name)) {
            Some(diff) => terminal::print_text(&diff)?,
            None => terminal::print_text("no change\n")?,
        };
        self.shown = Some(text);
        Ok(reads)
    }
}

/// The render without the plugin; empty where there is none.
fn without(rendering: &Rendering) -> String {
    let rendered = rendering.render_without().and_then(|outcome| outcome.rendered.ok());
    rendered.and_then(|rendered| to_text(&rendered.manifests, Format::Yaml).ok()).unwrap_or_default()
}

/// Waits for a change, and for files to settle. Gives the files of the project then, `None` if it
/// is asked to stop.
fn wait(
    stop: &Stop,
    project: &Project,
    sources: &Snapshot,
    reads: Option<&Snapshot>,
) -> Result<Option<Snapshot>, Failed> {
    let mut pause = LOOK_EVERY;
    let look = || -> Result<_, Failed> { Ok((Snapshot::of_project(project)?, reads.map(Snapshot::again))) };
    loop {
        thread::sleep(pause);
        if stop.is_asked() {
            return Ok(None);
        }
        let begun = Instant::now();
        let mut now = look()?;
        pause = LOOK_EVERY.max(begun.elapsed() * 10);
        if now.0 == *sources && now.1.as_ref() == reads {
            continue;
        }
        for _ in 0..MAX_SETTLES {
            thread::sleep(SETTLED);
            let later = look()?;
            if later == now {
                break;
            }
            now = later;
        }
        return Ok(Some(now.0));
    }
}

/// Whether Ctrl-C was pressed, or the process was told to end.
struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Watches for the signals. The second one ends the process at once.
    fn on_signals() -> anyhow::Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&asked))
                .and_then(|_| flag::register(signal, Arc::clone(&asked)))
                .context("cannot watch for Ctrl-C")?;
        }
        Ok(Self(asked))
    }

    fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether a step succeeded. What is wrong with the project is shown, and the loop goes on; a
    /// tool that Ctrl-C ended, too, is nobody's fault.
    fn unless_asked(&self, done: Result<(), Failed>) -> Result<bool, Failed> {
        match done {
            Ok(()) => Ok(true),
            Err(_) if self.is_asked() => Ok(false),
            Err(Failed::Author(error)) => {
                tell_author(error);
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}
