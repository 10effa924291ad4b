//! The structure of the workspace, as its tests see it: the crates from `cargo metadata`, and which top-level module of a crate uses which
//! other one, from its source.

mod cycles;
mod modules;
mod workspace;

pub use cycles::{cycles, describe};
pub use modules::{Graph, Use, foreign_paths, graph};
pub use workspace::{Crate, Dependency, Kind, crates};
