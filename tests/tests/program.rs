//! Tests that run the real binary, or the library with components in the sandbox: one module for
//! each matter.
//!
//! They are one test binary, so that the host is linked once.
//! `cargo test --workspace --test program serve::` runs one module.

// Helpers of tests are outside of `#[test]` functions; what cannot be set up should fail right
// there.
#![allow(clippy::unwrap_used)]

mod affected;
mod argocd;
mod bad_input;
mod blame;
mod cache;
mod cli;
mod compare;
mod compile;
mod components;
mod conformance;
mod counts;
mod deploy;
mod diff;
mod doctor;
mod example;
mod exec;
mod facts;
mod failover;
mod fleet;
mod fleet_input;
mod fleet_needs;
mod hostile;
mod hydrate;
mod image;
mod keys;
mod lint;
mod mistakes;
mod native_memory;
mod operator;
mod out;
mod output;
mod ownership;
mod plugin;
mod plugin_artifacts;
mod precompiled;
mod release;
mod render_cache;
mod repo_server;
mod report_page;
mod reports;
mod schemas;
mod seeds;
mod serve;
mod set_image;
mod story;
mod toolchains;
mod validate;
mod vendor;
mod vendor_charts;
