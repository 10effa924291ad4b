//! `oarlock discover`: whether an Application is one to render, for argocd-cmp-server.

use anyhow::Result;

use super::exec::Place;
use super::session::HostOptions;
use super::terminal;
use crate::exit::Exit;
use oarlock_engine::pipeline::{self, Discovery};
use oarlock_engine::printable;

/// Prints a line if the directory is one to render, for argocd-cmp-server, as
/// `discover.find.command` of a plugin.yaml.
///
/// The rules are those under `argocd.discovery` of the operator's configuration; without any, what
/// a generator claims.
///
/// Example: oarlock discover overlays/prod
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let asked = args.place.open(host)?;
    let rules = match &asked.renderer.operator.argo_cd.discovery {
        rules if rules.is_on() => rules.clone(),
        _ => Discovery { generators: true, ..Discovery::default() },
    };
    match pipeline::claims(&rules, &asked.renderer, &asked.task()) {
        Ok(true) => terminal::print_text(&format!("{}\n", printable::line(&asked.directory))),
        // To argocd-cmp-server, nothing printed means no.
        Ok(false) => Ok(Exit::Done),
        Err(error) => Ok(asked.tell(error.into())),
    }
}
