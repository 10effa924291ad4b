//! Renders kustomizations to the bytes of `kustomize build`.
//!
//! Three steps, each a folder or file of its own: **accumulate** (read kustomizations and what they name into a [`ResMap`]),
//! **transform** (change the resources, in kustomize's fixed order), **emit** (order them and hand them on). Start at [`build`].

mod accumulate;
mod build;
mod generate;
mod go_regex;
mod kustomization;
mod misfit;
mod order;
mod patch;
mod plugin;
mod resource;
mod schema;
mod transform;

pub use build::{LoadRestrictor, Options, Reorder, build};
pub use plugin::Kustomize;
pub use resource::{Gvk, ResId, ResMap, Resource};

oarlock_plugin::export!(Kustomize);
