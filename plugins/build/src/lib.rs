//! Builds Rust crates to Oarlock components with what the machine has.
//!
//! Used by the bundle's build script, by the chores and by tests, so that one place knows how a
//! WebAssembly build is done. Start at [`Toolchain::find`].

mod toolchain;
mod workspace;

pub use toolchain::{MissingToolchain, Toolchain};
pub use workspace::{Crate, Dependency, Kind, crates};

#[cfg(feature = "componentize")]
mod component;
#[cfg(feature = "componentize")]
pub use component::{Adapter, BuildRequest, adapt, build_components};
