//! `oarlock render`: a directory, or every overlay below one.

mod fleet;
pub(super) mod recursive;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use oarlock_plugin::{Failure, TreePath};
use serde_json::{Map, Value};

use super::application::ApplicationOptions;
use super::fleet::FleetArgs;
use super::session::{HostOptions, Session, name_and_value};
use super::terminal::{self, OutputFormat};
use crate::exit::{Exit, exit_of};
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::pipeline::{self, Overrides, Rendered};
use oarlock_engine::sandbox::{Services, Workload};
use oarlock_engine::source::Source;
use oarlock_engine::writer::{Files, to_text};

/// Renders a directory to standard output, or to one file per object.
///
/// What runs is in the repository's oarlock.yaml; without one it is the plugin that claims the
/// directory, then vault, then sync-wave.
///
/// Examples:
///
///   oarlock render overlays/prod
///
///   oarlock render overlays/prod --plugins kustomize     # the bytes of `kustomize build`
///
///   oarlock render --recursive components -o out         # every overlay
///
///   oarlock render --fleet -o out                        # every Application: out/CLUSTER/APPLICATION
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
#[allow(clippy::struct_excessive_bools)] // flags of a command line
pub(crate) struct Args {
    /// The directory to render. With --fleet, the root as for `oarlock apps`, and by default all of
    /// `fleet.roots`.
    #[arg(value_name = "DIR", required_unless_present = "fleet")]
    directory: Option<PathBuf>,

    /// Write one file per object to this directory, which is replaced as a whole.
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Form of the manifests, and of messages: with `json` each is an object on a line of its own.
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,

    /// Take this file in place of the repository's oarlock.yaml.
    #[arg(long, value_name = "FILE")]
    pipeline: Option<PathBuf>,

    /// Run just these plugins, in this order.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    plugins: Option<Vec<String>>,

    /// Configuration of a plugin, laid over that of oarlock.yaml: NAME=JSON, or NAME=@FILE with
    /// YAML or JSON.
    #[arg(long, value_name = "NAME=CONFIG", value_parser = name_and_value)]
    config: Vec<(String, String)>,

    /// What plugins may read [default: the enclosing git work tree, else DIR].
    #[arg(long, value_name = "TREE")]
    root: Option<PathBuf>,

    /// Render every directory below DIR that a plugin claims and that no other of them is made
    /// from.
    #[arg(short, long)]
    recursive: bool,

    /// Render every Application that the root deploys, each as Argo CD would.
    #[arg(
        long,
        conflicts_with_all = [
            "recursive", "pipeline", "plugins", "config", "application", "facts", "allow_empty", "check_deterministic",
        ]
    )]
    fleet: bool,

    #[command(flatten)]
    application: ApplicationOptions,

    /// Accept a render without manifests.
    #[arg(long)]
    allow_empty: bool,

    /// Render twice, in fresh sandboxes and with listings in another order, and compare.
    #[arg(long)]
    check_deterministic: bool,

    /// Show what plugins log.
    #[arg(short, long)]
    verbose: bool,

    #[command(flatten, next_help_heading = "With --fleet")]
    of_fleet: FleetArgs,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    if args.fleet {
        return fleet::run(host, args);
    }
    args.of_fleet.check_unused()?;
    let Some(given) = &args.directory else { bail!("no directory is named") };
    let overrides = overrides(args)?;
    let workload = if args.recursive { oarlock_fleet::workload() } else { Workload::Few };
    let (session, directory) =
        Session::open(host, args.root.as_deref(), given, args.pipeline.as_deref(), workload)?;
    session.tell_ignored(args.output.into());
    let read = match args.application.read(session.tree.as_ref(), &directory)? {
        Ok(read) => read,
        Err(failure) => {
            let tree = Some(session.tree.as_ref() as &dyn Source);
            terminal::tell(&[Diagnostic::error(failure)], tree, args.output.into());
            return Ok(Exit::Invalid);
        }
    };
    read.tell(session.tree.as_ref(), args.output.into());
    let overrides = read.below(overrides);
    let application = &read.application;
    if args.recursive && application.name.is_some() {
        bail!("--application is for one directory, not for --recursive");
    }
    if args.recursive {
        return recursive::run(&session, &directory, args, (application, &overrides));
    }
    let outcome = session.render(&directory, application, &overrides, args.check_deterministic);
    let mut outcome = DirectoryOutcome::of(&session, outcome);
    if outcome.rendered.is_ok() {
        outcome.diagnostics.extend(session.unused_plugins(&outcome.services.rendered()));
    }
    tell(&session, args, &outcome);
    let Ok(rendered) = outcome.rendered else { return Ok(outcome.exit) };
    match &args.out {
        None => terminal::print(to_text(&rendered.manifests, args.output.into())?.as_bytes()),
        Some(out) => {
            let mut files = Files::default();
            files.add(&TreePath::root(), &rendered.manifests, args.output.into())?;
            files.write(out)?;
            Ok(Exit::Done)
        }
    }
}

/// The outcome of a render and its diagnostics.
pub(super) struct DirectoryOutcome {
    /// The manifests, if there are any.
    pub(super) rendered: Result<Rendered, ()>,
    /// Warnings and errors.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The exit status.
    pub(super) exit: Exit,
    services: std::sync::Arc<Services>,
}

impl DirectoryOutcome {
    /// The outcome of a render, with the diagnostics that only the command line knows.
    pub(super) fn of(
        session: &Session,
        (outcome, difference): (pipeline::RenderOutcome, Option<Failure>),
    ) -> Self {
        let pipeline::RenderOutcome { rendered, services, .. } = outcome;
        let mut diagnostics: Vec<Diagnostic> =
            services.take_warnings().into_iter().map(Diagnostic::warning).collect();
        let (rendered, exit) = match (rendered, difference) {
            (Ok(rendered), None) => (Ok(rendered), Exit::Done),
            (Ok(_), Some(difference)) => {
                diagnostics.push(Diagnostic::error(difference));
                (Err(()), Exit::PluginBroke)
            }
            (Err(error), _) => {
                let exit = exit_of(&error);
                diagnostics.extend(session.diagnostics(error, services.led_outside()));
                (Err(()), exit)
            }
        };
        Self { rendered, diagnostics, exit, services }
    }
}

fn tell(session: &Session, args: &Args, outcome: &DirectoryOutcome) {
    if args.verbose {
        for line in outcome.services.take_log() {
            terminal::say_log(&format!("{}: {}", line.plugin, line.message));
        }
    }
    terminal::tell(&outcome.diagnostics, Some(session.tree.as_ref()), args.output.into());
}

fn overrides(args: &Args) -> Result<Overrides> {
    if args.plugins.as_ref().is_some_and(|plugins| plugins.iter().any(String::is_empty)) {
        bail!("--plugins has an empty name");
    }
    let config = args
        .config
        .iter()
        .map(|(name, text)| Ok((name.clone(), config(name, text)?)))
        .collect::<Result<Vec<_>>>()?;
    Ok(Overrides {
        plugins: args.plugins.clone(),
        config,
        allow_empty: args.allow_empty,
        ..Overrides::default()
    })
}

/// JSON as it is, or the content of a file of YAML or JSON.
fn config(name: &str, text: &str) -> Result<Map<String, Value>> {
    let Some(path) = text.strip_prefix('@') else {
        return serde_json::from_str(text).with_context(|| format!("--config {name}: not a JSON object"));
    };
    let content = std::fs::read(path).with_context(|| format!("--config {name}: cannot read {path}"))?;
    let node =
        oarlock_yaml::parse_one(&content, oarlock_yaml::Reader::Oarlock, oarlock_yaml::Limits::default())
            .map_err(|error| {
                anyhow::anyhow!("--config {name}: {path}:{}:{}: {error}", error.span.line, error.span.column)
            })?;
    let json = node.as_ref().map(oarlock_yaml::to_json).transpose()?.unwrap_or_else(|| "{}".to_owned());
    serde_json::from_str(&json).with_context(|| format!("--config {name}: {path} is not a mapping"))
}
