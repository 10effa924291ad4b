//! `oarlock plugin build`.

use std::path::PathBuf;

use oarlock_author::{Project, build, check};
use oarlock_engine::printable;

use super::{Failed, bench, summary};
use crate::exit::Exit;
use crate::session::HostOptions;
use crate::terminal;

/// Builds a plugin to NAME.wasm, checks it against the contract and compiles it ahead.
///
/// Uses the tools of the plugin's language in the versions that the project pins. Nothing is
/// installed: what is missing is named, with the command that installs it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of the plugin.
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit, Failed> {
    let project = Project::open(&args.folder)?;
    build(&project)?;
    let bench = bench(host, &project.name, &project.component())?;
    let inspection = check(&bench, &project)?;
    let file = args.folder.join(format!("{}.wasm", project.name));
    let file = printable::line(&file.display().to_string()).into_owned();
    Ok(terminal::print_text(&format!("{}file      {file}\n", summary(&inspection)))?)
}
