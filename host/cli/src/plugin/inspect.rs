//! `oarlock plugin inspect`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use oarlock_author::inspect;
use oarlock_distribution::{Access, Artifact, Place, Reference, count_signatures, open, write};
use oarlock_engine::printable;

use super::{Failed, bench, summary};
use crate::exit::Exit;
use crate::session::HostOptions;
use crate::terminal::{self, Report};

/// Says what a component is: name, version, contract, stage, configuration, imports, exports, size,
/// digest, signatures.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file of a component, or where it was pushed: oci://HOST/REPOSITORY:TAG,
    /// oci-layout:DIRECTORY:TAG.
    #[arg(value_name = "FILE|REF")]
    what: String,

    /// For people, or JSON.
    #[arg(long, value_enum, default_value_t)]
    output: Report,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit, Failed> {
    let (_folder, file, published) = match find(&args.what)? {
        Found::File(file) => (None, file, None),
        Found::Artifact { folder, file, published } => (Some(folder), file, Some(published)),
    };
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let inspection = inspect(&bench(host, &stem, &file)?)?;
    if args.output == Report::Json {
        let mut json = inspection.to_json();
        if let Some(Published { artifact, signatures }) = &published {
            json["artifact"] = artifact.as_str().into();
            json["signatures"] = (*signatures).into();
        }
        return Ok(terminal::print_json(&json)?);
    }
    let mut text = summary(&inspection);
    if let Some(Published { artifact, signatures }) = &published {
        let _ = writeln!(text, "artifact  {}\nsigned    {signatures} times", printable::line(artifact));
    }
    for (title, names) in [("imports", &inspection.outline.imports), ("exports", &inspection.outline.exports)]
    {
        let _ = writeln!(text, "\n{title}:");
        for name in names {
            let _ = writeln!(text, "  {}", printable::line(name));
        }
    }
    let schema = serde_json::to_string_pretty(&inspection.schema()).map_err(anyhow::Error::from)?;
    let _ = writeln!(text, "\nconfiguration:\n{schema}");
    Ok(terminal::print_text(&text)?)
}

/// What is inspected.
enum Found {
    File(PathBuf),
    /// It was fetched into a folder, which goes when it is dropped.
    Artifact {
        folder: tempfile::TempDir,
        file: PathBuf,
        published: Published,
    },
}

/// What is known of an artifact besides its component.
struct Published {
    /// The reference, pinned.
    artifact: String,
    signatures: usize,
}

fn find(what: &str) -> Result<Found, Failed> {
    let path = Path::new(what);
    if path.is_file() {
        return Ok(Found::File(path.to_owned()));
    }
    // A file that is not there is one as long as its name looks like one.
    let reference: Reference = match what.parse() {
        Ok(reference) => reference,
        Err(_) if !what.starts_with("oci") => return Ok(Found::File(path.to_owned())),
        Err(error) => return Err(error.into()),
    };
    let is_file_name = path.extension().is_some_and(|extension| extension == "wasm");
    if is_file_name && matches!(reference.place, Place::Layout(_)) && !what.starts_with("oci-layout:") {
        return Ok(Found::File(path.to_owned()));
    }
    let mut store = open(&reference, Access::Pull);
    let artifact = Artifact::find(store.as_mut(), &reference)?;
    let folder = tempfile::tempdir().map_err(anyhow::Error::new)?;
    let file = folder.path().join(format!("{}.wasm", reference.name()));
    write(&file, &artifact.component(store.as_mut())?)?;
    let signatures = count_signatures(store.as_mut(), &artifact)?;
    let published = Published { artifact: reference.pinned(artifact.digest).to_string(), signatures };
    Ok(Found::Artifact { folder, file, published })
}
