//! `oarlock plugin inspect`.

use std::fmt::Write as _;
use std::path::PathBuf;

use oarlock_author::inspect;
use oarlock_engine::printable;

use super::{Failed, bench, summary};
use crate::exit::Exit;
use crate::session::HostOptions;
use crate::terminal::{self, Report};

/// Says what a component is: name, version, contract, stage, configuration, imports, exports, size, digest.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The component.
    file: PathBuf,

    /// For people, or JSON.
    #[arg(long, value_enum, default_value_t)]
    output: Report,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit, Failed> {
    let stem = args.file.file_stem().unwrap_or_default().to_string_lossy();
    let bench = bench(host, &stem, &args.file)?;
    let inspection = inspect(&bench)?;
    if args.output == Report::Json {
        return Ok(terminal::print_json(&inspection.to_json())?);
    }
    let mut text = summary(&inspection);
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
