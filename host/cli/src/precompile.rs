//! `oarlock precompile`: native code of the bundled plugins, for the build of this program.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use oarlock_bundle::BUNDLED;

use crate::exit::Exit;
use oarlock_engine::sandbox::{Engine, Workload, precompile};

/// Compiles the bundled plugins for all processors of this program's target, one file each.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The directory for the files; files of other components in it are removed.
    directory: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let directory = &args.directory;
    fs::create_dir_all(directory).with_context(|| format!("cannot create {}", directory.display()))?;
    // Code is for one version of wasmtime with one set of settings: all is compiled again when they
    // change.
    let marker = directory.join("engine");
    let engine = format!("{:016x}\n", Engine::new(Workload::Few)?.compatibility());
    let is_same = fs::read_to_string(&marker).is_ok_and(|text| text == engine);
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let is_bundled =
            path.file_stem().is_some_and(|stem| BUNDLED.iter().any(|plugin| stem == plugin.digest));
        if path.extension().is_some_and(|end| end == "code") && !(is_same && is_bundled) {
            fs::remove_file(&path)?;
        }
    }
    for plugin in BUNDLED {
        let file = directory.join(plugin.digest).with_extension("code");
        if !file.is_file() {
            // Whole or not there, also after the program is interrupted.
            let part = file.with_extension("part");
            fs::write(&part, precompile(plugin.component)?)?;
            fs::rename(&part, &file)?;
        }
    }
    if !is_same {
        fs::write(&marker, engine)?;
    }
    Ok(Exit::Done)
}
