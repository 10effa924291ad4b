//! `oarlock secrets`: where the Secrets of the fleet come from.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use oarlock_engine::printable;
use oarlock_fleet::Needs;
use oarlock_fleet::secrets::{Consumer, EnvironmentSecrets, SecretsReport, secrets};

use crate::exit::Exit;
use crate::fleet::{self, FleetArgs};
use crate::progress::Bar;
use crate::session::HostOptions;
use crate::terminal::{self, Report};

/// Lists what the fleet reads from Vault, who consumes it, and which Secrets nobody provides.
///
/// Everything is taken from rendered objects; no secret is read.
///
/// Examples:
///
///   oarlock secrets --fleet
///
///   oarlock secrets --fleet argocd/prod --output json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Look at every Application of the fleet.
    #[arg(long, required = true)]
    fleet: bool,

    /// The root: a file with the root Application, the directory that it deploys, or the name of an
    /// environment [default: all of `fleet.roots`].
    #[arg(value_name = "ROOT")]
    root_application: Option<PathBuf>,

    /// A list, or JSON.
    #[arg(long, value_enum, default_value_t)]
    output: Report,

    #[command(flatten)]
    of_fleet: FleetArgs,

    /// What is rendered [default: the enclosing git work tree, else the directory].
    #[arg(long, value_name = "TREE")]
    root: Option<PathBuf>,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let place = (args.root.as_deref(), args.root_application.as_deref());
    let open = match fleet::open(host, &args.of_fleet, place, args.output)? {
        Ok(open) => open,
        Err(exit) => return Ok(exit),
    };
    let environments = open.environments()?;
    let mut exit = open.tell(&environments, args.output);
    let bar = Bar::hidden();
    let mut needs = Needs::default();
    let sides: Vec<_> = environments
        .iter()
        .map(|environment| {
            let (side, lacking) = open.fleet.side(std::slice::from_ref(environment), &open.filter, &bar);
            needs.append(lacking);
            (environment.name.as_str(), side)
        })
        .collect();
    bar.finish();
    let report = secrets(sides.iter().map(|(name, side)| (*name, side)));
    fleet::report_needs(&needs, args.output);
    if report.environments.iter().any(|environment| !environment.not_rendered.is_empty()) {
        exit = exit.max(Exit::Invalid);
    }
    match args.output {
        Report::Json => terminal::print_json(&report)?,
        Report::Text => terminal::print_text(&text(&report))?,
    };
    Ok(exit)
}

fn text(report: &SecretsReport) -> String {
    let mut text = String::new();
    for (index, environment) in report.environments.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        write_environment(&mut text, environment);
    }
    text
}

fn write_environment(text: &mut String, environment: &EnvironmentSecrets) {
    let shown = |name: &dyn std::fmt::Display| printable::line(&name.to_string()).into_owned();
    let _ = writeln!(text, "{}", shown(&environment.name));
    let mut last = None;
    for secret in &environment.vault {
        let place = (&secret.cluster, &secret.mount, &secret.path);
        if last != Some(place) {
            last = Some(place);
            let _ = writeln!(
                text,
                "  {}/{}  on {}",
                shown(&secret.mount),
                shown(&secret.path),
                shown(&secret.cluster)
            );
        }
        let keys = if secret.keys.is_empty() { "all keys".to_owned() } else { secret.keys.join(", ") };
        let _ = writeln!(text, "    {} ({})", shown(&secret.destination), shown(&keys));
        write_consumers(text, &secret.consumers);
        if secret.consumers.is_empty() {
            let _ = writeln!(text, "      no workload reads it");
        }
    }
    for missing in &environment.missing {
        let _ =
            writeln!(text, "  nobody provides {}  on {}", shown(&missing.secret), shown(&missing.cluster));
        write_consumers(text, &missing.consumers);
    }
    for application in &environment.not_rendered {
        let _ = writeln!(text, "  not rendered: {}", shown(application));
    }
}

fn write_consumers(text: &mut String, consumers: &[Consumer]) {
    for consumer in consumers {
        let keys =
            if consumer.keys.is_empty() { String::new() } else { format!(": {}", consumer.keys.join(", ")) };
        let line = format!("{} of {}{keys}", consumer.object, consumer.application.name);
        let _ = writeln!(text, "      {}", printable::line(&line));
    }
}
