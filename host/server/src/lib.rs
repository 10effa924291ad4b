//! Argo CD's own formats: the server for its plugin protocol.
//!
//! `serve` listens on the plugin's socket as `argocd-cmp-server` does, without its shell and its
//! temporary directories. A request's way: `authority` makes the client's HTTP/2 acceptable,
//! `upload` turns the stream into a tree in memory, `context` reads the environment, `engine`
//! answers from the `renders` it remembers, from those `shared` with other replicas, or has a
//! thread of the `pool` render, `reply` writes manifests and errors as Argo CD wants them. Tokio is
//! used here and nowhere else.

mod announcement;
mod authority;
mod backend;
mod deadline;
mod facts;
mod flow;
mod http;
mod live;
mod memory;
mod metrics;
mod pool;
mod process;
mod proto;
mod recency;
mod reload;
mod renders;
mod reply;
mod server;
mod service;
mod shared;
mod socket;
mod status;
mod telemetry;
mod trees;
mod upload;
mod watched;

/// Entry points for fuzz targets, not an API.
#[doc(hidden)]
pub mod fuzzing {
    pub use super::authority::fuzzing::{hpack, http2};
    pub use super::shared::fuzzing::shared_render;
}

pub use memory::part_of as default_memory;
pub use reload::{FilesOf, MakeRenderer, Reload};
pub use server::{Options, serve};
pub use shared::{CacheKey, Store};
pub use telemetry::{LogFormat, Telemetry};
