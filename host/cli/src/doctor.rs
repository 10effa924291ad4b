//! `oarlock doctor`: what is wrong with an installation, and with the settings of the Argo CD
//! around it.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use oarlock_plugin::Failure;

#[cfg(feature = "server")]
use super::cache::CacheOptions;
use super::session::{HostOptions, Session};
use super::terminal::{self, Report};
use super::work_tree;
use crate::exit::Exit;
use oarlock_doctor::{
    Findings, Installation, Objects, Repository, STANDARD_INPUT, SharedCache, WorkTree, check_argo_cd,
    check_installation,
};
use oarlock_engine::sandbox::Workload;
use oarlock_engine::source::Source;

/// Checks an installation; with --argocd, Argo CD's settings and what its Applications read.
///
/// Every line is ok, warn or fail, with how to fix it. Nothing is changed, and no cluster is asked:
/// what Argo CD has set is read from files or from standard input.
///
/// Examples:
///
///   oarlock doctor
///
///   kubectl get configmaps,deployments,statefulsets,applications -n argocd -o yaml | oarlock doctor --argocd - --repo gitops
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
    let findings = if args.argo_cd.is_empty() { installation(host, args)? } else { argo_cd(host, args)? };
    match args.output {
        Report::Text => terminal::print_text(&findings.to_text())?,
        Report::Json => terminal::print_json(&findings)?,
    };
    Ok(if findings.has_failure() { Exit::Invalid } else { Exit::Done })
}

/// Checks what this machine shows.
fn installation(host: &HostOptions, args: &Args) -> Result<Findings> {
    const OPERATOR: &str = "`--operator FILE` or OARLOCK_OPERATOR_CONFIG names it; `oarlock schema operator` tells what it may say";
    // What loads here loads in the server.
    let operator = Session::library(host, workload()).map_err(|error| {
        // One that has a place in the file says itself how to fix it.
        error.downcast().unwrap_or_else(|error| failure(&error).hint(OPERATOR))
    });
    Ok(check_installation(Installation {
        names: &args.name,
        socket_directory: args.socket_dir.as_deref(),
        code_cache: host.cache_directory(),
        shared_cache: shared_cache(args),
        operator_file: host.operator_file(),
        operator,
        work_tree: work_tree_around(Path::new(".")).map_err(|error| failure(&error)),
    })?)
}

/// Checks Argo CD's settings, and what its Applications read.
fn argo_cd(host: &HostOptions, args: &Args) -> Result<Findings> {
    let objects = Objects::read(args.argo_cd.iter().map(|file| content(file)))?;
    let root = args.repo.as_deref();
    let around = root.unwrap_or(Path::new("."));
    let (session, _) = Session::open(host, root, around, None, objects.render_workload())?;
    session.tell_ignored(args.output);
    let directory = session.directory()?;
    let urls = match args.repo_url.as_slice() {
        [] => work_tree::remote_urls(directory.root()),
        named => named.to_vec(),
    };
    let tree: Arc<dyn Source> = Arc::clone(&session.tree) as _;
    Ok(check_argo_cd(
        &objects,
        &Repository {
            directory,
            tree: &tree,
            renderer: session.renderer(),
            is_operator_named: host.operator_file().is_some(),
            urls: &urls,
            names: &args.name,
        },
    )?)
}

/// A file that the command line names, `-` for standard input, and what it is called.
fn content(file: &Path) -> Result<(String, Vec<u8>)> {
    if file == Path::new("-") {
        let mut text = Vec::new();
        std::io::stdin().read_to_end(&mut text).context("cannot read standard input")?;
        return Ok((STANDARD_INPUT.to_owned(), text));
    }
    let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok((file.display().to_string(), text))
}

/// What the server would do; without one, what a render of many directories does.
fn workload() -> Workload {
    #[cfg(feature = "server")]
    {
        crate::serve::workload(None)
    }
    #[cfg(not(feature = "server"))]
    {
        oarlock_fleet::workload()
    }
}

/// The cache that replicas share, where one is named.
#[cfg(feature = "server")]
fn shared_cache(args: &Args) -> Option<Result<SharedCache, Failure>> {
    let store = args.cache.store().map_err(|error| failure(&error)).transpose()?;
    Some(store.map(|store| SharedCache {
        address: store.address().to_owned(),
        answer: store.ping().map_err(|error| error.to_string()),
        has_key: store.has_key(),
    }))
}

/// Without the server nobody uses one.
#[cfg(not(feature = "server"))]
fn shared_cache(_: &Args) -> Option<Result<SharedCache, Failure>> {
    None
}

/// The work tree around a directory, as far as its configuration counts.
fn work_tree_around(directory: &Path) -> Result<WorkTree> {
    Ok(match work_tree::enclosing(directory)? {
        work_tree::WorkTree::None => WorkTree::None,
        work_tree::WorkTree::Trusted(root) => WorkTree::Trusted(root),
        work_tree::WorkTree::Foreign(root, owner) => {
            WorkTree::Foreign(work_tree::foreign_root(&root, owner, directory).failure)
        }
    })
}

/// An error in one line.
fn failure(error: &anyhow::Error) -> Failure {
    Failure::new(format!("{error:#}"))
}
