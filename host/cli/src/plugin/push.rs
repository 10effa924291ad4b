//! `oarlock plugin push`.

use std::path::PathBuf;

use anyhow::Context as _;
use oarlock_author::{Inspection, Project, check, inspect};
use oarlock_distribution::{About, Access, Packed, Reference, open};
use oarlock_engine::printable;

use super::{Failed, bench, reference};
use crate::exit::Exit;
use crate::session::HostOptions;
use crate::terminal;

/// Checks a component against the contract and pushes it to a registry, or into a directory.
///
/// The artifact has the form of other tools for WebAssembly, and equal components make equal
/// artifacts. Credentials are those of `docker login` or `helm registry login`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to: oci://HOST/REPOSITORY:TAG, or oci-layout:DIRECTORY:TAG.
    #[arg(value_name = "REF", value_parser = reference)]
    to: Reference,

    /// The component [default: that of the plugin in this folder].
    file: Option<PathBuf>,

    /// When the artifact was made, in seconds since 1970; it is part of its digest.
    #[arg(
        long,
        value_name = "SECONDS",
        env = "SOURCE_DATE_EPOCH",
        hide_env_values = true,
        default_value_t = 0
    )]
    created: i64,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit, Failed> {
    let (file, inspection) = if let Some(file) = &args.file {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        (file.clone(), inspect(&bench(host, &stem, file)?)?)
    } else {
        let project = Project::open(std::path::Path::new("."))?;
        let file = project.component();
        let inspection = check(&bench(host, &project.name, &file)?, &project)?;
        (file, inspection)
    };
    let component = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let packed = Packed::new(&component, &about(&inspection, args.created))?;
    let mut store = open(&args.to, Access::Push);
    packed.push(store.as_mut(), &component, args.to.tag.as_deref().or(Some("latest")))?;
    let pushed = args.to.clone().pinned(packed.digest()).to_string();
    let text = format!(
        "pushed    {}\nsize      {} bytes\ndigest    {}\n",
        printable::line(&pushed),
        inspection.size,
        inspection.digest
    );
    Ok(terminal::print_text(&text)?)
}

fn about(inspection: &Inspection, created: i64) -> About<'_> {
    let descriptor = &inspection.descriptor;
    About {
        name: &descriptor.name,
        version: &descriptor.version,
        summary: &descriptor.summary,
        imports: &inspection.outline.imports,
        exports: &inspection.outline.exports,
        created,
    }
}
