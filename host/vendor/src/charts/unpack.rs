//! The archive of a chart to a directory of the tree.

use std::fs;
use std::path::Path;

use oarlock_plugin::{ChartUrl, Failure, Kind, TreePath};

use crate::place::Staging;
use oarlock_engine::Bytes;
use oarlock_engine::source::{Archive, ArchiveLimits, Source, Unpacker};

/// The chart's own file, by which a directory is one.
const CHART_FILE: &str = "Chart.yaml";

/// Unpacks an archive to a place in the tree, all at once or not at all.
///
/// # Errors
/// If it is over a limit or holds no chart of the name, or if the operating system refuses.
pub(super) fn into(root: &Path, chart: &ChartUrl, place: &TreePath, archive: &[u8]) -> Result<(), Failure> {
    let limits =
        ArchiveLimits { unpacked: Bytes(256 << 20), entries: 10_000, ratio: 200, ..ArchiveLimits::default() };
    let mut unpacker = Unpacker::new(limits);
    let tree = unpacker.feed(archive).and_then(|()| unpacker.finish()).map_err(|error| {
        Failure::new(format!("the archive of the chart `{}` cannot be unpacked: {error}", chart.name))
    })?;
    let top = TreePath::new(&chart.name).map_err(|error| Failure::new(error.to_string()))?;
    if tree.stat(&format!("{top}/{CHART_FILE}")).is_err() {
        return Err(Failure::new(format!(
            "the archive holds no `{top}/{CHART_FILE}`, so it is no chart `{top}`"
        )));
    }
    let staging = Staging::beside(root, place)?;
    write(&tree, &top, &staging.copy())?;
    staging.persist()
}

/// Writes a directory of an archive. A link of the archive becomes a copy; one that leads in a
/// circle ends at the limit of entries.
fn write(archive: &Archive, from: &TreePath, to: &Path) -> Result<(), Failure> {
    /// Deeper than any chart.
    const MAX_DEPTH: usize = 64;
    let failed = |path: &TreePath| {
        let path = path.to_string();
        move |error: std::io::Error| Failure::new(format!("cannot write `{path}` of the chart: {error}"))
    };
    if from.parts().count() > MAX_DEPTH {
        return Err(Failure::new(format!(
            "directories lie in the chart deeper than the limit of {MAX_DEPTH}"
        )));
    }
    fs::create_dir(to).map_err(failed(from))?;
    for entry in archive.list(from).map_err(|error| error.at(from))?.entries {
        let path = from.join(&entry.name).map_err(|error| Failure::new(error.to_string()))?;
        let target = to.join(&entry.name);
        match entry.kind {
            Kind::Directory => write(archive, &path, &target)?,
            Kind::File => {
                let content = archive.read(&path).map_err(|error| error.at(&path))?;
                fs::write(&target, content).map_err(failed(&path))?;
            }
        }
    }
    Ok(())
}
