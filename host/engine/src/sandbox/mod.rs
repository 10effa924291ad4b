//! Plugins at work: bytes of a component become a [`Plugin`] that can render.
//!
//! [`Library`] holds the plugins that may run and loads each when it is first asked for;
//! [`Plugin::render`] gives every call a fresh instance that sees nothing but its [`Services`] and
//! stays inside its [`Limits`]. Everything that knows wasmtime is in this folder.

mod code_cache;
mod compile;
mod contract;
mod convert;
mod deadline;
mod defaults;
mod engine;
mod error;
mod exceeded;
mod interrupt;
mod json;
mod library;
mod limits;
mod meter;
mod plugin;
mod plugin_source;
mod precompile;
mod services;
mod state;
mod wasi;

pub use code_cache::{CacheState, CodeCache};

pub use contract::Outline;

pub use compile::{CompileError, Compiler, InProcess, KeepGoing, compile_for_another};
pub use defaults::Defaults;
pub use engine::{Engine, Workload};
pub use error::{LimitKind, SandboxError};
pub use interrupt::Interrupt;
pub use library::{CodeOrigin, Library, OnCompile, Precompiled};
pub use limits::{Limits, PluginLimits};
pub use meter::Meter;
pub(crate) use plugin::RenderAnswer;
pub use plugin::{Plugin, RenderRequest};
pub use plugin_source::{Component, PluginSource, Supplied, Supply, SupplyError};
pub use precompile::{BASELINE, precompile};
pub use services::{Call, LogLine, Notice, Services};

/// What wasmtime makes of the contract.
#[allow(missing_docs, clippy::pedantic, unreachable_pub)]
pub(crate) mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "minimum",
        imports: { default: trappable },
    });
}
