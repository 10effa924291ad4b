//! `oarlock doctor`: what is wrong with an installation, and with the settings of the Argo CD
//! around it.

mod argocd;
mod finding;
mod installation;
mod project;
mod sockets;

use std::path::PathBuf;

use anyhow::Result;

use self::finding::Findings;
#[cfg(feature = "server")]
use super::cache::CacheOptions;
use super::session::HostOptions;
use super::terminal::{self, Report};
use crate::exit::Exit;

/// Checks an installation; with --argocd, Argo CD's settings and what its Applications read.
///
/// Every line is ok, warn or fail, with how to fix it. Nothing is changed, and no cluster is asked:
/// what Argo CD has set is read from files or from standard input.
///
/// Examples:
///
///   oarlock doctor
///
///   kubectl get configmaps,deployments,statefulsets,applications -n argocd -o yaml | oarlock
///   doctor --argocd - --repo gitops
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Objects of Argo CD as YAML or JSON, `-` for standard input: its ConfigMaps, Deployments,
    /// Applications, ApplicationSets.
    #[arg(long = "argocd", value_name = "FILE")]
    argo_cd: Vec<PathBuf>,

    /// With --argocd: the root of a checkout of the repository [default: the work tree around the
    /// current directory].
    #[arg(long, value_name = "DIR", requires = "argo_cd")]
    repo: Option<PathBuf>,

    /// With --argocd: the URL of that repository in Applications [default: those of its git
    /// remotes, else any].
    #[arg(long, value_name = "URL", requires = "argo_cd")]
    repo_url: Vec<String>,

    /// Name of the plugin, as in `oarlock serve`.
    #[arg(long, value_name = "NAME", default_value = "oarlock")]
    name: Vec<String>,

    /// Where the repo-server looks for sockets of plugins [default:
    /// /home/argocd/cmp-server/plugins].
    #[arg(long, value_name = "DIR", env = "ARGOCD_PLUGINSOCKFILEPATH", hide_env_values = true)]
    socket_dir: Option<PathBuf>,

    #[cfg(feature = "server")]
    #[command(flatten)]
    cache: CacheOptions,

    /// Lines for people, or JSON.
    #[arg(long, value_enum, default_value_t)]
    output: Report,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let mut findings = Findings::default();
    if args.argo_cd.is_empty() {
        installation::check(host, args, &mut findings)?;
    } else {
        argocd::check(host, args, &mut findings)?;
    }
    match args.output {
        Report::Text => terminal::print_text(&findings.to_text())?,
        Report::Json => terminal::print_json(&findings)?,
    };
    Ok(if findings.has_failure() { Exit::Invalid } else { Exit::Done })
}
