//! What the charts that are measured consist of.

use std::fs;
use std::path::Path;

use anyhow::Result;

/// Whether a chart, or a directory in its `charts/`, has CRDs beside its templates.
pub(super) fn have_crds(chart: &Path) -> Result<bool> {
    let within = chart.join("charts");
    let mut charts = vec![chart.to_owned()];
    if within.is_dir() {
        for entry in fs::read_dir(within)? {
            charts.push(entry?.path());
        }
    }
    Ok(charts.iter().any(|chart| chart.join("crds").is_dir()))
}

/// Copies a chart so many times, each under a name of its own.
pub(super) fn copy(chart: &Path, into: &Path, copies: usize) -> Result<()> {
    for number in 0..copies {
        let name = format!("chart-{number:03}");
        let directory = into.join(&name);
        fs::create_dir_all(directory.join("templates"))?;
        for part in ["", "templates"] {
            for entry in fs::read_dir(chart.join(part))? {
                let entry = entry?;
                if entry.file_type()?.is_file() {
                    fs::copy(entry.path(), directory.join(part).join(entry.file_name()))?;
                }
            }
        }
    }
    Ok(())
}
