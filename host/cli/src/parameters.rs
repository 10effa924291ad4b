//! `oarlock parameters`: what an Application may set, for argocd-cmp-server.

use anyhow::Result;
use serde_json::Value;

use super::exec::Place;
use super::session::HostOptions;
use super::terminal;
use crate::exit::Exit;
use oarlock_engine::pipeline;

/// Prints what an Application may set, for argocd-cmp-server, as `parameters.dynamic.command` of a
/// plugin.yaml.
///
/// One array of JSON, with the values that hold in the directory. Argo CD's UI shows them.
///
/// Example: oarlock parameters overlays/prod
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let asked = args.place.open(host)?;
    match pipeline::parameters(&asked.renderer, asked.task()) {
        Ok(parameters) => {
            let parameters: Value = parameters.into_iter().map(pipeline::parameter_to_json).collect();
            terminal::print_json(&parameters)
        }
        Err(error) => Ok(asked.tell(error)),
    }
}
