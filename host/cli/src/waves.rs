//! `oarlock waves`: the order in which Argo CD would apply a directory, as a timeline.

mod fleet;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Result, bail};
use oarlock_plugin::Manifest;
use serde_json::{Value, json};

use super::application::ApplicationOptions;
use super::fleet::FleetArgs;
use super::session::{HostOptions, Session};
use super::terminal::{self, Report};
use crate::exit::Exit;
use crate::exit::exit_of;
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::pipeline::{Overrides, RenderOutcome};
use oarlock_engine::printable;
use oarlock_engine::sandbox::Workload;
use oarlock_engine::source::Source;

/// The annotation that Argo CD reads.
const WAVE: &str = "argocd.argoproj.io/sync-wave";

/// The annotation in which the sync-wave plugin explains itself when it is asked to.
const RULE: &str = "oarlock.dev/sync-wave-rule";

/// The plugin that stamps waves.
const PLUGIN: &str = "sync-wave";

/// Shows the sync order of a directory as a timeline, with the rule that gave each wave.
///
/// Examples:
///
///   oarlock waves overlays/prod
///
///   oarlock waves --fleet prod    # everything that the root of prod deploys
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The directory to render. With --fleet, the root as for `oarlock apps`, and by default all of
    /// `fleet.roots`.
    #[arg(value_name = "DIR", required_unless_present = "fleet")]
    directory: Option<PathBuf>,

    /// A timeline, or JSON.
    #[arg(long, value_enum, default_value_t)]
    output: Report,

    /// What plugins may read [default: the enclosing git work tree, else DIR].
    #[arg(long, value_name = "TREE")]
    root: Option<PathBuf>,

    /// Show the order of everything that the root deploys, each Application below what makes it.
    #[arg(long, conflicts_with_all = ["application", "facts"])]
    fleet: bool,

    #[command(flatten)]
    application: ApplicationOptions,

    #[command(flatten, next_help_heading = "With --fleet")]
    of_fleet: FleetArgs,
}

struct Row {
    object: String,
    rule: String,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    if args.fleet {
        return fleet::run(host, args);
    }
    args.of_fleet.check_unused()?;
    let Some(given) = &args.directory else { bail!("no directory is named") };
    let (session, directory) = Session::open(host, args.root.as_deref(), given, None, Workload::Few)?;
    session.tell_ignored(args.output);
    let explain = json!({"explain": true}).as_object().cloned().unwrap_or_default();
    let mut overrides = Overrides { config: vec![(PLUGIN.to_owned(), explain)], ..Overrides::default() };
    if let Ok((project, _)) = session.project(&directory)
        && let Some(pipeline) = &project.project.pipeline
        && !pipeline.iter().any(|step| step == PLUGIN)
    {
        let steps = pipeline.iter().cloned().chain([PLUGIN.to_owned()]);
        overrides.plugins = Some(steps.collect());
    }
    let read = match args.application.read(session.tree.as_ref(), &directory)? {
        Ok(read) => read,
        Err(failure) => {
            let tree = Some(session.tree.as_ref() as &dyn Source);
            terminal::tell(&[Diagnostic::error(failure)], tree, args.output);
            return Ok(Exit::Invalid);
        }
    };
    read.tell(session.tree.as_ref(), args.output);
    let (RenderOutcome { rendered, services, .. }, _) =
        session.render(&directory, &read.application, &read.below(overrides), false);
    let mut diagnostics: Vec<Diagnostic> =
        services.take_warnings().into_iter().map(Diagnostic::warning).collect();
    let manifests = match rendered {
        Ok(rendered) => rendered.manifests,
        Err(error) => {
            let exit = exit_of(&error);
            diagnostics.extend(session.diagnostics(error, services.led_outside()));
            terminal::tell(&diagnostics, Some(session.tree.as_ref()), args.output);
            return Ok(exit);
        }
    };
    terminal::tell(&diagnostics, Some(session.tree.as_ref()), args.output);

    let mut waves: BTreeMap<i64, Vec<Row>> = BTreeMap::new();
    for manifest in manifests {
        let manifest = Manifest::from_json(manifest.json)?;
        // As Argo CD reads it: what is no integer counts as absent, and absent as 0.
        let wave = manifest.annotation(WAVE).and_then(|wave| wave.parse().ok()).unwrap_or(0);
        let rule = manifest.annotation(RULE).unwrap_or("default").to_owned();
        waves.entry(wave).or_default().push(Row { object: manifest.display_name(), rule });
    }
    match args.output {
        Report::Text => terminal::print_text(&timeline(&waves)),
        Report::Json => {
            let rows = |rows: &[Row]| -> Vec<Value> {
                rows.iter().map(|row| json!({"object": row.object, "rule": row.rule})).collect()
            };
            let waves: Vec<Value> =
                waves.iter().map(|(wave, found)| json!({"wave": wave, "objects": rows(found)})).collect();
            terminal::print_json(&waves)
        }
    }
}

/// Waves from top to bottom in the order of time.
fn timeline(waves: &BTreeMap<i64, Vec<Row>>) -> String {
    /// One long name does not move the rules of all others out of sight.
    const MAX_WIDTH: usize = 80;
    let width = |row: &Row| Some(row.object.chars().count()).filter(|width| *width <= MAX_WIDTH);
    let width = waves.values().flatten().filter_map(width).max().unwrap_or(0);
    let mut text = String::new();
    for (index, (wave, rows)) in waves.iter().enumerate() {
        if index > 0 {
            text.push_str("        │\n");
        }
        for (row_index, row) in rows.iter().enumerate() {
            let head = if row_index == 0 { format!("{wave:>6}  ●") } else { "        │".to_owned() };
            let (object, rule) = (printable::line(&row.object), printable::line(&row.rule));
            let _ = writeln!(text, "{head} {object:<width$}  {rule}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeline_runs_from_the_first_wave_to_the_last() {
        let row = |object: &str, rule: &str| Row { object: object.to_owned(), rule: rule.to_owned() };
        let waves = BTreeMap::from([
            (0, vec![row("Deployment web", "default"), row("Service web", "default")]),
            (-10, vec![row("Namespace apps", "builtin: namespaces")]),
        ]);
        assert_eq!(
            timeline(&waves),
            "   -10  ● Namespace apps  builtin: namespaces\n        │\n     0  ● Deployment web  default\n        │ Service web     default\n"
        );
    }
}
