//! What an author of an Oarlock plugin depends on.
//!
//! A plugin is one pure function: manifests in, manifests out, with a read-only view of the
//! repository. Implement [`Plugin`], name the type in [`export!`], build for
//! `wasm32-unknown-unknown`. Start at [`Plugin`]; [`Manifest`] is what passes through; [`Host`] is
//! everything that a plugin may ask of its surroundings, with [`MemoryHost`] as its twin for tests.
//!
//! ```
//! use oarlock_plugin::{Failures, Host, Manifest, Plugin, Request, Stage, schemars, serde};
//!
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! #[serde(crate = "serde", deny_unknown_fields)]
//! #[schemars(crate = "schemars")]
//! struct Config {
//!     /// The team that owns every manifest.
//!     team: String,
//! }
//!
//! struct Owner;
//!
//! impl Plugin for Owner {
//!     type Config = Config;
//!     const NAME: &'static str = "owner";
//!     const VERSION: &'static str = "0.1.0";
//!     const STAGE: Stage = Stage::Transformer;
//!     const SUMMARY: &'static str = "Writes the owning team into every manifest";
//!
//!     fn render(_: &dyn Host, request: Request<Config>) -> Result<Vec<Manifest>, Failures> {
//!         let mut manifests = request.manifests;
//!         for manifest in &mut manifests {
//!             manifest.set_annotation("example.com/team", &request.config.team);
//!         }
//!         Ok(manifests)
//!     }
//! }
//!
//! oarlock_plugin::export!(Owner);
//! ```

#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub mod component;
mod config;
// A component has no disk.
#[cfg(not(target_family = "wasm"))]
mod directory;
mod host;
mod manifest;
mod memory;
mod plugin;
mod request;

#[cfg(not(target_family = "wasm"))]
pub use directory::DirectoryHost;
pub use host::Host;
pub use manifest::Manifest;
pub use memory::MemoryHost;
pub use plugin::{Plugin, blame_json, parameters_json, render_json};
pub use request::Request;

// What an author needs of the shared model.
pub use oarlock_model::{
    Application, Assignment, Cause, Descriptor, Entry, Failure, Failures, FieldHistory, Glob, GlobError,
    ItemType, Kind, Level, Metadata, ObjectHistory, Origin, Parameter, ParameterValue, PathError, ReadError,
    Remotes, Result, SetParameter, Stage, TreePath, Variables, nearest,
};

// `CONTRACT_VERSION` is for `export!`; the rest is only for the host and the bundled plugins, which
// can have it from `oarlock-model`, too.
#[doc(hidden)]
pub use oarlock_model::{
    CONTRACT_SECTION, CONTRACT_VERSION, ChartUrl, RepositoryUrl, shell_path, shell_word,
};

pub use schemars;
pub use serde;
pub use serde_json;

/// Makes a component of a type that implements [`Plugin`].
///
/// Name it once in the crate whose `crate-type` has `cdylib`. On other targets than WebAssembly it
/// expands to nothing, so that the same crate is an ordinary library for tests.
#[macro_export]
macro_rules! export {
    ($plugin:ty) => {
        #[cfg(target_family = "wasm")]
        // The binding macros declare the component's exports and imports, which is foreign code to
        // Rust.
        #[allow(unsafe_code)]
        mod oarlock_component {
            #[unsafe(link_section = "oarlock:contract")]
            #[used]
            static CONTRACT: [u8; $crate::CONTRACT_VERSION.len()] =
                $crate::component::contract_bytes();

            struct Component;

            impl $crate::component::bindings::Guest for Component {
                fn describe() -> $crate::component::bindings::Descriptor {
                    $crate::component::describe::<$plugin>()
                }

                fn detect(directory: String) -> Result<bool, $crate::component::bindings::Failure> {
                    $crate::component::detect::<$plugin>(&directory)
                }

                fn render(
                    request: $crate::component::bindings::Request,
                ) -> Result<
                    Vec<$crate::component::bindings::Manifest>,
                    Vec<$crate::component::bindings::Failure>,
                > {
                    $crate::component::render::<$plugin>(request)
                }

                fn parameters(
                    request: $crate::component::bindings::Request,
                ) -> Result<
                    Vec<$crate::component::bindings::Parameter>,
                    Vec<$crate::component::bindings::Failure>,
                > {
                    $crate::component::parameters::<$plugin>(request)
                }

                fn blame(
                    request: $crate::component::bindings::Request,
                    only: Option<u32>,
                ) -> Result<
                    Option<Vec<$crate::component::bindings::ObjectHistory>>,
                    Vec<$crate::component::bindings::Failure>,
                > {
                    $crate::component::blame::<$plugin>(request, only)
                }
            }

            use super::*;
            $crate::component::bindings::export!(Component with_types_in $crate::component::bindings);
        }
    };
}
