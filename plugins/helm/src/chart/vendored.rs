//! Charts that a chart depends on and whose copies lie elsewhere in the tree, as `remotes` of
//! `oarlock.yaml` says.
//!
//! Helm knows `charts/` alone. What is there counts first; a copy elsewhere serves every chart of
//! the repository that asks for it.

use std::cell::Cell;
use std::rc::Rc;

use oarlock_plugin::{ChartUrl, Failure, Host, Kind, Origin, Result, TreePath};

use super::directory::load_tree;
use super::{Chart, Dependency, load_archive};
use crate::log::Log;
use crate::profile::Profile;

/// How deep such charts may ask for one another.
const MAX_DEPTH: usize = 16;

/// Adds the charts that `charts/` lacks and `remotes` has. Those that neither has are reported by
/// [`check`](crate::dependencies::check).
///
/// # Errors
/// If a copy is there and is no chart, or charts ask for one another without end.
pub(super) fn add(
    host: &dyn Host,
    chart: &mut Chart,
    above: &[ChartUrl],
    profile: Profile,
    log: &Log,
    looked: Option<&Rc<Cell<bool>>>,
) -> Result<()> {
    let is_there =
        |dependency: &&Dependency| chart.dependencies.iter().all(|within| within.name() != dependency.name);
    let missing: Vec<ChartUrl> =
        chart.metadata.dependencies.iter().filter(is_there).filter_map(Dependency::url).collect();
    for url in missing {
        let Some(place) = host.remote(&url.to_string()).and_then(|place| TreePath::new(&place).ok()) else {
            continue;
        };
        let Ok(found) = host.stat(&place) else { continue };
        if chart.dependencies.iter().any(|within| within.name() == url.name) {
            continue;
        }
        let chain = chain(above, &url, chart)?;
        let found = match found.kind {
            Kind::Directory => load_tree(host, &place, &chain, profile, log, looked)?,
            Kind::File => {
                let data = host.read(&place).map_err(|error| error.at(&place))?;
                load_archive(&data, &place, profile, log)?
            }
        };
        chart.add(found);
    }
    Ok(())
}

/// The charts that lead to one, itself the last.
fn chain(above: &[ChartUrl], url: &ChartUrl, chart: &Chart) -> Result<Vec<ChartUrl>> {
    let chain: Vec<ChartUrl> = above.iter().chain([url]).cloned().collect();
    let message = if let Some(start) = above.iter().position(|other| other == url) {
        let names: Vec<&str> = chain[start..].iter().map(|url| url.name.as_str()).collect();
        format!("charts depend on one another in a circle: {}", names.join(", "))
    } else if chain.len() > MAX_DEPTH {
        format!("charts depend on one another deeper than the limit of {MAX_DEPTH}")
    } else {
        return Ok(chain);
    };
    Err(Failure::new(message).at(Origin::file(chart.path.as_ref())).hint("take one of the dependencies out"))
}
