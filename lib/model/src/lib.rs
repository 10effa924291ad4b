//! The words that Oarlock, its plugins and its libraries share: paths in the tree, places in files,
//! failures, digests, the Argo CD Application that is rendered, URLs of what a repository keeps
//! copies of.
//!
//! Data and the rules that hold for it, without I/O. What renders, in a sandbox or outside of
//! it, agrees on these; nothing here knows a plugin, the host or a tool.

mod application;
mod bytes;
mod chart;
mod contract;
mod descriptor;
mod digest;
mod failure;
mod glob;
mod history;
mod log;
mod parameter;
mod path;
mod pointer;
pub mod printable;
mod remotes;
mod repository;
mod shell;
mod suggest;
mod tree;
mod variables;

pub use application::Application;
pub use bytes::{Bytes, BytesError};
pub use chart::ChartUrl;
pub use contract::{CONTRACT_SECTION, CONTRACT_VERSION};
pub use descriptor::{Descriptor, Stage};
pub use digest::{Digest, DigestError};
pub use failure::{Failure, Failures, Origin, Result};
pub use glob::{Glob, GlobError};
pub use history::{Assignment, Cause, FieldHistory, ObjectHistory};
pub use log::Level;
pub use parameter::{ItemType, Parameter, ParameterValue, SetParameter};
pub use path::{PathError, TreePath};
pub use pointer::{Pointer, Step, pointer_key, pointer_part};
pub use remotes::Remotes;
pub use repository::RepositoryUrl;
pub use shell::{shell_path, shell_word};
pub use suggest::nearest;
pub use tree::{Entry, Kind, Metadata, ReadError};
pub use variables::Variables;
