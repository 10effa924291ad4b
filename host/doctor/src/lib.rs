//! What is wrong with an installation of Oarlock, and with the settings of the Argo CD around it.
//!
//! [`check_installation`] looks at what this machine shows: sockets, caches, the operator's file,
//! the plugins, the repository's configuration. [`check_argo_cd`] takes [`Objects`] of Argo CD,
//! renders the Applications of a [`Repository`], and holds what they read against what Argo CD is
//! set to. Both return [`Findings`], each with how to fix it. Nothing is changed, no cluster is
//! asked, and nothing is printed.
//!
//! Objects of Argo CD are read from the nodes of the codec, and not into the types of
//! `k8s-openapi`: a finding says in which file, line and column a setting is written, and that is
//! lost there.

// A program that uses this library decides what is printed.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod argocd;
mod finding;
mod installation;
mod project;
mod sockets;

pub use argocd::{Objects, Repository, check_argo_cd};
pub use finding::{Change, Finding, Findings, STANDARD_INPUT, Status};
pub use installation::{Installation, SharedCache, check_installation};
pub use project::WorkTree;
