//! `oarlock facts`: what a cluster serves, for renders that Argo CD does not ask for.

mod discovery;

use std::fs;
use std::io::Read as _;

use anyhow::{Context, Result, bail};

use super::terminal;
use crate::exit::Exit;
use oarlock_distribution::Client;
use oarlock_engine::pipeline::{Cluster, Facts};
use oarlock_plugin::Failure;

/// The most that is read of an answer or a file.
const MOST_BYTES: u64 = 64 << 20;

/// Prints what a cluster serves: its version of Kubernetes and its API versions, as Argo CD tells
/// them to plugins.
///
/// Kept in the repository and named under `facts` of oarlock.yaml, or by --facts, a render on a
/// laptop or in CI sees what Argo CD's own sees. They come from a running `oarlock serve`, or from
/// what kubectl prints.
///
/// Examples:
///
///   kubectl -n argocd exec deployment/argocd-repo-server -c oarlock -- oarlock facts --application web > clusters/prod.yaml
///
///   (kubectl get --raw /version; for v in $(kubectl api-versions); do case $v in v1) p=api;; *) p=apis;; esac; kubectl get --raw /$p/$v; done) | oarlock facts -
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Where `oarlock serve --http` answers; or a file with what kubectl prints of /version and of
    /// API versions, `-` for standard input.
    #[arg(value_name = "URL|FILE", default_value = "http://127.0.0.1:8085")]
    from: String,

    /// The cluster that this Application deploys to, of those that a server knows.
    #[arg(long, value_name = "NAME")]
    application: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let facts = if args.from.starts_with("http://") || args.from.starts_with("https://") {
        of_server(&args.from, args.application.as_deref())?
    } else {
        let mut text = Vec::new();
        match args.from.as_str() {
            "-" => std::io::stdin().take(MOST_BYTES).read_to_end(&mut text)?,
            path => {
                let file = fs::File::open(path).with_context(|| format!("cannot read {path}"))?;
                file.take(MOST_BYTES).read_to_end(&mut text)?
            }
        };
        discovery::read(&args.from, &text)?
    };
    terminal::print(facts.to_yaml()?.as_bytes())
}

/// Asks a server.
fn of_server(url: &str, application: Option<&str>) -> Result<Facts> {
    let url = format!("{}/facts", url.trim_end_matches('/'));
    let answer = Client::new().get(&url, MOST_BYTES).map_err(|error| {
        Failure::new(error.to_string())
            .hint("run it in the container of `oarlock serve --http`, or name another address")
    })?;
    let mut clusters: Vec<Cluster> =
        serde_json::from_slice(&answer).with_context(|| format!("what {url} answers are no facts"))?;
    if let Some(name) = application {
        clusters.retain(|cluster| cluster.applications.contains(name));
    }
    match clusters.as_slice() {
        [cluster] => Ok(cluster.facts.clone()),
        [] if application.is_some() => {
            bail!("Argo CD has not asked for that Application yet; refresh it, and try again")
        }
        [] => bail!("Argo CD has not asked for any Application yet; refresh one, and try again"),
        clusters => {
            let examples = clusters.iter().filter_map(|cluster| {
                let version = cluster.facts.kube_version.as_deref().unwrap_or("unknown");
                Some(format!("`{}` ({version})", cluster.applications.first()?))
            });
            bail!(
                "there are {} clusters: say by --application which one, for example {}",
                clusters.len(),
                examples.collect::<Vec<_>>().join(" or ")
            )
        }
    }
}
