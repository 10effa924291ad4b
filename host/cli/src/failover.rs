//! `oarlock failover`: a group of ApplicationSets moves to another cluster.

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::Result;
use oarlock_engine::printable;
use oarlock_engine::source::Source;
use oarlock_fleet::comment;
use oarlock_fleet::{ElementChange, Failover, FailoverOptions, FailoverReport, failover};
use oarlock_plugin::Glob;

use crate::exit::Exit;
use crate::progress::Bar;
use crate::session::HostOptions;
use crate::set_image::AroundArgs;
use crate::terminal::{self, Report};

/// Moves a group of ApplicationSets to another cluster, and back.
///
/// In the lists of their generators the element of the cluster is brought back from a comment, and
/// that of the active cluster becomes one; or a truth value is switched. The environment is
/// rendered before and after. Moving back gives the files as they were.
///
/// Examples:
///
///   oarlock failover ua --env prod --to prod-fallback
///
///   oarlock failover ua --env prod --to prod-v4               # back
///
///   oarlock failover cert-manager --env prod --to prod-fallback --keep   # on both
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Which ApplicationSets: the directory that holds their files, or their name; `*` stands for
    /// any text.
    group: Glob,

    /// The environment, one of `fleet.roots`.
    #[arg(long, value_name = "NAME")]
    env: String,

    /// The cluster that becomes active.
    #[arg(long, value_name = "CLUSTER")]
    to: String,

    /// The cluster that is left, where several are active.
    #[arg(long, value_name = "CLUSTER")]
    from: Option<String>,

    /// Leave the old cluster active, too.
    #[arg(long)]
    keep: bool,

    /// Show the rendered difference, and write nothing.
    #[arg(long)]
    dry_run: bool,

    /// For people, or JSON.
    #[arg(long, value_enum, default_value_t)]
    output: Report,

    #[command(flatten)]
    around: AroundArgs,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let open = match args.around.open(host, None, args.output)? {
        Ok(open) => open,
        Err(exit) => return Ok(exit),
    };
    let options = FailoverOptions {
        group: args.group.clone(),
        environment: args.env.clone(),
        to: args.to.clone(),
        from: args.from.clone(),
        keep: args.keep,
    };
    let bar = Bar::hidden();
    let make = |tree: &Arc<dyn Source>| open.maker.fleet(tree);
    let moved = failover(&open.world(&make, &bar), &options);
    bar.finish();
    let Failover { changes, mut report } = match moved {
        Ok(moved) => moved,
        Err(failures) => return Ok(open.tell_failures(failures, args.output)),
    };
    report.written = open.write(&changes, args.dry_run)?;
    match args.output {
        Report::Json => terminal::print_json(&report),
        Report::Text => terminal::print_text(&text(&report, args.dry_run)),
    }
}

fn text(report: &FailoverReport, dry_run: bool) -> String {
    let mut text = String::new();
    let shown = |name: &dyn std::fmt::Display| printable::line(&name.to_string()).into_owned();
    if report.elements.is_empty() {
        let _ = writeln!(text, "`{}` is on {} already", shown(&report.group), shown(&report.to));
        return text;
    }
    for element in &report.elements {
        let change = match element.change {
            ElementChange::Activated => "activated",
            ElementChange::CommentedOut => "commented out",
            ElementChange::SwitchedOn => "switched on",
            ElementChange::SwitchedOff => "switched off",
        };
        let _ = writeln!(text, "{}: {change}", shown(&element.origin));
    }
    if !report.moves.is_empty() {
        text.push('\n');
    }
    for one in &report.moves {
        let _ = match (&one.from, &one.to) {
            (Some(from), Some(to)) => writeln!(text, "{} → {}", shown(from), shown(to)),
            (Some(from), None) => writeln!(text, "{} is gone", shown(from)),
            (None, Some(to)) => writeln!(text, "{} is new", shown(to)),
            (None, None) => Ok(()),
        };
    }
    if !report.removals.is_empty() {
        text.push('\n');
    }
    for removal in &report.removals {
        let _ = writeln!(text, "{}: {}", shown(&removal.application), shown(&removal.message));
    }
    for staying in &report.staying {
        let _ = writeln!(text, "{} stays: its lists do not name {}", shown(staying), shown(&report.to));
    }
    if dry_run && let Some(review) = &report.review {
        let _ = write!(text, "\n{}", comment::text(review));
    }
    text
}
