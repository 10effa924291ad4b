//! The structure of the workspace, as its tests see it: the crates from `cargo metadata`, and which
//! top-level module of a crate uses which other one, from its source.

mod cycles;
mod modules;

use std::path::Path;

pub use cycles::{cycles, describe};
pub use modules::{Graph, Use, foreign_paths, graph};
pub use oarlock_build::{Crate, Dependency, Kind};

/// All crates of this workspace.
///
/// # Panics
/// If cargo cannot be run.
pub fn crates() -> Vec<Crate> {
    let workspace = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    oarlock_build::crates(workspace).unwrap_or_else(|error| panic!("{error:#}"))
}
