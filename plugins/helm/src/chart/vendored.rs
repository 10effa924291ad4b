//! Charts that a chart depends on and whose copies lie elsewhere in the tree, as `remotes` of `oarlock.yaml` says.
//!
//! Helm knows `charts/` alone. What is there counts first; a copy elsewhere serves every chart of the repository that asks for it.

use oarlock_plugin::{ChartUrl, Host, Kind, Result, TreePath};

use super::directory::load_tree;
use super::{Chart, Dependency, load_archive};
use crate::log::Log;

/// How deep such charts may ask for one another: two that do so in a circle never end.
const MAX_DEPTH: usize = 8;

/// Adds the charts that `charts/` lacks and `remotes` has. Those that neither has are told by [`check`](crate::dependencies::check).
///
/// # Errors
/// If a copy is there and is no chart.
pub(super) fn add(host: &dyn Host, chart: &mut Chart, depth: usize, log: &Log) -> Result<()> {
    let is_there =
        |dependency: &&Dependency| chart.dependencies.iter().all(|within| within.name() != dependency.name);
    let missing: Vec<ChartUrl> =
        chart.metadata.dependencies.iter().filter(is_there).filter_map(Dependency::url).collect();
    for url in missing {
        let Some(place) = host.remote(&url.to_string()).and_then(|place| TreePath::new(&place).ok()) else {
            continue;
        };
        let Ok(found) = host.stat(&place) else { continue };
        if depth == MAX_DEPTH || chart.dependencies.iter().any(|within| within.name() == url.name) {
            continue;
        }
        chart.dependencies.push(match found.kind {
            Kind::Directory => load_tree(host, &place, depth + 1, log)?,
            Kind::File => load_archive(&host.read(&place).map_err(|error| error.at(&place))?, &place, log)?,
        });
    }
    Ok(())
}
