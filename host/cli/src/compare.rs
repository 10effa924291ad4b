//! `oarlock compare`: every directory by the user's own kustomize or helm, and by Oarlock.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use oarlock_compare::{CompareOptions, Tool, ToolKind, compare};

use crate::exit::Exit;
use crate::progress::Bar;
use crate::terminal::{self, Report};

/// Renders every directory with your own kustomize and helm, and with Oarlock, and compares.
///
/// Every kustomization below DIR is built by kustomize, or kubectl, and every chart is rendered by
/// helm, each beside Oarlock under the profile of that version. The output of kustomize is compared
/// byte for byte, that of helm object by object. What oarlock.yaml sets for the plugins counts;
/// give the tools the same by --with-arg. Each runs in the directory that it renders. Values of
/// Secrets are not shown.
///
/// Exit status: 0 all are the same, or refused by both; 1 something differs; 2 nothing was
/// compared.
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
    let timeout = Duration::from_secs(args.timeout);
    let mut tools = Vec::new();
    for (index, (kind, program)) in args.with.iter().enumerate() {
        if args.with[..index].iter().any(|(other, _)| other == kind) {
            bail!("`--with {kind}=…` is given twice");
        }
        let given = args.with_arg.iter().filter(|(of, _)| of == kind).map(|(_, argument)| argument.clone());
        tools.push(Tool::open(*kind, program, given.collect(), timeout)?);
    }
    let is_unused = |kind: &ToolKind| args.with.iter().all(|(other, _)| other != kind);
    if let Some((kind, _)) = args.with_arg.iter().find(|(kind, _)| is_unused(kind)) {
        bail!("`--with-arg {kind}=…` is for a tool that no `--with` names");
    }
    let oarlock = std::env::current_exe().context("cannot find this program")?;
    let options = CompareOptions { oarlock, root: args.root.clone(), timeout };
    let bar = Bar::hidden();
    let comparison = compare(&args.directory, tools, &options, &bar)?;
    bar.finish();
    match args.output {
        Report::Text => terminal::print_text(&comparison.to_text())?,
        Report::Json => terminal::print_json(&comparison)?,
    };
    Ok(if comparison.is_same() { Exit::Done } else { Exit::Invalid })
}

/// `TOOL=VALUE`.
fn kind_and_value(text: &str) -> Result<(ToolKind, String), String> {
    let pair = text.split_once('=').filter(|(_, value)| !value.is_empty());
    let pair = pair.and_then(|(name, value)| Some((ToolKind::of_name(name)?, value.to_owned())));
    pair.ok_or_else(|| format!("`{text}` is not kustomize=… or helm=…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_name_a_tool() {
        assert_eq!(kind_and_value("helm=--set=a=b"), Ok((ToolKind::Helm, "--set=a=b".to_owned())));
        for wrong in ["helm", "helm=", "jsonnet=x"] {
            assert!(kind_and_value(wrong).is_err(), "{wrong}");
        }
    }
}
