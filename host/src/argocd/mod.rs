//! Argo CD's own formats: the server for its plugin protocol.
//!
//! `serve` listens on the plugin's socket as `argocd-cmp-server` does, without its shell and its temporary directories. A request's way:
//! `authority` makes the client's HTTP/2 acceptable, `upload` turns the stream into a tree in memory, `context` reads the environment,
//! `engine` answers from the `renders` it remembers, from those `shared` with other replicas, or has a thread of the `pool` render, `reply` writes manifests and errors as
//! Argo CD wants them. Tokio is used here and nowhere else.

pub(crate) mod application;
mod authority;
mod context;
mod deadline;
mod discovery;
mod engine;
mod facts;
mod flow;
mod http;
mod memory;
mod metrics;
mod parameters;
mod pool;
mod proto;
mod recency;
mod render;
mod renders;
mod reply;
mod server;
mod service;
mod settings;
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

pub(crate) use context::Context;
pub(crate) use discovery::claims;
pub(crate) use facts::Cluster;
pub use memory::part_of as default_memory;
pub(crate) use parameters::to_json as parameter_to_json;
pub(crate) use render::{parameters, render};
pub(crate) use reply::error as error_text;
pub(crate) use server::{Options, serve};
pub use settings::{Announced, ArgoCd, Collection, Discovery};
pub(crate) use shared::{CacheKey, Store};
pub(crate) use telemetry::{LogFormat, Telemetry};
