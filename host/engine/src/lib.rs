//! The engine of Oarlock: renders a directory of a read-only tree through sandboxed plugins.
//!
//! Data flows one way: [`source`] → [`sandbox`] (plugins, in the order of the [`pipeline`]) →
//! [`manifest`] → [`writer`]. The engine knows files and Applications; only plugins know kustomize,
//! Helm, Vault and waves.
//!
//! A program that renders a directory:
//!
//! ```
//! use std::{error::Error, sync::Arc};
//!
//! use oarlock_engine::pipeline::{self, Renderer, Task};
//! use oarlock_engine::sandbox::Workload;
//! use oarlock_engine::source::{Directory, Source, TreePath};
//! use oarlock_engine::writer::{Format, to_text};
//!
//! # fn main() -> Result<(), Box<dyn Error>> {
//! # let repository = tempfile::tempdir()?;
//! # let repository = repository.path();
//! # std::fs::create_dir(repository.join("app"))?;
//! # let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n";
//! # std::fs::write(repository.join("app/web.yaml"), text)?;
//! let renderer = Renderer::bundled(Workload::Few)?;
//! let tree: Arc<dyn Source> = Arc::new(Directory::open(repository)?);
//! let directory = TreePath::new("app")?;
//! let outcome = pipeline::render(&renderer, Task::new(&tree, &directory));
//! print!("{}", to_text(&outcome.rendered?.manifests, Format::Yaml)?);
//! # Ok(())
//! # }
//! ```

// What people see passes a program's own terminal or log, and `printable` before.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod application;
mod config_file;
pub mod diagnostic;
mod lock_file;
pub mod manifest;
pub mod pipeline;
mod private_directory;
pub mod render_cache;
pub mod sandbox;
pub mod source;
pub mod writer;

pub use oarlock_model::printable;
pub use private_directory::UnusableDirectory;

pub use config_file::{Budget, read_configuration};
pub use lock_file::LockFile;
pub use oarlock_model::Bytes;
