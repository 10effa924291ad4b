//! `oarlock compare`: every directory by the user's own kustomize or helm, and by Oarlock.
//!
//! Both run as whole processes, one after the other, so that their times can be compared.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

use oarlock_compare::{Comparison, Row, Tool, ToolKind, find, kind_and_value};

use crate::exit::Exit;
use crate::terminal::{self, Report};

/// Renders every directory with your own kustomize and helm, and with Oarlock, and compares.
///
/// Every kustomization below DIR is built by kustomize, or kubectl, and every chart is rendered by
/// helm, each beside Oarlock under the profile of that version. The output of kustomize is compared
/// byte for byte, that of helm object by object. What oarlock.yaml sets for the plugins counts; give
/// the tools the same by --with-arg. Each runs in the directory that it renders. Values of Secrets
/// are not shown.
///
/// Exit status: 0 all are the same, or refused by both; 1 something differs; 2 nothing was compared.
///
/// Examples:
///
///   oarlock compare . --with kustomize=kustomize --with helm=/usr/local/bin/helm
///
///   oarlock compare clusters/prod --with kustomize=kubectl --with-arg kustomize=--enable-helm
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The directory below which everything is compared.
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,

    /// A tool to compare with: kustomize=BIN, which may be kubectl, or helm=BIN. Once for each.
    #[arg(long, value_name = "TOOL=BIN", required = true, value_parser = kind_and_value)]
    with: Vec<(ToolKind, String)>,

    /// An argument for a tool, as kustomize=--enable-helm or helm=--values=prod.yaml. May be given
    /// several times.
    #[arg(long, value_name = "TOOL=ARG", value_parser = kind_and_value)]
    with_arg: Vec<(ToolKind, String)>,

    /// Seconds that one render may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,

    /// What plugins may read [default: the enclosing git work tree, else each directory].
    #[arg(long, value_name = "TREE")]
    root: Option<PathBuf>,

    /// A table, or JSON.
    #[arg(long, value_enum, default_value_t)]
    output: Report,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    if !args.directory.is_dir() {
        bail!("`{}` is not a directory", args.directory.display());
    }
    let timeout = Duration::from_secs(args.timeout);
    let mut tools = Vec::new();
    for (kind, program) in &args.with {
        if tools.iter().any(|tool: &Tool| tool.kind == *kind) {
            bail!("`--with {kind}=…` is given twice");
        }
        let given = args.with_arg.iter().filter(|(of, _)| of == kind).map(|(_, argument)| argument.clone());
        tools.push(Tool::open(*kind, program, given.collect(), timeout)?);
    }
    if let Some((kind, _)) =
        args.with_arg.iter().find(|(kind, _)| !tools.iter().any(|tool| tool.kind == *kind))
    {
        bail!("`--with-arg {kind}=…` is for a tool that no `--with` names");
    }
    let oarlock = std::env::current_exe().context("cannot find this program")?;
    let found = find(&args.directory)?;
    let wanted: Vec<(&PathBuf, &Tool)> = found
        .iter()
        .filter_map(|(directory, kind)| Some((directory, tools.iter().find(|tool| tool.kind == *kind)?)))
        .collect();
    if wanted.is_empty() {
        bail!("there is nothing below `{}` for these tools to render", args.directory.display());
    }
    let bar = progress(wanted.len());
    let mut rows = Vec::new();
    for (directory, tool) in wanted {
        let theirs = tool.render(directory, timeout)?;
        let ours = tool.render_by_oarlock(&oarlock, directory, args.root.as_deref(), timeout)?;
        rows.push(Row::new(tool.kind, directory.clone(), theirs, ours));
        bar.inc(1);
    }
    bar.finish_and_clear();
    let comparison = Comparison::new(&tools, rows);
    match args.output {
        Report::Text => terminal::print_text(&comparison.to_text())?,
        Report::Json => terminal::print_json(&comparison)?,
    };
    Ok(if comparison.is_same() { Exit::Done } else { Exit::Invalid })
}

/// How far it has come, for a terminal.
fn progress(directories: usize) -> ProgressBar {
    let bar = ProgressBar::new(directories as u64);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
