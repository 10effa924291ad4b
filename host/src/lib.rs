//! The Oarlock host: gives sandboxed plugins a read-only view of a repository and passes manifests from one to the next.
//!
//! Data flows one way: [`source`] → [`sandbox`] (plugins, in the order of the [`pipeline`]) → [`manifest`] → [`writer`]. The host knows
//! files and Argo CD; only plugins know kustomize, Helm, Vault and waves. `commands` is the binary's face, one file per verb.

// What people see passes `commands::terminal`, which makes it safe to show, or the log.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod argocd;
pub mod commands;
pub mod diagnostic;
pub mod manifest;
pub mod pipeline;
mod printable;
pub mod sandbox;
pub mod source;
pub mod writer;

#[doc(hidden)]
pub use argocd::fuzzing;
