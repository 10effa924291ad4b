//! `oarlock generate`: the manifests of an Application, for argocd-cmp-server.

use anyhow::Result;

use super::exec::Place;
use super::session::HostOptions;
use super::terminal;
use crate::exit::Exit;
use oarlock_engine::pipeline;
use oarlock_engine::writer::{Format, to_text};

/// Renders an Application for argocd-cmp-server, as `generate` of a plugin.yaml.
///
/// What Argo CD tells of it is read from the environment: ARGOCD_APP_NAME and its like,
/// ARGOCD_APP_PARAMETERS, ARGOCD_ENV_*, KUBE_VERSION. Without argocd-cmp-server: `oarlock serve`,
/// which is faster; on a laptop: `oarlock render`.
///
/// Example: ARGOCD_APP_NAME=web oarlock generate overlays/prod
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let asked = args.place.open(host)?;
    match pipeline::render(&asked.renderer, asked.task()).rendered {
        Ok(rendered) => terminal::print(to_text(&rendered.manifests, Format::Yaml)?.as_bytes()),
        Err(error) => Ok(asked.tell(error)),
    }
}
