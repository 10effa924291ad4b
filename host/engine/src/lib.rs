//! The engine of Oarlock: renders a directory of a read-only tree through sandboxed plugins.
//!
//! Data flows one way: [`source`] → [`sandbox`] (plugins, in the order of the [`pipeline`]) → [`manifest`] → [`writer`]. The engine knows
//! files and Applications; only plugins know kustomize, Helm, Vault and waves.

// What people see passes a program's own terminal or log, and `printable` before.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod application;
mod byte_size;
mod config_file;
pub mod diagnostic;
pub mod manifest;
pub mod pipeline;
pub mod printable;
mod private_directory;
pub mod render_cache;
pub mod sandbox;
pub mod source;
pub mod writer;

pub use byte_size::Bytes;
pub use config_file::Budget;
