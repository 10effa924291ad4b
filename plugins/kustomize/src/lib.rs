//! Renders kustomizations to the bytes of `kustomize build`.
//!
//! Three steps, each a folder or file of its own: **accumulate** (read kustomizations and what they
//! name into a [`ResMap`]), **transform** (change the resources, in kustomize's fixed order),
//! **emit** (order them and hand them on). Start at [`build`].

mod accumulate;
mod blame;
mod build;
mod config;
mod edit;
mod generate;
mod kustomization;
mod mismatch;
mod options;
mod order;
mod parameters;
mod patch;
mod plugin;
mod profile;
mod resource;
mod schema;
mod transform;

pub use build::{build, build_with_histories};
pub use config::{Config, Count, Replica};
pub use edit::Edits;
pub use options::{LoadRestrictor, Options, Reorder};
pub use plugin::Kustomize;
pub use profile::Profile;
pub use resource::{ResMap, Resource};

oarlock_plugin::export!(Kustomize);
