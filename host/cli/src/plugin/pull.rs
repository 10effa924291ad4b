//! `oarlock plugin pull`.

use std::path::PathBuf;

use oarlock_distribution::{Access, Artifact, Layout, Reference, open, write};
use oarlock_engine::printable;

use super::{Failed, reference};
use crate::exit::Exit;
use crate::terminal;

/// Fetches a component from a registry or a directory, and checks its digests.
///
/// With --layout the whole artifact goes into a directory, its signatures too, for machines without
/// a network: name it there as oci-layout:DIRECTORY:TAG.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where from: oci://HOST/REPOSITORY:TAG, or oci-layout:DIRECTORY:TAG; @sha256:… pins it.
    #[arg(value_name = "REF", value_parser = reference)]
    from: Reference,

    /// The file to write [default: the last part of the repository, with .wasm].
    #[arg(short, long, value_name = "FILE", conflicts_with = "layout")]
    output: Option<PathBuf>,

    /// A directory to copy the artifact into, by the specification of OCI image layouts.
    #[arg(long, value_name = "DIRECTORY")]
    layout: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failed> {
    let mut store = open(&args.from, Access::Pull);
    let artifact = Artifact::find(store.as_mut(), &args.from)?;
    let to = if let Some(directory) = &args.layout {
        artifact.copy(store.as_mut(), &mut Layout::new(directory), args.from.tag.as_deref())?;
        format!("layout    {}", directory.display())
    } else {
        let file = args.output.clone().unwrap_or_else(|| format!("{}.wasm", args.from.name()).into());
        write(&file, &artifact.component(store.as_mut())?)?;
        format!("file      {}", file.display())
    };
    let pulled = args.from.clone().pinned(artifact.digest).to_string();
    let text = format!(
        "pulled    {}\n{}\ndigest    {}\n",
        printable::line(&pulled),
        printable::line(&to),
        artifact.layer.digest
    );
    Ok(terminal::print_text(&text)?)
}
